//! Storage classes. An object changes its class by a copy onto itself within S3.

use std::sync::Arc;

use async_trait::async_trait;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use object_store::path::Path;

use super::client::S3Client;
use super::error_response::restore_command;
use super::options::TIERS;
use crate::error::{Error, ErrorKind, Result};
use crate::store::contract::{Placement, StorageTiers, Tier, TierChange};
use crate::store::objects::backend::Tiers;
use crate::store::objects::http::request::{encoded_path, object_request};
use crate::store::objects::http::response::check_object;
use crate::store::objects::service_error::ServiceError;

/// The largest object that one request can copy, in bytes.
const LARGEST: u64 = 5 << 30;

/// The storage classes of a bucket.
#[derive(Debug)]
pub(super) struct S3StorageClasses {
    pub(super) client: Arc<S3Client>,
    /// Address of the store for messages.
    pub(super) location: String,
}

#[async_trait]
impl Tiers for S3StorageClasses {
    fn tiers(&self) -> StorageTiers {
        TIERS.tiers
    }

    async fn placement(&self, path: &Path) -> Result<Option<Placement>> {
        match self.send(Method::HEAD, path, HeaderMap::new(), &format!("look at `{path}`")).await {
            Ok(present) => {
                let tier = Tier(class_of(&present).to_owned());
                Ok(Some(Placement { tier, size: text(&present, "content-length").parse().ok() }))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn set_tier(&self, path: &Path, tier: &Tier) -> Result<TierChange> {
        let class = TIERS.find(tier)?;
        let what = format!("move `{path}` to {class}");
        let present = self.send(Method::HEAD, path, HeaderMap::new(), &what).await?;
        let text = |name| text(&present, name);
        let now = class_of(&present);
        if now == class {
            return Ok(TierChange::Unchanged);
        }
        let is_archived =
            matches!(now, "GLACIER" | "DEEP_ARCHIVE") || text("x-amz-archive-status").contains("ARCHIVE_ACCESS");
        if is_archived && !text("x-amz-restore").contains("ongoing-request=\"false\"") {
            return Err(self.archived(path, now, text("x-amz-restore").contains("ongoing-request=\"true\"")));
        }
        if text("content-length").parse().is_ok_and(|length: u64| length > LARGEST) {
            let message = format!("cannot {what}: S3 copies at most 5 GB at once");
            return Err(Error::new(ErrorKind::Unsupported, message)
                .with_hint(format!("use `aws s3 cp --storage-class {class}` from the object to itself")));
        }
        let headers = self.copy_headers(path, class, &present)?;
        self.send(Method::PUT, path, headers, &what).await?;
        Ok(TierChange::Done)
    }
}

impl S3StorageClasses {
    fn copy_headers(&self, path: &Path, class: &'static str, present: &HeaderMap) -> Result<HeaderMap> {
        let source = encoded_path(path);
        let source = HeaderValue::try_from(format!("/{}/{source}", self.client.protocol.place.bucket))
            .map_err(|error| Error::usage("the bucket's name cannot be sent").with_source(error))?;
        let mut headers = HeaderMap::from_iter([
            (HeaderName::from_static("x-amz-copy-source"), source),
            (HeaderName::from_static("x-amz-storage-class"), HeaderValue::from_static(class)),
            (HeaderName::from_static("x-amz-metadata-directive"), HeaderValue::from_static("COPY")),
            (HeaderName::from_static("x-amz-tagging-directive"), HeaderValue::from_static("COPY")),
        ]);
        // Without these headers, the copy has the encryption of the bucket and not that of the object.
        for name in [
            "x-amz-server-side-encryption",
            "x-amz-server-side-encryption-aws-kms-key-id",
            "x-amz-server-side-encryption-bucket-key-enabled",
        ] {
            if let Some(value) = present.get(name) {
                headers.insert(HeaderName::from_static(name), value.clone());
            }
        }
        // Keeps the copy from overwriting a concurrent write.
        if let Some(e_tag) = present.get("etag") {
            headers.insert(HeaderName::from_static("x-amz-copy-source-if-match"), e_tag.clone());
            headers.insert(http::header::IF_MATCH, e_tag.clone());
        }
        Ok(headers)
    }

    async fn send(&self, method: Method, path: &Path, headers: HeaderMap, what: &str) -> Result<HeaderMap> {
        let explain = |known: &ServiceError, kind| known.explain(kind, format!("cannot {what} in {}", self.location));
        let request = object_request(method, &self.client.protocol.place.url, path, "");
        let mut request = request.map_err(|error| explain(&error, ErrorKind::Usage))?;
        *request.headers_mut() = headers;
        let answer = self.client.send(request).await.map_err(|known| explain(&known, ErrorKind::Write))?;
        let answer = check_object(answer, "it has been replaced meanwhile");
        Ok(answer.map_err(|error| explain(&error, ErrorKind::Write))?.into_parts().0.headers)
    }

    fn archived(&self, path: &Path, class: &str, is_on_its_way: bool) -> Error {
        let bucket = &self.client.protocol.place.bucket;
        let message = format!("`{path}` in s3://{bucket} is archived in {class}, and must be restored before it moves");
        let error = Error::new(ErrorKind::Read, message);
        if is_on_its_way {
            return error.with_hint("it is being restored already, which takes hours: try again later");
        }
        error.with_hint(format!("`{}`, and try again when it is done", restore_command(bucket, path.as_ref())))
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// The class of an object. S3 sends no header for the standard one.
fn class_of(present: &HeaderMap) -> &str {
    match text(present, "x-amz-storage-class") {
        "" => "STANDARD",
        class => class,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiers_have_generic_and_native_names_in_any_case() {
        for (name, expected) in [
            ("hot", "STANDARD"),
            ("COOL", "STANDARD_IA"),
            ("Cold", "GLACIER_IR"),
            ("archive", "GLACIER"),
            ("deep_archive", "DEEP_ARCHIVE"),
            ("Standard_Ia", "STANDARD_IA"),
        ] {
            assert_eq!(TIERS.find(&Tier(name.to_owned())).unwrap(), expected);
        }
        assert_eq!(TIERS.find(&Tier("NEARLINE".to_owned())).unwrap_err().kind(), ErrorKind::Unsupported);
    }
}
