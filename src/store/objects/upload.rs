//! Writing one document, small or large, under a condition: first everything is sent, then it becomes visible.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io;

use futures_util::future::join;
use object_store::path::Path;
use object_store::{
    Attribute, Attributes, Error as Failure, GetResult, MultipartUpload, ObjectStoreExt as _, PutMode,
    PutMultipartOptions, PutOptions, PutPayload, PutResult,
};

use super::access::optional;
use super::backend::Backend;
use super::stream::{Condition, Source, is_whole};
use crate::result::{Body, Entry};

/// The metadata that tells one write of a document from every other, where equal content has an equal version, or a
/// request may have taken effect whose answer was lost. A name that all clouds allow: Azure takes no hyphens, and some
/// proxies drop headers with underscores.
pub(super) const WRITE_TOKEN: &str = "truthoundstorewrite";

/// A document that is being written, if need be several times.
#[derive(Debug)]
pub(super) struct Upload<'a> {
    backend: &'a Backend,
    entry: &'a Entry,
    body: &'a Body,
    /// All of it, once it is known to be small.
    small: Option<PutPayload>,
}

/// A document that is sent and not yet visible. Dropped without a commit, it never becomes visible; the parts of a large
/// one are removed as far as the backend can.
#[derive(Debug)]
pub(super) struct Prepared<'a> {
    backend: &'a Backend,
    path: Path,
    mode: PutMode,
    attributes: Attributes,
    token: Option<String>,
    sent: Sent,
}

/// How much of a prepared document is at the server already.
#[derive(Debug)]
enum Sent {
    /// Nothing: it travels in the request that makes it visible.
    Nothing(PutPayload),
    /// Everything, in parts.
    Parts(Box<dyn MultipartUpload>),
}

/// A document that has been written.
#[derive(Clone, Debug)]
pub(super) struct Uploaded {
    /// The tag of this version.
    pub(super) e_tag: Option<String>,
    /// The value of [`WRITE_TOKEN`] that this write alone has; nothing where tags already tell writes apart.
    pub(super) token: Option<String>,
}

impl Uploaded {
    /// The tag of this version; empty where the backend gives none.
    pub(super) fn version(&self) -> &str {
        self.e_tag.as_deref().unwrap_or_default()
    }

    /// Whether `present` is this document, and not one that others have written since.
    pub(super) fn is(&self, present: &GetResult) -> bool {
        // Without a version there is nothing to compare.
        let same_version = self.e_tag.is_none() || self.e_tag == present.meta.e_tag;
        same_version && (self.token.is_none() || self.token.as_deref() == token(&present.attributes))
    }
}

/// Why a document was not written.
#[derive(Debug)]
pub(super) enum UploadError {
    /// The store refused it.
    Store(Failure),
    /// What was to be stored could not be read.
    Body(io::Error),
}

impl From<Failure> for UploadError {
    fn from(error: Failure) -> Self {
        Self::Store(error)
    }
}

impl From<io::Error> for UploadError {
    fn from(error: io::Error) -> Self {
        Self::Body(error)
    }
}

impl<'a> Upload<'a> {
    pub(super) fn new(backend: &'a Backend, entry: &'a Entry, body: &'a Body) -> Self {
        Self { backend, entry, body, small: None }
    }

    /// Sends the document and makes nothing visible. A small one is only held ready; a large one is sent in parts,
    /// unless what `mode` asks for is already known not to be so: then the answer is `None`.
    pub(super) async fn prepare(&mut self, path: &Path, mode: &PutMode) -> Result<Option<Prepared<'a>>, UploadError> {
        let writes = self.backend.writes;
        let token = (writes.versions_repeat || writes.requests_repeat).then(fresh_token);
        let attributes = self.attributes(token.as_deref());
        let prepared = |sent| Prepared {
            backend: self.backend,
            path: path.clone(),
            mode: mode.clone(),
            attributes: attributes.clone(),
            token: token.clone(),
            sent,
        };
        if let Some(payload) = &self.small {
            return Ok(Some(prepared(Sent::Nothing(payload.clone()))));
        }
        let mut source = Source::new(self.body, self.backend.keys.compress());
        let first = source.part().await?;
        if !is_whole(&first) {
            self.small = Some(first.clone());
            return Ok(Some(prepared(Sent::Nothing(first))));
        }
        // A large document is not sent in vain.
        match check(self.backend, path, mode).await {
            Err(error) if is_conflict(&error) => return Ok(None),
            checked => checked?,
        }
        let mut extensions = object_store::Extensions::new();
        extensions.insert(Condition(mode.clone()));
        let tags = self.backend.tags.clone();
        let options = PutMultipartOptions { tags, attributes: attributes.clone(), extensions };
        let mut parts = self.backend.store.put_multipart_opts(path, options).await?;
        if let Err(error) = send(parts.as_mut(), first, source).await {
            return Err(aborted(parts.as_mut(), error).await);
        }
        Ok(Some(prepared(Sent::Parts(parts))))
    }

    /// What the document carries: what the profile says, and what the backend says of a document like this one where
    /// the profile does not.
    fn attributes(&self, token: Option<&str>) -> Attributes {
        let mut attributes = self.backend.attributes.clone();
        let described = self.backend.describe.map(|describe| describe(self.entry));
        for (name, value) in described.into_iter().flatten() {
            let attribute = Attribute::Metadata(name.into());
            if attributes.get(&attribute).is_none() {
                attributes.insert(attribute, value.into());
            }
        }
        if let Some(token) = token {
            attributes.insert(Attribute::Metadata(WRITE_TOKEN.into()), token.to_owned().into());
        }
        attributes
    }
}

impl Prepared<'_> {
    /// The value of [`WRITE_TOKEN`] that the document will have.
    pub(super) fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// Removes the parts that were sent, as far as that succeeds.
    pub(super) async fn discard(self) {
        if let Sent::Parts(mut parts) = self.sent {
            drop(parts.abort().await);
        }
    }

    /// Makes the document visible, if what was asked for is so. `None` says that it is not; where a request may be sent
    /// again after its answer was lost, the document there may still be this one.
    pub(super) async fn commit(self) -> Result<Option<Uploaded>, UploadError> {
        let Self { backend, path, mode, attributes, token, sent } = self;
        let written = match sent {
            Sent::Nothing(payload) => {
                let options = PutOptions { mode, tags: backend.tags.clone(), attributes, ..PutOptions::default() };
                backend.store.put_opts(&path, payload, options).await
            }
            Sent::Parts(mut parts) => match complete(backend, parts.as_mut(), &path, &mode).await {
                Err(error) => {
                    drop(parts.abort().await);
                    Err(error)
                }
                written => written,
            },
        };
        match written {
            Ok(written) => Ok(Some(Uploaded { e_tag: written.e_tag, token })),
            Err(error) if is_conflict(&error) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// Whether a write was refused because the object is not what the writer took it for.
pub(super) fn is_conflict(error: &Failure) -> bool {
    matches!(error, Failure::AlreadyExists { .. } | Failure::Precondition { .. } | Failure::NotFound { .. })
}

/// The token of the write that made a document with these attributes.
pub(super) fn token(attributes: &Attributes) -> Option<&str> {
    attributes.get(&Attribute::Metadata(WRITE_TOKEN.into())).map(|value| &**value)
}

/// A token that no other write has: 128 bits, keyed by the system's randomness.
fn fresh_token() -> String {
    let half = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", half(), half())
}

async fn send(parts: &mut dyn MultipartUpload, first: PutPayload, mut source: Source) -> Result<(), UploadError> {
    let mut part = first;
    while part.content_length() > 0 {
        let more = is_whole(&part);
        let sending = parts.put_part(part);
        if !more {
            sending.await?;
            break;
        }
        // The next part is compressed while this one travels.
        let (sent, next) = join(sending, source.part()).await;
        sent?;
        part = next?;
    }
    Ok(())
}

async fn complete(
    backend: &Backend,
    parts: &mut dyn MultipartUpload,
    path: &Path,
    mode: &PutMode,
) -> object_store::Result<PutResult> {
    if !backend.writes.conditional_parts {
        check(backend, path, mode).await?;
    }
    parts.complete().await
}

/// Removes the parts, as far as that succeeds: what stays behind is invisible, and the first failure is the one to tell.
async fn aborted(parts: &mut dyn MultipartUpload, error: UploadError) -> UploadError {
    drop(parts.abort().await);
    error
}

/// Whether what `mode` asks for is so at this moment.
async fn check(backend: &Backend, path: &Path, mode: &PutMode) -> Result<(), Failure> {
    let present = optional(backend.store.head(path).await)?;
    let source = "it has been written or removed meanwhile".into();
    let path = path.to_string();
    match (mode, present) {
        (PutMode::Create, Some(_)) => Err(Failure::AlreadyExists { path, source }),
        (PutMode::Update(version), present) if present.as_ref().map(|meta| &meta.e_tag) != Some(&version.e_tag) => {
            Err(Failure::Precondition { path, source })
        }
        _ => Ok(()),
    }
}
