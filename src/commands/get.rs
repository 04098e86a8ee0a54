//! `get`: print stored documents exactly as they were saved.

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use clap::Args;
use futures_util::StreamExt as _;

use super::baseline::newest;
use super::document_name::document_name;
use super::read_document::read_document;
use crate::error::{Error, ErrorKind, Result};
use crate::output::{DocumentFile, Output, OutputFormat, summary_table};
use crate::result::json::OneLine;
use crate::result::{RunId, TimeZone, summarize};
use crate::store::contract::{ByteStream, ResultStore};

/// Print stored results, exactly as they were saved
///
/// With --format table, print a summary; with --format jsonl, print each result on one line.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  truthound-store get run-123
  truthound-store get --latest --asset customers.csv --format table
  truthound-store get run-123 run-124 -o results/")]
pub struct GetArgs {
    /// Run ids
    #[arg(value_name = "RUN_ID", required_unless_present = "latest")]
    run_ids: Vec<RunId>,
    /// Write to this file, or to RUN_ID.json in this directory; a file appears complete or not at all
    #[arg(short, long, value_name = "FILE|DIR")]
    output: Option<PathBuf>,
    /// Print the newest result of --asset instead of a run id
    #[arg(long, requires = "asset", conflicts_with = "run_ids")]
    latest: bool,
    /// Data asset for --latest
    #[arg(long, value_name = "NAME", requires = "latest", conflicts_with = "run_ids")]
    asset: Option<String>,
}

/// Prints the selected documents, or writes them to files.
///
/// # Errors
/// If the asset has no result, or stdout cannot be written. The failure of a result is reported to `out`.
pub async fn run(args: GetArgs, store: &dyn ResultStore, out: &mut Output) -> Result<()> {
    let run_ids = match args.asset {
        Some(asset) => vec![newest(&asset, store).await?.run_id],
        None => args.run_ids,
    };
    match args.output.filter(|path| !is_stdout(path)) {
        Some(path) => write_files(&run_ids, &path, store, out).await,
        None => print(&run_ids, store, out).await,
    }
}

async fn print(run_ids: &[RunId], store: &dyn ResultStore, out: &mut Output) -> Result<()> {
    let is_array = run_ids.len() > 1 && out.format() == Some(OutputFormat::Json);
    let mut count = 0;
    for run_id in run_ids {
        let stream = match store.get(run_id).await {
            Ok(stream) => stream,
            Err(error) => {
                out.failure(&error);
                continue;
            }
        };
        if is_array {
            out.raw(if count == 0 { b"[\n" } else { b",\n" })?;
        }
        if let Err(error) =
            print_one(run_id, stream, store.time_zone(), run_ids.len() > 1 && !is_array, count == 0, out).await
        {
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

async fn print_one(
    run_id: &RunId,
    mut stream: ByteStream,
    zone: &TimeZone,
    is_one_of_many: bool,
    is_first: bool,
    out: &mut Output,
) -> Result<()> {
    if out.format() == Some(OutputFormat::Table) {
        let run_id = run_id.clone();
        let mut summary = read_document(stream, |reader| summarize(run_id, reader)).await?;
        summary.facts.entry.run_time = summary.facts.entry.run_time.in_zone(zone);
        if !is_first {
            out.raw(b"\n")?;
        }
        return out.table(&summary_table(&summary));
    }
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

/// Whether `path` names stdout.
fn is_stdout(path: &Path) -> bool {
    ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"].iter().any(|name| path.as_os_str() == *name)
}

async fn write_files(run_ids: &[RunId], path: &Path, store: &dyn ResultStore, out: &mut Output) -> Result<()> {
    let names_directory = path.as_os_str().as_encoded_bytes().ends_with(b"/");
    let is_directory = names_directory || path.is_dir();
    if run_ids.len() > 1 && !is_directory {
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
    let progress = out.progress("written");
    for run_id in run_ids {
        let target = if is_directory { Cow::Owned(path.join(document_name(run_id))) } else { Cow::Borrowed(path) };
        if let Err(error) = write_file(run_id, &target, store).await {
            out.failure(&error.with_run_id(run_id.as_str()));
        }
        progress.step();
    }
    Ok(())
}

async fn write_file(run_id: &RunId, target: &Path, store: &dyn ResultStore) -> Result<()> {
    let mut stream = store.get(run_id).await?;
    let mut file = DocumentFile::create(target)?;
    while let Some(chunk) = stream.next().await {
        file.write(&chunk?)?;
    }
    file.finish()
}
