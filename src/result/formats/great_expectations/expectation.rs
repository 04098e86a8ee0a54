//! One expectation of a validation result of Great Expectations, and its outcome.

use std::io::Read;

use crate::result::Layout;
use crate::result::convert::{ConversionError, SEVERITIES, ValidatorEntry, python_value, samples};
use crate::result::json::{JsonError, JsonKind, JsonReader, JsonValue};
use crate::result::problem::shortened;

pub(super) struct Expectation {
    pub(super) name: String,
    pub(super) outcome: ExpectationOutcome,
    config: JsonValue,
    kwargs: JsonValue,
    /// The used members of `result`. Lists of unexpected values are cut short.
    result: JsonValue,
}

pub(super) enum ExpectationOutcome {
    Passed,
    Failed,
    Raised { message: JsonValue, traceback: JsonValue },
}

impl Expectation {
    /// Reads an entry of `results`.
    pub(super) fn read<R: Read>(reader: &mut JsonReader<R>) -> Result<Self, ConversionError> {
        let (mut success, mut config, mut result, mut exception) =
            (JsonValue::Null, JsonValue::Object(Vec::new()), JsonValue::Null, JsonValue::Null);
        reader.begin_object()?;
        while let Some(key) = reader.next_key()? {
            match key {
                "success" => success = reader.value()?,
                "expectation_config" => config = reader.value()?,
                // The description of a checkpoint has the members of the configuration here.
                "expectation_type" => drop(config.set("expectation_type", reader.value()?)),
                "kwargs" => drop(config.set("kwargs", reader.value()?)),
                "result" => result = read_result(reader)?,
                "exception_info" => exception = reader.value()?,
                _ => reader.skip()?,
            }
        }
        let name = config.remove("type").or_else(|| config.remove("expectation_type"));
        let name = name.and_then(|name| name.as_str().map(String::from)).unwrap_or_else(|| "expectation".to_owned());
        let kwargs = config.remove("kwargs").filter(|kwargs| kwargs.as_object().is_some());
        let outcome = match (raised(&mut exception), success.as_bool()) {
            (Some((message, traceback)), _) => ExpectationOutcome::Raised { message, traceback },
            (None, Some(true)) => ExpectationOutcome::Passed,
            (None, _) => ExpectationOutcome::Failed,
        };
        Ok(Self { name, outcome, config, kwargs: kwargs.unwrap_or_else(|| JsonValue::Object(Vec::new())), result })
    }

    /// The rank of its severity among truthound's; `None` if it passed.
    ///
    /// Great Expectations has critical, warning and info, and counts an expectation without severity as critical.
    pub(super) fn severity(&self) -> Option<usize> {
        if matches!(self.outcome, ExpectationOutcome::Passed) {
            return None;
        }
        let spelled = self.config.get("severity").and_then(JsonValue::as_str).unwrap_or_default().to_lowercase();
        Some(match spelled.as_str() {
            "warning" => 2,
            "info" => 3,
            other => SEVERITIES.iter().position(|severity| *severity == other).unwrap_or(0),
        })
    }

    pub(super) fn element_count(&self) -> Option<u64> {
        self.result.get("element_count")?.as_u64()
    }

    /// The batch, if it has a name. Older versions give a hash instead.
    pub(super) fn batch_id(&self) -> Option<String> {
        let id = self.kwargs.get("batch_id")?.as_str()?.into_owned();
        let hash = id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        (!hash && !id.is_empty()).then_some(id)
    }

    /// Adds the data asset to what tells the expectation apart from others.
    pub(super) fn name_asset(&mut self, data_asset: &str) {
        self.kwargs.set("data_asset", data_asset);
    }

    /// The column, or the columns separated by commas.
    fn column(&self) -> JsonValue {
        if let Some(column @ JsonValue::String(_)) = self.kwargs.get("column") {
            return column.clone();
        }
        let pair = [self.kwargs.get("column_A"), self.kwargs.get("column_B")];
        let mut columns = pair.into_iter().flatten().filter_map(JsonValue::as_str).collect::<Vec<_>>();
        if columns.is_empty() {
            let list = ["column_list", "column_set"].iter().find_map(|key| self.kwargs.get(key)?.as_array());
            columns.extend(list.unwrap_or_default().iter().filter_map(JsonValue::as_str));
        }
        if columns.is_empty() { JsonValue::Null } else { columns.join(", ").into() }
    }

    /// The outcome in words.
    fn message(&self) -> JsonValue {
        let number = |key: &str| self.result.get(key).and_then(JsonValue::as_f64);
        let spelled = |key: &str| self.result.get(key).and_then(JsonValue::as_number).unwrap_or_default();
        match &self.outcome {
            ExpectationOutcome::Passed => JsonValue::Null,
            ExpectationOutcome::Raised { message, .. } => message.clone(),
            ExpectationOutcome::Failed => match (number("unexpected_count"), number("element_count")) {
                (Some(_), Some(_)) => {
                    let share = number("unexpected_percent").map(|share| format!(" ({share:.1}%)")).unwrap_or_default();
                    let (unexpected, all) = (spelled("unexpected_count"), spelled("element_count"));
                    format!("{unexpected} of {all} values are unexpected{share}").into()
                }
                (Some(_), None) => format!("{} values are unexpected", spelled("unexpected_count")).into(),
                _ => match self.result.get("observed_value").filter(|value| !value.is_null()) {
                    Some(observed) => {
                        let text = observed.as_str().map_or_else(|| observed.to_text(Layout::Compact), String::from);
                        format!("not met: the observed value is {}", shortened(&text)).into()
                    }
                    None => "not met".into(),
                },
            },
        }
    }

    /// The entry of a stored result.
    pub(super) fn into_row(mut self) -> ValidatorEntry {
        let (column, message, severity) = (self.column(), self.message(), self.severity());
        let mut details = vec![("kwargs", self.kwargs)];
        for key in ["observed_value", "element_count", "unexpected_percent", "missing_count"] {
            details.extend(self.result.remove(key).filter(|value| !value.is_null()).map(|value| (key, value)));
        }
        let samples = self.result.remove("partial_unexpected_list");
        let samples = samples.filter(|samples| samples.as_array().is_some_and(|samples| !samples.is_empty()));
        details.extend(samples.map(|samples| ("sample_values", samples)));
        let success = matches!(self.outcome, ExpectationOutcome::Passed);
        if let ExpectationOutcome::Raised { message, traceback } = self.outcome {
            details.push(("exception", JsonValue::object([("message", message), ("traceback", traceback)])));
        }
        // Its own severity, its id, the notes of its author.
        for (key, value) in self.config.as_object_mut().map(std::mem::take).unwrap_or_default() {
            let known = ["severity", "id", "meta", "notes", "description"].into_iter().find(|known| key == **known);
            let says_something = !value.is_null() && value.as_object().is_none_or(|members| !members.is_empty());
            details.extend(known.filter(|_| says_something).map(|key| (key, value)));
        }
        ValidatorEntry {
            validator_name: self.name.as_str().into(),
            success,
            column,
            issue_type: self.name.into(),
            count: self
                .result
                .remove("unexpected_count")
                .and_then(|count| python_value::int(&count))
                .unwrap_or_else(|| 0_u64.into()),
            severity: severity.and_then(|severity| SEVERITIES.get(severity).copied()).into(),
            message,
            details: JsonValue::object(details),
            execution_time_ms: None,
        }
    }
}

/// The used members of `result`. Its lists can be as long as the data.
fn read_result<R: Read>(reader: &mut JsonReader<R>) -> Result<JsonValue, JsonError> {
    let mut kept = JsonValue::Object(Vec::new());
    if reader.peek()? != JsonKind::Object {
        reader.skip()?;
        return Ok(kept);
    }
    reader.begin_object()?;
    while let Some(key) = reader.next_key()? {
        let wanted = ["observed_value", "element_count", "unexpected_count", "unexpected_percent", "missing_count"];
        match wanted.into_iter().find(|wanted| *wanted == key) {
            Some(key) => drop(kept.set(key, reader.value()?)),
            None if key == "partial_unexpected_list" => drop(kept.set("partial_unexpected_list", samples(reader)?)),
            None => reader.skip()?,
        }
    }
    Ok(kept)
}

/// The message and the traceback of the exception, if one was raised.
///
/// Newer versions have one exception for each metric that raised, under the metric's name.
fn raised(info: &mut JsonValue) -> Option<(JsonValue, JsonValue)> {
    let did = |info: &JsonValue| info.get("raised_exception").and_then(JsonValue::as_bool).unwrap_or(false);
    let mut parts = |info: &mut JsonValue| {
        let message = info.remove("exception_message").filter(|message| !message.is_null());
        (
            message.unwrap_or_else(|| "an exception was raised".into()),
            info.remove("exception_traceback").unwrap_or_default(),
        )
    };
    if did(info) {
        return Some(parts(info));
    }
    info.as_object_mut()?.iter_mut().map(|(_, info)| info).find(|info| did(info)).map(&mut parts)
}
