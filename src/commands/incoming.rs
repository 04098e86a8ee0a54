//! Reading the documents of `save` in the background, a little ahead of the saves.

use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use crate::error::{Error, ErrorKind, Result};
use crate::result::{CheckCounts, Document, InputDocuments, InputOptions, InputSource, documents};

/// An item that was read from the inputs.
pub(super) enum Incoming {
    Document(QueuedDocument),
    /// A fact that the user should know.
    Warning(String),
    /// A file in a directory that holds no results, and the reason.
    PassedOver(InputSource, String),
    /// All documents of a file have been read.
    SourceEnd,
}

/// A document that was read, with its share of the memory budget.
pub(super) struct QueuedDocument {
    pub(super) document: Document,
    /// The outcomes of its checks, if they were asked for.
    pub(super) counts: Option<CheckCounts>,
    pub(super) memory: OwnedSemaphorePermit,
}

/// The memory budget for documents that were read and not yet saved. Reading waits when it is used up.
#[derive(Clone)]
struct MemoryBudget(Arc<Semaphore>);

impl MemoryBudget {
    /// The budget. A larger document takes all of it.
    const KIB: u32 = 16 * 1024;

    fn new() -> Self {
        Self(Arc::new(Semaphore::new(Self::KIB as usize)))
    }

    /// Waits until the document fits into the budget. Blocks.
    fn hold(&self, document: Document, counted: bool) -> Result<Incoming> {
        let kib = u32::try_from(document.body.len_in_memory() / 1024).unwrap_or(u32::MAX).min(Self::KIB);
        let waiting = Arc::clone(&self.0).acquire_many_owned(kib);
        let memory = Handle::current()
            .block_on(waiting)
            .map_err(|closed| Error::new(ErrorKind::Other, "the queue of documents was closed").with_source(closed))?;
        let count = || CheckCounts::read(document.entry.run_id.clone(), document.body.reader()).ok();
        let counts = counted.then(count).flatten();
        Ok(Incoming::Document(QueuedDocument { document, counts, memory }))
    }
}

/// Reads documents on a separate thread. With `counted`, the outcomes of their checks are counted.
///
/// # Errors
/// If there can be no thread.
pub(super) fn read_in_background(
    sources: Vec<Result<InputSource>>,
    options: InputOptions,
    counted: bool,
) -> Result<mpsc::Receiver<Result<Incoming>>> {
    let (sender, receiver) = mpsc::channel(1);
    let memory = MemoryBudget::new();
    let runtime = Handle::current();
    // A thread of its own: it waits for the saves, which need the runtime's threads, however few those are.
    let reading = std::thread::Builder::new().name("input".to_owned()).spawn(move || {
        let _runtime = runtime.enter();
        let send = |incoming: Result<Incoming>| sender.blocking_send(incoming).is_ok();
        if options.overrides.run_id.is_some() {
            let (document, notes) = only_document(sources, &options);
            // The receiver is gone if the command was interrupted.
            let _ = notes.into_iter().all(|note| send(Ok(note)))
                && send(document.and_then(|document| memory.hold(document, counted)));
            return;
        }
        for source in sources {
            let goes_on = match source.and_then(|source| Ok((documents(&source, &options)?, source))) {
                Ok((mut documents, source)) => loop {
                    let document = documents.next();
                    if !notes(&mut documents, &source).into_iter().all(|note| send(Ok(note))) {
                        break false;
                    }
                    let Some(document) = document else { break send(Ok(Incoming::SourceEnd)) };
                    if !send(document.and_then(|document| memory.hold(document, counted))) {
                        break false;
                    }
                },
                Err(error) => send(Err(error)),
            };
            if !goes_on {
                return;
            }
        }
    });
    reading.map_err(Error::no_thread)?;
    Ok(receiver)
}

fn notes(documents: &mut InputDocuments, source: &InputSource) -> Vec<Incoming> {
    let notes = documents.take_notes();
    let passed_over = notes.passed_over.map(|reason| Incoming::PassedOver(source.clone(), reason));
    notes.warnings.into_iter().map(Incoming::Warning).chain(passed_over).collect()
}

/// The single document for `--run-id`, and what else is to be said.
fn only_document(sources: Vec<Result<InputSource>>, options: &InputOptions) -> (Result<Document>, Vec<Incoming>) {
    let mut found = Vec::new();
    let only = || {
        let mut all = Vec::new();
        for source in sources {
            let source = source?;
            let mut documents = documents(&source, options)?;
            loop {
                let document = documents.next();
                found.extend(notes(&mut documents, &source));
                let Some(document) = document else { break };
                all.push(document?);
                if all.len() > 1 {
                    return Err(Error::usage("`--run-id` needs a single document, and the input has several")
                        .with_hint("save them one by one, or leave out `--run-id`"));
                }
            }
        }
        all.pop().ok_or_else(|| Error::usage("the input has no document"))
    };
    let only = only();
    (only, found)
}
