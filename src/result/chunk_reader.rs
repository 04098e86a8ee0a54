//! A blocking reader of chunks that arrive asynchronously.

use std::io::{self, Read};

use bytes::{Buf as _, Bytes};
use tokio::sync::{mpsc, oneshot};

use crate::error::Error;

/// Reads the chunks that an asynchronous task sends, on a thread that may block.
///
/// The end of the channel is the end of the input. An error in the channel becomes the error of a read.
#[derive(Debug)]
pub struct ChunkReader {
    chunks: mpsc::Receiver<io::Result<Bytes>>,
    current: Bytes,
}

impl ChunkReader {
    /// A reader of the chunks in this channel.
    pub fn new(chunks: mpsc::Receiver<io::Result<Bytes>>) -> Self {
        Self { chunks, current: Bytes::new() }
    }

    /// Lets `read` read the chunks on a thread of its own: the runtime's threads may be needed for the chunks, however
    /// few those are. Returns where the result of `read` will be.
    ///
    /// # Errors
    /// If the system does not start a thread.
    pub fn read_apart<T: Send + 'static>(
        chunks: mpsc::Receiver<io::Result<Bytes>>,
        read: impl FnOnce(Self) -> T + Send + 'static,
    ) -> Result<oneshot::Receiver<T>, Error> {
        let (sender, receiver) = oneshot::channel();
        let work = move || drop(sender.send(read(Self::new(chunks))));
        let started = std::thread::Builder::new().name("document".to_owned()).spawn(work);
        started.map(|_| receiver).map_err(Error::no_thread)
    }
}

impl Read for ChunkReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() {
            match self.chunks.blocking_recv() {
                Some(chunk) => self.current = chunk?,
                None => return Ok(0),
            }
        }
        let count = self.current.len().min(buffer.len());
        self.current.copy_to_slice(buffer.get_mut(..count).unwrap_or_default());
        Ok(count)
    }
}
