//! Which results of a group are kept, and why.

use super::group::{GroupPart, ResultGroup};
use super::options::PruneOptions;
use super::reason::KeepReason;
use crate::result::{Entry, Status, TimeZone};

/// A group with the fate of each of its results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedGroup {
    /// The properties that all results share.
    pub parts: Vec<GroupPart>,
    /// The results, newest first.
    pub results: Vec<PlannedResult>,
}

/// A result and its fate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedResult {
    /// Its facts.
    pub entry: Entry,
    /// Why it is kept, in order; empty for one that is removed.
    pub reasons: Vec<KeepReason>,
}

impl PlannedResult {
    /// Keeps the result for this reason.
    pub fn keep(&mut self, reason: KeepReason) {
        if let Err(place) = self.reasons.binary_search(&reason) {
            self.reasons.insert(place, reason);
        }
    }

    /// Whether it is kept.
    pub fn is_kept(&self) -> bool {
        !self.reasons.is_empty()
    }

    fn is_kept_by_rule(&self) -> bool {
        self.reasons.iter().any(|reason| reason.is_rule())
    }
}

impl PlannedGroup {
    /// Whether it has results, and no rule keeps one of them.
    pub fn is_emptied(&self) -> bool {
        !self.results.is_empty() && !self.results.iter().any(PlannedResult::is_kept_by_rule)
    }

    /// Drops the reasons that hold in every group, if no rule keeps anything. The group is then removed as a whole.
    pub fn allow_empty(&mut self) {
        if self.is_emptied() {
            self.results.iter_mut().for_each(|result| result.reasons.clear());
        }
    }

    /// The number of results that are kept.
    pub fn kept(&self) -> usize {
        self.results.iter().filter(|result| result.is_kept()).count()
    }
}

/// Applies the rules of `options` to a group. A result is kept if any rule keeps it, or if it is the latest, the last success
/// or the last failure. The rule about changes is left to the caller, who can read documents. Days, weeks, months and years
/// are those of `zone`.
pub fn plan_group(group: ResultGroup, options: &PruneOptions, zone: &TimeZone) -> PlannedGroup {
    let ResultGroup { parts, mut entries } = group;
    entries.sort_by(|left, right| {
        let newest_first = right.run_time.instant().cmp(&left.run_time.instant());
        newest_first.then_with(|| left.run_id.cmp(&right.run_id))
    });
    let results = entries.into_iter().map(|entry| PlannedResult { entry, reasons: Vec::new() });
    let mut planned = PlannedGroup { parts, results: results.collect() };
    let results = &mut planned.results;
    keep_always(results);
    if let Some(count) = options.keep_last {
        results.iter_mut().take(as_usize(count.get())).for_each(|result| result.keep(KeepReason::Last));
    }
    if let (Some(within), Some(newest)) = (&options.keep_within, results.first()) {
        let before = within.before(newest.entry.run_time.instant(), zone);
        let is_within = |result: &&mut PlannedResult| result.entry.run_time.instant() > before;
        results.iter_mut().take_while(is_within).for_each(|result| result.keep(KeepReason::Within));
        // The range of time ends with the first instant.
        if let Some(newest) = results.first_mut() {
            newest.keep(KeepReason::Within);
        }
    }
    for (count, reason) in [
        (options.keep_daily, KeepReason::Daily),
        (options.keep_weekly, KeepReason::Weekly),
        (options.keep_monthly, KeepReason::Monthly),
        (options.keep_yearly, KeepReason::Yearly),
    ] {
        if let Some(count) = count {
            keep_newest_of_each(results, as_usize(count.get()), reason, zone);
        }
    }
    for result in results.iter_mut() {
        if options.keep_tag.iter().any(|tag| tag.is_in(&result.entry.tags)) {
            result.keep(KeepReason::Tag);
        }
    }
    planned
}

fn as_usize(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// Keeps the latest result, the last success and the last failure: what `gate`, `diff` and a person ask for.
fn keep_always(results: &mut [PlannedResult]) {
    let newest_that = |results: &mut [PlannedResult], statuses: &[Status], reason| {
        if let Some(result) = results.iter_mut().find(|result| statuses.contains(&result.entry.status)) {
            result.keep(reason);
        }
    };
    newest_that(results, &Status::ALL, KeepReason::Latest);
    newest_that(results, &[Status::Success], KeepReason::LastSuccess);
    newest_that(results, &[Status::Failure, Status::Error], KeepReason::LastFailure);
}

/// Keeps the newest result of each of the last `count` periods that have a result.
fn keep_newest_of_each(results: &mut [PlannedResult], count: usize, reason: KeepReason, zone: &TimeZone) {
    let (mut last, mut periods) = (None, 0);
    for result in results {
        let period = Some(period_of(result, reason, zone));
        if period == last {
            continue;
        }
        if periods == count {
            return;
        }
        (last, periods) = (period, periods + 1);
        result.keep(reason);
    }
}

/// The day, week, month or year of a result, as numbers: a week by its ISO number and year.
fn period_of(result: &PlannedResult, reason: KeepReason, zone: &TimeZone) -> (i16, i8, i8) {
    let date = zone.clock(result.entry.run_time.instant()).date();
    match reason {
        KeepReason::Yearly => (date.year(), 0, 0),
        KeepReason::Monthly => (date.year(), date.month(), 0),
        KeepReason::Weekly => {
            let week = date.iso_week_date();
            (week.year(), week.week(), 0)
        }
        _ => (date.year(), date.month(), date.day()),
    }
}
