//! The checks of `doctor` that only Google Cloud Storage has: credentials, clock, versions, retention and lifecycle
//! rules of the bucket.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, Method};
use serde_json::Value;

use super::client::GcsClient;
use super::place::request;
use crate::error::ErrorKind;
use crate::store::contract::Finding;
use crate::store::objects::backend::Inspection;
use crate::store::objects::doctor::{AskedBucket, ExpiryRule, lifecycle, unknown_lifecycle};
use crate::store::objects::layout::KeyLayout;
use crate::store::objects::service_error::ServiceError;

/// Asks a bucket and its server.
#[derive(Debug)]
pub(super) struct GcsInspection {
    pub(super) client: Arc<GcsClient>,
    pub(super) keys: KeyLayout,
}

impl GcsInspection {
    async fn ask(&self, address: &str, query: &[(&str, &str)]) -> Result<(u16, HeaderMap, Bytes), ServiceError> {
        let request = request(Method::GET, address, query, HeaderMap::new(), Bytes::new())?;
        let (parts, body) = self.client.send(request).await?.into_parts();
        let body = body.bytes().await.map_err(|error| ServiceError::new(ErrorKind::Connection, error.to_string()))?;
        Ok((parts.status.as_u16(), parts.headers, body))
    }

    async fn credential(&self) -> Finding {
        const CHECK: &str = "credentials";
        let credentials = &self.client.protocol.credentials;
        match credentials.get().await {
            Err(known) => Finding::failed(CHECK, &known.explain(ErrorKind::Denied, "there are no credentials")),
            Ok(None) => Finding::good(CHECK, "none: the server is an emulator"),
            Ok(Some(_)) => Finding::good(CHECK, credentials.description().await),
        }
    }

    /// Judges what the bucket says of itself.
    fn judge(&self, bucket: &Value) -> Vec<Finding> {
        let mut findings = Vec::new();
        findings.push(match bucket.pointer("/versioning/enabled").and_then(Value::as_bool) {
            Some(true) => Finding::doubtful(
                "versioning",
                "the bucket keeps every replaced and deleted object, those of the catalog too",
                "add a lifecycle rule that deletes noncurrent versions",
            ),
            _ => Finding::good("versioning", "the bucket keeps no old versions"),
        });
        findings.push(match bucket.pointer("/retentionPolicy/retentionPeriod") {
            Some(period) => Finding::bad(
                "retention",
                ErrorKind::Denied,
                format!("objects can be neither replaced nor deleted for {period} seconds, catalog entries among them"),
                "use a bucket without a retention policy",
            ),
            None => Finding::good("retention", "objects can be replaced and deleted at once"),
        });
        findings.push(lifecycle(&expiry_rules(bucket), &self.keys));
        findings
    }
}

/// The rules that delete current objects.
fn expiry_rules(bucket: &Value) -> Vec<ExpiryRule> {
    let rules = bucket.pointer("/lifecycle/rule").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let deletes = |rule: &&Value| {
        let of_old = ["isLive", "numNewerVersions", "daysSinceNoncurrentTime", "noncurrentTimeBefore"];
        let condition = rule.get("condition").cloned().unwrap_or_default();
        let is_of_old = condition.get("isLive") == Some(&Value::Bool(false))
            || of_old.iter().skip(1).any(|name| condition.get(name).is_some());
        rule.pointer("/action/type").and_then(Value::as_str) == Some("Delete") && !is_of_old
    };
    let prefixes = |rule: &Value| {
        let named = rule.pointer("/condition/matchesPrefix").and_then(Value::as_array).cloned().unwrap_or_default();
        let named: Vec<String> = named.iter().filter_map(|prefix| prefix.as_str().map(str::to_owned)).collect();
        if named.is_empty() { vec![String::new()] } else { named }
    };
    let rules = rules.iter().filter(deletes).flat_map(prefixes);
    rules.map(|prefix| ExpiryRule { prefix, by_tag: false }).collect()
}

#[async_trait]
impl Inspection for GcsInspection {
    async fn inspect(&self) -> Vec<Finding> {
        let mut findings = vec![self.credential().await];
        findings.extend(self.client.issuers(&self.client.protocol.place.base));
        let place = &self.client.protocol.place;
        let prefix = format!("{}/", self.keys.catalog());
        let listed = self.ask(&place.objects(), &[("maxResults", "1"), ("prefix", &prefix)]).await;
        let answer = listed.as_ref().map(|(status, headers, _)| (*status, headers));
        let asked = AskedBucket { check: "bucket", name: &place.bucket, remedy: "check `bucket` and `endpoint_url`" };
        if !asked.judge(answer, &mut findings) {
            return findings;
        }
        match self.ask(&place.resource(), &[]).await {
            Ok((status, _, body)) if status < 300 => {
                findings.extend(self.judge(&serde_json::from_slice(&body).unwrap_or_default()));
            }
            Ok((status, ..)) => findings.push(unknown_lifecycle(&format!("the server answers {status}"))),
            Err(known) => findings.push(unknown_lifecycle(&known.message)),
        }
        findings
    }

    fn policy(&self, read_only: bool) -> String {
        let mut permissions = vec!["storage.objects.get", "storage.objects.list"];
        if !read_only {
            // Replacing an object takes the right to delete it.
            permissions.extend(["storage.objects.create", "storage.objects.delete"]);
        }
        let role = serde_json::json!({
            "title": "truthound-store",
            "description": format!("results in gs://{}", self.client.protocol.place.bucket),
            "stage": "GA",
            "includedPermissions": permissions,
        });
        serde_json::to_string_pretty(&role).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rules_that_delete_current_objects_count() {
        let bucket = serde_json::json!({ "lifecycle": { "rule": [
            { "action": { "type": "Delete" }, "condition": { "age": 3, "matchesPrefix": ["a/", "b/"] } },
            { "action": { "type": "Delete" }, "condition": { "age": 3 } },
            { "action": { "type": "Delete" }, "condition": { "isLive": false } },
            { "action": { "type": "Delete" }, "condition": { "numNewerVersions": 1 } },
            { "action": { "type": "SetStorageClass" }, "condition": { "age": 3 } },
        ] } });
        let found: Vec<_> = expiry_rules(&bucket).into_iter().map(|rule| rule.prefix).collect();
        assert_eq!(found, ["a/", "b/", ""]);
    }
}
