//! The values that an argument can have, for completions: names in the store and in the configuration.

use std::collections::BTreeSet;
use std::ffi::OsStr;

use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use futures_util::StreamExt as _;

use crate::error::Result;
use crate::result::Entry;
use crate::store::contract::{NamePattern, Query, ResultStore};

/// Marks a candidate that stands for values yet to be found.
const MARK: char = '\u{1}';

/// Run ids that are offered: those of the newest results.
const RUN_IDS: u64 = 50;

/// Newest results that give the data assets and tags on offer.
const NEWEST: u64 = 500;

/// Namespaces that are offered.
const NAMESPACES: usize = 50;

/// A kind of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    /// Names of profiles.
    Profile,
    /// Run ids, newest first.
    RunId,
    /// Run ids, and the names of runs to compare with.
    Baseline,
    /// Run ids, and the tiers of the store.
    RunIdOrTier,
    /// Data assets.
    Asset,
    /// Tags, as `KEY=VALUE`.
    Tag,
    /// Tiers of the store.
    Tier,
    /// Namespaces of the store.
    Namespace,
    /// Files and directories, which the shell knows.
    File,
}

/// A value, and what is known of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    /// The value.
    pub value: String,
    /// A remark; may be empty.
    pub remark: String,
}

impl Candidate {
    fn new(value: impl Into<String>, remark: impl Into<String>) -> Self {
        Self { value: value.into(), remark: remark.into() }
    }
}

/// Values that were asked for on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedValues {
    /// The text before the value in its word: `--asset=`.
    pub before: String,
    /// Their kind.
    pub kind: ValueKind,
    /// The beginning of the value.
    pub typed: String,
}

impl ValueKind {
    const ALL: [Self; 9] = [
        Self::Profile,
        Self::RunId,
        Self::Baseline,
        Self::RunIdOrTier,
        Self::Asset,
        Self::Tag,
        Self::Tier,
        Self::Namespace,
        Self::File,
    ];

    /// The completer of an argument with values of this kind. It yields one candidate, which [`WantedValues::parse`] reads: a
    /// completer cannot wait for a store.
    pub fn completer(self) -> ArgValueCompleter {
        ArgValueCompleter::new(move |typed: &OsStr| {
            vec![CompletionCandidate::new(format!("{MARK}{self:?}{MARK}{}", typed.to_string_lossy()))]
        })
    }

    /// Adds the values that begin with `typed` and are in `store` to `found`, as they arrive.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn find(self, typed: &str, store: &dyn ResultStore, found: &mut Vec<Candidate>) -> Result<()> {
        let fixed = match self {
            Self::Baseline => vec!["previous", "last-success"],
            Self::Tier | Self::RunIdOrTier => store.capabilities().tiers.names(),
            _ => Vec::new(),
        };
        // Tiers are found in any case.
        let begins = |name: &str| name.get(..typed.len()).is_some_and(|head| head.eq_ignore_ascii_case(typed));
        found.extend(fixed.iter().filter(|name| begins(name)).map(|name| Candidate::new(*name, "")));
        match self {
            Self::RunId | Self::Baseline | Self::RunIdOrTier => {
                let run_ids = (!typed.is_empty()).then(|| NamePattern::prefix(typed));
                let query = Query { run_ids, limit: Some(RUN_IDS), ..Query::default() };
                of_entries(&query, store, found, |entry| {
                    let time = entry.run_time.instant();
                    vec![Candidate::new(entry.run_id.as_str(), format!("{} {} {time}", entry.data_asset, entry.status))]
                })
                .await
            }
            Self::Asset => {
                let query = Query { limit: Some(NEWEST), ..Query::default() };
                // An asterisk would be a pattern.
                let asset = |entry: &Entry| vec![Candidate::new(entry.data_asset.replace('*', "[*]"), "")];
                of_entries(&query, store, found, |entry| beginning(typed, asset(entry))).await
            }
            Self::Tag => {
                let query = Query { limit: Some(NEWEST), ..Query::default() };
                let tags = |entry: &Entry| -> Vec<_> {
                    entry.tags.iter().map(|(key, value)| Candidate::new(format!("{key}={value}"), "")).collect()
                };
                of_entries(&query, store, found, |entry| beginning(typed, tags(entry))).await
            }
            Self::Namespace => {
                let mut names = store.other_namespaces(NAMESPACES).await?;
                names.push(store.namespace().to_owned());
                names.sort_unstable();
                found.extend(beginning(typed, names.into_iter().map(|name| Candidate::new(name, "")).collect()));
                Ok(())
            }
            Self::Profile | Self::Tier | Self::File => Ok(()),
        }
    }
}

impl WantedValues {
    /// The values that `candidate` stands for, if it is one that [`ValueKind::completer`] made.
    pub fn parse(candidate: &str) -> Option<Self> {
        let mut parts = candidate.splitn(3, MARK);
        let (before, kind, typed) = (parts.next()?, parts.next()?, parts.next()?);
        let kind = ValueKind::ALL.into_iter().find(|known| format!("{known:?}") == kind)?;
        Some(Self { before: before.to_owned(), kind, typed: typed.to_owned() })
    }
}

fn beginning(typed: &str, candidates: Vec<Candidate>) -> Vec<Candidate> {
    candidates.into_iter().filter(|candidate| candidate.value.starts_with(typed)).collect()
}

async fn of_entries(
    query: &Query,
    store: &dyn ResultStore,
    found: &mut Vec<Candidate>,
    candidates: impl Fn(&Entry) -> Vec<Candidate>,
) -> Result<()> {
    let mut seen = BTreeSet::new();
    let mut entries = store.list(query);
    while let Some(entry) = entries.next().await {
        for candidate in candidates(&entry?) {
            if seen.insert(candidate.value.clone()) {
                found.push(candidate);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_candidate_of_a_completer_tells_what_is_wanted() {
        for kind in ValueKind::ALL {
            let candidate = kind.completer().complete(OsStr::new("a=\u{1}b")).remove(0).add_prefix("--asset=");
            let wanted = WantedValues::parse(candidate.get_value().to_str().unwrap()).unwrap();
            assert_eq!(wanted, WantedValues { before: "--asset=".to_owned(), kind, typed: "a=\u{1}b".to_owned() });
        }
        assert_eq!(WantedValues::parse("--asset"), None);
    }
}
