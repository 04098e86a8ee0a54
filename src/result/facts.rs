//! The facts of a stored result.

use std::io::Read;

use crate::result::json::{JsonError, JsonKind, JsonReader, TextPosition};
use crate::result::problem::{DocumentProblem, missing_members, shortened};
use crate::result::tags::tags_from_json;
use crate::result::{Entry, RunId, RunTime, Status, Tags, limits};

/// A fact as far as it was read: missing, wrong or right.
pub(super) type FoundFact<T> = Option<Result<T, DocumentProblem>>;

/// The facts of a stored result, as far as they were read.
#[derive(Debug, Default)]
pub(super) struct DocumentFacts {
    pub(super) run_id: FoundFact<RunId>,
    pub(super) run_time: FoundFact<RunTime>,
    pub(super) data_asset: FoundFact<String>,
    pub(super) status: FoundFact<Status>,
    pub(super) tags: FoundFact<Tags>,
}

/// The keys that every stored result must have.
pub(super) const REQUIRED: [&str; 4] = ["run_id", "run_time", "data_asset", "status"];

impl DocumentFacts {
    /// Consumes the value of `key` if it is a fact, and returns whether it is.
    ///
    /// # Errors
    /// If the value is not JSON. A value of the wrong kind or form is kept as a problem.
    pub(super) fn read<R: Read>(&mut self, key: &str, reader: &mut JsonReader<R>) -> Result<bool, JsonError> {
        match key {
            "run_id" => {
                self.run_id = Some(string(reader, "run_id", |text| {
                    RunId::new(text).map_err(|_| "`run_id` is empty".to_owned())
                })?);
            }
            "run_time" => {
                self.run_time = Some(string(reader, "run_time", |text| {
                    text.parse().map_err(|error| format!("`run_time` is `{}`, {error}", shortened(&text)))
                })?);
            }
            "data_asset" => self.data_asset = Some(string(reader, "data_asset", Ok)?),
            "status" => {
                self.status = Some(string(reader, "status", |text| {
                    text.parse().map_err(|_| {
                        format!("`status` is `{}`, not success, failure, error or warning", shortened(&text))
                    })
                })?);
            }
            "tags" => self.tags = Some(tags(reader)?),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The required facts that are missing.
    pub(super) fn missing(&self) -> Vec<&'static str> {
        let present =
            [self.run_id.is_some(), self.run_time.is_some(), self.data_asset.is_some(), self.status.is_some()];
        REQUIRED.into_iter().zip(present).filter(|(_, present)| !present).map(|(key, _)| key).collect()
    }

    /// Whether the document says all but when the run took place.
    pub(super) fn lacks_only_run_time(&self) -> bool {
        self.missing() == ["run_time"]
    }

    /// The entry made of the facts.
    ///
    /// # Errors
    /// The first fact that is missing or wrong. `start` is where the document begins.
    pub(super) fn into_entry(self, start: TextPosition) -> Result<Entry, DocumentProblem> {
        let missing = self.missing();
        let lacks = || missing_members(start, "a stored result", &missing);
        if !missing.is_empty() {
            return Err(lacks());
        }
        Ok(Entry {
            run_id: self.run_id.ok_or_else(lacks)??,
            run_time: self.run_time.ok_or_else(lacks)??,
            data_asset: self.data_asset.ok_or_else(lacks)??,
            status: self.status.ok_or_else(lacks)??,
            tags: self.tags.transpose()?.unwrap_or_default(),
            revision: None,
        })
    }
}

/// Consumes a value that must be a string.
fn string<R: Read, T>(
    reader: &mut JsonReader<R>,
    key: &str,
    convert: impl FnOnce(String) -> Result<T, String>,
) -> Result<Result<T, DocumentProblem>, JsonError> {
    let kind = reader.peek()?;
    let position = reader.position();
    if kind != JsonKind::String {
        reader.skip()?;
        return Ok(Err(DocumentProblem::new(position, format!("`{key}` is {}, not a string", kind.name()))));
    }
    let text = reader.string_within(limits::FACT_TEXT)?;
    if !text.is_exact() {
        let reason = format!("`{key}` is not Unicode: it holds half of a surrogate pair");
        return Ok(Err(DocumentProblem::new(position, reason)));
    }
    Ok(convert(text.to_str_lossy().into_owned()).map_err(|reason| DocumentProblem::new(position, reason)))
}

fn tags<R: Read>(reader: &mut JsonReader<R>) -> Result<Result<Tags, DocumentProblem>, JsonError> {
    let kind = reader.peek()?;
    let position = reader.position();
    if !matches!(kind, JsonKind::Object | JsonKind::Null) {
        reader.skip()?;
        return Ok(Err(DocumentProblem::new(position, format!("`tags` is {}, not an object", kind.name()))));
    }
    Ok(Ok(tags_from_json(&reader.value_within(limits::FACT_TEXT as u64)?)))
}
