//! Documents as streams, to a store and from it.

use std::io::{self, Read};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::{self, BoxStream, StreamExt as _};
use object_store::{GetResult, GetResultPayload, PutPayload};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

#[cfg(feature = "filesystem")]
use super::bulk;
use super::compression::Compression;
use super::json_end::JsonEnd;
use super::service_error::ServiceError;
use crate::error::{Error, ErrorKind};
use crate::result::{Body, ChunkReader, DocumentLimit, Entry, ExaminedDocument, gzip};
use crate::store::contract::ByteStream;

/// Size of one piece of a document, in bytes: large enough for few thread switches, small enough to buffer several.
const PIECE: usize = 1 << 20;

/// The longest document that is sent in one request, in bytes. A longer one is sent in parts of this size.
pub(super) const PART: usize = 6 << 20;

/// The length of an object that the server does not tell.
pub(super) const UNKNOWN_LENGTH: u64 = i64::MAX.unsigned_abs();

/// The condition for completing a multipart upload, for stores that support one
/// ([`PutMultipartOptions::extensions`](object_store::PutMultipartOptions)).
#[derive(Clone, Debug)]
pub(super) struct UploadCondition(pub(super) object_store::PutMode);

/// The bytes of a document as they are stored, compressed if the profile says so.
pub(super) enum DocumentChunks {
    Plain(ReadAhead),
    Compressed(Compression),
}

impl DocumentChunks {
    /// The chunks of `body`.
    pub(super) fn new(body: &Body, compress: bool) -> Self {
        match compress {
            true => Self::Compressed(Compression::new(body)),
            false => Self::Plain(ReadAhead::new(Box::new(body.reader()))),
        }
    }

    /// The next part; one that is shorter than [`is_whole`] says is the last.
    pub(super) async fn part(&mut self) -> io::Result<PutPayload> {
        let (mut pieces, mut length) = (Vec::new(), 0);
        while length < PART {
            let piece = match self {
                Self::Plain(pieces) => pieces.piece().await,
                Self::Compressed(compression) => compression.piece(PIECE).await,
            };
            let Some(piece) = piece else { break };
            let piece = piece?;
            length += piece.len();
            pieces.push(piece);
        }
        Ok(pieces.into_iter().collect())
    }
}

/// Whether more may follow `part`.
pub(super) fn is_whole(part: &PutPayload) -> bool {
    part.content_length() >= PART
}

/// A reader, and the piece that it has read.
type PieceRead = (Box<dyn Read + Send>, io::Result<Bytes>);

/// Reads one piece ahead on the runtime's threads. None of them waits for the pieces to be taken, because the process may
/// have no other thread for that.
pub(super) struct ReadAhead {
    /// The next piece, and the reader of those after it; `None` at the end.
    next: Option<JoinHandle<PieceRead>>,
}

impl ReadAhead {
    fn new(reader: Box<dyn Read + Send>) -> Self {
        Self { next: Some(read_piece(reader)) }
    }

    /// The next piece; `None` at the end. Nothing follows an error.
    async fn piece(&mut self) -> Option<io::Result<Bytes>> {
        let (reader, piece) = match self.next.take()?.await {
            Ok(read) => read,
            Err(error) => return Some(Err(io::Error::other(error))),
        };
        match &piece {
            Ok(piece) if piece.is_empty() => return None,
            Ok(piece) if piece.len() == PIECE => self.next = Some(read_piece(reader)),
            _ => {}
        }
        Some(piece)
    }
}

fn read_piece(mut reader: Box<dyn Read + Send>) -> JoinHandle<PieceRead> {
    tokio::task::spawn_blocking(move || {
        let mut piece = Vec::new();
        let read = reader.by_ref().take(PIECE as u64).read_to_end(&mut piece);
        (reader, read.map(|_| piece.into()))
    })
}

/// The stored bytes of an object, in pieces that are worth a thread switch.
fn stored(result: GetResult) -> BoxStream<'static, io::Result<Bytes>> {
    match result.payload {
        #[cfg(feature = "filesystem")]
        GetResultPayload::File(file, _) => {
            let pieces = ReadAhead::new(Box::new(file));
            stream::unfold(pieces, |mut pieces| async { Some((pieces.piece().await?, pieces)) }).boxed()
        }
        GetResultPayload::Stream(stream) => stream.map(|chunk| chunk.map_err(io::Error::other)).boxed(),
    }
}

/// The decompressed document of `run_id`. A truncated or damaged document ends with an error, and one that is longer than
/// `limit`.
pub(super) fn document(result: GetResult, run_id: &str, limit: DocumentLimit) -> ByteStream {
    let run_id: Arc<str> = run_id.into();
    // Without a length, only the content tells where a document ends.
    let (length, end) = match result.meta.size {
        UNKNOWN_LENGTH => (0, Some(JsonEnd::default())),
        length => (length, None),
    };
    let state = (stored(result), Some(gzip::Decoder::new()), 0_u64, 0_u64, Bytes::new(), end);
    stream::unfold(state, move |(mut chunks, decoder, mut seen, mut decompressed, mut rest, mut end)| {
        let run_id = Arc::clone(&run_id);
        async move {
            let mut decoder = decoder?;
            loop {
                let decoded = if rest.is_empty() {
                    match chunks.next().await {
                        Some(Ok(chunk)) => {
                            seen += chunk.len() as u64;
                            rest = chunk;
                            continue;
                        }
                        Some(Err(error)) => Err(error),
                        None if seen == 0 => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it is empty")),
                        None if seen < length => Err(io::ErrorKind::UnexpectedEof.into()),
                        None => decoder.finish(),
                    }
                } else {
                    let pushed = decoder.push(&rest.split_to(rest.len().min(decoder.portion()))).and_then(|bytes| {
                        decompressed += bytes.len() as u64;
                        limit.check(decompressed).map(|()| bytes)
                    });
                    match pushed {
                        Ok(bytes) if bytes.is_empty() => continue,
                        Ok(bytes) => {
                            end.iter_mut().for_each(|end| end.push(&bytes));
                            return Some((Ok(bytes.into()), (chunks, Some(decoder), seen, decompressed, rest, end)));
                        }
                        Err(error) => Err(error),
                    }
                };
                let decoded = decoded.and_then(|bytes| {
                    limit.check(decompressed + bytes.len() as u64)?;
                    end.iter_mut().for_each(|end| end.push(&bytes));
                    match &end {
                        Some(end) if !end.is_reached() => Err(io::ErrorKind::UnexpectedEof.into()),
                        _ => Ok(bytes),
                    }
                });
                return match decoded {
                    Ok(bytes) if bytes.is_empty() => None,
                    Ok(bytes) => Some((Ok(bytes.into()), (chunks, None, seen, decompressed, rest, end))),
                    Err(error) => {
                        Some((Err(unreadable(&run_id, error)), (chunks, None, seen, decompressed, rest, end)))
                    }
                };
            }
        }
    })
    .boxed()
}

fn unreadable(run_id: &str, error: io::Error) -> Error {
    if let Some(known) = ServiceError::under(&error) {
        return known.explain(ErrorKind::Read, format!("cannot read result `{run_id}`")).with_run_id(run_id);
    }
    let hint = DocumentLimit::hint(&error)
        .unwrap_or("save it again; `truthound-store reindex` names all documents that cannot be read");
    Error::new(ErrorKind::Read, format!("the stored document of result `{run_id}` cannot be read to its end"))
        .with_run_id(run_id)
        .with_source(error)
        .with_hint(hint)
}

/// Describes a stored document of any length up to `limit`.
pub(super) async fn describe(result: GetResult, limit: DocumentLimit) -> Result<Entry, Error> {
    let described = on_thread(result, move |reader| crate::result::describe(reader, limit)).await?;
    described.map_err(|error| match ServiceError::under(&error) {
        Some(known) => known.explain(ErrorKind::Read, "cannot read the stored document"),
        None => error,
    })
}

/// Reads a stored document to its end, or to `limit`.
pub(super) async fn examine(result: GetResult, limit: DocumentLimit) -> Result<ExaminedDocument, Error> {
    on_thread(result, move |reader| crate::result::examine(reader, limit)).await
}

/// Lets `read` read the stored bytes on a thread that may block.
async fn on_thread<T: Send + 'static>(
    result: GetResult,
    read: impl FnOnce(Box<dyn Read>) -> T + Send + 'static,
) -> Result<T, Error> {
    match result.payload {
        #[cfg(feature = "filesystem")]
        GetResultPayload::File(file, _) => bulk::blocking(move || read(Box::new(file))).await.map_err(gone),
        GetResultPayload::Stream(mut chunks) => {
            let (sender, pieces) = mpsc::channel(2);
            let feed = async move {
                while let Some(chunk) = chunks.next().await {
                    // The reader stops when it has seen enough.
                    if sender.send(chunk.map_err(io::Error::other)).await.is_err() {
                        break;
                    }
                }
            };
            let reader = ChunkReader::new(pieces);
            let reading = tokio::task::spawn_blocking(move || read(Box::new(reader)));
            let ((), done) = futures_util::future::join(feed, reading).await;
            done.map_err(gone)
        }
    }
}

fn gone(error: impl Into<crate::error::BoxError>) -> Error {
    Error::new(ErrorKind::Other, "a thread that was reading a document ended early").with_source(error)
}
