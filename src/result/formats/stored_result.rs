//! A stored result, kept byte for byte.

use std::io::Read;

use super::format::{Format, FormatReading, Recognition};
use super::outline::Outline;
use crate::result::convert::{ConversionError, RUN_TIME_HINT};
use crate::result::facts::DocumentFacts;
use crate::result::json::{JsonError, JsonKind, JsonReader, TextPosition};
use crate::result::problem::DocumentProblem;
use crate::result::{Entry, Overrides, RunId};

pub(super) const FORMAT: Format =
    Format { name: "a stored result", hint: Some("a stored result"), recognize, reading: FormatReading::Kept };

fn recognize(outline: &Outline) -> Recognition {
    if outline.has("data_asset") || outline.has_all(&["status", "run_id"]) {
        Recognition::Certain
    } else if outline.count(&["run_id", "run_time", "status", "results", "statistics"]) > 1 {
        Recognition::Partial
    } else {
        Recognition::No
    }
}

/// The facts of a stored result, read while the format is still unknown, so that a document is read once.
#[derive(Debug, Default)]
pub(in crate::result) struct StoredResultFacts {
    facts: DocumentFacts,
    /// Mistakes outside the facts that would keep Python from loading the result.
    problems: Vec<DocumentProblem>,
}

impl StoredResultFacts {
    /// Consumes the value of `key` if a stored result says something there, and returns whether it did.
    ///
    /// # Errors
    /// If the value is not JSON. A value that a stored result must not have is remembered, because the document may
    /// have another format.
    pub(in crate::result) fn read<R: Read>(
        &mut self,
        key: &str,
        outline: &mut Outline,
        reader: &mut JsonReader<R>,
    ) -> Result<bool, JsonError> {
        if self.facts.read(key, reader)? {
            return Ok(true);
        }
        match (key, reader.peek()?) {
            ("results", JsonKind::Array) => {
                self.read_results(outline, reader)?;
                return Ok(true);
            }
            ("results", kind) => self.wrong_kind(key, kind, "an array", reader),
            ("statistics", kind) if kind != JsonKind::Object => self.wrong_kind(key, kind, "an object", reader),
            ("metadata", kind) if !matches!(kind, JsonKind::Object | JsonKind::Null) => {
                self.wrong_kind(key, kind, "an object", reader);
            }
            _ => {}
        }
        Ok(false)
    }

    fn wrong_kind<R: Read>(&mut self, key: &str, found: JsonKind, wanted: &str, reader: &mut JsonReader<R>) {
        let reason = format!("`{key}` is {}, not {wanted}", found.name());
        self.problems.push(DocumentProblem::new(reader.position(), reason));
    }

    /// Python cannot load a result with an entry that lacks a name or an outcome.
    fn read_results<R: Read>(&mut self, outline: &mut Outline, reader: &mut JsonReader<R>) -> Result<(), JsonError> {
        reader.begin_array()?;
        let mut first_problem = None;
        let mut index = 0;
        while reader.next_element()? {
            let kind = reader.peek()?;
            let position = reader.position();
            if kind == JsonKind::Object {
                let (mut has_name, mut has_success) = (false, false);
                reader.begin_object()?;
                while let Some(key) = reader.next_key()? {
                    has_name |= key == "validator_name";
                    has_success |= key == "success";
                    outline.add_element_key("results", index, key);
                    reader.skip()?;
                }
                if !(has_name && has_success) {
                    let missing = if has_name { "success" } else { "validator_name" };
                    let reason = || format!("an entry of `results` has no `{missing}`");
                    first_problem.get_or_insert_with(|| DocumentProblem::new(position, reason()));
                }
            } else {
                let reason = || format!("an entry of `results` is {}, not an object", kind.name());
                first_problem.get_or_insert_with(|| DocumentProblem::new(position, reason()));
                reader.skip()?;
            }
            index += 1;
        }
        self.problems.extend(first_problem);
        Ok(())
    }

    /// The run id, if the document names a valid one.
    pub(in crate::result) fn run_id(&self) -> Option<&RunId> {
        self.facts.run_id.as_ref()?.as_ref().ok()
    }

    /// The entry of the document, with the caller's values over those of the document.
    ///
    /// # Errors
    /// The first fact that is missing or wrong. `start` is where the document begins.
    pub(in crate::result) fn into_entry(
        mut self,
        start: TextPosition,
        overrides: &Overrides,
    ) -> Result<Entry, ConversionError> {
        if let Some(run_id) = &overrides.run_id {
            self.facts.run_id = Some(Ok(run_id.clone()));
        }
        if let Some(run_time) = overrides.run_time {
            self.facts.run_time = Some(Ok(run_time));
        }
        if let Some(data_asset) = &overrides.data_asset {
            self.facts.data_asset = Some(Ok(data_asset.clone()));
        }
        let hint = self.facts.lacks_only_run_time().then_some(RUN_TIME_HINT);
        let entry = self.facts.into_entry(start).map_err(|problem| ConversionError::Problem(problem, hint))?;
        self.problems.into_iter().next().map_or(Ok(entry), |problem| Err(problem.into()))
    }
}
