//! Writing a large file, part by part.

use std::fmt;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use futures_util::FutureExt as _;
use object_store::{Error, MultipartUpload, PutMode, PutPayload, PutResult, Result, UploadPart};
use tempfile::NamedTempFile;

use super::files::publish;
use super::lock::Lock;
use super::opening::{blocking, generic};

/// A large file that is being written. It is invisible until it is complete.
pub(super) struct DiskUpload {
    pub(super) staged: Arc<Mutex<Option<NamedTempFile>>>,
    pub(super) offset: u64,
    pub(super) path: PathBuf,
    pub(super) mode: PutMode,
    pub(super) lock: Lock,
}

impl fmt::Debug for DiskUpload {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("DiskUpload").field("path", &self.path).field("mode", &self.mode).finish_non_exhaustive()
    }
}

fn aborted() -> Error {
    generic("the upload has already ended")
}

#[async_trait]
impl MultipartUpload for DiskUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        let (staged, offset) = (Arc::clone(&self.staged), self.offset);
        self.offset += data.content_length() as u64;
        blocking(move || {
            let mut staged = staged.lock().unwrap_or_else(PoisonError::into_inner);
            // Errors of the wrapper would name the temporary file.
            let file = staged.as_mut().ok_or_else(aborted)?.as_file_mut();
            file.seek(SeekFrom::Start(offset)).map_err(generic)?;
            data.iter().try_for_each(|piece| file.write_all(piece)).map_err(generic)
        })
        .boxed()
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let staged = self.staged.lock().unwrap_or_else(PoisonError::into_inner).take().ok_or_else(aborted)?;
        let (path, mode, lock) = (self.path.clone(), self.mode.clone(), self.lock.clone());
        blocking(move || publish(staged, &path, &mode, &lock)).await
    }

    async fn abort(&mut self) -> Result<()> {
        // Dropping the staged file removes it.
        self.staged.lock().unwrap_or_else(PoisonError::into_inner).take().map(drop).ok_or_else(aborted)
    }
}
