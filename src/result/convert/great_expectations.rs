//! A validation result of Great Expectations, of versions 0.11 to 1.x.
//!
//! | stored result | from |
//! |---|---|
//! | asset | `meta`: the batch definition, then the batch's own description; last the expectations' `batch_id` |
//! | run time | `meta.run_id.run_time`, `meta.validation_time`, `meta.batch_markers.ge_load_time` |
//! | status | error if an expectation raised an exception, else what `success` says |
//! | results | one entry for each expectation, in their order |
//! | statistics | total = passed + failed + error; an expectation that is not met, or raises, is one issue |
//! | metadata | all else, under `great_expectations`; exceptions also where truthound looks for them |

use std::io::Read;

use super::great_expectations_entry::{Expectation, Outcome};
use super::run::number;
use super::stored::{Statistics, Stored};
use super::{Failure, each_object, python};
use crate::result::facts::{Problem, shortened};
use crate::result::json::{Position, Reader, Value};
use crate::result::{Layout, Overrides, RunTime, Status};

#[derive(Default)]
struct ValidationResult {
    success: bool,
    suite_name: Value,
    meta: Value,
    statistics: Value,
    results: Vec<Box<[u8]>>,
    passed: usize,
    failed: usize,
    issues: [usize; 4],
    exceptions: Vec<Value>,
    total_rows: Option<u64>,
    batch_id: Option<String>,
    rest: Vec<(String, Value)>,
}

/// Reads a validation result and converts it.
pub(super) fn read<R: Read>(
    reader: &mut Reader<R>,
    start: Position,
    layout: Layout,
    overrides: &Overrides,
) -> Result<Stored, Failure> {
    let mut result = ValidationResult::default();
    let (mut has_success, mut has_results) = (false, false);
    reader.begin_object()?;
    while let Some(key) = reader.next_key()? {
        match key {
            "success" => {
                has_success = true;
                result.success = python::is_true(&reader.value()?);
            }
            "results" => {
                has_results = true;
                each_object(reader, "results", |reader| result.read_expectation(reader, layout))?;
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
        let reason = format!("this looks like a validation result of Great Expectations, but `{missing}` is missing");
        return Err(Problem::new(start, reason).into());
    }
    result.into_stored(start, overrides)
}

impl ValidationResult {
    fn read_expectation<R: Read>(&mut self, reader: &mut Reader<R>, layout: Layout) -> Result<(), Failure> {
        let expectation = Expectation::read(reader)?;
        match &expectation.outcome {
            Outcome::Passed => self.passed += 1,
            Outcome::Failed => self.failed += 1,
            Outcome::Raised { message, .. } => self.exceptions.push(Value::object([
                ("check_name", expectation.name.clone().into()),
                ("message", message.clone()),
                ("exception_type", Value::Null),
                ("failure_category", Value::Null),
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

    fn into_stored(mut self, start: Position, overrides: &Overrides) -> Result<Stored, Failure> {
        let data_asset = overrides.data_asset.clone().or_else(|| self.asset()).ok_or_else(|| {
            let reason = "this validation result of Great Expectations does not say which data asset it is of";
            Failure::Problem(Problem::new(start, reason), Some("name the data asset with `--asset`"))
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
        // Great Expectations can leave out those that passed, and then only counts them.
        let here = self.results.len();
        let evaluated = self.statistics.get("evaluated_expectations").and_then(Value::as_u64);
        let evaluated = evaluated.and_then(|count| usize::try_from(count).ok()).unwrap_or(here).max(here);
        let statistics = Statistics {
            total_validators: number(evaluated),
            passed_validators: number(self.passed + (evaluated - here)),
            failed_validators: number(self.failed),
            error_validators: number(errors),
            total_rows: self.total_rows.unwrap_or(0).into(),
            total_issues: number(self.failed + errors),
            issues: self.issues.map(number),
            ..Statistics::default()
        };
        let mut source = Value::Object(Vec::new());
        let own = [("meta".to_owned(), self.meta), ("statistics".to_owned(), self.statistics)];
        for (key, value) in own.into_iter().chain(self.rest).filter(|(_, value)| !value.is_null()) {
            source.set(&key, value);
        }
        let mut metadata = Value::object([("great_expectations", source)]);
        if !self.exceptions.is_empty() {
            let issues = Value::from(self.exceptions);
            metadata.set(
                "_validation_run_contract",
                Value::object([("checks", Vec::new().into()), ("execution_issues", issues)]),
            );
        }
        Ok(Stored {
            run_id: None,
            run_time,
            data_asset,
            status,
            results: self.results,
            statistics,
            tags: Value::Object(Vec::new()),
            metadata,
            suite_name: self.suite_name,
            runtime_environment: Value::Object(Vec::new()),
        })
    }

    /// The data asset, as far as the document names one.
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

    fn run_time(&self, start: Position) -> Result<RunTime, Problem> {
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
        Err(Problem::new(
            start,
            match candidates.first() {
                None => "this validation result of Great Expectations does not say when it was made: `meta.run_id.run_time` \
                         and `meta.validation_time` are missing"
                    .to_owned(),
                Some(text) => format!("the run time of this validation result is `{}`, not an ISO 8601 time", shortened(text)),
            },
        ))
    }
}

/// A string that says something.
fn text(value: &Value) -> Option<String> {
    let text = value.as_text().filter(|text| text.is_exact() && !text.is_empty())?;
    Some(text.to_str_lossy().into_owned())
}
