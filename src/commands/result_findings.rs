//! The checks of selected results: as a report for CI, and as summaries for people.

use std::path::Path;

use futures_util::stream::{Stream, StreamExt as _};

use super::opened_result::OpenedResult;
use super::read_document::read_document;
use super::selection::{JOBS, SelectedResults};
use crate::error::Result;
use crate::output::{
    DocumentFile, Finding, FindingList, FindingsFormat, FindingsGroup, FindingsReport, Output, ReportSink, ShownChecks,
    findings_tables,
};
use crate::result::{CheckReader, RunId};
use crate::store::contract::ResultStore;

/// Writes one report about all results, to stdout or to the file `target`.
///
/// # Errors
/// If the report cannot be written. The failure of a result is reported to `out`.
pub(super) async fn report(
    format: FindingsFormat,
    selection: &SelectedResults,
    shown: ShownChecks,
    target: Option<&Path>,
    store: &dyn ResultStore,
    out: &mut Output,
) -> Result<()> {
    let mut file = target.map(DocumentFile::create).transpose()?;
    let mut report = FindingsReport::new(format);
    let mut is_empty = true;
    let mut groups = std::pin::pin!(read_all(selection, shown, store));
    while let Some(group) = groups.next().await {
        match group {
            Ok(mut group) => {
                is_empty = false;
                report.add(&mut group, sink(&mut file, out))?;
            }
            Err(error) => out.failure(&error),
        }
    }
    report.finish(sink(&mut file, out))?;
    match file {
        // A previous file is not replaced by a report about nothing.
        Some(_) if is_empty => Ok(()),
        Some(file) => file.finish(),
        None => out.flush(),
    }
}

/// The file, or stdout without one.
pub(super) fn sink<'a>(file: &'a mut Option<DocumentFile>, out: &'a mut Output) -> &'a mut dyn ReportSink {
    match file {
        Some(file) => file,
        None => out,
    }
}

/// The checks that a summary shows without `--all`.
const SUMMARY_CHECKS: usize = 20;

/// Prints a summary of each result.
///
/// # Errors
/// If stdout cannot be written. The failure of a result is reported to `out`.
pub(super) async fn summarize(
    selection: &SelectedResults,
    shown: ShownChecks,
    store: &dyn ResultStore,
    out: &mut Output,
) -> Result<()> {
    let limit = if shown == ShownChecks::All { usize::MAX } else { SUMMARY_CHECKS };
    let mut is_first = true;
    let mut groups = std::pin::pin!(read_all(selection, shown, store));
    while let Some(group) = groups.next().await {
        let mut group = match group {
            Ok(group) => group,
            Err(error) => {
                out.failure(&error);
                continue;
            }
        };
        let tables = findings_tables(&mut group, limit)?;
        if !std::mem::take(&mut is_first) {
            out.raw(b"\n")?;
        }
        out.table(&tables.head)?;
        if !tables.checks.is_empty() {
            out.raw(b"\n")?;
            out.table(&tables.checks)?;
        }
        if tables.hidden > 0 {
            out.line(&format!("and {} more: --all shows them", tables.hidden))?;
        }
    }
    out.flush()
}

/// The checks of the results, in the order of the selection. Several results are read ahead.
fn read_all<'a>(
    selection: &'a SelectedResults,
    shown: ShownChecks,
    store: &'a dyn ResultStore,
) -> impl Stream<Item = Result<FindingsGroup>> + 'a {
    let read = move |run_id: Result<RunId>| async move {
        let Some(opened) = OpenedResult::open(selection, run_id?, store).await? else { return Ok(None) };
        let run_id = opened.run_id.clone();
        read(opened, shown, store).await.map(Some).map_err(|error| error.with_run_id(run_id.as_str()))
    };
    selection.run_ids(store).map(read).buffered(JOBS).filter_map(async |group| group.transpose())
}

/// The checks of a result, the worst first.
async fn read(opened: OpenedResult, shown: ShownChecks, store: &dyn ResultStore) -> Result<FindingsGroup> {
    let OpenedResult { run_id, document } = opened;
    let read = read_document(document, |document| {
        let mut checks = CheckReader::new(run_id, document);
        let mut findings = FindingList::default();
        for check in checks.by_ref() {
            findings.push_worst_first(&Finding::of_check(check?))?;
        }
        Ok((checks.finish()?, findings))
    });
    let (mut facts, findings) = read.await?;
    facts.entry = facts.entry.in_zone(store.time_zone());
    Ok(FindingsGroup::of_result(&facts, findings, shown))
}
