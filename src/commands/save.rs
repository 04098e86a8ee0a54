//! `save`: save validation results.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;
use clap::builder::TypedValueParser as _;
use futures_util::stream::{self, StreamExt as _};
use serde::Serialize;
use tokio::sync::Mutex;

use super::completed::ValueKind;
use super::filters::status_parser;
use super::incoming::{Incoming, QueuedDocument, read_in_background};
use super::inputs::Inputs;
use super::outcome_lines::OutcomeLines;
use super::save_jobs::{LARGE, saves_within_open_files};
use super::skipped_items::SkippedItems;
use super::times_ahead::TimesAhead;
use crate::error::{Error, ErrorKind, Result};
use crate::output::{Cell, Output, OutputRow, Work};
use crate::result::{
    CheckCounts, Entry, InputOptions, InputSource, InputWatch, Overrides, RedactedData, Redaction, RunId,
    RunTimeSource, Split, Status, parse_tag,
};
use crate::store::contract::{Capabilities, HeldElsewhere, ResultStore, SaveMode};

/// Save validation results and print each run id on its own line
///
/// Accepts stored results and what truthound (runs, reports, checkpoints), dbt, Great Expectations, Soda, Frictionless,
/// OpenLineage and Deequ write, and JUnit XML: one document per file, or many as NDJSON or as an array, plain or gzipped.
/// A directory means every result in it and below, except names that start with `.`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  truthound check customers.csv -f json | truthound-store save -
  truthound-store save result.json --tag env=prod --if-absent
  truthound-store save results/ --skip-existing
  truthound-store save target/ --fail-on failure
  truthound-store save report.json --run-time mtime")]
pub struct SaveArgs {
    /// Files or directories; - means standard input [default: -]
    #[arg(value_name = "FILE|DIR|-", add = ValueKind::File.completer())]
    inputs: Vec<PathBuf>,
    /// Run id to use instead of the document's
    #[arg(long, help_heading = "Changes to the documents", value_name = "ID")]
    run_id: Option<RunId>,
    /// Data asset to use instead of the document's
    #[arg(long, help_heading = "Changes to the documents", value_name = "NAME", add = ValueKind::Asset.completer())]
    asset: Option<String>,
    /// Run time to use instead of the document's: now, mtime (of the file), or a time
    #[arg(long, help_heading = "Changes to the documents", value_name = "now|mtime|TIME")]
    run_time: Option<RunTimeSource>,
    /// Results to make of a document about several data assets
    #[arg(long, help_heading = "Reading", value_name = "HOW", default_value_t = Split::Assets, value_parser = split())]
    split: Split,
    /// Manifest of the dbt project [default: the manifest.json beside the results]
    #[arg(long, help_heading = "Reading", value_name = "FILE", value_hint = clap::ValueHint::FilePath, add = ValueKind::File.completer())]
    manifest: Option<PathBuf>,
    /// Drop data from the documents, also from stored results, which are then not kept byte for byte: samples (values and rows
    /// that did not pass, compiled SQL, quotations in messages)
    #[arg(long, help_heading = "Changes to the documents", value_name = "DATA", value_parser = redacted_data())]
    redact: Vec<RedactedData>,
    /// Add a tag; repeat for several
    #[arg(long, help_heading = "Changes to the documents", value_name = "KEY=VALUE", value_parser = parse_tag, add = ValueKind::Tag.completer())]
    tag: Vec<(String, String)>,
    /// Exit with 10 if a saved result has this status or a worse one: warning, failure, error
    #[arg(long, help_heading = "Saving", value_name = "STATUS", value_parser = status_parser(&FAILING))]
    fail_on: Option<Status>,
    /// Fail if the result already exists
    #[arg(long, help_heading = "Saving")]
    if_absent: bool,
    /// Skip results that already exist, and say how many
    #[arg(long, help_heading = "Saving", conflicts_with = "if_absent")]
    skip_existing: bool,
    /// Number of concurrent saves [default: 256 for databases and the disk, 8 for others]
    #[arg(long, help_heading = "Saving", value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: Option<u16>,
}

/// Saves the documents of the inputs.
///
/// # Errors
/// If there is nothing to read, or stdout cannot be written. The failure of a document is reported to `out`.
pub async fn run(mut args: SaveArgs, store: &dyn ResultStore, out: &mut Output) -> Result<()> {
    out.outlive_reader();
    let skips = args.skip_existing;
    let mode = if args.if_absent || skips { SaveMode::IfAbsent } else { SaveMode::Overwrite };
    let capabilities = store.capabilities();
    let Capabilities { saves_at_once, lasting, .. } = capabilities;
    let jobs = saves_within_open_files(usize::from(args.jobs.unwrap_or(saves_at_once)), 0);
    if !lasting {
        let location = store.location();
        out.warn(&format!("the store `{location}` ends with this command: what it saves cannot be found later"));
    }
    let run_locks = RunLocks::new();
    let inputs = Inputs::find(std::mem::take(&mut args.inputs))?;
    for warning in inputs.warnings() {
        out.warn(&warning);
    }
    let (zone, ahead) = (store.time_zone(), TimesAhead::default());
    let fail_on = args.fail_on;
    let mut options = args.input_options(&capabilities);
    let counted = out.is_attended();
    let progress = out.progress(Work {
        done: "saved",
        place: format!("to {}", store.location()),
        total: inputs.known_count(),
        prints_results: out.prints_rows_at_once(true),
    });
    if progress.is_shown() {
        options.watch = InputWatch::new(progress.input_listener(inputs.known_bytes()));
    }
    let is_counted_by_source = inputs.known_count().is_some();
    let mut incoming = read_in_background(inputs.sources, options, counted)?;
    let outcomes = stream::poll_fn(|context| incoming.poll_recv(context)).map(async |incoming: Result<Incoming>| {
        Ok(match incoming? {
            Incoming::Document(QueuedDocument { mut document, counts, memory: _memory }) => {
                let _lock = run_locks.of(&document.entry.run_id).lock().await;
                let length = document.body.len();
                // Small documents pass at once.
                let is_watched = progress.is_shown() && length >= LARGE;
                if is_watched {
                    document.body.watch(progress.byte_listener(length));
                }
                match store.save(&document, mode).await {
                    Err(error) if skips && is_stored(&error) => return Ok(SaveOutcome::Skipped),
                    saved => saved?,
                }
                progress.succeed(if is_watched { 0 } else { length });
                let entry = document.entry.in_zone(zone);
                ahead.note(&entry);
                SaveOutcome::Saved(SavedEntry(entry), counts)
            }
            Incoming::Warning(warning) => SaveOutcome::Warning(warning),
            Incoming::PassedOver(source, reason) => SaveOutcome::PassedOver(source, reason),
            Incoming::SourceEnd => SaveOutcome::SourceEnd,
        })
    });
    let mut outcomes = std::pin::pin!(outcomes.buffered(jobs));
    let mut rows = out.rows();
    let (mut has_others, mut passed_over, mut worst) = (false, PassedOver::default(), Status::Success);
    let mut skipped = 0_u64;
    let mut outcome_lines = OutcomeLines::default();
    while let Some(outcome) = outcomes.next().await {
        match outcome {
            Ok(SaveOutcome::Saved(entry, counts)) => {
                has_others = true;
                if !is_counted_by_source {
                    progress.step();
                }
                worst = worst.max_by_severity(entry.0.status);
                if let Some(counts) = counts
                    && outcome_lines.takes(entry.0.status)
                {
                    rows.remark(&format!("{}: {} ({counts})", entry.0.data_asset, entry.0.status));
                }
                rows.push(&entry)?;
            }
            Ok(SaveOutcome::Warning(warning)) => {
                has_others = true;
                rows.warn(&warning);
            }
            Ok(SaveOutcome::Skipped) => {
                has_others = true;
                skipped += 1;
                if !is_counted_by_source {
                    progress.step();
                }
            }
            Ok(SaveOutcome::PassedOver(source, reason)) => passed_over.add(source, reason),
            Ok(SaveOutcome::SourceEnd) if is_counted_by_source => progress.step(),
            Ok(SaveOutcome::SourceEnd) => {}
            Err(error) => {
                has_others = true;
                rows.failure(&error);
            }
        }
    }
    if has_others {
        passed_over.warning().into_iter().for_each(|warning| rows.warn(&warning));
    } else {
        passed_over.failure().into_iter().for_each(|failure| rows.failure(&failure));
    }
    if let Some(warning) = ahead.warning(zone) {
        rows.warn(&warning);
    }
    rows.finish()?;
    let summary = progress.finish();
    outcome_lines.rest().iter().for_each(|rest| out.remark(rest));
    out.remark(&summary);
    match skipped {
        0 => {}
        1 => out.note("skipped 1 result that already exists"),
        _ => out.note(&format!("skipped {skipped} results that already exist")),
    }
    if fail_on.is_some_and(|limit| worst.max_by_severity(limit) == worst) {
        out.remember(ErrorKind::Verdict);
    }
    Ok(())
}

impl SaveArgs {
    fn input_options(self, capabilities: &Capabilities) -> InputOptions {
        let Self { run_id, asset, tag, run_time, split, manifest, redact, .. } = self;
        let &Capabilities { layout, redaction, longest_document: limit, .. } = capabilities;
        let redaction = Redaction::from(redact).and(redaction);
        let overrides = Overrides { run_id, run_time: None, data_asset: asset, tags: tag.into_iter().collect() };
        InputOptions { overrides, run_time, layout, split, redaction, manifest, limit, watch: InputWatch::default() }
    }
}

/// Parses the value of `--split`.
fn split() -> impl clap::builder::TypedValueParser<Value = Split> {
    PossibleValuesParser::new(Split::ALL.map(Split::name))
        .map(|name| Split::ALL.into_iter().find(|split| split.name() == name).unwrap_or_default())
}

/// The values of `--fail-on`.
const FAILING: [Status; 3] = [Status::Warning, Status::Failure, Status::Error];

/// Parses the value of `--redact`.
fn redacted_data() -> impl clap::builder::TypedValueParser<Value = RedactedData> {
    PossibleValuesParser::new(RedactedData::ALL.map(RedactedData::name)).try_map(|name| name.parse())
}

/// Whether a save was refused because the store has the result, and not because it has one elsewhere that is in the way.
fn is_stored(error: &Error) -> bool {
    error.kind() == ErrorKind::AlreadyExists && !HeldElsewhere::is_cause_of(error)
}

/// The outcome of one input.
enum SaveOutcome {
    Saved(SavedEntry, Option<CheckCounts>),
    /// It exists.
    Skipped,
    Warning(String),
    PassedOver(InputSource, String),
    SourceEnd,
}

/// The files in directories that hold no results, each with the reason.
#[derive(Default)]
struct PassedOver(SkippedItems<(InputSource, String)>);

impl PassedOver {
    fn add(&mut self, source: InputSource, reason: String) {
        self.0.add((source, reason));
    }

    /// The warning about them, for a command that also saved something.
    fn warning(&self) -> Option<String> {
        let (count, (source, reason)) = self.0.count_and_first()?;
        Some(match count {
            1 => format!("passed over {source}, which holds no result: {reason}"),
            count => format!("passed over {count} files that hold no results, such as {source}: {reason}"),
        })
    }

    /// The failure of a command that found nothing else.
    fn failure(&self) -> Option<Error> {
        let (count, (source, reason)) = self.0.count_and_first()?;
        let message = match count {
            1 => format!("nothing to save in {source}"),
            count => format!("none of {count} files holds a result, such as {source}"),
        };
        Some(Error::usage(message).with_source(reason.clone()))
    }
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
