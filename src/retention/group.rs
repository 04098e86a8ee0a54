//! Groups of results. The rules are applied to each alone.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::result::Entry;

/// A property that all results of a group share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupBy {
    /// Their data asset.
    Asset,
    /// The value of this tag, or that they lack it.
    Tag(String),
}

impl GroupBy {
    fn part(&self, entry: &Entry) -> GroupPart {
        let value = match self {
            Self::Asset => Some(entry.data_asset.clone()),
            Self::Tag(key) => entry.tags.get(key).cloned(),
        };
        GroupPart { by: self.to_string(), value }
    }
}

impl FromStr for GroupBy {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        match text.strip_prefix("tag:") {
            _ if text == "asset" => Ok(Self::Asset),
            Some(key) if !key.is_empty() => Ok(Self::Tag(key.to_owned())),
            _ => Err("expected asset, or a tag such as tag:env"),
        }
    }
}

impl fmt::Display for GroupBy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Asset => formatter.write_str("asset"),
            Self::Tag(key) => write!(formatter, "tag:{key}"),
        }
    }
}

impl Serialize for GroupBy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A property that all results of a group share, with its value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GroupPart {
    /// The respect: `asset`, `tag:env`.
    pub by: String,
    /// The value; `None` for results without the tag.
    pub value: Option<String>,
}

impl fmt::Display for GroupPart {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { by, value } = self;
        match (by.strip_prefix("tag:"), value) {
            (None, value) => formatter.write_str(value.as_deref().unwrap_or_default()),
            (Some(key), Some(value)) => write!(formatter, "{key}={value}"),
            (Some(key), None) => write!(formatter, "no {key}"),
        }
    }
}

/// Some results and the properties that they share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultGroup {
    /// The properties that they share.
    pub parts: Vec<GroupPart>,
    /// The results.
    pub entries: Vec<Entry>,
}

/// Groups results, in the order of their names. `by` nothing, all results are one group.
pub fn group_results(entries: impl IntoIterator<Item = Entry>, by: &[GroupBy]) -> Vec<ResultGroup> {
    let mut groups: BTreeMap<Vec<GroupPart>, Vec<Entry>> = BTreeMap::new();
    for entry in entries {
        groups.entry(by.iter().map(|by| by.part(&entry)).collect()).or_default().push(entry);
    }
    groups.into_iter().map(|(parts, entries)| ResultGroup { parts, entries }).collect()
}
