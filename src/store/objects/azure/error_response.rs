//! The meaning of Azure's error codes.
//! <https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes>

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use jiff::Timestamp;
use object_store::azure::AzureCredential;

use super::place::AzurePlace;
use crate::error::ErrorKind;
use crate::store::objects::http::client::ErrorClass;
use crate::store::objects::http::error_response::ErrorResponse;
use crate::store::objects::http::response::xml_element;
use crate::store::objects::service_error::ServiceError;

/// The smallest difference between clocks, in minutes, at which Azure refuses signatures.
const CLOCK_MINUTES: i64 = 14;

/// The code of a refusal to replace or delete a blob that an immutability policy or a legal hold keeps.
pub(super) const IMMUTABLE: &str = "BlobImmutableDueToPolicy";

/// Reads an error response: the header `x-ms-error-code`, or the XML body.
pub(super) fn parse(status: StatusCode, headers: HeaderMap, body: Bytes) -> ErrorResponse {
    let mut error = ErrorResponse::from_xml(status, headers, body);
    if let Some(code) = error.header("x-ms-error-code").map(str::to_owned) {
        error.code = code;
    }
    // The request's id and time follow.
    let message = error.message.split("RequestId:").next().unwrap_or_default().trim().to_owned();
    let detail = xml_element(&error.body(), "AuthenticationErrorDetail").unwrap_or_default();
    error.message = match detail.split("String to sign").next().unwrap_or_default().trim() {
        "" => message,
        detail => format!("{message} {detail}"),
    };
    error
}

/// How an error of Azure is handled.
pub(super) fn classify(error: &ErrorResponse) -> ErrorClass {
    match (error.status.as_u16(), error.code.as_str()) {
        (401, _) | (_, "InvalidAuthenticationInfo") => ErrorClass::CredentialRefused,
        (304, _)
        | (404, "" | "BlobNotFound")
        | (409, "" | "BlobAlreadyExists")
        | (412, "" | "ConditionNotMet" | "TargetConditionNotMet") => ErrorClass::Expected,
        _ if is_transient(error) => ErrorClass::Transient,
        _ => ErrorClass::Permanent,
    }
}

fn is_transient(error: &ErrorResponse) -> bool {
    error.has_transient_status()
        || matches!(error.code.as_str(), "ServerBusy" | "InternalError" | "OperationTimedOut" | "ContainerBeingDeleted")
}

/// The error of the store for an error response to a request to a container.
pub(super) fn explain(
    error: &ErrorResponse,
    method: &Method,
    place: &AzurePlace,
    credential: &AzureCredential,
) -> ServiceError {
    let status = error.status.as_u16();
    let AzurePlace { account, container, .. } = place;
    if matches!(status, 401 | 403)
        && let Some(end) = expired(credential)
    {
        return ServiceError::new(ErrorKind::Denied, error.text())
            .hint(format!("the shared access signature ended at {end}: make another; docs/azure.md says how"));
    }
    let (kind, hint) = match error.code.as_str() {
        "ContainerNotFound"
        | "ContainerBeingDeleted"
        | "ContainerDisabled"
        | "ResourceNotFound"
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
            (ErrorKind::Denied, authentication_hint(error))
        }
        // Azurite's word for the same.
        "AuthorizationFailure" if error.message.contains("failed to authenticate") => {
            (ErrorKind::Denied, authentication_hint(error))
        }
        "KeyBasedAuthenticationNotPermitted" => (
            ErrorKind::Denied,
            "the account takes no keys: leave `account_key` out, and sign in with `az login` or a managed identity"
                .to_owned(),
        ),
        "AuthorizationSourceIPMismatch"
        | "AuthorizationProtocolMismatch"
        | "AuthorizationServiceMismatch"
        | "AuthorizationResourceTypeMismatch" => {
            (ErrorKind::Denied, "make a shared access signature that covers this; docs/azure.md says how".to_owned())
        }
        "AccountIsDisabled" => (ErrorKind::Connection, "enable the account in the portal".to_owned()),
        "LeaseIdMissing" | "LeaseAlreadyPresent" | "LeaseIdMismatchWithBlobOperation" => {
            (ErrorKind::Write, "another program holds a lease on it: try again when it has ended".to_owned())
        }
        IMMUTABLE => {
            (ErrorKind::Denied, "a policy of the container keeps it as it is until its time is over".to_owned())
        }
        "SnapshotsPresent" => (ErrorKind::Write, "delete its snapshots first".to_owned()),
        "UnsupportedHeader"
        | "FeatureVersionMismatch"
        | "InvalidBlobTier"
        | "BlobTierInadequateForContentLength"
        | "AccessTierNotSupportedForBlobType"
        | "OperationNotSupportedOnAccountKind" => {
            (ErrorKind::Unsupported, "use an access tier that accounts of this kind have".to_owned())
        }
        _ if is_transient(error) => (ErrorKind::Connection, "try again later".to_owned()),
        _ if matches!(status, 401 | 403) || error.code == "PublicAccessNotPermitted" => (
            ErrorKind::Denied,
            "grant the role `Storage Blob Data Contributor` on the container, or the permissions rwdl of a shared \
             access signature (docs/azure.md); a firewall of the account answers this, too"
                .to_owned(),
        ),
        _ => return ServiceError::new(None, error.text()),
    };
    ServiceError::new(kind, error.text()).hint(hint)
}

fn authentication_hint(error: &ErrorResponse) -> String {
    error.clock_hint(CLOCK_MINUTES).unwrap_or_else(|| {
        "check that key, signature or token belong to this account and have not expired; docs/azure.md lists all ways to \
         sign in"
            .to_owned()
    })
}

/// The expiry of a shared access signature that has expired.
fn expired(credential: &AzureCredential) -> Option<Timestamp> {
    let AzureCredential::SASToken(pairs) = credential else { return None };
    let (_, end) = pairs.iter().find(|(name, _)| name == "se")?;
    end.parse().ok().filter(|end| *end < Timestamp::now())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explained(error: &ErrorResponse, method: &Method) -> ServiceError {
        let place = AzurePlace {
            account: "a".to_owned(),
            endpoint: "https://a.blob.core.windows.net".to_owned(),
            container: "c".to_owned(),
            option: "account_name",
        };
        explain(error, method, &place, &AzureCredential::BearerToken("token".to_owned()))
    }

    fn response(status: u16, code: &str) -> ErrorResponse {
        let body = format!("<Error><Code>{code}</Code><Message>So &amp; so.\nRequestId:1\nTime:2</Message></Error>");
        parse(StatusCode::from_u16(status).unwrap(), HeaderMap::new(), body.into())
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
            let error = explained(&response(status, code), &Method::GET);
            assert_eq!(error.kind, Some(kind), "{code}");
            assert!(error.hint.is_some(), "{code}");
            assert_ne!(classify(&response(status, code)), ErrorClass::Expected, "{code}");
        }
        let error = explained(&response(400, "InvalidUri"), &Method::GET);
        assert_eq!((error.kind, &*error.message), (None, "the server answers InvalidUri: So & so"));
        assert_eq!(explained(&response(409, "BlobArchived"), &Method::PUT).kind, Some(ErrorKind::Write));
        for (status, code) in [(404, "BlobNotFound"), (409, "BlobAlreadyExists"), (412, "ConditionNotMet")] {
            assert_eq!(classify(&response(status, code)), ErrorClass::Expected, "{code}");
        }
    }

    #[test]
    fn a_clock_that_is_wrong_is_said_to_be_so_by_how_much() {
        let mut skewed = response(403, "AuthenticationFailed");
        skewed.headers.insert("date", "Mon, 01 Jan 2001 00:00:00 GMT".parse().unwrap());
        assert!(explained(&skewed, &Method::GET).hint.unwrap().ends_with("minutes fast"));
    }
}
