//! Storage classes. An object changes its class by a rewrite onto itself within Google Cloud Storage.
//! <https://cloud.google.com/storage/docs/changing-storage-classes>

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method};
use object_store::path::Path;
use serde_json::{Map, Value};

use super::client::GcsClient;
use super::options::TIERS;
use super::place::request;
use crate::error::{Error, ErrorKind, Result};
use crate::store::contract::{Placement, StorageTiers, Tier, TierChange};
use crate::store::objects::backend::Tiers;
use crate::store::objects::http::response::check_object;
use crate::store::objects::service_error::ServiceError;

/// The attributes of an object. A rewrite that names one of them must name all, or the others are lost.
/// <https://cloud.google.com/storage/docs/json_api/v1/objects/rewrite#request-body>
const CARRIED: [&str; 7] = [
    "cacheControl",
    "contentDisposition",
    "contentEncoding",
    "contentLanguage",
    "contentType",
    "customTime",
    "metadata",
];

/// The storage classes of a bucket.
#[derive(Debug)]
pub(super) struct GcsStorageClasses {
    pub(super) client: Arc<GcsClient>,
    /// Address of the store for messages.
    pub(super) location: String,
}

#[async_trait]
impl Tiers for GcsStorageClasses {
    fn tiers(&self) -> StorageTiers {
        TIERS.tiers
    }

    async fn placement(&self, path: &Path) -> Result<Option<Placement>> {
        match self.present(path, &format!("look at `{path}`")).await {
            Ok(present) => {
                let tier = Tier(text(&present, "storageClass").to_owned());
                Ok(Some(Placement { tier, size: text(&present, "size").parse().ok() }))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn set_tier(&self, path: &Path, tier: &Tier) -> Result<TierChange> {
        let class = TIERS.find(tier)?;
        let what = format!("move `{path}` to {class}");
        let present = self.present(path, &what).await?;
        if text(&present, "storageClass") == class {
            return Ok(TierChange::Unchanged);
        }
        let mut resource = Map::from_iter([("storageClass".to_owned(), Value::from(class))]);
        for name in CARRIED {
            if let Some(value) = present.get(name) {
                resource.insert(name.to_owned(), value.clone());
            }
        }
        let resource = Bytes::from(Value::from(resource).to_string());
        // Keeps the rewrite from overwriting a concurrent write.
        let generation = text(&present, "generation");
        let mut query = vec![("ifSourceGenerationMatch", generation), ("ifGenerationMatch", generation)];
        // Without it, the copy has the encryption of the bucket and not that of the object. The key is named with its version.
        let key = text(&present, "kmsKeyName").split("/cryptoKeyVersions/").next().unwrap_or_default();
        if !key.is_empty() {
            query.push(("destinationKmsKeyName", key));
        }
        let mut token = String::new();
        loop {
            let mut query = query.clone();
            if !token.is_empty() {
                query.push(("rewriteToken", &token));
            }
            let answer = self
                .send(Method::POST, &self.client.protocol.place.rewrite(path), &query, resource.clone(), &what)
                .await;
            let answer = match answer {
                Err(error) if error.kind() == ErrorKind::Write && self.is_in(path, class, &what).await => {
                    // An earlier request has succeeded, and only its response was lost.
                    return Ok(TierChange::Done);
                }
                answer => answer?,
            };
            if answer.get("done").and_then(Value::as_bool) == Some(true) {
                // fake-gcs-server copies the object and ignores the class.
                let actual = answer.get("resource").map(|resource| text(resource, "storageClass")).unwrap_or(class);
                return match actual == class {
                    true => Ok(TierChange::Done),
                    false => Err(self.failed(&unchanged(actual), &what)),
                };
            }
            let next = text(&answer, "rewriteToken");
            if next.is_empty() {
                let error = ServiceError::new(ErrorKind::Write, "the server neither ends nor goes on");
                return Err(self.failed(&error, &what));
            }
            next.clone_into(&mut token);
        }
    }
}

impl GcsStorageClasses {
    async fn present(&self, path: &Path, what: &str) -> Result<Value> {
        self.send(Method::GET, &self.client.protocol.place.object(path), &[], Bytes::new(), what).await
    }

    async fn is_in(&self, path: &Path, class: &str, what: &str) -> bool {
        self.present(path, what).await.is_ok_and(|present| text(&present, "storageClass") == class)
    }

    async fn send(
        &self,
        method: Method,
        address: &str,
        query: &[(&str, &str)],
        body: Bytes,
        what: &str,
    ) -> Result<Value> {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
        let failed = |error: &ServiceError| self.failed(error, what);
        let asked = request(method, address, query, headers, body).map_err(|error| failed(&error))?;
        let answer = self.client.send(asked).await.map_err(|error| failed(&error))?;
        let answer = check_object(answer, "it has been replaced meanwhile").map_err(|error| failed(&error))?;
        let body = answer.into_body().bytes().await;
        let body = body.map_err(|error| failed(&ServiceError::new(ErrorKind::Connection, error.to_string())))?;
        serde_json::from_slice(&body)
            .map_err(|_| failed(&ServiceError::new(ErrorKind::Connection, "the server's answer is not JSON")))
    }

    fn failed(&self, error: &ServiceError, what: &str) -> Error {
        error.explain(ErrorKind::Write, format!("cannot {what} in {}", self.location))
    }
}

/// The error of a server that copies an object and leaves it in its class.
fn unchanged(actual: &str) -> ServiceError {
    let error = ServiceError::new(ErrorKind::Unsupported, format!("the server keeps it in {actual}"));
    error.hint("this server does not change storage classes; an emulator need not")
}

fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiers_have_generic_and_native_names_in_any_case() {
        for (name, expected) in [
            ("hot", "STANDARD"),
            ("COOL", "NEARLINE"),
            ("Cold", "COLDLINE"),
            ("archive", "ARCHIVE"),
            ("nearline", "NEARLINE"),
            ("Standard", "STANDARD"),
        ] {
            assert_eq!(TIERS.find(&Tier(name.to_owned())).unwrap(), expected);
        }
        assert_eq!(TIERS.find(&Tier("STANDARD_IA".to_owned())).unwrap_err().kind(), ErrorKind::Unsupported);
    }
}
