//! The checks of `doctor` that only Azure has: credentials, clock and immutability of the container.

use std::sync::Arc;

use async_trait::async_trait;
use http::{HeaderMap, Method};
use object_store::azure::AzureCredential;
use object_store::path::Path;

use super::client::AzureClient;
use crate::error::ErrorKind;
use crate::store::contract::Finding;
use crate::store::objects::backend::Inspection;
use crate::store::objects::doctor::{AskedBucket, unknown_lifecycle};
use crate::store::objects::layout::KeyLayout;
use crate::store::objects::service_error::ServiceError;

/// Asks a container and its server.
#[derive(Debug)]
pub(super) struct AzureInspection {
    pub(super) client: Arc<AzureClient>,
    pub(super) keys: KeyLayout,
}

impl AzureInspection {
    async fn ask(&self, query: &str) -> Result<(u16, HeaderMap), ServiceError> {
        let request = self.client.protocol.request(Method::GET, &Path::default(), query)?;
        let (parts, _) = self.client.send(request).await?.into_parts();
        Ok((parts.status.as_u16(), parts.headers))
    }

    async fn credential(&self) -> Finding {
        const CHECK: &str = "credentials";
        let protocol = &self.client.protocol;
        let account = &protocol.place.account;
        match protocol.credentials.get().await {
            Err(known) => Finding::failed(CHECK, &known.explain(ErrorKind::Denied, "there are no credentials")),
            Ok(credential) => match &*credential {
                AzureCredential::AccessKey(_) => Finding::good(CHECK, format!("the key of the account `{account}`")),
                AzureCredential::SASToken(pairs) => signature(pairs, account),
                AzureCredential::BearerToken(_) => {
                    Finding::good(CHECK, format!("a token of Microsoft Entra ID for the account `{account}`"))
                }
            },
        }
    }
}

/// Judges a shared access signature by its permissions and its end.
fn signature(pairs: &[(String, String)], account: &str) -> Finding {
    const CHECK: &str = "credentials";
    let value = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let permissions = value("sp").unwrap_or_default();
    let message = format!(
        "a shared access signature for the account `{account}` with the permissions `{permissions}`, until {}",
        value("se").unwrap_or("an unknown time")
    );
    let missing: String = "rwdl".chars().filter(|needed| !permissions.contains(*needed)).collect();
    // A signature with a stored access policy has its permissions there.
    if missing.is_empty() || value("si").is_some() {
        return Finding::good(CHECK, message);
    }
    Finding::doubtful(CHECK, format!("{message}: it lacks `{missing}`"), "make one with the permissions `rwdl`")
}

#[async_trait]
impl Inspection for AzureInspection {
    async fn inspect(&self) -> Vec<Finding> {
        let mut findings = vec![self.credential().await];
        findings.extend(self.client.issuers(&self.client.protocol.place.endpoint));
        let container = &self.client.protocol.place.container;
        let prefix: String = url::form_urlencoded::byte_serialize(self.keys.catalog().as_ref().as_bytes()).collect();
        let listed = self.ask(&format!("restype=container&comp=list&prefix={prefix}")).await;
        let answer = listed.as_ref().map(|(status, headers)| (*status, headers));
        let asked = AskedBucket {
            check: "container",
            name: container,
            remedy: "check `container` and the address of the account",
        };
        if !asked.judge(answer, &mut findings) {
            return findings;
        }
        const LOCKS: &str = "immutability";
        findings.push(match self.ask("restype=container").await {
            Ok((status, headers)) if status < 300 => {
                let is_set = |name: &str| headers.get(name).is_some_and(|value| value == "true");
                match is_set("x-ms-has-immutability-policy") || is_set("x-ms-has-legal-hold") {
                    true => Finding::bad(
                        LOCKS,
                        ErrorKind::Denied,
                        "blobs can be neither replaced nor deleted, catalog entries among them",
                        "use a container without an immutability policy and without a legal hold",
                    ),
                    false => Finding::good(LOCKS, "blobs can be replaced and deleted at once"),
                }
            }
            Ok((status, _)) => unknown(LOCKS, &format!("the server answers {status}")),
            Err(known) => unknown(LOCKS, &known.message),
        });
        findings.push(unknown_lifecycle("Azure keeps them with the account, not with the container"));
        findings
    }

    fn policy(&self, read_only: bool) -> String {
        let blobs = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs";
        let mut actions = vec![format!("{blobs}/read")];
        if !read_only {
            actions.extend([format!("{blobs}/write"), format!("{blobs}/add/action"), format!("{blobs}/delete")]);
        }
        let place = &self.client.protocol.place;
        let role = serde_json::json!({
            "Name": "truthound-store",
            "Description": format!("Results in the container {}", place.container),
            "Actions": [],
            "DataActions": actions,
            "AssignableScopes": [format!(
                "/subscriptions/SUBSCRIPTION/resourceGroups/GROUP/providers/Microsoft.Storage/storageAccounts/{}/blobServices/default/containers/{}",
                place.account, place.container
            )],
        });
        serde_json::to_string_pretty(&role).unwrap_or_default()
    }
}

fn unknown(check: &'static str, reason: &str) -> Finding {
    Finding::doubtful(check, format!("it cannot be read: {reason}"), "ask the owner of the container")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::contract::FindingLevel;

    #[test]
    fn a_signature_is_judged_by_its_permissions_and_never_shown() {
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let of = |sp: &str| signature(&[pair("sp", sp), pair("se", "2030-01-01"), pair("sig", "secret")], "a");
        assert_eq!(of("rwdlc").level, FindingLevel::Good);
        assert_eq!(of("rl").level, FindingLevel::Doubtful);
        assert!(of("rl").message.contains("`wd`"), "{}", of("rl").message);
        assert!(!of("rl").message.contains("secret"));
    }
}
