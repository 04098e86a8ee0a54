//! `export`: write a row for each check, for other programs.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use clap::Args;
use futures_util::stream::{self, Stream, StreamExt as _};

use super::asset_list::newest_assets;
use super::batch::with_total;
use super::completed::ValueKind;
use super::empty_list::tell_of_empty_list;
use super::filters::FilterArgs;
use super::read_document::read_document;
use super::result_findings::sink;
use super::selection::JOBS;
use crate::error::{Error, ErrorKind, Result};
use crate::output::{
    DataFormat, DocumentFile, Export, ExportFormat, ExportedCheck, ExportedRun, Output, OutputFormat, SpooledList,
    Work, is_stdout,
};
use crate::result::{CheckReader, Entry, RunId};
use crate::store::contract::{Query, ResultStore};

/// Write a row for each check, for other programs
///
/// Formats are csv, json, jsonl, parquet, openlineage, which has an event for each result, and prometheus, which has only the newest result of each data asset. Without --format,
/// the extension of the file decides (.csv, .json, .jsonl, .parquet, .prom), and csv otherwise. The newest result comes first.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  truthound-store export --format csv -o checks.csv
  truthound-store export --since 30d -o checks.parquet
  truthound-store export --asset customers --format jsonl | duckdb -c \"FROM read_json('/dev/stdin')\"
  truthound-store export --format prometheus -o /var/lib/node_exporter/textfile/truthound.prom")]
pub struct ExportArgs {
    /// Write to this file, which appears complete or not at all
    #[arg(short, long, value_name = "FILE", add = ValueKind::File.completer())]
    output: Option<PathBuf>,
    #[command(flatten)]
    filters: FilterArgs,
}

/// Writes the checks of the results that pass the filters.
///
/// `typed_format` is the format that the command line names; one that only the environment names may be of no use here.
///
/// # Errors
/// If the format is not one of those of `export`, or the export cannot be written. A document that cannot be read is
/// reported to `out` and left out. If the store cannot be read otherwise, the file stays as it was.
pub async fn run(
    args: ExportArgs,
    typed_format: Option<OutputFormat>,
    store: &dyn ResultStore,
    out: &mut Output,
) -> Result<()> {
    let target = args.output.filter(|path| !is_stdout(path));
    let format = format_of(typed_format, target.as_deref(), out.format())?;
    if format == ExportFormat::Data(DataFormat::Parquet) && target.is_none() && out.is_at_terminal() {
        return Err(
            Error::usage("Parquet is not text for a terminal").with_hint("write it to a file: -o checks.parquet")
        );
    }
    let query = args.filters.query(store.time_zone());
    let mut file = target.as_deref().map(DocumentFile::create).transpose()?;
    let mut export = Export::new(format);
    let (mut count, mut is_incomplete) = (0, false);
    let place = target.as_deref().map_or_else(|| "to stdout".to_owned(), |path| format!("to {}", path.display()));
    let (entries, total) = match format.is_of_newest() {
        true => {
            let newest = newest_entries(&query, store).await;
            let total = newest.len() as u64;
            (stream::iter(newest).boxed(), Some(total))
        }
        false => (store.list(&query), None),
    };
    let progress = out.progress(Work { done: "exported", place, total, prints_results: target.is_none() });
    let runs = read_all(entries, store);
    let mut runs = match total {
        None => with_total(runs, &query, &progress, store).boxed_local(),
        Some(_) => runs.boxed_local(),
    };
    while let Some(run) = runs.next().await {
        match run {
            Ok(mut run) => {
                export.add(&mut run, sink(&mut file, out))?;
                progress.succeed(0);
                count += 1;
            }
            Err(error) => {
                is_incomplete |= error.kind() != ErrorKind::Read;
                out.failure(&error);
            }
        }
        progress.step();
    }
    export.finish(sink(&mut file, out))?;
    let has_failed = out.first_failure().is_some();
    match file {
        Some(_) if is_incomplete || count == 0 && has_failed => {
            let path = target.unwrap_or_default();
            out.note(&format!("`{}` is not written, because results are missing", path.display()));
        }
        Some(file) => {
            file.finish()?;
            out.remark(&progress.finish());
        }
        None => out.flush()?,
    }
    if count == 0 && !has_failed {
        tell_of_empty_list(&query, store, out).await?;
    }
    Ok(())
}

/// The format: the one that is typed, else that of the file's extension, else that of the environment, else CSV.
fn format_of(typed: Option<OutputFormat>, target: Option<&Path>, preset: Option<OutputFormat>) -> Result<ExportFormat> {
    let known = |format| match format {
        OutputFormat::Json => Some(ExportFormat::Json),
        OutputFormat::Jsonl => Some(ExportFormat::Jsonl),
        OutputFormat::Data(format) => Some(ExportFormat::Data(format)),
        OutputFormat::Table | OutputFormat::Findings(_) => None,
    };
    if let Some(format) = typed {
        return known(format).ok_or_else(|| {
            let names = DataFormat::ALL.map(DataFormat::name).join(", ");
            Error::usage(format!("`export` has no format `{}`: its formats are json, jsonl, {names}", format.name()))
        });
    }
    let of_file = target.and_then(|path| ExportFormat::of_extension(path.extension()?.to_str()?));
    Ok(of_file.or_else(|| known(preset?)).unwrap_or(ExportFormat::Data(DataFormat::Csv)))
}

/// The newest result of each data asset, and the failures of the list.
async fn newest_entries(query: &Query, store: &dyn ResultStore) -> Vec<Result<Entry>> {
    let mut failures = Vec::new();
    let assets = newest_assets(query, NonZeroUsize::MIN, store, |error| failures.push(Err(error))).await;
    let newest = assets.into_iter().flat_map(|(_, listed)| listed.entries).map(Ok);
    failures.into_iter().chain(newest).collect()
}

/// Reads many runs, [`JOBS`] at once, in the order of `entries`. One that was deleted since it was listed is left out.
fn read_all(
    entries: impl Stream<Item = Result<Entry>>,
    store: &dyn ResultStore,
) -> impl Stream<Item = Result<ExportedRun>> {
    let runs = entries.map(async |entry| match read(entry?.run_id, store).await {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        read => read.map(Some),
    });
    runs.buffered(JOBS).filter_map(async |run| run.transpose())
}

/// Reads a run to its end, so that a damaged document gives no rows. Its checks need not fit in memory.
async fn read(run_id: RunId, store: &dyn ResultStore) -> Result<ExportedRun> {
    let read = async {
        let (stream, id) = (store.get(&run_id).await?, run_id.clone());
        read_document(stream, |document| {
            let mut reader = CheckReader::new(id, document);
            let mut checks = SpooledList::default();
            for check in reader.by_ref() {
                checks.push(&ExportedCheck::from(check?))?;
            }
            Ok(ExportedRun { facts: reader.finish()?, checks })
        })
        .await
    };
    let mut run = read.await.map_err(|error| error.with_run_id(run_id.as_str()))?;
    run.facts.entry = run.facts.entry.in_zone(store.time_zone());
    Ok(run)
}
