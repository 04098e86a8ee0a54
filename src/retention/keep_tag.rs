//! The tag of results that are kept.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::result::Tags;

/// A tag with its value, `release=yes`, or with any value, `release`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeepTag {
    key: String,
    value: Option<String>,
}

impl KeepTag {
    /// Whether a result with these tags has it.
    pub fn is_in(&self, tags: &Tags) -> bool {
        tags.get(&self.key).is_some_and(|value| self.value.as_ref().is_none_or(|wanted| wanted == value))
    }
}

impl FromStr for KeepTag {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let (key, value) = match text.split_once('=') {
            Some((key, value)) => (key, Some(value.to_owned())),
            None => (text, None),
        };
        if key.is_empty() {
            return Err("expected a tag such as release=yes, or release for any value");
        }
        Ok(Self { key: key.to_owned(), value })
    }
}

impl fmt::Display for KeepTag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Some(value) => write!(formatter, "{}={value}", self.key),
            None => formatter.write_str(&self.key),
        }
    }
}

impl Serialize for KeepTag {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
