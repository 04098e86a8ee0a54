//! A run, as `truthound check -f json` prints it.
//!
//! Equivalent to Python's `ValidationResult.from_validation_run_result(ValidationRunResult.from_dict(document))`
//! (`truthound/stores/results.py`, `truthound/core/results.py`, `truthound/reporters/presentation.py`).

mod parts;

use self::parts::{MemberContext, RunCheck, RunIssue, read_checks, read_issue};
use super::format::{Format, FormatReading, Recognition};
use super::outline::Outline;
use crate::result::convert::{
    Conversion, ConversionError, ConvertedResult, ResultStatistics, WrittenEntries, count_value, each_object,
    python_value,
};
use crate::result::json::{JsonReader, JsonText, JsonValue, TextPosition};
use crate::result::problem::{DocumentProblem, missing_members, shortened};
use crate::result::{BodyReader, RunId, Status};

const NAME: &str = "a truthound run";

pub(super) const FORMAT: Format = Format {
    name: NAME,
    hint: Some("the output of `truthound check -f json`"),
    recognize,
    reading: FormatReading::Converted(read),
};

fn recognize(outline: &Outline) -> Recognition {
    let members = ["source", "issues", "row_count", "execution_issues", "result_format"];
    Recognition::certain_if(outline.has("checks") || outline.count(&members) > 1)
}

/// The small members, kept as they are until all members are read.
const PLAIN: [&str; 11] = [
    "run_id",
    "run_time",
    "suite_name",
    "source",
    "row_count",
    "column_count",
    "result_format",
    "execution_mode",
    "planned_execution_mode",
    "execution_issues",
    "metadata",
];

/// The members of a run that the conversion needs.
#[derive(Default)]
struct TruthoundRun {
    plain: Vec<(&'static str, TextPosition, JsonValue)>,
    checks: Option<Vec<RunCheck>>,
    issues: Vec<RunIssue>,
}

/// Reads a run and converts it.
pub(super) fn read(
    reader: &mut JsonReader<BodyReader>,
    conversion: Conversion<'_>,
) -> Result<ConvertedResult, ConversionError> {
    let mut run = TruthoundRun::default();
    reader.begin_object()?;
    while let Some(key) = reader.next_key()? {
        match key {
            "checks" => run.checks = Some(read_checks(reader)?),
            "issues" => {
                let issues = &mut run.issues;
                each_object(reader, "issues", |reader| {
                    issues.push(read_issue(reader, conversion.layout)?);
                    Ok(())
                })?;
            }
            key => match PLAIN.into_iter().find(|plain| *plain == key) {
                Some(key) => {
                    reader.peek()?;
                    let position = reader.position();
                    run.plain.push((key, position, reader.value()?));
                }
                None => reader.skip()?,
            },
        }
    }
    run.into_result(conversion)
}

impl TruthoundRun {
    /// The member of `key`, and its place.
    fn take(&mut self, key: &str, start: TextPosition) -> (MemberContext, Option<JsonValue>) {
        let found = self.plain.iter_mut().find(|(name, ..)| *name == key);
        let (position, value) = match found {
            Some((_, position, value)) => (*position, Some(std::mem::take(value))),
            None => (start, None),
        };
        (MemberContext { position, of: "the run" }, value)
    }

    fn text(&mut self, key: &str, start: TextPosition, default: &str) -> Result<JsonText, ConversionError> {
        let (place, value) = self.take(key, start);
        place.text(key, value, default)
    }

    /// The member of `key`, which must be present and Unicode.
    fn required(&mut self, key: &str, start: TextPosition) -> Result<(TextPosition, String), ConversionError> {
        let (place, value) = self.take(key, start);
        let text = match &value {
            Some(JsonValue::String(text)) => text,
            Some(other) => return Err(place.wrong(key, other, "a string")),
            None => {
                return Err(missing_members(start, NAME, &[key]).into());
            }
        };
        if !text.is_exact() {
            let reason = format!("`{key}` is not Unicode: it holds half of a surrogate pair");
            return Err(DocumentProblem::new(place.position, reason).into());
        }
        Ok((place.position, text.to_str_lossy().into_owned()))
    }

    fn has(&self, key: &str) -> bool {
        self.plain.iter().any(|(name, ..)| *name == key)
    }

    fn into_result(mut self, conversion: Conversion<'_>) -> Result<ConvertedResult, ConversionError> {
        let Conversion { start, layout, overrides, .. } = conversion;
        conversion.requires(
            NAME,
            ("run_time", self.has("run_time")),
            &[("source", overrides.data_asset.is_some() || self.has("source")), ("checks", self.checks.is_some())],
        )?;
        let run_id = match self.has("run_id") {
            true => RunId::new(self.required("run_id", start)?.1).ok(),
            false => None,
        };
        let run_time = match self.has("run_time") && overrides.run_time.is_none() {
            true => {
                let (position, run_time) = self.required("run_time", start)?;
                run_time.parse().map(Some).map_err(|error| {
                    DocumentProblem::new(position, format!("`run_time` is `{}`, {error}", shortened(&run_time)))
                })?
            }
            false => None,
        };
        let run_time = conversion.run_time(run_time, "this truthound run")?;
        let data_asset = match &overrides.data_asset {
            Some(data_asset) => data_asset.clone(),
            None => self.required("source", start)?.1,
        };
        let suite_name = self.text("suite_name", start, "")?;
        let (place, row_count) = self.take("row_count", start);
        let total_rows = place.int("row_count", row_count)?;
        let (place, column_count) = self.take("column_count", start);
        let total_columns = place.int("column_count", column_count)?;
        let result_format = self.result_format(start)?;
        let (execution_mode, planned_execution_mode) = self.execution_modes(start)?;
        let execution_issues = self.execution_issues(start)?;

        let (place, metadata) = self.take("metadata", start);
        let mut metadata = place.object("metadata", metadata)?;
        let tags = place.object("metadata.tags", metadata.get("tags").cloned())?;
        let environment = metadata.get("runtime_environment").cloned();
        let runtime_environment = place.object("metadata.runtime_environment", environment)?;

        let checks = self.checks.take().unwrap_or_default();
        let passed = checks.iter().filter(|check| check.success).count();
        let status = if !execution_issues.is_empty() {
            Status::Error
        } else if passed < checks.len() || !self.issues.is_empty() {
            Status::Failure
        } else {
            Status::Success
        };
        let of_severity = |severity| self.issues.iter().filter(|issue| issue.severity == severity).count();
        let statistics = ResultStatistics {
            total_validators: count_value(checks.len()),
            passed_validators: count_value(passed),
            failed_validators: count_value(checks.len() - passed),
            error_validators: count_value(execution_issues.len()),
            total_rows,
            total_columns,
            total_issues: count_value(self.issues.len()),
            issues: [0, 1, 2, 3].map(|severity| count_value(of_severity(severity))),
            execution_time_ms: execution_time(&metadata).into(),
        };

        self.issues.sort_by(RunIssue::compare);
        let mut results = WrittenEntries::default();
        self.issues.into_iter().for_each(|issue| results.push(&issue.row, layout));
        for check in checks.iter().filter(|check| check.success) {
            results.push(&check.passed_row().written(layout), layout);
        }

        let contract = JsonValue::object(
            [
                ("checks", checks.into_iter().map(RunCheck::into_value).collect::<Vec<_>>()),
                ("execution_issues", execution_issues),
            ]
            .map(|(key, values)| (key, JsonValue::from(values))),
        );
        metadata.set("_validation_run_contract", contract);
        for (key, value) in [
            ("_execution_mode", execution_mode),
            ("_planned_execution_mode", planned_execution_mode),
            ("_result_format", result_format),
        ] {
            if metadata.get(key).is_none() {
                metadata.set(key, value);
            }
        }
        Ok(ConvertedResult {
            run_id,
            run_time,
            data_asset,
            status,
            results,
            statistics,
            tags,
            metadata,
            suite_name: suite_name.into(),
            runtime_environment,
        })
    }

    fn result_format(&mut self, start: TextPosition) -> Result<JsonText, ConversionError> {
        let (place, value) = self.take("result_format", start);
        let format = place.text("result_format", value, "summary")?;
        if ["boolean_only", "basic", "summary", "complete"].iter().any(|known| format == **known) {
            return Ok(format);
        }
        let reason = format!("`result_format` is `{}`, which truthound does not know", shortened(&format.to_string()));
        Err(DocumentProblem::new(place.position, reason).into())
    }

    /// The actual and the planned execution mode. truthound reads an unknown mode as sequential.
    fn execution_modes(&mut self, start: TextPosition) -> Result<(JsonText, JsonText), ConversionError> {
        let mode = self.text("execution_mode", start, "sequential")?.to_str_lossy().to_lowercase();
        let coarse =
            |mode: &str| JsonText::from(if ["parallel", "pushdown"].contains(&mode) { mode } else { "sequential" });
        let (place, planned) = self.take("planned_execution_mode", start);
        let planned = match planned.filter(python_value::is_true) {
            None => coarse(&mode),
            Some(planned) => {
                let planned = place.text("planned_execution_mode", Some(planned), "")?;
                coarse(&planned.to_str_lossy().to_lowercase())
            }
        };
        Ok((if mode == "threadpool" { "threadpool".into() } else { coarse(&mode) }, planned))
    }

    fn execution_issues(&mut self, start: TextPosition) -> Result<Vec<JsonValue>, ConversionError> {
        let (place, issues) = self.take("execution_issues", start);
        let issues = match issues {
            None => Vec::new(),
            Some(JsonValue::Array(issues)) => issues,
            Some(other) => return Err(place.wrong("execution_issues", &other, "an array")),
        };
        let place = MemberContext { of: "an execution issue", ..place };
        let converted = issues.into_iter().map(|mut issue| {
            if issue.as_object().is_none() {
                let reason = format!("{} is {}, not an object", place.of, issue.kind().name());
                return Err(DocumentProblem::new(place.position, reason).into());
            }
            Ok(JsonValue::object([
                ("check_name", place.text("check_name", issue.remove("check_name"), "")?.into()),
                ("message", place.text("message", issue.remove("message"), "")?.into()),
                ("exception_type", issue.remove("exception_type").unwrap_or_default()),
                ("failure_category", issue.remove("failure_category").unwrap_or_default()),
                ("retry_count", place.int("retry_count", issue.remove("retry_count"))?),
            ]))
        });
        converted.collect()
    }
}

fn execution_time(metadata: &JsonValue) -> f64 {
    let nested = || metadata.get("statistics").and_then(|statistics| statistics.get("execution_time_ms"));
    let direct = metadata.get("execution_time_ms").and_then(python_value::float);
    direct.or_else(|| nested().and_then(python_value::float)).unwrap_or(0.0)
}
