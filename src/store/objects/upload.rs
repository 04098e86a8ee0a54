//! Writing one document, small or large, under a condition.

use std::io;

use futures_util::future::join;
use object_store::path::Path;
use object_store::{
    Attributes, Error as Failure, MultipartUpload, ObjectStoreExt as _, PutMode, PutMultipartOptions, PutOptions,
    PutPayload, PutResult,
};

use super::backend::Backend;
use super::documents::optional;
use super::stream::{Condition, Source, is_whole};
use crate::result::Body;

/// A document that is being written, if need be several times.
#[derive(Debug)]
pub(super) struct Upload<'a> {
    backend: &'a Backend,
    body: &'a Body,
    /// All of it, once it is known to be small.
    small: Option<PutPayload>,
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
    pub(super) fn new(backend: &'a Backend, body: &'a Body) -> Self {
        Self { backend, body, small: None }
    }

    /// All bytes as they are stored, if there are few.
    pub(super) fn small(&self) -> Option<&PutPayload> {
        self.small.as_ref()
    }

    /// Writes the document to `path`, if what `mode` asks for is so.
    pub(super) async fn put(&mut self, path: &Path, mode: PutMode) -> Result<PutResult, UploadError> {
        if let Some(payload) = &self.small {
            return self.put_whole(path, payload.clone(), mode).await;
        }
        let mut source = Source::new(self.body, self.backend.places.compress());
        let first = source.part().await?;
        if !is_whole(&first) {
            self.small = Some(first.clone());
            return self.put_whole(path, first, mode).await;
        }
        // A large document is not sent in vain.
        self.check(path, &mode).await?;
        let mut extensions = object_store::Extensions::new();
        extensions.insert(Condition(mode.clone()));
        let options =
            PutMultipartOptions { tags: self.backend.tags.clone(), attributes: self.attributes(), extensions };
        let mut parts = self.backend.store.put_multipart_opts(path, options).await?;
        let sent = self.send(parts.as_mut(), first, source, path, &mode).await;
        if sent.is_err() {
            // Best effort: what stays behind is invisible, and the first failure is the one to tell.
            drop(parts.abort().await);
        }
        sent
    }

    async fn send(
        &self,
        parts: &mut dyn MultipartUpload,
        first: PutPayload,
        mut source: Source,
        path: &Path,
        mode: &PutMode,
    ) -> Result<PutResult, UploadError> {
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
        if !self.backend.writes.conditional_parts {
            self.check(path, mode).await?;
        }
        Ok(parts.complete().await?)
    }

    async fn put_whole(&self, path: &Path, payload: PutPayload, mode: PutMode) -> Result<PutResult, UploadError> {
        let options = PutOptions {
            mode,
            tags: self.backend.tags.clone(),
            attributes: self.attributes(),
            ..PutOptions::default()
        };
        Ok(self.backend.store.put_opts(path, payload, options).await?)
    }

    fn attributes(&self) -> Attributes {
        self.backend.attributes.clone()
    }

    /// Whether what `mode` asks for is so at this moment.
    async fn check(&self, path: &Path, mode: &PutMode) -> Result<(), Failure> {
        let present = optional(self.backend.store.head(path).await)?;
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
}
