//! `save`: keep validation results.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use futures_util::stream::{self, StreamExt as _};
use serde::Serialize;
use tokio::runtime::Handle;
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore, mpsc};

use super::batch::print_each;
use super::filters::tag;
use crate::error::{Error, ErrorKind, Result};
use crate::output::{Cell, Output, Row};
use crate::result::{Document, Entry, InputSource, Layout, Overrides, RunId, documents};
use crate::store::contract::{Capabilities, ResultStore, SaveMode};

/// Save validation results and print each run id on its own line
///
/// Takes stored results, runs as `truthound check -f json` prints them, reports of truthound's JSON reporter and Great
/// Expectations results; one a file, or many as NDJSON or an array; plain or gzipped. A directory stands for the files
/// in it and below, those aside whose name begins with a dot or an underscore.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  truthound check customers.csv -f json | truthound-store save -
  truthound-store save result.json --tag env=prod --if-absent
  truthound-store save results/ --jobs 16")]
pub struct SaveArgs {
    /// Files or directories; - is standard input [default: -]
    #[arg(value_name = "FILE|DIR|-")]
    inputs: Vec<PathBuf>,
    /// Save under this run id instead of the document's
    #[arg(long, value_name = "ID")]
    run_id: Option<RunId>,
    /// Save for this data asset instead of the document's
    #[arg(long, value_name = "NAME")]
    asset: Option<String>,
    /// Add a tag; repeat for several
    #[arg(long, value_name = "KEY=VALUE", value_parser = tag)]
    tag: Vec<(String, String)>,
    /// Refuse to overwrite
    #[arg(long)]
    if_absent: bool,
    /// Save so many at once [default: 256 into a database, else 8]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: Option<u16>,
}

/// Saves what the arguments name. A document that cannot be saved does not keep the others from it.
///
/// # Errors
/// If there is nothing to read, or stdout cannot be written; the failure of a document is reported through `out`.
pub async fn run(args: SaveArgs, store: &dyn ResultStore, out: &mut Output) -> Result<()> {
    out.outlive_reader();
    let mode = if args.if_absent { SaveMode::IfAbsent } else { SaveMode::Overwrite };
    let Capabilities { saves_at_once, layout, .. } = store.capabilities();
    let jobs = usize::from(args.jobs.unwrap_or(saves_at_once));
    let progress = out.progress("saved");
    let turns = Turns::new();
    let mut incoming = read_in_background(args, layout)?;
    let saved = stream::poll_fn(|context| incoming.poll_recv(context))
        .map(async |incoming: Result<Incoming>| {
            let Incoming { document, memory: _memory } = incoming?;
            let _turn = turns.of(&document.entry.run_id).lock().await;
            store.save(&document, mode).await?;
            Ok(Some(Saved(document.entry)))
        })
        .buffered(jobs);
    print_each(saved, Some(&progress), out).await
}

/// Lets the saves of one run id follow each other in the order of the input, so that the last one stays.
struct Turns(Vec<Mutex<()>>);

impl Turns {
    /// Run ids share these by chance; there are many more than saves at once, so that few wait for another's.
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

/// A result that has been saved.
#[derive(Serialize)]
#[serde(transparent)]
struct Saved(Entry);

impl Row for Saved {
    const HEADINGS: &'static [&'static str] = <Entry as Row>::HEADINGS;

    fn cells(&self) -> Vec<Cell> {
        self.0.cells()
    }

    fn line(&self) -> Option<&str> {
        Some(self.0.run_id.as_str())
    }
}

/// A document that has been read, with its share of the memory for all of them.
struct Incoming {
    document: Document,
    memory: OwnedSemaphorePermit,
}

/// Keeps documents from being read faster than they are saved, where they take memory. Most lie in files.
#[derive(Clone)]
struct Memory(Arc<Semaphore>);

impl Memory {
    /// How much documents take at most all together, if each of them takes less.
    const KIB: u32 = 16 * 1024;

    fn new() -> Self {
        Self(Arc::new(Semaphore::new(Self::KIB as usize)))
    }

    /// Waits until there is room for the document. Blocks.
    fn hold(&self, document: Document) -> Result<Incoming> {
        let kib = u32::try_from(document.body.len_in_memory() / 1024).unwrap_or(u32::MAX).min(Self::KIB);
        let waiting = Arc::clone(&self.0).acquire_many_owned(kib);
        match Handle::current().block_on(waiting) {
            Ok(memory) => Ok(Incoming { document, memory }),
            Err(closed) => Err(Error::new(ErrorKind::Other, "cannot read any further").with_source(closed)),
        }
    }
}

/// Reads documents on a thread of its own, a little ahead of the saves.
fn read_in_background(args: SaveArgs, layout: Layout) -> Result<mpsc::Receiver<Result<Incoming>>> {
    let is_only = args.run_id.is_some();
    let overrides = Overrides { run_id: args.run_id, data_asset: args.asset, tags: args.tag.into_iter().collect() };
    let (sender, receiver) = mpsc::channel(1);
    let sources = sources(args.inputs)?;
    let memory = Memory::new();
    tokio::task::spawn_blocking(move || {
        if is_only {
            let document = only_document(sources, &overrides, layout);
            let _ = sender.blocking_send(document.and_then(|document| memory.hold(document)));
            return;
        }
        for source in sources {
            let documents = source.and_then(|source| documents(&source, &overrides, layout));
            match documents {
                Ok(mut documents) => {
                    // The receiver is gone when the command was interrupted.
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
    Ok(receiver)
}

/// The one document that `--run-id` is for.
fn only_document(sources: Vec<Result<InputSource>>, overrides: &Overrides, layout: Layout) -> Result<Document> {
    let mut all = Vec::new();
    for source in sources {
        for document in documents(&source?, overrides, layout)? {
            all.push(document?);
            if all.len() > 1 {
                return Err(Error::usage("--run-id is for one document, and there are several")
                    .with_hint("save them one by one, or leave the run ids as they are"));
            }
        }
    }
    all.pop().ok_or_else(|| Error::usage("there is no document to save"))
}

/// The files that the arguments name, in the order given; those of a directory by name.
fn sources(inputs: Vec<PathBuf>) -> Result<Vec<Result<InputSource>>> {
    if inputs.is_empty() && io::stdin().is_terminal() {
        return Err(Error::usage("there is nothing to save")
            .with_hint("name a file or a directory, or pipe a document in: truthound-store save result.json"));
    }
    if inputs.is_empty() {
        return Ok(vec![Ok(InputSource::Stdin)]);
    }
    let mut sources = Vec::new();
    for input in inputs {
        if input.as_os_str() == "-" {
            sources.push(Ok(InputSource::Stdin));
        } else if input.is_dir() {
            let count = sources.len();
            files_below(&input, &mut Vec::new(), &mut sources);
            if sources.len() == count {
                sources.push(Err(Error::usage(format!("there is no file in the directory `{}`", input.display()))));
            }
        } else {
            sources.push(Ok(InputSource::File(input)));
        }
    }
    Ok(sources)
}

/// Adds the files of `directory`, which lies in those of `above`.
fn files_below(directory: &Path, above: &mut Vec<PathBuf>, sources: &mut Vec<Result<InputSource>>) {
    let unreadable = |error: io::Error| {
        Error::usage(format!("cannot read the directory `{}`", directory.display())).with_source(error)
    };
    let listed = fs::read_dir(directory).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let (entries, place) = match listed.and_then(|entries| Ok((entries, directory.canonicalize()?))) {
        Ok(listed) => listed,
        Err(error) => {
            sources.push(Err(unreadable(error)));
            return;
        }
    };
    // A link to a directory that it lies in would bring everything again and again.
    if above.contains(&place) {
        return;
    }
    let mut paths: Vec<PathBuf> = entries
        .into_iter()
        .filter(|entry| !entry.file_name().as_encoded_bytes().starts_with(b"."))
        .filter(|entry| !entry.file_name().as_encoded_bytes().starts_with(b"_"))
        .map(|entry| entry.path())
        .collect();
    paths.sort();
    above.push(place);
    for path in paths {
        if path.is_dir() {
            files_below(&path, above, sources);
        } else {
            sources.push(Ok(InputSource::File(path)));
        }
    }
    above.pop();
}
