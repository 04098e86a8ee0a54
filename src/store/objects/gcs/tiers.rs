//! Storage classes: an object is rewritten onto itself, within Google's, into another one.
//! <https://cloud.google.com/storage/docs/changing-storage-classes>

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method};
use object_store::path::Path;
use serde_json::{Map, Value};

use super::place::request;
use super::wire::Wire;
use crate::error::{Error, ErrorKind, Result};
use crate::store::contract::{Tier, TierChange};
use crate::store::objects::backend::Tiers;
use crate::store::objects::known::Known;

/// The tiers that other clouds have too, and what Google calls them. All of them can be read at once.
const GENERIC: [(&str, &str); 4] =
    [("Hot", "STANDARD"), ("Cool", "NEARLINE"), ("Cold", "COLDLINE"), ("Archive", "ARCHIVE")];

/// The classes that new objects can have. `Archive` and `ARCHIVE` are one.
const NAMES: &[&str] = &["Hot", "Cool", "Cold", "Archive", "STANDARD", "NEARLINE", "COLDLINE", "ARCHIVE"];

/// What an object carries beside its content; a rewrite that says anything of it must say all.
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
pub(super) struct StorageClasses {
    pub(super) wire: Arc<Wire>,
}

#[async_trait]
impl Tiers for StorageClasses {
    fn names(&self) -> &'static [&'static str] {
        NAMES
    }

    async fn tier(&self, path: &Path) -> Result<Option<Tier>> {
        match self.present(path, &format!("look at `{path}`")).await {
            Ok(present) => Ok(Some(Tier(text(&present, "storageClass").to_owned()))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn set_tier(&self, path: &Path, tier: &Tier) -> Result<TierChange> {
        let class = class(tier)?;
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
        // Whoever has replaced it meanwhile has not written in vain.
        let generation = text(&present, "generation");
        let mut query = vec![("ifSourceGenerationMatch", generation), ("ifGenerationMatch", generation)];
        // The copy would be encrypted as the bucket says, and not as the object is. Its key is named with its version.
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
            let answer = self.send(Method::POST, &self.wire.place.rewrite(path), &query, resource.clone(), &what).await;
            let answer = match answer {
                Err(error) if error.kind() == ErrorKind::Write && self.is_in(path, class, &what).await => {
                    // A request whose answer was lost has done it.
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
                let known = Known::new(ErrorKind::Write, "the server neither ends nor goes on");
                return Err(self.failed(&known, &what));
            }
            next.clone_into(&mut token);
        }
    }
}

impl StorageClasses {
    async fn present(&self, path: &Path, what: &str) -> Result<Value> {
        self.send(Method::GET, &self.wire.place.object(path), &[], Bytes::new(), what).await
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
        let failed = |known: &Known| self.failed(known, what);
        let asked = request(method, address, query, headers, body).map_err(|known| failed(&known))?;
        let answer = self.wire.send(asked).await.map_err(|known| failed(&known))?;
        match answer.status().as_u16() {
            404 => Err(failed(
                &Known::new(ErrorKind::NotFound, "there is none")
                    .hint("list what is there with `truthound-store list`"),
            )),
            409 | 412 => Err(failed(&Known::new(ErrorKind::Write, "it has been replaced meanwhile").hint("try again"))),
            _ => {
                let body = answer.into_body().bytes().await;
                let body = body.map_err(|error| failed(&Known::new(ErrorKind::Connection, error.to_string())))?;
                serde_json::from_slice(&body)
                    .map_err(|_| failed(&Known::new(ErrorKind::Connection, "the server's answer is not JSON")))
            }
        }
    }

    fn failed(&self, known: &Known, what: &str) -> Error {
        known.explain(ErrorKind::Write, format!("cannot {what} in gs://{}", self.wire.place.bucket))
    }
}

/// The failure of a server that copies an object and leaves it in its class.
fn unchanged(actual: &str) -> Known {
    let known = Known::new(ErrorKind::Unsupported, format!("the server keeps it in {actual}"));
    known.hint("this server does not change storage classes; an emulator need not")
}

fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// What Google calls a tier.
fn class(tier: &Tier) -> Result<&'static str> {
    let same = |name: &str| name.eq_ignore_ascii_case(&tier.0);
    let found = GENERIC.iter().find(|(name, class)| same(name) || same(class)).map(|(_, class)| *class);
    found.ok_or_else(|| {
        Error::new(ErrorKind::Unsupported, format!("Google Cloud Storage has no tier `{}`", tier.0))
            .with_hint(format!("its tiers: {}", NAMES.join(", ")))
    })
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
            assert_eq!(class(&Tier(name.to_owned())).unwrap(), expected);
        }
        assert_eq!(class(&Tier("STANDARD_IA".to_owned())).unwrap_err().kind(), ErrorKind::Unsupported);
    }
}
