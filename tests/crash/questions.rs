//! Lists that run after a kill, and their expected results.

use std::collections::HashSet;

use futures_util::TryStreamExt as _;
use truthound_store::result::Status;
use truthound_store::store::contract::{OrderBy, Query};

use crate::backends::Store;
use crate::support::{Draft, Facts, by, everything, facts};

/// A list to run.
pub(crate) struct Question {
    pub(crate) name: String,
    query: Query,
}

fn question(name: impl Into<String>, query: Query) -> Question {
    Question { name: name.into(), query }
}

/// The list of everything, and for each of `drafts` the list of its time.
pub(crate) fn few(drafts: &[&Draft]) -> Vec<Question> {
    let mut questions = vec![question("list", everything())];
    for draft in drafts {
        let at = Some(draft.entry().run_time.instant());
        let name = format!("list --since and --until {}", draft.entry().run_time.instant());
        questions.push(question(name, Query { since: at, until: at, ..everything() }));
    }
    questions
}

/// The list of everything in each order, and lists with each filter that distinguishes the `drafts`.
pub(crate) fn many(drafts: &[&Draft]) -> Vec<Question> {
    let mut questions = few(drafts);
    questions.extend([
        question("list --limit 1", Query { limit: Some(1), ..everything() }),
        question("list --limit 2 --offset 1", Query { limit: Some(2), offset: 1, ..everything() }),
        question("list --ascending", by(OrderBy::RunTime, true)),
        question("list --ascending --limit 1", Query { limit: Some(1), ..by(OrderBy::RunTime, true) }),
        question("list --order-by data_asset", by(OrderBy::DataAsset, false)),
        question("list --order-by status --ascending", by(OrderBy::Status, true)),
        question("list --status failure", Query { statuses: vec![Status::Failure], ..everything() }),
    ]);
    for draft in drafts {
        let entry = draft.entry();
        let at = Some(entry.run_time.instant());
        questions.extend([
            question(format!("list --until {}", entry.run_time.instant()), Query { until: at, ..everything() }),
            question(format!("list --since {}", entry.run_time.instant()), Query { since: at, ..everything() }),
            question(
                format!("list --until {} --limit 1", entry.run_time.instant()),
                Query { until: at, limit: Some(1), ..everything() },
            ),
            question(
                format!("list --asset {}", entry.data_asset),
                Query { data_asset: Some(entry.data_asset), ..everything() },
            ),
            question(format!("list --tag {:?}", entry.tags), Query { tags: entry.tags, ..everything() }),
        ]);
    }
    let mut names = HashSet::new();
    questions.retain(|question| names.insert(question.name.clone()));
    questions
}

impl Question {
    /// Checks the list. Returns the problem if it matches none of `worlds`.
    pub(crate) async fn ask(&self, store: &Store, worlds: &[Vec<&Draft>]) -> Option<String> {
        let listed: Vec<_> = match store.list(&self.query).map_ok(facts).try_collect().await {
            Ok(listed) => listed,
            Err(error) => return Some(format!("{}: {error}: {}", self.name, error.causes().join(": "))),
        };
        if worlds.iter().any(|world| self.answer(world) == listed) {
            return None;
        }
        let right = worlds.first().map(|world| self.answer(world)).unwrap_or_default();
        Some(format!("{}: {}", self.name, difference(&right, &listed)))
    }

    /// Checks the count. Returns the problem if it matches none of `worlds`.
    pub(crate) async fn count(&self, store: &Store, worlds: &[Vec<&Draft>]) -> Option<String> {
        let count = match store.count(&self.query).await {
            Ok(count) => count,
            Err(error) => return Some(format!("{} --count: {error}", self.name)),
        };
        let query = Query { limit: None, offset: 0, ..self.query.clone() };
        let right = |world: &Vec<&Draft>| Self { name: String::new(), query: query.clone() }.answer(world).len();
        let is_right = worlds.iter().any(|world| right(world) as u64 == count);
        (!is_right).then(|| format!("{} --count: {count}, not {:?}", self.name, worlds.first().map(right)))
    }

    fn answer(&self, world: &[&Draft]) -> Vec<Facts> {
        let mut entries: Vec<_> = world.iter().map(|draft| draft.entry()).collect();
        entries.retain(|entry| self.query.matches(entry));
        entries.sort_by(|left, right| self.query.compare(left, right));
        let limit = self.query.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap());
        let offset = usize::try_from(self.query.offset).unwrap();
        entries.into_iter().skip(offset).take(limit).map(facts).collect()
    }
}

fn difference(right: &[Facts], listed: &[Facts]) -> String {
    let shown = |facts: &Facts| format!("{} of {} at {}", facts.0, facts.2, facts.1);
    let mut parts = Vec::new();
    for facts in right.iter().filter(|facts| !listed.contains(facts)) {
        parts.push(format!("lacks {}", shown(facts)));
    }
    for facts in listed.iter().filter(|facts| !right.contains(facts)) {
        parts.push(format!("says {}", shown(facts)));
    }
    for (index, facts) in listed.iter().enumerate() {
        if listed[..index].contains(facts) {
            parts.push(format!("repeats {}", shown(facts)));
        }
    }
    if parts.is_empty() { "another order".to_owned() } else { parts.join(", ") }
}
