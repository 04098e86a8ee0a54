//! What Azure means by an error, and what to do about it.
//! Codes: <https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes>.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use jiff::Timestamp;
use object_store::azure::AzureCredential;
use object_store::client::HttpResponse;

use super::place::Place;
use crate::error::ErrorKind;
use crate::store::objects::answer::{about_the_clock, element, response, retry_after, said};
use crate::store::objects::known::Known;

/// A signature is refused when its time is this far off.
const CLOCK_MINUTES: i64 = 14;

/// An error as the server sent it.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    /// The header `x-ms-error-code`, or `Code` of the body; empty where there is neither.
    pub(super) code: String,
    message: String,
    body: Bytes,
}

impl Answer {
    pub(super) fn new(status: StatusCode, headers: HeaderMap, body: Bytes) -> Self {
        let text = String::from_utf8_lossy(&body);
        let code = headers.get("x-ms-error-code").and_then(|value| value.to_str().ok()).map(str::to_owned);
        let code = code.or_else(|| element(&text, "Code")).unwrap_or_default();
        let message = element(&text, "Message").unwrap_or_default();
        // What follows are the request's id and its time.
        let message = message.split("RequestId:").next().unwrap_or_default().trim().to_owned();
        let detail = element(&text, "AuthenticationErrorDetail").unwrap_or_default();
        let message = match detail.split("String to sign").next().unwrap_or_default().trim() {
            "" => message,
            detail => format!("{message} {detail}"),
        };
        Self { status, headers, code, message, body }
    }

    /// The answer as it came, with another status.
    pub(super) fn into_response(self, status: StatusCode) -> HttpResponse {
        response(status, self.headers, self.body)
    }

    /// How long the server would rather not be asked again.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        retry_after(&self.headers)
    }

    /// Whether the same request may succeed a moment later.
    pub(super) fn is_transient(&self) -> bool {
        matches!(self.status.as_u16(), 408 | 429 | 500 | 502 | 503 | 504)
            || matches!(
                self.code.as_str(),
                "ServerBusy" | "InternalError" | "OperationTimedOut" | "ContainerBeingDeleted"
            )
    }

    /// Whether a new token may help.
    pub(super) fn is_expired(&self) -> bool {
        self.status == StatusCode::UNAUTHORIZED || self.code == "InvalidAuthenticationInfo"
    }

    /// Whether the answer is one that whoever asked understands: there is none, there is one, it is another.
    pub(super) fn is_plain(&self) -> bool {
        match self.status.as_u16() {
            404 => matches!(self.code.as_str(), "" | "BlobNotFound"),
            409 => matches!(self.code.as_str(), "" | "BlobAlreadyExists"),
            412 => matches!(self.code.as_str(), "" | "ConditionNotMet" | "TargetConditionNotMet"),
            status => status == 304,
        }
    }

    /// What went wrong with a request to a container, in words.
    pub(super) fn explain(&self, method: &Method, place: &Place, credential: &AzureCredential) -> Known {
        let status = self.status.as_u16();
        let Place { account, container, .. } = place;
        if matches!(status, 401 | 403)
            && let Some(end) = ended(credential)
        {
            return Known::new(ErrorKind::Denied, self.text())
                .hint(format!("the shared access signature ended at {end}: make another; docs/azure.md says how"));
        }
        let (kind, hint) = match self.code.as_str() {
            "ContainerNotFound" | "ContainerBeingDeleted" | "ContainerDisabled" | "ResourceNotFound"
            | "InvalidResourceName" => (
                ErrorKind::Connection,
                format!(
                    "create the container (`az storage container create --account-name {account} --name {container}`), \
                     or correct `container` in the profile"
                ),
            ),
            "BlobArchived" if matches!(*method, Method::PUT) => (
                ErrorKind::Write,
                "what is archived cannot be replaced: delete it first, or move it with `truthound-store set-tier RUN_ID \
                 Hot`, which takes hours"
                    .to_owned(),
            ),
            "BlobArchived" => (
                ErrorKind::Read,
                "rehydrate it first with `truthound-store set-tier RUN_ID Hot`, which takes up to 15 hours, and try again \
                 then; docs/azure.md says more"
                    .to_owned(),
            ),
            "BlobBeingRehydrated" => {
                (ErrorKind::Read, "it is being rehydrated already, which takes up to 15 hours: try again later".to_owned())
            }
            "AuthenticationFailed" | "InvalidAuthenticationInfo" | "NoAuthenticationInformation" => {
                (ErrorKind::Denied, self.about_authentication())
            }
            // Azurite's word for the same.
            "AuthorizationFailure" if self.message.contains("failed to authenticate") => {
                (ErrorKind::Denied, self.about_authentication())
            }
            "KeyBasedAuthenticationNotPermitted" => (
                ErrorKind::Denied,
                "the account takes no keys: leave `account_key` out, and sign in with `az login` or a managed identity"
                    .to_owned(),
            ),
            "AuthorizationSourceIPMismatch" | "AuthorizationProtocolMismatch" | "AuthorizationServiceMismatch"
            | "AuthorizationResourceTypeMismatch" => {
                (ErrorKind::Denied, "make a shared access signature that covers this; docs/azure.md says how".to_owned())
            }
            "AccountIsDisabled" => (ErrorKind::Connection, "enable the account in the portal".to_owned()),
            "LeaseIdMissing" | "LeaseAlreadyPresent" | "LeaseIdMismatchWithBlobOperation" => {
                (ErrorKind::Write, "another program holds a lease on it: try again when it has ended".to_owned())
            }
            "BlobImmutableDueToPolicy" => {
                (ErrorKind::Write, "a policy of the container keeps it as it is until its time is over".to_owned())
            }
            "SnapshotsPresent" => (ErrorKind::Write, "delete its snapshots first".to_owned()),
            "UnsupportedHeader" | "FeatureVersionMismatch" | "InvalidBlobTier" | "BlobTierInadequateForContentLength"
            | "AccessTierNotSupportedForBlobType" | "OperationNotSupportedOnAccountKind" => {
                (ErrorKind::Unsupported, "use an access tier that accounts of this kind have".to_owned())
            }
            _ if self.is_transient() => (ErrorKind::Connection, "try again later".to_owned()),
            _ if matches!(status, 401 | 403) || self.code == "PublicAccessNotPermitted" => (
                ErrorKind::Denied,
                "grant the role `Storage Blob Data Contributor` on the container, or the permissions rwdl of a shared \
                 access signature (docs/azure.md); a firewall of the account answers this, too"
                    .to_owned(),
            ),
            _ => return Known::new(None, self.text()),
        };
        Known::new(kind, self.text()).hint(hint)
    }

    fn text(&self) -> String {
        said(self.status, &self.code, &self.message)
    }

    fn about_authentication(&self) -> String {
        about_the_clock(&self.headers, CLOCK_MINUTES).unwrap_or_else(|| {
            "check that key, signature or token belong to this account and have not expired; docs/azure.md lists all ways to \
             sign in"
                .to_owned()
        })
    }
}

/// When a shared access signature ended, if it has. Only its time is told.
fn ended(credential: &AzureCredential) -> Option<Timestamp> {
    let AzureCredential::SASToken(pairs) = credential else { return None };
    let (_, end) = pairs.iter().find(|(name, _)| name == "se")?;
    end.parse().ok().filter(|end| *end < Timestamp::now())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explain(answer: &Answer, method: &Method) -> Known {
        let place = Place {
            account: "a".to_owned(),
            endpoint: "https://a.blob.core.windows.net".to_owned(),
            container: "c".to_owned(),
            is_custom: false,
        };
        answer.explain(method, &place, &AzureCredential::BearerToken("token".to_owned()))
    }

    fn answer(status: u16, code: &str) -> Answer {
        let body = format!("<Error><Code>{code}</Code><Message>So &amp; so.\nRequestId:1\nTime:2</Message></Error>");
        Answer::new(StatusCode::from_u16(status).unwrap(), HeaderMap::new(), body.into())
    }

    #[test]
    fn not_there_and_not_allowed_are_told_apart_and_each_has_a_next_step() {
        for (status, code, kind) in [
            (404, "ContainerNotFound", ErrorKind::Connection),
            (403, "AuthenticationFailed", ErrorKind::Denied),
            (403, "AuthorizationPermissionMismatch", ErrorKind::Denied),
            (403, "", ErrorKind::Denied),
            (401, "InvalidAuthenticationInfo", ErrorKind::Denied),
            (409, "PublicAccessNotPermitted", ErrorKind::Denied),
            (409, "BlobArchived", ErrorKind::Read),
            (409, "BlobBeingRehydrated", ErrorKind::Read),
            (412, "LeaseIdMissing", ErrorKind::Write),
            (503, "ServerBusy", ErrorKind::Connection),
            (400, "InvalidBlobTier", ErrorKind::Unsupported),
        ] {
            let known = explain(&answer(status, code), &Method::GET);
            assert_eq!(known.kind, Some(kind), "{code}");
            assert!(known.hint.is_some(), "{code}");
            assert!(!answer(status, code).is_plain(), "{code}");
        }
        let known = explain(&answer(400, "InvalidUri"), &Method::GET);
        assert_eq!((known.kind, &*known.message), (None, "the server answers InvalidUri: So & so"));
        assert_eq!(explain(&answer(409, "BlobArchived"), &Method::PUT).kind, Some(ErrorKind::Write));
        for (status, code) in [(404, "BlobNotFound"), (409, "BlobAlreadyExists"), (412, "ConditionNotMet")] {
            assert!(answer(status, code).is_plain(), "{code}");
        }
    }

    #[test]
    fn a_clock_that_is_wrong_is_said_to_be_so_by_how_much() {
        let mut skewed = answer(403, "AuthenticationFailed");
        skewed.headers.insert("date", "Mon, 01 Jan 2001 00:00:00 GMT".parse().unwrap());
        assert!(explain(&skewed, &Method::GET).hint.unwrap().ends_with("minutes fast"));
    }
}
