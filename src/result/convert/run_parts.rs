//! The checks and issues of a run.

use std::cmp::Ordering;
use std::io::Read;

use super::stored::{Row, SEVERITIES};
use super::{Failure, each_object, python};
use crate::result::Layout;
use crate::result::facts::{Problem, shortened};
use crate::result::json::{Error, Kind, Position, Reader, Text, Value};

/// How many sample values of an issue are kept: `max_sample_values` of `build_run_presentation`.
pub(super) const SAMPLES: usize = 5;

pub(super) struct Check {
    pub(super) name: Text,
    pub(super) category: Text,
    pub(super) success: bool,
    pub(super) issue_count: Value,
    pub(super) metadata: Value,
}

/// An issue, written as it will stand among the results, with what it is sorted by.
pub(super) struct Issue {
    pub(super) severity: usize,
    pub(super) column: Text,
    pub(super) issue_type: Text,
    pub(super) row: Box<[u8]>,
}

impl Issue {
    pub(super) fn compare(&self, other: &Self) -> Ordering {
        let order = self.severity.cmp(&other.severity).then_with(|| self.column.compare(&other.column));
        order.then_with(|| self.issue_type.compare(&other.issue_type))
    }
}

/// Reads the members of the object that comes next which are among `wanted`, in that order, null where there is none.
pub(super) fn members<R: Read, const N: usize>(
    reader: &mut Reader<R>,
    wanted: [&str; N],
) -> Result<[Option<Value>; N], Error> {
    let mut values = [const { None }; N];
    reader.begin_object()?;
    while let Some(key) = reader.next_key()? {
        let slot = wanted.into_iter().zip(&mut values).find(|(name, _)| *name == key);
        match slot {
            Some(("sample_values", value)) => *value = Some(samples(reader)?),
            Some(("issues", value)) => *value = Some(count(reader)?),
            Some((_, value)) => *value = Some(reader.value()?),
            None => reader.skip()?,
        }
    }
    Ok(values)
}

/// The first few of the values that come next, which may be very many.
pub(super) fn samples<R: Read>(reader: &mut Reader<R>) -> Result<Value, Error> {
    if reader.peek()? != Kind::Array {
        return reader.value();
    }
    let mut samples = Vec::new();
    reader.begin_array()?;
    while reader.next_element()? {
        if samples.len() < SAMPLES { samples.push(reader.value()?) } else { reader.skip()? }
    }
    Ok(Value::Array(samples))
}

/// How many elements the array has that comes next; null if it is none.
pub(super) fn count<R: Read>(reader: &mut Reader<R>) -> Result<Value, Error> {
    if reader.peek()? != Kind::Array {
        reader.skip()?;
        return Ok(Value::Null);
    }
    let mut count = 0_u64;
    reader.begin_array()?;
    while reader.next_element()? {
        count += 1;
        reader.skip()?;
    }
    Ok(count.into())
}

pub(super) fn read_checks<R: Read>(reader: &mut Reader<R>) -> Result<Vec<Check>, Failure> {
    let mut checks = Vec::new();
    each_object(reader, "checks", |reader| {
        let place = Place { position: reader.position(), of: "a check" };
        let wanted = ["name", "category", "success", "issue_count", "issues", "metadata"];
        let [name, category, success, issue_count, issues, metadata] = members(reader, wanted)?;
        let issues = issues.unwrap_or_else(|| 0_u64.into());
        checks.push(Check {
            name: place.text("name", name, "")?,
            category: place.text("category", category, "general")?,
            success: success.is_some_and(|success| python::is_true(&success)),
            issue_count: place.int("issue_count", Some(issue_count.unwrap_or(issues)))?,
            metadata: place.object("metadata", metadata)?,
        });
        Ok(())
    })?;
    Ok(checks)
}

pub(super) fn read_issue<R: Read>(reader: &mut Reader<R>, layout: Layout) -> Result<Issue, Failure> {
    let place = Place { position: reader.position(), of: "an issue" };
    let wanted = [
        "column",
        "issue_type",
        "count",
        "severity",
        "details",
        "expected",
        "actual",
        "sample_values",
        "validator_name",
    ];
    let [column, issue_type, count, severity, message, expected, actual, samples, validator_name] =
        members(reader, wanted)?;
    let column = place.text("column", column, "_table_")?;
    let issue_type = place.text("issue_type", issue_type, "unknown_issue")?;
    let spelled = place.text("severity", severity, "low")?.to_str_lossy().to_lowercase();
    let severity = SEVERITIES.iter().position(|severity| **severity == *spelled).ok_or_else(|| {
        let reason = format!("the severity `{}` of an issue is not critical, high, medium or low", shortened(&spelled));
        Problem::new(place.position, reason)
    })?;
    let mut details = Vec::new();
    let given = [("expected", expected), ("actual", actual)];
    details.extend(given.into_iter().filter_map(|(key, value)| Some((key, value.filter(|value| !value.is_null())?))));
    match samples {
        Some(Value::Array(samples)) if !samples.is_empty() => details.push(("sample_values", samples.into())),
        None | Some(Value::Null | Value::Array(_)) => {}
        Some(other) => return Err(place.wrong("sample_values", &other, "an array")),
    }
    let row = Row {
        validator_name: validator_name.filter(python::is_true).unwrap_or_else(|| issue_type.clone().into()),
        success: false,
        column: column.clone().into(),
        issue_type: issue_type.clone().into(),
        count: place.int("count", Some(count.unwrap_or_else(|| 0_u64.into())))?,
        severity: spelled.into(),
        message: message.unwrap_or_default(),
        details: Value::object(details),
        execution_time_ms: None,
    };
    Ok(Issue { severity, column, issue_type, row: row.written(layout) })
}

/// What a value belongs to and where that begins, for messages.
pub(super) struct Place {
    pub(super) position: Position,
    pub(super) of: &'static str,
}

impl Place {
    pub(super) fn wrong(&self, key: &str, value: &Value, wanted: &str) -> Failure {
        let reason = format!("`{key}` of {} is {}, not {wanted}", self.of, value.kind().name());
        Problem::new(self.position, reason).into()
    }

    pub(super) fn text(&self, key: &str, value: Option<Value>, default: &str) -> Result<Text, Failure> {
        match value {
            None => Ok(default.into()),
            Some(value) => python::str(&value).ok_or_else(|| self.wrong(key, &value, "a string")),
        }
    }

    pub(super) fn int(&self, key: &str, value: Option<Value>) -> Result<Value, Failure> {
        let value = value.unwrap_or_else(|| 0_u64.into());
        python::int(&value).ok_or_else(|| self.wrong(key, &value, "a whole number"))
    }

    pub(super) fn object(&self, key: &str, value: Option<Value>) -> Result<Value, Failure> {
        match value {
            None => Ok(Value::Object(Vec::new())),
            Some(value @ Value::Object(_)) => Ok(value),
            Some(other) => Err(self.wrong(key, &other, "an object")),
        }
    }
}

impl Check {
    /// The entry of a check that passed.
    pub(super) fn passed_row(&self) -> Row {
        Row {
            validator_name: self.name.clone().into(),
            success: true,
            issue_type: self.name.clone().into(),
            count: 0_u64.into(),
            details: self.metadata.clone(),
            ..Row::default()
        }
    }

    pub(super) fn into_value(self) -> Value {
        Value::object([
            ("name", self.name.into()),
            ("category", self.category.into()),
            ("success", self.success.into()),
            ("issue_count", self.issue_count),
            ("metadata", self.metadata),
        ])
    }
}
