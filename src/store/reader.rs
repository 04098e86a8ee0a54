//! Asynchronous chunks as a blocking reader, for what parses while it reads.

use std::io::{self, Read};

use bytes::{Buf as _, Bytes};
use futures_util::StreamExt as _;
use tokio::sync::mpsc;

use crate::error::{Error, ErrorKind, Result};
use crate::store::contract::ByteStream;

/// Reads chunks that an asynchronous task sends.
#[derive(Debug)]
pub struct ChunkReader {
    chunks: mpsc::Receiver<Bytes>,
    current: Bytes,
}

impl ChunkReader {
    /// Lets `parse` read `stream` on a thread where it may block. A failure of the stream goes before one of `parse`,
    /// which has only seen the end too early.
    ///
    /// # Errors
    /// Those of the stream and of `parse`.
    pub async fn feed<T: Send + 'static>(
        mut stream: ByteStream,
        parse: impl FnOnce(Self) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (sender, chunks) = mpsc::channel(4);
        let parsing = tokio::task::spawn_blocking(move || parse(Self { chunks, current: Bytes::new() }));
        while let Some(chunk) = stream.next().await {
            // The parser has seen enough, or failed.
            if sender.send(chunk?).await.is_err() {
                break;
            }
        }
        drop(sender);
        parsing
            .await
            .map_err(|error| Error::new(ErrorKind::Other, "reading a document broke off").with_source(error))?
    }
}

impl Read for ChunkReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() {
            match self.chunks.blocking_recv() {
                Some(chunk) => self.current = chunk,
                None => return Ok(0),
            }
        }
        let count = self.current.len().min(buffer.len());
        self.current.copy_to_slice(buffer.get_mut(..count).unwrap_or_default());
        Ok(count)
    }
}
