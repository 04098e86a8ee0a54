//! `copy`: copy stored results to another store.

use std::collections::HashSet;
use std::rc::Rc;

use clap::Args;
use futures_util::stream::{self, Stream, StreamExt as _};

use super::completed::ValueKind;
use super::confirm::{ConfirmArgs, ConfirmQuestion};
use super::copy_result::{
    CopyComparison, CopyOutcome, KnownDigests, MovedResult, READERS, ResultCopier, is_same_store,
};
use super::copy_rows::{CopyReport, CopyRow, OriginalFate};
use super::empty_list::tell_of_empty_list;
use super::filters::FilterArgs;
use super::preview::Preview;
use super::save_jobs::saves_within_open_files;
use crate::error::{Error, Result};
use crate::output::{Output, OutputFormat, Work, grouped};
use crate::result::{Entry, RunId};
use crate::store::contract::{Query, ResultStore};

/// The next thing to try after a conflict.
const CONFLICT: &str = "compare the two with `truthound-store get`; --overwrite replaces it by the original";

/// Copy stored results to another store
///
/// Copies what the other store lacks, byte for byte, between any two backends and namespaces. Two results are the same if
/// their documents have the same SHA-256. A command that was interrupted goes on when it is run again. Nothing is deleted in
/// the store that is copied to, and nothing is replaced there without --overwrite.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  truthound-store copy --from local --to prod --dry-run
  truthound-store copy --to ./backup --since 30d
  truthound-store copy -n orders --to prod --to-namespace sales/orders
  truthound-store copy --from prod --to cold --until 1y --move --yes

A run id that has another document in the other store is exit status 7; the other results are copied.")]
pub struct CopyArgs {
    /// Profile, or address of the store, to copy from [default: that of --profile or --store]
    #[arg(long, value_name = "PROFILE|ADDRESS", add = ValueKind::Profile.completer())]
    from: Option<String>,
    /// Profile, or address of the store, to copy to
    #[arg(long, value_name = "PROFILE|ADDRESS", add = ValueKind::Profile.completer())]
    to: String,
    /// Namespace to copy to [default: that of --namespace, or of the profile]
    #[arg(long, value_name = "NS")]
    to_namespace: Option<String>,
    /// Replace other documents with the same run ids
    #[arg(long)]
    overwrite: bool,
    /// Remove each result once its copy was read back and compared
    #[arg(long = "move")]
    moves: bool,
    /// Print a row per result that is copied or moved
    #[arg(long)]
    results: bool,
    /// Number of concurrent copies [default: 256 to databases and the disk, 8 to others]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: Option<u16>,
    #[command(flatten)]
    confirm: ConfirmArgs,
    #[command(flatten)]
    filters: FilterArgs,
}

impl CopyArgs {
    /// The profile or address to copy from; `None` for that of the call.
    pub fn from(&self) -> Option<&str> {
        self.from.as_deref()
    }

    /// The profile or address to copy to.
    pub fn to(&self) -> &str {
        &self.to
    }

    /// The namespace to copy to, if another one than that of the call.
    pub fn to_namespace(&self) -> Option<&str> {
        self.to_namespace.as_deref()
    }
}

/// The stores of a copy.
pub struct CopyStores {
    /// The store to copy from.
    pub from: Box<dyn ResultStore>,
    /// The store to copy to.
    pub to: Box<dyn ResultStore>,
}

/// Copies the results that pass the filters, and prints how many, or a row for each.
///
/// # Errors
/// If both stores are the same, one of them cannot be listed, the user says no, or stdout cannot be written. The failure of a
/// result is reported to `out`.
pub async fn run(args: CopyArgs, stores: CopyStores, out: &mut Output) -> Result<()> {
    out.outlive_reader();
    let (from, to) = (&*stores.from, &*stores.to);
    if is_same_store(from, to) {
        return Err(Error::usage(format!("results cannot be copied to where they are: {}", from.location()))
            .with_hint("name another profile, or another namespace with --to-namespace"));
    }
    if !to.capabilities().lasting {
        let message = format!("nothing can be copied to {}: it ends with this command", to.location());
        return Err(Error::usage(message).with_hint("name a store in a file, on a server or on disk"));
    }
    let query = args.filters.query(from.time_zone());
    let listed = ListedResults::find(&query, &args, from, to, out).await?;
    let mut report = CopyReport::new(args.confirm.is_dry_run());
    if listed.results.is_empty() && out.first_failure().is_none() {
        tell_of_empty_list(&query, from, out).await?;
    } else {
        listed.confirm(&args, from, to, out).await?;
        let mut copying = Copying { args: &args, query: &query, from, to };
        copying.run(listed.results, &mut report, out).await?;
    }
    if args.results {
        return Ok(());
    }
    match out.format() {
        Some(OutputFormat::Json | OutputFormat::Jsonl) => out.json(&report),
        _ => out.table(&report.table(args.moves)),
    }
}

/// A result to copy.
struct ListedResult {
    run_id: RunId,
    /// The listed facts, for a result to move.
    entry: Option<Box<Entry>>,
    /// Whether the other store lists its run id.
    is_there: bool,
}

/// The results that pass the filters, the newest first.
struct ListedResults {
    results: Vec<ListedResult>,
    /// Those at both ends, if they are to be moved.
    preview: Preview,
}

impl ListedResults {
    /// Lists both stores. Results that are the same pass the same filters, so that only these are listed in the other one. A
    /// run id that is there with other facts is found when its result is saved; a dry run saves nothing, and lists all.
    async fn find(
        query: &Query,
        args: &CopyArgs,
        from: &dyn ResultStore,
        to: &dyn ResultStore,
        out: &mut Output,
    ) -> Result<Self> {
        let (mut results, mut preview) = (Vec::new(), Preview::default());
        let mut entries = from.list(query);
        while let Some(entry) = entries.next().await {
            match entry {
                Ok(entry) => {
                    let run_id = entry.run_id.clone();
                    let kept = args.moves.then(|| Box::new(entry.clone()));
                    if args.moves {
                        preview.add(entry);
                    }
                    results.push(ListedResult { run_id, entry: kept, is_there: false });
                }
                Err(error) => out.failure(&error),
            }
        }
        drop(entries);
        if !results.is_empty() {
            let there = run_ids(&if args.confirm.is_dry_run() { Query::default() } else { query.clone() }, to).await?;
            results.iter_mut().for_each(|result| result.is_there = there.contains(&result.run_id));
        }
        Ok(Self { results, preview })
    }

    /// Asks for confirmation before results are moved.
    async fn confirm(&self, args: &CopyArgs, from: &dyn ResultStore, to: &dyn ResultStore, out: &Output) -> Result<()> {
        if !args.moves || self.results.is_empty() {
            return Ok(());
        }
        let count = self.results.len() as u64;
        let results = if count == 1 { "1 result".to_owned() } else { format!("{} results", grouped(count)) };
        let question = ConfirmQuestion {
            question: format!("Move {results} from {} to {}?", from.location(), to.location()),
            finding: format!("{results} would be moved"),
            shown: "what would be done",
        };
        args.confirm.confirm(question, || self.preview.table(), out).await
    }
}

/// The run ids of the results that match `query`.
async fn run_ids(query: &Query, store: &dyn ResultStore) -> Result<HashSet<RunId>> {
    let mut run_ids = HashSet::new();
    let mut entries = store.list(query);
    while let Some(entry) = entries.next().await {
        match entry {
            Ok(entry) => {
                run_ids.insert(entry.run_id);
            }
            // A single result that cannot be read is found when it is in the way.
            Err(error) if error.run_id().is_some() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(run_ids)
}

/// Results with a question about their digests that is asked at once.
const ASKED_AT_ONCE: usize = 256;

/// The results from the oldest to the newest, with the digests that are known of them. Python breaks ties of times by
/// the order in which results were saved, and a command that is interrupted while it moves them leaves the newest.
fn with_digests<'a>(
    results: Vec<ListedResult>,
    copier: &'a ResultCopier<'_>,
) -> impl Stream<Item = (ListedResult, Result<Rc<KnownDigests>>)> + 'a {
    let some = stream::unfold(results, async move |mut results| {
        let some = results.split_off(results.len().saturating_sub(ASKED_AT_ONCE));
        if some.is_empty() {
            return None;
        }
        let is_asked = |result: &&ListedResult| result.is_there && result.entry.is_none();
        let run_ids: Vec<RunId> = some.iter().filter(is_asked).map(|result| result.run_id.clone()).collect();
        let known = match run_ids.is_empty() {
            true => Ok(KnownDigests::default()),
            false => copier.known_digests(&run_ids).await,
        };
        // A store that cannot be asked fails the first of them; the others are read.
        let (mut failure, known) = match known {
            Ok(known) => (None, Rc::new(known)),
            Err(error) => (Some(error), Rc::default()),
        };
        let some = some.into_iter().rev().map(move |result| {
            let known = failure.take().map_or_else(|| Ok(Rc::clone(&known)), Err);
            (result, known)
        });
        Some((stream::iter(some), results))
    });
    some.flatten()
}

/// The work on the listed results.
struct Copying<'a> {
    args: &'a CopyArgs,
    query: &'a Query,
    from: &'a dyn ResultStore,
    to: &'a dyn ResultStore,
}

impl Copying<'_> {
    /// Copies the results, several at once, counts what became of each, and prints the rows that are asked for. A failure is
    /// reported, and the others go on.
    async fn run(&mut self, results: Vec<ListedResult>, report: &mut CopyReport, out: &mut Output) -> Result<()> {
        let Self { args, from, to, .. } = *self;
        let place = to.location();
        let progress = out.progress(Work {
            done: if args.moves { "moved" } else { "copied" },
            place: format!("to {place}"),
            total: Some(results.len() as u64),
            prints_results: args.results && out.prints_rows_at_once(false),
        });
        let copier = ResultCopier::new(from, to)
            .overwriting(args.overwrite)
            .hinting(CONFLICT)
            .reading_back(args.moves)
            .shown_on(&progress);
        let jobs = usize::from(args.jobs.unwrap_or(to.capabilities().saves_at_once));
        let jobs = saves_within_open_files(jobs, READERS);
        let copied = with_digests(results, &copier).map(async |(result, known)| {
            let outcome = match known {
                Ok(known) => self.copy_one(&result, &known, &copier).await,
                Err(error) => Err(error),
            };
            (result.run_id, outcome)
        });
        let mut copied = std::pin::pin!(copied.buffer_unordered(jobs));
        let mut rows = out.rows::<CopyRow>();
        while let Some((run_id, outcome)) = copied.next().await {
            match outcome {
                Ok(None) => report.skip(),
                Ok(Some((outcome, original))) => {
                    report.count(outcome, original);
                    let row = CopyRow::new(run_id, outcome, original, args.confirm.is_dry_run());
                    if row.is_done() {
                        progress.succeed(0);
                    }
                    if args.results && row.is_change() {
                        rows.push(&row)?;
                    }
                }
                Err(error) => {
                    report.fail(error.kind());
                    rows.failure(&error);
                }
            }
            progress.step();
        }
        if args.results {
            rows.finish()?;
        }
        let summary = progress.finish();
        out.remark(&match args.confirm.is_dry_run() {
            true => report.plan(&place),
            false => summary,
        });
        Ok(())
    }

    async fn copy_one(
        &self,
        result: &ListedResult,
        known: &KnownDigests,
        copier: &ResultCopier<'_>,
    ) -> Result<Option<(CopyOutcome, Option<OriginalFate>)>> {
        let ListedResult { run_id, entry, is_there } = result;
        // An original that is to be removed is compared with its copy as it is read.
        if *is_there && entry.is_none() && copier.is_same(run_id, known).await? {
            return Ok(Some((CopyOutcome::WasThere, None)));
        }
        let filter = self.query.has_filters().then_some(self.query);
        if self.args.confirm.is_dry_run() {
            let outcome = self.planned(run_id, filter, *is_there, copier).await?;
            let original = self.args.moves.then_some(OriginalFate::WouldRemove);
            return Ok(outcome.map(|outcome| (outcome, original)));
        }
        let Some(entry) = entry else {
            let copied = copier.copy(run_id, filter, *is_there).await?;
            return Ok(copied.map(|copied| (copied.outcome, None)));
        };
        let Some(version) = self.from.version(entry).await? else { return Ok(None) };
        let moved = copier.move_away(run_id, &version, filter, *is_there).await?;
        Ok(moved.map(|MovedResult { outcome, is_removed }| {
            (outcome, Some(if is_removed { OriginalFate::Removed } else { OriginalFate::Kept }))
        }))
    }

    /// Returns the outcome that a copy would have. `None` if the result is gone, or does not pass the filters by now.
    async fn planned(
        &self,
        run_id: &RunId,
        filter: Option<&Query>,
        is_there: bool,
        copier: &ResultCopier<'_>,
    ) -> Result<Option<CopyOutcome>> {
        if !is_there {
            return Ok(Some(CopyOutcome::Copied));
        }
        match copier.compare(run_id, filter).await? {
            None => Ok(None),
            Some(CopyComparison::Missing) => Ok(Some(CopyOutcome::Copied)),
            Some(CopyComparison::Same) => Ok(Some(CopyOutcome::WasThere)),
            Some(CopyComparison::Differs) if self.args.overwrite => Ok(Some(CopyOutcome::Overwritten)),
            Some(CopyComparison::Differs) => Err(copier.conflict(run_id)),
        }
    }
}
