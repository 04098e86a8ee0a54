//! A report, as truthound's JSON reporter writes it (`truthound/reporters/json_reporter.py`).
//!
//! A report has less than its run: only the number of the checks that passed. Members without a field in a stored
//! result go to its metadata: the execution modes under the names that a converted run has, the rest under `report`.

use std::io::Read;

use super::format::{Format, FormatReading, Recognition};
use super::outline::Outline;
use crate::result::convert::{
    Conversion, ConversionError, ConvertedResult, ResultStatistics, SEVERITIES, ValidatorEntry, WrittenEntries,
    count_value, each_object, python_value,
};
use crate::result::json::{JsonKind, JsonReader, JsonText, JsonValue, TextPosition};
use crate::result::problem::{DocumentProblem, shortened};
use crate::result::{BodyReader, Layout, RunId, Status};

const NAME: &str = "a truthound report";

pub(super) const FORMAT: Format = Format {
    name: NAME,
    hint: Some("a report of truthound's JSON reporter"),
    recognize,
    reading: FormatReading::Converted(read),
};

/// Reports on other subjects than a validation.
pub(super) const OTHER_REPORT: Format = Format {
    name: "a truthound report, but not of a validation",
    hint: None,
    recognize: |outline| Recognition::certain_if(outline.text("report_type").is_some()),
    reading: FormatReading::Refused { instead: "give the report of a validation" },
};

fn recognize(outline: &Outline) -> Recognition {
    Recognition::certain_if(outline.text("report_type") == Some("validation"))
}

#[derive(Default)]
struct TruthoundReport {
    /// The run that the report is about.
    result: Option<(TextPosition, JsonValue)>,
    metadata: Option<(TextPosition, JsonValue)>,
    statistics: Option<(TextPosition, JsonValue)>,
    results: WrittenEntries,
    /// The number of issues of each of [`SEVERITIES`].
    by_severity: [usize; 4],
    /// The names of the validators that found issues, each once.
    validators: Vec<JsonValue>,
    rest: Vec<(String, JsonValue)>,
}

/// Reads a report and converts it.
fn read(reader: &mut JsonReader<BodyReader>, conversion: Conversion<'_>) -> Result<ConvertedResult, ConversionError> {
    let mut report = TruthoundReport::default();
    reader.begin_object()?;
    while let Some(key) = reader.next_key()? {
        match key {
            "result" => report.result = Some(object(reader, "result")?),
            "metadata" => report.metadata = Some(object(reader, "metadata")?),
            "statistics" => report.statistics = Some(object(reader, "statistics")?),
            "issues" => each_object(reader, "issues", |reader| report.read_issue(reader, conversion.layout))?,
            // These are counted here.
            "report_type" | "issue_count" | "issues_by_severity" | "issues_by_column" => reader.skip()?,
            key => {
                let key = key.to_owned();
                report.rest.push((key, reader.value()?));
            }
        }
    }
    report.into_result(conversion)
}

fn object<R: Read>(reader: &mut JsonReader<R>, key: &str) -> Result<(TextPosition, JsonValue), ConversionError> {
    let kind = reader.peek()?;
    let position = reader.position();
    if kind != JsonKind::Object {
        return Err(DocumentProblem::new(position, format!("`{key}` is {}, not an object", kind.name())).into());
    }
    Ok((position, reader.value()?))
}

impl TruthoundReport {
    fn read_issue<R: Read>(&mut self, reader: &mut JsonReader<R>, layout: Layout) -> Result<(), ConversionError> {
        let position = reader.position();
        let mut issue = reader.value()?;
        let mut take = |key| issue.remove(key);
        let Some(validator_name) = take("validator_name").filter(|name| !name.is_null()) else {
            return Err(DocumentProblem::new(position, "an entry of `issues` has no `validator_name`").into());
        };
        let severity = take("severity").unwrap_or_default();
        let known = SEVERITIES.iter().position(|known| severity.as_text().is_some_and(|text| *text == **known));
        if let Some(count) = known.and_then(|known| self.by_severity.get_mut(known)) {
            *count += 1;
        }
        if !self.validators.contains(&validator_name) {
            self.validators.push(validator_name.clone());
        }
        let row = ValidatorEntry {
            validator_name,
            success: take("success").is_some_and(|success| python_value::is_true(&success)),
            column: take("column").unwrap_or_default(),
            issue_type: take("issue_type").unwrap_or_default(),
            count: take("count").unwrap_or_else(|| 0_u64.into()),
            severity,
            message: take("message").unwrap_or_default(),
            details: take("details").filter(|details| !details.is_null()).unwrap_or_else(empty),
            execution_time_ms: take("execution_time_ms"),
        };
        self.results.push(&row.written(layout), layout);
        Ok(())
    }

    fn into_result(self, conversion: Conversion<'_>) -> Result<ConvertedResult, ConversionError> {
        let Conversion { start, overrides, .. } = conversion;
        let Some((position, mut result)) = self.result else { return Err(conversion.lacks(NAME, &["result"])) };
        let has = |key: &str| result.get(key).is_some();
        conversion.requires(
            NAME,
            ("result.run_time", has("run_time")),
            &[
                ("result.data_asset", overrides.data_asset.is_some() || has("data_asset")),
                ("result.status", has("status")),
            ],
        )?;
        // The caller's values count, whatever the document has in their place.
        for (key, is_replaced) in
            [("run_time", overrides.run_time.is_some()), ("data_asset", overrides.data_asset.is_some())]
        {
            if is_replaced {
                result.remove(key);
            }
        }
        let mut text = |key: &str| match result.remove(key) {
            None => Ok(None),
            Some(JsonValue::String(text)) if text.is_exact() => Ok(Some(text.to_str_lossy().into_owned())),
            Some(other) => {
                let reason = format!("`result.{key}` is {}, not a string of Unicode", other.kind().name());
                Err(ConversionError::from(DocumentProblem::new(position, reason)))
            }
        };
        let run_id = text("run_id")?.and_then(|run_id| RunId::new(run_id).ok());
        let run_time = text("run_time")?;
        let data_asset = text("data_asset")?.or_else(|| overrides.data_asset.clone()).unwrap_or_default();
        let status = text("status")?.unwrap_or_default();
        let wrong = |key: &str, value: &str, reason: &str| {
            DocumentProblem::new(position, format!("`result.{key}` is `{}`, {reason}", shortened(value)))
        };
        let run_time = run_time.map(|text| text.parse().map_err(|error| wrong("run_time", &text, &format!("{error}"))));
        let run_time = conversion.run_time(run_time.transpose()?, "this truthound report")?;
        let status = status.parse().map_err(|_| wrong("status", &status, "not success, failure, error or warning"))?;

        let (position, mut metadata) = self.metadata.unwrap_or((start, empty()));
        let mut lift = |key: &str| match metadata.remove(key) {
            None | Some(JsonValue::Null) => Ok(empty()),
            Some(value @ JsonValue::Object(_)) => Ok(value),
            Some(other) => {
                let reason = format!("`metadata.{key}` is {}, not an object", other.kind().name());
                Err(ConversionError::from(DocumentProblem::new(position, reason)))
            }
        };
        let tags = lift("tags")?;
        let runtime_environment = lift("runtime_environment")?;
        let suite_name = metadata.remove("suite_name").unwrap_or_default();
        let mut add = |key: &str, value: JsonValue| {
            if metadata.get(key).is_none() {
                metadata.set(key, value);
            }
        };
        for key in ["execution_mode", "planned_execution_mode"] {
            if let Some(mode) = result.remove(key).filter(|mode| !mode.is_null()) {
                add(&format!("_{key}"), mode);
            }
        }
        result.remove("success");
        let rest = result.as_object_mut().map(std::mem::take).unwrap_or_default();
        let rest = self.rest.into_iter().map(|(key, value)| (key.into(), value)).chain(rest);
        let rest = rest.collect::<Vec<_>>();
        if !rest.is_empty() {
            add("report", unique(rest));
        }

        let statistics = match self.statistics {
            Some((_, statistics)) => ResultStatistics::given(&statistics),
            None => ResultStatistics {
                total_validators: count_value(self.validators.len()),
                failed_validators: count_value(self.validators.len()),
                total_issues: count_value(self.results.len()),
                issues: self.by_severity.map(count_value),
                ..ResultStatistics::default()
            },
        };
        // A report knows only success and failure. For the same run, truthound stores the status error.
        let errors = statistics.error_validators.as_f64().is_some_and(|count| count > 0.0);
        let status = if errors { Status::Error } else { status };
        Ok(ConvertedResult {
            run_id,
            run_time,
            data_asset,
            status,
            results: self.results,
            statistics,
            tags,
            metadata,
            suite_name,
            runtime_environment,
        })
    }
}

fn empty() -> JsonValue {
    JsonValue::Object(Vec::new())
}

/// An object of these members. Of members with the same key, the first is kept.
fn unique(members: Vec<(JsonText, JsonValue)>) -> JsonValue {
    let mut object: Vec<(JsonText, JsonValue)> = Vec::with_capacity(members.len());
    for (key, value) in members {
        if object.iter().all(|(present, _)| *present != key) {
            object.push((key, value));
        }
    }
    JsonValue::Object(object)
}
