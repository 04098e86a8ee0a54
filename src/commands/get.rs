//! `get`: print stored documents exactly as they were saved.

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use clap::Args;
use futures_util::StreamExt as _;

use super::baseline::newest_matching;
use super::batch::with_total;
use super::completed::ValueKind;
use super::document_name::document_name;
use super::filters::FilterArgs;
use super::opened_result::OpenedResult;
use super::result_findings::{report, summarize};
use super::run_ids::{GivenRunIds, without_repeats};
use super::selection::{JOBS, SelectedResults};
use crate::error::{Error, ErrorKind, Result};
use crate::output::{DocumentFile, Output, OutputFormat, ProgressCounter, ShownChecks, Work, is_stdout};
use crate::result::RunId;
use crate::result::json::OneLine;
use crate::store::contract::{ByteStream, ResultStore};

/// Print stored results, exactly as they were saved
///
/// At a terminal, one result is a summary, the failed checks first, as with --format table; through a pipe, with -o and
/// with --format json, it is the document as it was saved. With --format jsonl, each result is one line. The other formats
/// report the checks of all results together.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  truthound-store get run-123
  truthound-store get --latest --asset customers.csv --format table
  truthound-store get --latest --status failure --tag branch=main
  truthound-store get --since 7d --format jsonl
  truthound-store list --ids --limit 10 | truthound-store get - -o results/
  truthound-store get --since 1d --format junit -o report.xml")]
pub struct GetArgs {
    /// Run ids; - means those on standard input, one per line
    #[arg(value_name = "RUN_ID", add = ValueKind::RunId.completer())]
    run_ids: Vec<RunId>,
    /// Show all checks, also those that passed
    #[arg(long)]
    all: bool,
    /// Write to this file, or to RUN_ID.json in this directory; a file appears complete or not at all
    #[arg(short, long, value_name = "FILE|DIR", add = ValueKind::File.completer())]
    output: Option<PathBuf>,
    /// Print only the newest result that passes the filters
    #[arg(long, conflicts_with = "run_ids")]
    latest: bool,
    #[command(flatten)]
    filters: FilterArgs,
}

/// Prints the selected documents, or writes them to files.
///
/// # Errors
/// If nothing is selected, there is no newest result, or stdout cannot be written. The failure of a result is reported to
/// `out`.
pub async fn run(args: GetArgs, store: &dyn ResultStore, out: &mut Output) -> Result<()> {
    let selection = match args.latest {
        true => {
            let newest = newest_matching(args.filters.query(store.time_zone()), store).await?;
            SelectedResults::RunIds(GivenRunIds::new(vec![newest.run_id]))
        }
        false => SelectedResults::of("get", GivenRunIds::new(args.run_ids).or_prefixes(out), &args.filters, store)?,
    };
    let shown = if args.all { ShownChecks::All } else { ShownChecks::Findings };
    let is_attended = args.output.is_none() && !selection.are_many() && out.is_at_terminal();
    let target = args.output.filter(|path| !is_stdout(path));
    match (out.format(), target) {
        (Some(OutputFormat::Findings(format)), target) => {
            report(format, &selection, shown, target.as_deref(), store, out).await
        }
        (Some(OutputFormat::Json | OutputFormat::Jsonl), _) | (_, Some(_)) if args.all => {
            Err(Error::usage("`--all` is for the summary of `--format table`, not for documents"))
        }
        (_, Some(path)) => write_files(&selection, &path, store, out).await,
        (Some(OutputFormat::Table), None) => summarize(&selection, shown, store, out).await,
        (None, None) if args.all || is_attended => summarize(&selection, shown, store, out).await,
        (_, None) => print(&selection, store, out).await,
    }
}

async fn print(selection: &SelectedResults, store: &dyn ResultStore, out: &mut Output) -> Result<()> {
    let are_many = selection.are_many();
    let is_array = are_many && out.format() == Some(OutputFormat::Json);
    let mut count = 0;
    let mut run_ids = selection.run_ids(store);
    while let Some(run_id) = run_ids.next().await {
        let opened = async { OpenedResult::open(selection, run_id?, store).await };
        let OpenedResult { run_id, document } = match opened.await {
            Ok(Some(opened)) => opened,
            Ok(None) => continue,
            Err(error) => {
                out.failure(&error);
                continue;
            }
        };
        if is_array {
            out.raw(if count == 0 { b"[\n" } else { b",\n" })?;
        }
        if let Err(error) = print_one(document, are_many && !is_array, out).await {
            // A part of the document may already be printed. Only a failure of stdout ends the command.
            if error.kind() == ErrorKind::Other {
                return Err(error);
            }
            out.failure(&error.with_run_id(run_id.as_str()));
        }
        count += 1;
    }
    if is_array {
        out.raw(if count == 0 { b"[]\n" } else { b"\n]\n" })?;
    }
    out.flush()
}

async fn print_one(mut stream: ByteStream, is_one_of_many: bool, out: &mut Output) -> Result<()> {
    let mut one_line = (out.format() == Some(OutputFormat::Jsonl)).then(OneLine::new);
    let mut last = b'\n';
    while let Some(chunk) = stream.next().await {
        let chunk = chunk?;
        let chunk = match &mut one_line {
            Some(one_line) => Bytes::from(one_line.push(&chunk)),
            None => chunk,
        };
        last = chunk.last().copied().unwrap_or(last);
        out.raw(&chunk)?;
    }
    if one_line.is_some() || is_one_of_many && last != b'\n' {
        out.raw(b"\n")?;
    }
    Ok(())
}

async fn write_files(
    selection: &SelectedResults,
    path: &Path,
    store: &dyn ResultStore,
    out: &mut Output,
) -> Result<()> {
    let names_directory = path.as_os_str().as_encoded_bytes().ends_with(b"/");
    let is_directory = names_directory || path.is_dir();
    if selection.are_many() && !is_directory {
        return Err(Error::usage(format!(
            "cannot write several results to `{}`: it is not a directory",
            path.display()
        ))
        .with_hint(format!("add a slash to create the directory: -o {}/", path.display())));
    }
    if names_directory {
        fs::create_dir_all(path).map_err(|error| {
            Error::new(ErrorKind::Write, format!("cannot create the directory `{}`", path.display())).with_source(error)
        })?;
    }
    let progress = out.progress(Work {
        done: "exported",
        place: format!("to {}", path.display()),
        total: selection.known_count(),
        prints_results: false,
    });
    let write = async |run_id: Result<RunId>| {
        let Some(OpenedResult { run_id, document }) = OpenedResult::open(selection, run_id?, store).await? else {
            return Ok(());
        };
        let target = if is_directory { Cow::Owned(path.join(document_name(&run_id))) } else { Cow::Borrowed(path) };
        write_file(document, &target, &progress).await.map_err(|error| error.with_run_id(run_id.as_str()))?;
        progress.succeed(0);
        Ok(())
    };
    let written = without_repeats(selection.run_ids(store)).map(write).buffered(JOBS);
    let mut written = match selection.filter() {
        Some(query) => with_total(written, query, &progress, store).boxed_local(),
        None => written.boxed_local(),
    };
    while let Some(written) = written.next().await {
        if let Err(error) = written {
            out.failure(&error);
        }
        progress.step();
    }
    out.remark(&progress.finish());
    Ok(())
}

/// Writes one document.
async fn write_file(mut document: ByteStream, target: &Path, progress: &ProgressCounter) -> Result<()> {
    let mut file = DocumentFile::create(target)?;
    while let Some(chunk) = document.next().await {
        let chunk = chunk?;
        file.write(&chunk)?;
        progress.advance(chunk.len() as u64);
    }
    file.finish_unsynced()
}
