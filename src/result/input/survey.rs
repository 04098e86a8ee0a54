//! The first look at a document: is it JSON, what sort of document is it, and where is what may be replaced.

use std::io::Read;

use super::tape::Tape;
use crate::result::convert::Foreign;
use crate::result::facts::{Facts, Problem};
use crate::result::json::{Error, Kind, Position, Reader};
use crate::result::{Body, Overrides};

/// What a document can be, by its top-level keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// As it is stored.
    Stored,
    /// To be converted.
    Foreign(Foreign),
}

/// A document that was read to its end.
#[derive(Debug)]
pub(super) struct Survey {
    /// Where it begins.
    pub(super) start: Position,
    pub(super) facts: Facts,
    /// What else a stored result must not say.
    pub(super) problems: Vec<Problem>,
    pub(super) parts: Vec<Part>,
    keys: Vec<&'static str>,
    report_type: Option<String>,
    /// What the document calls itself in `type`.
    line_type: Option<String>,
    has_expectations: bool,
}

/// A piece of a document.
#[derive(Debug)]
pub(super) enum Part {
    /// Bytes that stay.
    Kept(Body),
    /// The value of a key that can be replaced.
    Value(Replaceable, Body),
}

/// The keys whose values the caller may replace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Replaceable {
    RunId,
    DataAsset,
    Tags,
}

impl Replaceable {
    pub(super) const ALL: [Self; 3] = [Self::RunId, Self::DataAsset, Self::Tags];

    pub(super) fn key(self) -> &'static str {
        match self {
            Self::RunId => "run_id",
            Self::DataAsset => "data_asset",
            Self::Tags => "tags",
        }
    }

    /// Whether the caller does replace it.
    pub(super) fn is_in(self, overrides: &Overrides) -> bool {
        match self {
            Self::RunId => overrides.run_id.is_some(),
            Self::DataAsset => overrides.data_asset.is_some(),
            Self::Tags => !overrides.tags.is_empty(),
        }
    }
}

/// The top-level keys that tell one sort of document from another.
const TELLING: [&str; 22] = [
    "run_id",
    "run_time",
    "data_asset",
    "status",
    "results",
    "statistics",
    "report_type",
    "result",
    "source",
    "checks",
    "issues",
    "row_count",
    "column_count",
    "execution_issues",
    "result_format",
    "success",
    "meta",
    "suite_name",
    "evaluation_parameters",
    "suite_parameters",
    "run_results",
    "type",
];

impl Survey {
    /// Reads the object that comes next to its end.
    ///
    /// # Errors
    /// If it is not JSON. What a stored result must not say is kept as a problem, because it may be something else.
    pub(super) fn of(reader: &mut Reader<Tape>, overrides: &Overrides) -> Result<Self, Error> {
        let mut survey = Self {
            start: reader.position(),
            facts: Facts::default(),
            problems: Vec::new(),
            parts: Vec::new(),
            keys: Vec::new(),
            report_type: None,
            line_type: None,
            has_expectations: false,
        };
        reader.begin_object()?;
        survey.keep(reader)?;
        while let Some(key) = reader.next_key()? {
            let known = TELLING.into_iter().chain(["tags", "metadata"]).find(|known| *known == key);
            survey.keys.extend(known);
            let replaced =
                Replaceable::ALL.into_iter().find(|field| Some(field.key()) == known && field.is_in(overrides));
            if replaced.is_some() {
                reader.peek()?; // Passes over the white space before the value.
                survey.keep(reader)?;
            }
            survey.read_value(known.unwrap_or_default(), reader)?;
            if let Some(field) = replaced {
                let value = cut(reader)?;
                survey.parts.push(Part::Value(field, value));
            }
        }
        survey.keep(reader)?;
        Ok(survey)
    }

    fn keep(&mut self, reader: &mut Reader<Tape>) -> Result<(), Error> {
        let body = cut(reader)?;
        self.parts.push(Part::Kept(body));
        Ok(())
    }

    fn read_value(&mut self, key: &str, reader: &mut Reader<Tape>) -> Result<(), Error> {
        if self.facts.read(key, reader)? {
            return Ok(());
        }
        let kind = reader.peek()?;
        match (key, kind) {
            ("results", Kind::Array) => self.read_results(reader),
            ("report_type", Kind::String) => {
                self.report_type = Some(reader.string()?.to_string());
                Ok(())
            }
            ("type", Kind::String) => {
                self.line_type = Some(reader.string()?.to_string());
                Ok(())
            }
            ("results", _) => self.refuse(reader, key, kind, "an array"),
            ("statistics", kind) if kind != Kind::Object => self.refuse(reader, key, kind, "an object"),
            ("metadata", kind) if !matches!(kind, Kind::Object | Kind::Null) => {
                self.refuse(reader, key, kind, "an object")
            }
            _ => reader.skip(),
        }
    }

    fn refuse(&mut self, reader: &mut Reader<Tape>, key: &str, found: Kind, wanted: &str) -> Result<(), Error> {
        let reason = format!("`{key}` is {}, not {wanted}", found.name());
        self.problems.push(Problem::new(reader.position(), reason));
        reader.skip()
    }

    /// Python cannot load a result whose entries lack a name or an outcome. Entries of Great Expectations lack the
    /// former, and give themselves away by their configuration.
    fn read_results(&mut self, reader: &mut Reader<Tape>) -> Result<(), Error> {
        reader.begin_array()?;
        let mut wrong = None;
        while reader.next_element()? {
            let kind = reader.peek()?;
            let position = reader.position();
            if kind != Kind::Object {
                wrong.get_or_insert_with(|| {
                    Problem::new(position, format!("an entry of `results` is {}, not an object", kind.name()))
                });
                reader.skip()?;
                continue;
            }
            let (mut name, mut success) = (false, false);
            reader.begin_object()?;
            while let Some(key) = reader.next_key()? {
                match key {
                    "validator_name" => name = true,
                    "success" => success = true,
                    "expectation_config" => self.has_expectations = true,
                    _ => {}
                }
                reader.skip()?;
            }
            if !(name && success) {
                let lacking = if name { "success" } else { "validator_name" };
                wrong
                    .get_or_insert_with(|| Problem::new(position, format!("an entry of `results` has no `{lacking}`")));
            }
        }
        self.problems.extend(wrong);
        Ok(())
    }

    fn has(&self, key: &str) -> bool {
        self.keys.contains(&key)
    }

    fn count(&self, keys: &[&str]) -> usize {
        keys.iter().filter(|key| self.has(key)).count()
    }

    /// What sort of document it is.
    ///
    /// # Errors
    /// If it is none that can be stored, with a hint at what to do.
    pub(super) fn shape(&self) -> Result<Shape, (Problem, &'static str)> {
        const EXPECTED: &str = "give a stored result, what `truthound check -f json` prints, a report of truthound's \
                                JSON reporter, or a validation result of Great Expectations";
        let refused = |reason: &str, hint| Err((Problem::new(self.start, reason), hint));
        if matches!(self.line_type.as_deref(), Some("header" | "issue" | "summary")) && !self.has("results") {
            return refused(
                "this is a line of truthound's report in lines, which holds one result in many",
                "save what `truthound check -f json` prints instead",
            );
        }
        if self.has("data_asset") || (self.has("status") && self.has("run_id")) {
            return Ok(Shape::Stored);
        }
        match self.report_type.as_deref() {
            Some("validation") => return Ok(Shape::Foreign(Foreign::Report)),
            Some(_) => return refused("this is a report, but not one of a validation", EXPECTED),
            None => {}
        }
        if self.has("run_results") {
            return refused(
                "this is a checkpoint result of Great Expectations, which holds several validation results",
                "give the validation results in its `run_results`, one after the other",
            );
        }
        if self.has_expectations || (self.count(&["success", "results", "meta"]) == 3) {
            return Ok(Shape::Foreign(Foreign::GreatExpectations));
        }
        if self.has("checks") || self.count(&["source", "issues", "row_count", "execution_issues", "result_format"]) > 1
        {
            return Ok(Shape::Foreign(Foreign::Run));
        }
        if self.count(&["success", "results", "statistics"]) == 3 {
            return Ok(Shape::Foreign(Foreign::GreatExpectations));
        }
        if self.count(&["run_id", "run_time", "status", "results", "statistics"]) > 1 {
            return Ok(Shape::Stored); // It will be told what is missing.
        }
        if self.keys.is_empty() {
            return refused("this is JSON, but no validation result: none of its keys is known", EXPECTED);
        }
        refused("this is JSON, but no validation result", EXPECTED)
    }

    /// The document as it was read.
    pub(super) fn into_body(self) -> Body {
        let mut body = Body::default();
        for part in self.parts {
            match part {
                Part::Kept(part) | Part::Value(_, part) => body.append(part),
            }
        }
        body
    }
}

/// Everything read since the last cut.
pub(super) fn cut(reader: &mut Reader<Tape>) -> Result<Body, Error> {
    let offset = reader.offset();
    let body = reader.input().cut(offset);
    body.map_err(|error| Error::io(reader.position(), error))
}

/// The white space that a body begins with, as far as it is of a sensible length.
pub(super) fn leading_white_space(body: &Body) -> String {
    let mut head = Vec::new();
    if body.reader().take(64).read_to_end(&mut head).is_err() {
        return String::new();
    }
    head.iter().take_while(|byte| byte.is_ascii_whitespace()).map(|byte| char::from(*byte)).collect()
}
