//! `save`: save validation results.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use futures_util::stream::{self, StreamExt as _};
use serde::Serialize;
use tokio::runtime::Handle;
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore, mpsc};

use super::batch::print_each;
use super::filters::tag;
use super::inputs::Inputs;
use super::open_files::within_open_files;
use super::times_ahead::TimesAhead;
use crate::error::{Error, ErrorKind, Result};
use crate::output::{Cell, Output, OutputRow};
use crate::result::{Document, Entry, InputSource, Layout, Overrides, RunId, documents};
use crate::store::contract::{Capabilities, ResultStore, SaveMode};

/// Save validation results and print each run id on its own line
///
/// Accepts stored results, the output of `truthound check -f json`, reports of truthound's JSON reporter and validation
/// results of Great Expectations: one per file, or many as NDJSON or as an array, plain or gzipped. A directory means
/// every file under it, except names that start with `.` or `_`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  truthound check customers.csv -f json | truthound-store save -
  truthound-store save result.json --tag env=prod --if-absent
  truthound-store save results/ --jobs 16")]
pub struct SaveArgs {
    /// Files or directories; - means standard input [default: -]
    #[arg(value_name = "FILE|DIR|-")]
    inputs: Vec<PathBuf>,
    /// Run id to use instead of the document's
    #[arg(long, value_name = "ID")]
    run_id: Option<RunId>,
    /// Data asset to use instead of the document's
    #[arg(long, value_name = "NAME")]
    asset: Option<String>,
    /// Add a tag; repeat for several
    #[arg(long, value_name = "KEY=VALUE", value_parser = tag)]
    tag: Vec<(String, String)>,
    /// Fail if the result already exists
    #[arg(long)]
    if_absent: bool,
    /// Number of concurrent saves [default: 256 for databases, 8 for others]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: Option<u16>,
}

/// Saves the documents of the inputs.
///
/// # Errors
/// If there is nothing to read, or stdout cannot be written. The failure of a document is reported to `out`.
pub async fn run(mut args: SaveArgs, store: &dyn ResultStore, out: &mut Output) -> Result<()> {
    out.outlive_reader();
    let mode = if args.if_absent { SaveMode::IfAbsent } else { SaveMode::Overwrite };
    let Capabilities { saves_at_once, layout, lasting, .. } = store.capabilities();
    let jobs = within_open_files(usize::from(args.jobs.unwrap_or(saves_at_once)));
    if !lasting {
        let location = store.location();
        out.warn(&format!("the store `{location}` ends with this command: what it saves cannot be found later"));
    }
    let progress = out.progress("saved");
    let run_locks = RunLocks::new();
    let inputs = Inputs::find(std::mem::take(&mut args.inputs))?;
    if let Some(warning) = inputs.warning() {
        out.warn(&warning);
    }
    let (zone, ahead) = (store.time_zone(), TimesAhead::default());
    let mut incoming = read_in_background(args, inputs.sources, layout)?;
    let saved = stream::poll_fn(|context| incoming.poll_recv(context))
        .map(async |incoming: Result<QueuedDocument>| {
            let QueuedDocument { document, memory: _memory } = incoming?;
            let _lock = run_locks.of(&document.entry.run_id).lock().await;
            store.save(&document, mode).await?;
            let entry = document.entry.in_zone(zone);
            ahead.note(&entry);
            Ok(Some(SavedEntry(entry)))
        })
        .buffered(jobs);
    let printed = print_each(saved, Some(&progress), out).await;
    if let Some(warning) = ahead.warning(zone) {
        out.warn(&warning);
    }
    printed
}

/// One lock per run id, so that saves of the same run id keep the order of the input and the last one wins.
struct RunLocks(Vec<Mutex<()>>);

impl RunLocks {
    /// The number of locks, which run ids share by hash. It is far above the number of concurrent saves, so that few
    /// saves wait for another run id.
    const COUNT: usize = 4_096;

    fn new() -> Self {
        Self(std::iter::repeat_with(Mutex::default).take(Self::COUNT).collect())
    }

    #[expect(clippy::cast_possible_truncation, clippy::indexing_slicing, reason = "a remainder of the length")]
    fn of(&self, run_id: &RunId) -> &Mutex<()> {
        let mut hasher = DefaultHasher::new();
        run_id.hash(&mut hasher);
        &self.0[hasher.finish() as usize % Self::COUNT]
    }
}

/// The entry of a saved result.
#[derive(Serialize)]
#[serde(transparent)]
struct SavedEntry(Entry);

impl OutputRow for SavedEntry {
    const HEADINGS: &'static [&'static str] = <Entry as OutputRow>::HEADINGS;

    fn cells(&self) -> Vec<Cell> {
        self.0.cells()
    }

    fn line(&self) -> Option<&str> {
        Some(self.0.run_id.as_str())
    }
}

/// A document that was read, with its share of the memory budget.
struct QueuedDocument {
    document: Document,
    memory: OwnedSemaphorePermit,
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
    fn hold(&self, document: Document) -> Result<QueuedDocument> {
        let kib = u32::try_from(document.body.len_in_memory() / 1024).unwrap_or(u32::MAX).min(Self::KIB);
        let waiting = Arc::clone(&self.0).acquire_many_owned(kib);
        match Handle::current().block_on(waiting) {
            Ok(memory) => Ok(QueuedDocument { document, memory }),
            Err(closed) => Err(Error::new(ErrorKind::Other, "the queue of documents was closed").with_source(closed)),
        }
    }
}

/// Reads documents on a separate thread, a little ahead of the saves.
fn read_in_background(
    args: SaveArgs,
    sources: Vec<Result<InputSource>>,
    layout: Layout,
) -> Result<mpsc::Receiver<Result<QueuedDocument>>> {
    let is_only = args.run_id.is_some();
    let overrides = Overrides { run_id: args.run_id, data_asset: args.asset, tags: args.tag.into_iter().collect() };
    let (sender, receiver) = mpsc::channel(1);
    let memory = MemoryBudget::new();
    let runtime = Handle::current();
    // A thread of its own: it waits for the saves, which need the runtime's threads, however few those are.
    let reading = std::thread::Builder::new().name("input".to_owned()).spawn(move || {
        let _runtime = runtime.enter();
        if is_only {
            let document = only_document(sources, &overrides, layout);
            let _ = sender.blocking_send(document.and_then(|document| memory.hold(document)));
            return;
        }
        for source in sources {
            let documents = source.and_then(|source| documents(&source, &overrides, layout));
            match documents {
                Ok(mut documents) => {
                    // The receiver is gone if the command was interrupted.
                    let hold = |document: Result<Document>| document.and_then(|document| memory.hold(document));
                    if documents.any(|document| sender.blocking_send(hold(document)).is_err()) {
                        return;
                    }
                }
                Err(error) => {
                    if sender.blocking_send(Err(error)).is_err() {
                        return;
                    }
                }
            }
        }
    });
    reading.map_err(|error| Error::new(ErrorKind::Other, "cannot start a thread").with_source(error))?;
    Ok(receiver)
}

/// The single document for `--run-id`.
fn only_document(sources: Vec<Result<InputSource>>, overrides: &Overrides, layout: Layout) -> Result<Document> {
    let mut all = Vec::new();
    for source in sources {
        for document in documents(&source?, overrides, layout)? {
            all.push(document?);
            if all.len() > 1 {
                return Err(Error::usage("`--run-id` needs a single document, and the input has several")
                    .with_hint("save them one by one, or leave out `--run-id`"));
            }
        }
    }
    all.pop().ok_or_else(|| Error::usage("the input has no document"))
}
