//! Reading a stored document while it arrives.

use futures_util::StreamExt as _;
use tokio::sync::mpsc;

use crate::error::{Error, ErrorKind, Result};
use crate::result::ChunkReader;
use crate::store::contract::ByteStream;

/// Hands the document in `stream` to `read`, on a thread of its own that may block.
///
/// # Errors
/// Those of the stream, then those of `read`.
pub(super) async fn read_document<T: Send + 'static>(
    mut stream: ByteStream,
    read: impl FnOnce(ChunkReader) -> Result<T> + Send + 'static,
) -> Result<T> {
    let (sender, chunks) = mpsc::channel(4);
    let reading = ChunkReader::read_apart(chunks, read)?;
    while let Some(chunk) = stream.next().await {
        // This failure takes precedence over that of the reader, which only sees an early end.
        if sender.send(Ok(chunk?)).await.is_err() {
            break;
        }
    }
    drop(sender);
    reading.await.map_err(|error| {
        Error::new(ErrorKind::Other, "the task that reads the document ended early").with_source(error)
    })?
}
