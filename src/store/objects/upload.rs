//! Conditional writes of one document: the content is sent first, then made visible in one step.

use std::io;

use futures_util::future::join;
use object_store::path::Path;
use object_store::{
    Attribute, Attributes, Error as Failure, GetResult, MultipartUpload, ObjectStoreExt as _, PutMode,
    PutMultipartOptions, PutOptions, PutPayload, PutResult,
};

use super::access::optional;
use super::backend::Backend;
use super::stream::{DocumentChunks, PART, UploadCondition, is_whole};
use crate::random;
use crate::result::{Body, DocumentDigest, Entry};

/// The metadata that identifies one write of a document. It is needed where equal content has an equal version, and where a
/// request may have succeeded although its response was lost. All clouds allow the name: Azure refuses hyphens, and some
/// proxies drop headers with underscores.
pub(super) const WRITE_TOKEN: &str = "truthoundstorewrite";

/// The metadata with the digest of the document, decompressed.
const DIGEST: &str = "truthoundstoresha256";

/// A document to write, repeatedly if other clients interfere.
#[derive(Debug)]
pub(super) struct Upload<'a> {
    backend: &'a Backend,
    entry: &'a Entry,
    body: &'a Body,
    /// The whole content, once it is known to be small.
    small: Option<PutPayload>,
}

/// A document that has been sent and is not yet visible. Dropped without a commit, it never becomes visible, and the backend
/// removes the parts of a large one if it can.
#[derive(Debug)]
pub(super) struct Prepared<'a> {
    backend: &'a Backend,
    path: Path,
    mode: PutMode,
    attributes: Attributes,
    token: Option<String>,
    digest: Option<DocumentDigest>,
    sent: Sent,
}

/// How much of a prepared document the server has already.
#[derive(Debug)]
enum Sent {
    /// Nothing: the request that makes it visible carries it.
    Nothing(PutPayload),
    /// Everything, in parts.
    Parts(Box<dyn MultipartUpload>),
}

/// A document that has been written.
#[derive(Clone, Debug)]
pub(super) struct Uploaded {
    /// The ETag of this version.
    pub(super) e_tag: Option<String>,
    /// The value of [`WRITE_TOKEN`], unique to this write; `None` where ETags are unique to a write.
    pub(super) token: Option<String>,
    /// The digest of its content, where it is known.
    pub(super) digest: Option<DocumentDigest>,
}

impl Uploaded {
    /// The ETag of this version; empty where the backend has none.
    pub(super) fn version(&self) -> &str {
        self.e_tag.as_deref().unwrap_or_default()
    }

    /// Whether `present` is this document, and not one that another client has written since.
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
    /// The content to store could not be read.
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
    /// An upload of `body`. Its digest is recorded if it is known.
    pub(super) fn new(backend: &'a Backend, entry: &'a Entry, body: &'a Body) -> Self {
        Self { backend, entry, body, small: None }
    }

    /// Sends the document and makes nothing visible. A small one is only held ready; a large one is sent in parts,
    /// unless what `mode` asks for is already known not to be so: then the answer is `None`.
    pub(super) async fn prepare(&mut self, path: &Path, mode: &PutMode) -> Result<Option<Prepared<'a>>, UploadError> {
        let token = self.backend.writes.have_tokens().then(fresh_token);
        let attributes = self.attributes(token.as_deref());
        let prepared = |sent| Prepared {
            backend: self.backend,
            path: path.clone(),
            mode: mode.clone(),
            attributes: attributes.clone(),
            token: token.clone(),
            digest: self.body.known_digest(),
            sent,
        };
        if let Some(payload) = &self.small {
            return Ok(Some(prepared(Sent::Nothing(payload.clone()))));
        }
        let is_ready = self.body.len() < PART as u64 && self.body.len_in_memory() == self.body.len();
        if is_ready && !self.backend.keys.compress() {
            // It needs no other thread.
            let payload = PutPayload::from(self.body.to_bytes()?);
            self.small = Some(payload.clone());
            return Ok(Some(prepared(Sent::Nothing(payload))));
        }
        let mut source = DocumentChunks::new(self.body, self.backend.keys.compress());
        let first = source.part().await?;
        if !is_whole(&first) {
            self.small = Some(first.clone());
            return Ok(Some(prepared(Sent::Nothing(first))));
        }
        // Saves the transfer of a large document that would be refused.
        match check(self.backend, path, mode).await {
            Err(error) if is_conflict(&error) => return Ok(None),
            checked => checked?,
        }
        let mut extensions = object_store::Extensions::new();
        extensions.insert(UploadCondition(mode.clone()));
        let tags = self.backend.tags.clone();
        let options = PutMultipartOptions { tags, attributes: attributes.clone(), extensions };
        let mut parts = self.backend.store.put_multipart_opts(path, options).await?;
        if let Err(error) = send(parts.as_mut(), first, source).await {
            return Err(aborted(parts.as_mut(), error).await);
        }
        Ok(Some(prepared(Sent::Parts(parts))))
    }

    /// The attributes of the document: those of the profile, and those that the backend derives from the entry where the
    /// profile has none.
    fn attributes(&self, token: Option<&str>) -> Attributes {
        let mut attributes = self.backend.attributes.clone();
        let described = self.backend.describe.map(|describe| describe(self.entry));
        for (name, value) in described.into_iter().flatten() {
            let attribute = Attribute::Metadata(name.into());
            if attributes.get(&attribute).is_none() {
                attributes.insert(attribute, value.into());
            }
        }
        if let Some(digest) = self.body.known_digest().filter(|_| self.backend.has_metadata()) {
            attributes.insert(Attribute::Metadata(DIGEST.into()), digest.to_string().into());
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

    /// Removes the parts that were sent; failures are ignored.
    pub(super) async fn discard(self) {
        if let Sent::Parts(mut parts) = self.sent {
            drop(parts.abort().await);
        }
    }

    /// Makes the document visible if the condition holds, and returns `None` if not. Where requests are repeated after a lost
    /// response, the present document may then still be this one.
    pub(super) async fn commit(self) -> Result<Option<Uploaded>, UploadError> {
        let Self { backend, path, mode, attributes, token, digest, sent } = self;
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
            Ok(written) => Ok(Some(Uploaded { e_tag: written.e_tag, token, digest })),
            Err(error) if is_conflict(&error) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// Whether a write was refused because its condition does not hold.
pub(super) fn is_conflict(error: &Failure) -> bool {
    matches!(error, Failure::AlreadyExists { .. } | Failure::Precondition { .. } | Failure::NotFound { .. })
}

/// The token of the write that made a document with these attributes.
pub(super) fn token(attributes: &Attributes) -> Option<&str> {
    attributes.get(&Attribute::Metadata(WRITE_TOKEN.into())).map(|value| &**value)
}

/// The digest that was recorded when the document with these attributes was saved.
pub(super) fn recorded_digest(attributes: &Attributes) -> Option<DocumentDigest> {
    DocumentDigest::from_hex(attributes.get(&Attribute::Metadata(DIGEST.into()))?)
}

/// A token that is unique to a write: 128 random bits.
fn fresh_token() -> String {
    format!("{:016x}{:016x}", random::bits(), random::bits())
}

async fn send(
    parts: &mut dyn MultipartUpload,
    first: PutPayload,
    mut source: DocumentChunks,
) -> Result<(), UploadError> {
    let mut part = first;
    while part.content_length() > 0 {
        let more = is_whole(&part);
        let sending = parts.put_part(part);
        if !more {
            sending.await?;
            break;
        }
        // The next part is compressed while this one is sent.
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

/// Removes the parts and returns `error`. A failure to remove is ignored: the parts are invisible.
async fn aborted(parts: &mut dyn MultipartUpload, error: UploadError) -> UploadError {
    drop(parts.abort().await);
    error
}

/// Checks that the condition of `mode` holds at this moment.
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
