//! Reading the documents of `save` in the background, a little ahead of the saves.

use std::collections::VecDeque;
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

    fn share_of(document: &Document) -> u32 {
        u32::try_from(document.body.len_in_memory() / 1024).unwrap_or(u32::MAX).min(Self::KIB)
    }

    /// Takes the share of a document, if it fits into the budget now.
    fn try_hold(&self, document: &Document) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0).try_acquire_many_owned(Self::share_of(document)).ok()
    }

    /// Waits until the document fits into the budget. Blocks.
    fn hold(&self, document: &Document) -> Result<OwnedSemaphorePermit> {
        let waiting = Arc::clone(&self.0).acquire_many_owned(Self::share_of(document));
        Handle::current()
            .block_on(waiting)
            .map_err(|closed| Error::new(ErrorKind::Other, "the queue of documents was closed").with_source(closed))
    }
}

/// Items that were read and that no save has taken yet.
const AHEAD: usize = 256;

/// Bytes of a file that is read faster than a thread is started.
const SMALL: u64 = 64 * 1024;

/// Reads documents, on a separate thread where that may take long. With `counted`, the outcomes of their checks are
/// counted.
///
/// # Errors
/// If there can be no thread.
pub(super) fn read_in_background(
    sources: Vec<Result<InputSource>>,
    options: InputOptions,
    counted: bool,
) -> Result<mpsc::Receiver<Result<Incoming>>> {
    let (sender, receiver) = mpsc::channel(AHEAD);
    let memory = MemoryBudget::new();
    let is_short = is_small_file(&sources);
    let mut items = SourceItems::new(sources, options);
    let mut next = None;
    while is_short && sender.capacity() > 0 {
        let item = match items.next() {
            None => return Ok(receiver),
            Some(Ok(SourceItem::Document(document))) => match memory.try_hold(&document) {
                Some(memory) => Ok(queued(document, memory, counted)),
                None => {
                    next = Some(Ok(SourceItem::Document(document)));
                    break;
                }
            },
            Some(Ok(SourceItem::Other(other))) => Ok(other),
            Some(Err(error)) => Err(error),
        };
        // There is room.
        let _ = sender.try_send(item);
    }
    let runtime = Handle::current();
    // A thread of its own: it waits for the saves, which need the runtime's threads, however few those are.
    let reading = std::thread::Builder::new().name("input".to_owned()).spawn(move || {
        let _runtime = runtime.enter();
        for item in next.into_iter().chain(items) {
            let item = item.and_then(|item| match item {
                SourceItem::Document(document) => {
                    memory.hold(&document).map(|memory| queued(document, memory, counted))
                }
                SourceItem::Other(other) => Ok(other),
            });
            // The receiver is gone if the command was interrupted.
            if sender.blocking_send(item).is_err() {
                return;
            }
        }
    });
    reading.map_err(Error::no_thread)?;
    Ok(receiver)
}

fn is_small_file(sources: &[Result<InputSource>]) -> bool {
    let [Ok(InputSource::File(path))] = sources else { return false };
    std::fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.len() <= SMALL)
}

fn queued(document: Document, memory: OwnedSemaphorePermit, counted: bool) -> Incoming {
    let count = || CheckCounts::read(document.entry.run_id.clone(), document.body.reader()).ok();
    let counts = counted.then(count).flatten();
    Incoming::Document(QueuedDocument { document, counts, memory })
}

/// A document, or what is to be said about a source.
enum SourceItem {
    Document(Document),
    Other(Incoming),
}

/// Reads the sources, one after another.
struct SourceItems {
    sources: std::vec::IntoIter<Result<InputSource>>,
    options: InputOptions,
    current: Option<(InputDocuments, InputSource)>,
    /// Items that were read and come next.
    ready: VecDeque<Result<SourceItem>>,
}

impl SourceItems {
    fn new(sources: Vec<Result<InputSource>>, options: InputOptions) -> Self {
        Self { sources: sources.into_iter(), options, current: None, ready: VecDeque::new() }
    }

    /// Reads on. Returns `None` if there is nothing left.
    fn advance(&mut self) -> Option<()> {
        if self.options.overrides.run_id.is_some() {
            let sources: Vec<_> = self.sources.by_ref().collect();
            if sources.is_empty() {
                return None;
            }
            let (document, notes) = only_document(sources, &self.options);
            self.ready.extend(notes.into_iter().map(|note| Ok(SourceItem::Other(note))));
            self.ready.push_back(document.map(SourceItem::Document));
            return Some(());
        }
        let Some((mut documents, source)) = self.current.take() else {
            let source = self.sources.next()?;
            match source.and_then(|source| Ok((documents(&source, &self.options)?, source))) {
                Ok(opened) => self.current = Some(opened),
                Err(error) => self.ready.push_back(Err(error)),
            }
            return Some(());
        };
        let document = documents.next();
        let notes = notes(&mut documents, &source);
        self.ready.extend(notes.into_iter().map(|note| Ok(SourceItem::Other(note))));
        match document {
            Some(document) => {
                self.ready.push_back(document.map(SourceItem::Document));
                self.current = Some((documents, source));
            }
            None => self.ready.push_back(Ok(SourceItem::Other(Incoming::SourceEnd))),
        }
        Some(())
    }
}

impl Iterator for SourceItems {
    type Item = Result<SourceItem>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.ready.is_empty() {
            self.advance()?;
        }
        self.ready.pop_front()
    }
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
