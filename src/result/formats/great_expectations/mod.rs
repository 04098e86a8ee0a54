//! A validation result of Great Expectations, of versions 0.11 to 1.x.
//!
//! | stored result | from |
//! |---|---|
//! | asset | `meta`: the batch definition, then the batch's own description; last the expectations' `batch_id` |
//! | run time | `meta.run_id.run_time`, `meta.validation_time`, `meta.batch_markers.ge_load_time` |
//! | status | error if an expectation raised an exception, else from `success` |
//! | results | one entry for each expectation, in their order |
//! | statistics | total = passed + failed + error; an expectation that failed or raised is one issue |
//! | metadata | the rest, under `great_expectations`; exceptions also in truthound's execution issues |

mod expectation;

use std::io::Read;

use self::expectation::{Expectation, ExpectationOutcome};
use super::format::{Format, FormatReading, Recognition};
use super::outline::Outline;
use crate::result::convert::{
    Conversion, ConversionError, ConvertedResult, ResultStatistics, count_value, each_object, python_value,
};
use crate::result::json::{JsonReader, JsonValue, TextPosition};
use crate::result::problem::{DocumentProblem, missing_members, shortened};
use crate::result::{BodyReader, Layout, Overrides, RunTime, Status};

const NAME: &str = "a validation result of Great Expectations";

pub(super) const FORMAT: Format =
    Format { name: NAME, hint: Some(NAME), recognize, reading: FormatReading::Converted(read) };

fn recognize(outline: &Outline) -> Recognition {
    let has_members = outline.has_all(&["success", "results"]) && outline.count(&["meta", "statistics"]) > 0;
    Recognition::certain_if(outline.has("results[].expectation_config") || has_members)
}

#[derive(Default)]
struct ValidationResult {
    success: bool,
    suite_name: JsonValue,
    meta: JsonValue,
    statistics: JsonValue,
    results: Vec<Box<[u8]>>,
    passed: usize,
    failed: usize,
    issues: [usize; 4],
    exceptions: Vec<JsonValue>,
    total_rows: Option<u64>,
    batch_id: Option<String>,
    rest: Vec<(String, JsonValue)>,
}

/// Reads a validation result and converts it.
fn read(reader: &mut JsonReader<BodyReader>, conversion: Conversion<'_>) -> Result<ConvertedResult, ConversionError> {
    let mut result = ValidationResult::default();
    let (mut has_success, mut has_results) = (false, false);
    reader.begin_object()?;
    while let Some(key) = reader.next_key()? {
        match key {
            "success" => {
                has_success = true;
                result.success = python_value::is_true(&reader.value()?);
            }
            "results" => {
                has_results = true;
                each_object(reader, "results", |reader| result.read_expectation(reader, conversion.layout))?;
            }
            "suite_name" => result.suite_name = reader.value()?,
            "statistics" => result.statistics = reader.value()?,
            "meta" => result.meta = reader.value()?,
            key => {
                let key = key.to_owned();
                result.rest.push((key, reader.value()?));
            }
        }
    }
    if !has_results || !has_success {
        let missing = if has_results { "success" } else { "results" };
        return Err(missing_members(conversion.start, NAME, &[missing]).into());
    }
    result.into_result(conversion.start, conversion.overrides)
}

impl ValidationResult {
    fn read_expectation<R: Read>(&mut self, reader: &mut JsonReader<R>, layout: Layout) -> Result<(), ConversionError> {
        let expectation = Expectation::read(reader)?;
        match &expectation.outcome {
            ExpectationOutcome::Passed => self.passed += 1,
            ExpectationOutcome::Failed => self.failed += 1,
            ExpectationOutcome::Raised { message, .. } => self.exceptions.push(JsonValue::object([
                ("check_name", expectation.name.clone().into()),
                ("message", message.clone()),
                ("exception_type", JsonValue::Null),
                ("failure_category", JsonValue::Null),
                ("retry_count", 0_u64.into()),
            ])),
        }
        if let Some(count) = expectation.severity().and_then(|severity| self.issues.get_mut(severity)) {
            *count += 1;
        }
        self.total_rows = self.total_rows.max(expectation.element_count());
        if self.batch_id.is_none() {
            self.batch_id = expectation.batch_id();
        }
        self.results.push(expectation.into_row().written(layout));
        Ok(())
    }

    fn into_result(mut self, start: TextPosition, overrides: &Overrides) -> Result<ConvertedResult, ConversionError> {
        let data_asset = overrides.data_asset.clone().or_else(|| self.asset()).ok_or_else(|| {
            let reason = "this validation result of Great Expectations does not name its data asset";
            ConversionError::Problem(DocumentProblem::new(start, reason), Some("name the data asset with `--asset`"))
        })?;
        let run_time = self.run_time(start)?;
        let errors = self.exceptions.len();
        let status = match (errors, self.success) {
            (0, true) => Status::Success,
            (0, false) => Status::Failure,
            _ => Status::Error,
        };
        if self.suite_name.is_null() {
            self.suite_name = self.meta.get("expectation_suite_name").cloned().unwrap_or_default();
        }
        // Great Expectations may leave out expectations that passed, and only count them.
        let here = self.results.len();
        let evaluated = self.statistics.get("evaluated_expectations").and_then(JsonValue::as_u64);
        let evaluated = evaluated.and_then(|count| usize::try_from(count).ok()).unwrap_or(here).max(here);
        let statistics = ResultStatistics {
            total_validators: count_value(evaluated),
            passed_validators: count_value(self.passed + (evaluated - here)),
            failed_validators: count_value(self.failed),
            error_validators: count_value(errors),
            total_rows: self.total_rows.unwrap_or(0).into(),
            total_issues: count_value(self.failed + errors),
            issues: self.issues.map(count_value),
            ..ResultStatistics::default()
        };
        let mut source = JsonValue::Object(Vec::new());
        let own = [("meta".to_owned(), self.meta), ("statistics".to_owned(), self.statistics)];
        for (key, value) in own.into_iter().chain(self.rest).filter(|(_, value)| !value.is_null()) {
            source.set(&key, value);
        }
        let mut metadata = JsonValue::object([("great_expectations", source)]);
        if !self.exceptions.is_empty() {
            let issues = JsonValue::from(self.exceptions);
            metadata.set(
                "_validation_run_contract",
                JsonValue::object([("checks", Vec::new().into()), ("execution_issues", issues)]),
            );
        }
        Ok(ConvertedResult {
            run_id: None,
            run_time,
            data_asset,
            status,
            results: self.results,
            statistics,
            tags: JsonValue::Object(Vec::new()),
            metadata,
            suite_name: self.suite_name,
            runtime_environment: JsonValue::Object(Vec::new()),
        })
    }

    /// The data asset, if the document names one.
    fn asset(&self) -> Option<String> {
        let named = |place: &str, key: &str| {
            let place = self.meta.get(place)?;
            text(place.get(key)?)
        };
        let places = ["active_batch_definition", "batch_kwargs", "batch_spec", "batch_parameters"];
        let keys = ["data_asset_name", "table_name", "table", "path", "s3", "query_name"];
        let found = keys.iter().find_map(|key| places.iter().find_map(|place| named(place, key)));
        found.or_else(|| self.meta.get("data_asset_name").and_then(text)).or_else(|| self.batch_id.clone())
    }

    fn run_time(&self, start: TextPosition) -> Result<RunTime, DocumentProblem> {
        let within = |place: &str, key: &str| self.meta.get(place).and_then(|place| place.get(key));
        let candidates = [
            within("run_id", "run_time"),
            self.meta.get("validation_time"),
            self.meta.get("run_id"),
            within("batch_markers", "ge_load_time"),
        ];
        let candidates = candidates.into_iter().flatten().filter_map(text).collect::<Vec<_>>();
        if let Some(run_time) = candidates.iter().find_map(|text| text.parse().ok()) {
            return Ok(run_time);
        }
        Err(DocumentProblem::new(
            start,
            match candidates.first() {
                None => {
                    "this validation result of Great Expectations does not name its run time: `meta.run_id.run_time` \
                         and `meta.validation_time` are missing"
                        .to_owned()
                }
                Some(text) => {
                    format!("the run time of this validation result is `{}`, not an ISO 8601 time", shortened(text))
                }
            },
        ))
    }
}

/// The text of a string that is not empty.
fn text(value: &JsonValue) -> Option<String> {
    let text = value.as_text().filter(|text| text.is_exact() && !text.is_empty())?;
    Some(text.to_str_lossy().into_owned())
}
