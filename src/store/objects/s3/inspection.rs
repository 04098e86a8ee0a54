//! The checks of `doctor` that only S3 has: credentials, clock, versions, locks and lifecycle rules of the bucket.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use http::{HeaderMap, Method};
use jiff::Timestamp;
use object_store::aws::AwsAuthorizer;
use object_store::client::{HttpRequest, HttpRequestBody};
use object_store::path::Path;

use super::client::S3Client;
use super::options::S3Options;
use crate::error::ErrorKind;
use crate::store::contract::Finding;
use crate::store::objects::backend::Inspection;
use crate::store::objects::doctor::{AskedBucket, ExpiryRule, lifecycle, unknown_lifecycle};
use crate::store::objects::http::request::{object_request, request_head};
use crate::store::objects::http::response::xml_element;
use crate::store::objects::http::transport::{HttpTransport, ReadMode};
use crate::store::objects::layout::KeyLayout;
use crate::store::objects::service_error::ServiceError;

/// Longest wait for the service that tells whose a credential is.
const PATIENCE: Duration = Duration::from_secs(5);

/// Asks a bucket and its server.
#[derive(Debug)]
pub(super) struct S3Inspection {
    client: Arc<S3Client>,
    keys: KeyLayout,
    /// The address of the service that tells whose a credential is; `None` for Amazon's own, in the region.
    identity: Option<String>,
    transport: HttpTransport,
    kms_key: Option<String>,
    has_tags: bool,
}

/// An answer about the bucket.
struct Answer {
    status: u16,
    headers: HeaderMap,
    text: String,
}

impl S3Inspection {
    pub(super) fn new(client: Arc<S3Client>, keys: KeyLayout, endpoint: Option<&str>, options: &S3Options) -> Self {
        Self {
            transport: client.new_transport(),
            client,
            keys,
            identity: endpoint.map(str::to_owned),
            kms_key: options.kms_key_id.clone(),
            has_tags: !options.tags.is_empty(),
        }
    }

    async fn ask(&self, query: &str) -> Result<Answer, ServiceError> {
        let request = object_request(Method::GET, &self.client.protocol.place.url, &Path::default(), query)?;
        let (parts, body) = self.client.send(request).await?.into_parts();
        let body = body.bytes().await.map_err(|error| ServiceError::new(ErrorKind::Connection, error.to_string()))?;
        let text = String::from_utf8_lossy(&body).into_owned();
        Ok(Answer { status: parts.status.as_u16(), headers: parts.headers, text })
    }

    /// Whose the credential is, and when it ends.
    async fn credential(&self) -> Finding {
        const CHECK: &str = "credentials";
        let protocol = &self.client.protocol;
        let found = async {
            let region = protocol.place.region(&protocol.credentials).await?;
            Ok::<_, ServiceError>((protocol.credentials.get(&region).await?, region))
        };
        let (credential, region) = match found.await {
            Ok(found) => found,
            Err(known) => return Finding::failed(CHECK, &known.explain(ErrorKind::Denied, "there are no credentials")),
        };
        let mut message = format!("access key {} in region {region}", credential.key_id);
        if let Some(owner) = self.owner(&region).await {
            message.push_str(&format!(", of {owner}"));
        }
        let end = protocol.credentials.end().await;
        if let Some(end) = end.and_then(|end| Timestamp::try_from(end).ok()) {
            message.push_str(&format!(", until {end:.0}"));
        }
        let ends_soon = end.is_some_and(|end| end < SystemTime::now() + Duration::from_secs(600));
        match ends_soon {
            true => Finding::doubtful(CHECK, message, "sign in again, unless the credential renews itself"),
            false => Finding::good(CHECK, message),
        }
    }

    /// The name that the server gives the owner of the credential. Only Amazon and its imitators know it.
    async fn owner(&self, region: &str) -> Option<String> {
        let base = self.identity.clone().unwrap_or_else(|| format!("https://sts.{region}.amazonaws.com"));
        let url = format!("{}/?Action=GetCallerIdentity&Version=2011-06-15", base.trim_end_matches('/'));
        let credential = self.client.protocol.credentials.get(region).await.ok()?;
        let head = request_head(Method::GET, &url, HeaderMap::new()).ok()?;
        let mut request = HttpRequest::from_parts(head, HttpRequestBody::empty());
        AwsAuthorizer::new(&credential, "sts", region).try_authorize(&mut request, None).ok()?;
        let asked = self.transport.send(request.into_parts().0, &[], PATIENCE, ReadMode::Buffered);
        let response = tokio::time::timeout(PATIENCE, asked).await.ok()?.ok()?;
        let body = response.into_body().bytes().await.ok()?;
        xml_element(&String::from_utf8_lossy(&body), "Arn").filter(|arn| !arn.is_empty())
    }

    async fn versioning(&self) -> Finding {
        const CHECK: &str = "versioning";
        match self.ask("versioning").await {
            Err(known) => unknown(CHECK, &known.message),
            Ok(answer) if answer.status >= 300 => unknown(CHECK, &format!("the server answers {}", answer.status)),
            Ok(answer) => match xml_element(&answer.text, "Status").as_deref() {
                Some("Enabled") => Finding::doubtful(
                    CHECK,
                    "the bucket keeps every replaced and deleted object, those of the catalog too",
                    "add a lifecycle rule that deletes noncurrent versions (NoncurrentVersionExpiration)",
                ),
                _ => Finding::good(CHECK, "the bucket keeps no old versions"),
            },
        }
    }

    async fn object_lock(&self) -> Finding {
        const CHECK: &str = "object lock";
        match self.ask("object-lock").await {
            Err(known) => unknown(CHECK, &known.message),
            Ok(answer) if answer.status == 404 => Finding::good(CHECK, "the bucket locks no objects"),
            Ok(answer) if answer.text.contains("<DefaultRetention>") => Finding::doubtful(
                CHECK,
                "new objects are locked for a time: deleted results and catalog entries stay as old versions",
                "use a bucket without a default retention, unless results must be kept",
            ),
            Ok(answer) if answer.status < 300 => Finding::good(CHECK, "new objects are not locked"),
            Ok(answer) => unknown(CHECK, &format!("the server answers {}", answer.status)),
        }
    }

    async fn lifecycle(&self) -> Finding {
        match self.ask("lifecycle").await {
            Err(known) => unknown_lifecycle(&known.message),
            Ok(answer) if answer.status == 404 => lifecycle(&[], &self.keys),
            Ok(answer) if answer.status < 300 => lifecycle(&expiry_rules(&answer.text), &self.keys),
            Ok(answer) => unknown_lifecycle(&format!("the server answers {}", answer.status)),
        }
    }
}

fn unknown(check: &'static str, reason: &str) -> Finding {
    Finding::doubtful(
        check,
        format!("it cannot be read: {reason}"),
        "ask the bucket's owner, or allow this user to look",
    )
}

/// The rules that delete current objects.
fn expiry_rules(xml: &str) -> Vec<ExpiryRule> {
    let rules = xml.split("<Rule>").skip(1).filter_map(|rest| rest.split("</Rule>").next());
    let deletes = |rule: &&str| {
        let expiration = rule.split("<Expiration>").nth(1).and_then(|rest| rest.split("</Expiration>").next());
        rule.contains("<Status>Enabled</Status>")
            && expiration.is_some_and(|text| text.contains("<Days>") || text.contains("<Date>"))
    };
    rules
        .filter(deletes)
        .map(|rule| ExpiryRule {
            prefix: xml_element(rule, "Prefix").unwrap_or_default(),
            by_tag: rule.contains("<Tag>"),
        })
        .collect()
}

#[async_trait]
impl Inspection for S3Inspection {
    async fn inspect(&self) -> Vec<Finding> {
        let mut findings = vec![self.credential().await];
        findings.extend(self.client.issuers(&self.client.protocol.place.url));
        let prefix: String = url::form_urlencoded::byte_serialize(self.keys.catalog().as_ref().as_bytes()).collect();
        let bucket = &self.client.protocol.place.bucket;
        let listed = self.ask(&format!("list-type=2&max-keys=1&prefix={prefix}")).await;
        let answer = listed.as_ref().map(|answer| (answer.status, &answer.headers));
        let asked =
            AskedBucket { check: "bucket", name: bucket, remedy: "check `bucket`, `region` and `endpoint_url`" };
        if !asked.judge(answer, &mut findings) {
            return findings;
        }
        findings.extend([self.versioning().await, self.object_lock().await, self.lifecycle().await]);
        findings
    }

    fn policy(&self, read_only: bool) -> String {
        let bucket = &self.client.protocol.place.bucket;
        let catalog = self.keys.catalog();
        let root = catalog.as_ref().rsplit_once('/').map_or("", |(root, _)| root);
        let objects = if root.is_empty() { "*".to_owned() } else { format!("{root}/*") };
        let mut actions = vec!["s3:GetObject"];
        if !read_only {
            actions.extend([
                "s3:PutObject",
                "s3:DeleteObject",
                "s3:AbortMultipartUpload",
                "s3:ListMultipartUploadParts",
            ]);
            // A change of the storage class copies the tags.
            actions.push("s3:GetObjectTagging");
            actions.push("s3:PutObjectTagging");
        }
        if !self.has_tags {
            actions.retain(|action| !action.ends_with("Tagging"));
        }
        let mut statements = vec![
            // Without it, an object that does not exist is "denied".
            serde_json::json!({
                "Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": format!("arn:aws:s3:::{bucket}"),
            }),
            serde_json::json!({
                "Effect": "Allow", "Action": actions, "Resource": format!("arn:aws:s3:::{bucket}/{objects}"),
            }),
        ];
        if let Some(key) = &self.kms_key {
            let actions = if read_only { vec!["kms:Decrypt"] } else { vec!["kms:Decrypt", "kms:GenerateDataKey"] };
            statements.push(serde_json::json!({ "Effect": "Allow", "Action": actions, "Resource": key }));
        }
        let policy = serde_json::json!({ "Version": "2012-10-17", "Statement": statements });
        serde_json::to_string_pretty(&policy).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rules_that_delete_current_objects_count() {
        let xml = "<LifecycleConfiguration>\
            <Rule><ID>a</ID><Filter><Prefix>logs/</Prefix></Filter><Status>Enabled</Status><Expiration><Days>3</Days></Expiration></Rule>\
            <Rule><Prefix>x/</Prefix><Status>Disabled</Status><Expiration><Days>3</Days></Expiration></Rule>\
            <Rule><Filter/><Status>Enabled</Status><Transition><Days>3</Days></Transition></Rule>\
            <Rule><Filter/><Status>Enabled</Status><Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration></Rule>\
            <Rule><Filter><Tag><Key>k</Key></Tag></Filter><Status>Enabled</Status><Expiration><Date>2030</Date></Expiration></Rule>\
            </LifecycleConfiguration>";
        let rule = |prefix: &str, by_tag| ExpiryRule { prefix: prefix.to_owned(), by_tag };
        assert_eq!(expiry_rules(xml), [rule("logs/", false), rule("", true)]);
    }
}
