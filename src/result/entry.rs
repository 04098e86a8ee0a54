//! The facts of a result that are known without reading its document.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize, Serializer};

use crate::error::{Error, Result};
use crate::result::{DocumentDigest, RunTime, Tags, TimeZone};

/// The identifier of one validation run: any non-empty text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct RunId(String);

impl RunId {
    /// Makes a run id of any non-empty text.
    ///
    /// # Errors
    /// [`Usage`](crate::error::ErrorKind::Usage) for an empty text.
    pub fn new(text: impl Into<String>) -> Result<Self> {
        let text = text.into();
        if text.is_empty() {
            return Err(Error::usage("a run id must not be empty"));
        }
        Ok(Self(text))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text as one segment of a path. Separators, control characters, and a `%` that would read as an escape are
    /// percent-encoded. Most run ids need no change.
    pub fn to_path_segment(&self) -> String {
        let mut segment = String::with_capacity(self.0.len());
        for (position, character) in self.0.char_indices() {
            let rest = self.0.as_bytes().get(position + 1..).unwrap_or_default();
            let escape = match character {
                '/' | '\\' => true,
                '%' => matches!(rest, [high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit()),
                _ => {
                    character.is_control()
                        || (cfg!(windows) && matches!(character, '<' | '>' | ':' | '"' | '|' | '?' | '*'))
                }
            };
            if escape {
                for byte in character.encode_utf8(&mut [0; 4]).bytes() {
                    segment.push_str(&format!("%{byte:02X}"));
                }
            } else {
                segment.push(character);
            }
        }
        segment
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for RunId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::new(text)
    }
}

/// How a validation run ended: truthound's `ResultStatus` (`truthound/stores/results.py`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// A check could not run.
    Error,
    /// A check failed.
    Failure,
    /// Every check passed.
    Success,
    /// Checks failed, none of them critically.
    Warning,
}

impl Status {
    /// All statuses, in the order of their names.
    pub const ALL: [Self; 4] = [Self::Error, Self::Failure, Self::Success, Self::Warning];

    /// The worse of two: error, then failure, warning, success.
    #[must_use]
    pub fn max_by_severity(self, other: Self) -> Self {
        let rank = |status| match status {
            Self::Success => 0,
            Self::Warning => 1,
            Self::Failure => 2,
            Self::Error => 3,
        };
        if rank(other) > rank(self) { other } else { self }
    }

    /// The name in documents, tables and filters.
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Failure => "failure",
            Self::Success => "success",
            Self::Warning => "warning",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Status {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|status| status.name() == text)
            .ok_or_else(|| Error::usage(format!("`{text}` is not a status; one is success, failure, error or warning")))
    }
}

/// Tells one write of a result from every other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Revision([u8; 8]);

impl Revision {
    /// The revision of a write with this identity.
    pub fn of(identity: &str) -> Self {
        let digest = DocumentDigest::of_bytes(identity.as_bytes()).to_bytes();
        Self(digest.first_chunk().copied().unwrap_or_default())
    }
}

impl From<[u8; 8]> for Revision {
    fn from(identity: [u8; 8]) -> Self {
        Self(identity)
    }
}

/// The facts of a result that `list` shows. Entries are equal if these facts are, whichever write they come from.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// The run that produced the result.
    pub run_id: RunId,
    /// The time of the run.
    #[serde(serialize_with = "instant")]
    pub run_time: RunTime,
    /// Name or path of the data that was validated.
    pub data_asset: String,
    /// The outcome of the run.
    pub status: Status,
    /// The result's tags.
    pub tags: Tags,
    /// The write that the entry comes from; `None` if the store has not told it.
    #[serde(skip)]
    pub revision: Option<Revision>,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        let Self { run_id, run_time, data_asset, status, tags, revision: _ } = self;
        *run_id == other.run_id
            && *run_time == other.run_time
            && *data_asset == other.data_asset
            && *status == other.status
            && *tags == other.tags
    }
}

impl Eq for Entry {}

impl Entry {
    /// The same entry. If its time has no offset, it is read in this zone.
    pub fn in_zone(self, zone: &TimeZone) -> Self {
        Self { run_time: self.run_time.in_zone(zone), ..self }
    }
}

fn instant<S: Serializer>(run_time: &RunTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&run_time.instant())
}
