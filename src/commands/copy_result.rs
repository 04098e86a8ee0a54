//! Copying a stored result to another store, byte for byte.

use futures_util::StreamExt as _;

use super::read_document::read_document;
use crate::error::{Error, ErrorKind, Result};
use crate::result::{DigestHasher, Document, DocumentDigest, DocumentLimit, Entry, RunId, Spool, describe};
use crate::store::contract::{ResultStore, SaveMode};

/// The outcome of a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CopyOutcome {
    /// The result was written, and read back.
    Copied,
    /// The goal had the same document before.
    WasThere,
}

/// Copies a result, reads the copy and compares its SHA-256 with that of the original. A result that the goal has before is
/// never replaced.
///
/// # Errors
/// [`NotFound`](ErrorKind::NotFound) if the result does not exist; [`AlreadyExists`](ErrorKind::AlreadyExists) if the goal has
/// another document with this run id; if the original cannot be read, or the copy cannot be written or read, or differs.
pub(super) async fn copy_result(run_id: &RunId, from: &dyn ResultStore, to: &dyn ResultStore) -> Result<CopyOutcome> {
    let (document, digest) = read_whole(run_id, from, to).await?;
    match to.save(&document, SaveMode::IfAbsent).await {
        Ok(()) if digest_in(run_id, to).await? == digest => Ok(CopyOutcome::Copied),
        Ok(()) => Err(differs(
            run_id,
            to,
            ErrorKind::Write,
            "the copy that was read back is not the document that was written",
        )),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => match digest_in(run_id, to).await {
            Ok(found) if found == digest => Ok(CopyOutcome::WasThere),
            Ok(_) => Err(differs(run_id, to, ErrorKind::AlreadyExists, "it is another document with the same run id")),
            // Another namespace of the table holds the run id.
            Err(missing) if missing.kind() == ErrorKind::NotFound => Err(error),
            Err(unreadable) => Err(unreadable),
        },
        Err(error) => Err(error),
    }
}

fn differs(run_id: &RunId, store: &dyn ResultStore, kind: ErrorKind, reason: &'static str) -> Error {
    Error::new(kind, format!("result `{run_id}` in {} differs from the original", store.location()))
        .with_run_id(run_id.as_str())
        .with_source(reason)
        .with_hint("compare the two with `truthound-store get`; the original was left where it is")
}

/// Reads a document, into a temporary file if it is large, with its digest. Its facts are those that `to` will list.
async fn read_whole(
    run_id: &RunId,
    from: &dyn ResultStore,
    to: &dyn ResultStore,
) -> Result<(Document, DocumentDigest)> {
    let unreadable = |error: std::io::Error| Error::new(ErrorKind::Other, "cannot hold a document").with_source(error);
    let stream = from.get(run_id).await?;
    let read = read_document(stream, move |mut chunks| {
        let mut spool = Spool::default();
        std::io::copy(&mut chunks, &mut spool).map_err(unreadable)?;
        let mut body = spool.into_body().map_err(unreadable)?;
        let digest = body.digest().map_err(unreadable)?;
        body.set_digest(digest);
        let entry = describe(body.reader(), DocumentLimit::NONE)?;
        Ok((entry, body, digest))
    });
    let (entry, body, digest) = read.await.map_err(|error| error.with_run_id(run_id.as_str()))?;
    // A document is found by its name, so the name decides, whatever run id the content has.
    let entry = Entry { run_id: run_id.clone(), ..entry.in_zone(to.time_zone()) };
    Ok((Document { entry, body }, digest))
}

/// The SHA-256 of the document of `run_id`, as it is read.
async fn digest_in(run_id: &RunId, store: &dyn ResultStore) -> Result<DocumentDigest> {
    let mut stream = store.get(run_id).await?;
    let mut hasher = DigestHasher::default();
    while let Some(chunk) = stream.next().await {
        hasher.update(&chunk.map_err(|error| error.with_run_id(run_id.as_str()))?);
    }
    Ok(hasher.finish())
}
