//! The checks and issues of a run.

use std::cmp::Ordering;
use std::io::Read;

use crate::result::Layout;
use crate::result::convert::{ConversionError, SEVERITIES, ValidatorEntry, each_object, python_value, samples};
use crate::result::json::{JsonError, JsonKind, JsonReader, JsonText, JsonValue, TextPosition};
use crate::result::problem::{DocumentProblem, shortened};

pub(super) struct RunCheck {
    pub(super) name: JsonText,
    pub(super) category: JsonText,
    pub(super) success: bool,
    pub(super) issue_count: JsonValue,
    pub(super) metadata: JsonValue,
}

/// An issue, written as an entry of `results`, with its sort key.
pub(super) struct RunIssue {
    pub(super) severity: usize,
    pub(super) column: JsonText,
    pub(super) issue_type: JsonText,
    pub(super) row: Box<[u8]>,
}

impl RunIssue {
    pub(super) fn compare(&self, other: &Self) -> Ordering {
        let order = self.severity.cmp(&other.severity).then_with(|| self.column.compare(&other.column));
        order.then_with(|| self.issue_type.compare(&other.issue_type))
    }
}

/// Reads the `wanted` members of the next object, in that order.
pub(super) fn members<R: Read, const N: usize>(
    reader: &mut JsonReader<R>,
    wanted: [&str; N],
) -> Result<[Option<JsonValue>; N], JsonError> {
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

/// The number of elements of the next value; null if it is not an array.
pub(super) fn count<R: Read>(reader: &mut JsonReader<R>) -> Result<JsonValue, JsonError> {
    if reader.peek()? != JsonKind::Array {
        reader.skip()?;
        return Ok(JsonValue::Null);
    }
    let mut count = 0_u64;
    reader.begin_array()?;
    while reader.next_element()? {
        count += 1;
        reader.skip()?;
    }
    Ok(count.into())
}

pub(super) fn read_checks<R: Read>(reader: &mut JsonReader<R>) -> Result<Vec<RunCheck>, ConversionError> {
    let mut checks = Vec::new();
    each_object(reader, "checks", |reader| {
        let place = MemberContext { position: reader.position(), of: "a check" };
        let wanted = ["name", "category", "success", "issue_count", "issues", "metadata"];
        let [name, category, success, issue_count, issues, metadata] = members(reader, wanted)?;
        let issues = issues.unwrap_or_else(|| 0_u64.into());
        checks.push(RunCheck {
            name: place.text("name", name, "")?,
            category: place.text("category", category, "general")?,
            success: success.is_some_and(|success| python_value::is_true(&success)),
            issue_count: place.int("issue_count", Some(issue_count.unwrap_or(issues)))?,
            metadata: place.object("metadata", metadata)?,
        });
        Ok(())
    })?;
    Ok(checks)
}

pub(super) fn read_issue<R: Read>(reader: &mut JsonReader<R>, layout: Layout) -> Result<RunIssue, ConversionError> {
    let place = MemberContext { position: reader.position(), of: "an issue" };
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
        DocumentProblem::new(place.position, reason)
    })?;
    let mut details = Vec::new();
    let given = [("expected", expected), ("actual", actual)];
    details.extend(given.into_iter().filter_map(|(key, value)| Some((key, value.filter(|value| !value.is_null())?))));
    match samples {
        Some(JsonValue::Array(samples)) if !samples.is_empty() => details.push(("sample_values", samples.into())),
        None | Some(JsonValue::Null | JsonValue::Array(_)) => {}
        Some(other) => return Err(place.wrong("sample_values", &other, "an array")),
    }
    let row = ValidatorEntry {
        validator_name: validator_name.filter(python_value::is_true).unwrap_or_else(|| issue_type.clone().into()),
        success: false,
        column: column.clone().into(),
        issue_type: issue_type.clone().into(),
        count: place.int("count", Some(count.unwrap_or_else(|| 0_u64.into())))?,
        severity: spelled.into(),
        message: message.unwrap_or_default(),
        details: JsonValue::object(details),
        execution_time_ms: None,
    };
    Ok(RunIssue { severity, column, issue_type, row: row.written(layout) })
}

/// The owner of a value and its place, for messages.
pub(super) struct MemberContext {
    pub(super) position: TextPosition,
    pub(super) of: &'static str,
}

impl MemberContext {
    pub(super) fn wrong(&self, key: &str, value: &JsonValue, wanted: &str) -> ConversionError {
        let reason = format!("`{key}` of {} is {}, not {wanted}", self.of, value.kind().name());
        DocumentProblem::new(self.position, reason).into()
    }

    pub(super) fn text(&self, key: &str, value: Option<JsonValue>, default: &str) -> Result<JsonText, ConversionError> {
        match value {
            None => Ok(default.into()),
            Some(value) => python_value::str(&value).ok_or_else(|| self.wrong(key, &value, "a string")),
        }
    }

    pub(super) fn int(&self, key: &str, value: Option<JsonValue>) -> Result<JsonValue, ConversionError> {
        let value = value.unwrap_or_else(|| 0_u64.into());
        python_value::int(&value).ok_or_else(|| self.wrong(key, &value, "a whole number"))
    }

    pub(super) fn object(&self, key: &str, value: Option<JsonValue>) -> Result<JsonValue, ConversionError> {
        match value {
            None => Ok(JsonValue::Object(Vec::new())),
            Some(value @ JsonValue::Object(_)) => Ok(value),
            Some(other) => Err(self.wrong(key, &other, "an object")),
        }
    }
}

impl RunCheck {
    /// The entry of a check that passed.
    pub(super) fn passed_row(&self) -> ValidatorEntry {
        ValidatorEntry {
            validator_name: self.name.clone().into(),
            success: true,
            issue_type: self.name.clone().into(),
            count: 0_u64.into(),
            details: self.metadata.clone(),
            ..ValidatorEntry::default()
        }
    }

    pub(super) fn into_value(self) -> JsonValue {
        JsonValue::object([
            ("name", self.name.into()),
            ("category", self.category.into()),
            ("success", self.success.into()),
            ("issue_count", self.issue_count),
            ("metadata", self.metadata),
        ])
    }
}
