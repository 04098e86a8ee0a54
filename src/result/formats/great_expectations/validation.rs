//! A validation result, alone or in the result of a checkpoint.

use std::io::Read;

use super::expectation::{Expectation, ExpectationOutcome};
use crate::result::convert::{
    Conversion, ConversionError, ConvertedResult, RUN_TIME_HINT, ResultStatistics, WrittenEntries, count_value,
    each_object, exact_text, python_value,
};
use crate::result::formats::format::{Format, FormatReading, Recognition};
use crate::result::formats::outline::Outline;
use crate::result::json::{JsonReader, JsonValue};
use crate::result::problem::{DocumentProblem, shortened};
use crate::result::{BodyReader, Layout, RunTime, Status};

const NAME: &str = "a validation result of Great Expectations";

pub(in crate::result::formats) const FORMAT: Format = Format {
    name: NAME,
    hint: Some("a result of Great Expectations"),
    recognize,
    reading: FormatReading::Converted(read),
};

fn recognize(outline: &Outline) -> Recognition {
    let has_members = outline.has_all(&["success", "results"]) && outline.count(&["meta", "statistics"]) > 0;
    Recognition::certain_if(outline.has("results[].expectation_config") || has_members)
}

/// Validations of one run, summed up. Usually it is one.
#[derive(Default)]
pub(super) struct ValidationResult {
    success: bool,
    suite_name: JsonValue,
    meta: JsonValue,
    statistics: JsonValue,
    results: WrittenEntries,
    /// The number of expectations, those included that are only counted.
    evaluated: usize,
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
    ValidationResult::read(reader, conversion, None)?.into_result(None, conversion)
}

impl ValidationResult {
    /// Reads a validation result. The kwargs of its expectations name `among_assets`, if it is one of several data assets
    /// in one result.
    pub(super) fn read<R: Read>(
        reader: &mut JsonReader<R>,
        conversion: Conversion<'_>,
        among_assets: Option<&str>,
    ) -> Result<Self, ConversionError> {
        let mut result = Self::default();
        let (mut has_success, mut has_results) = (false, false);
        reader.begin_object()?;
        while let Some(key) = reader.next_key()? {
            match key {
                "success" => {
                    has_success = true;
                    result.success = python_value::is_true(&reader.value()?);
                }
                // The description of a checkpoint has `expectations`.
                "results" | "expectations" => {
                    has_results = true;
                    each_object(reader, "results", |reader| {
                        result.read_expectation(reader, conversion.layout, among_assets)
                    })?;
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
            return Err(conversion.lacks(NAME, &[if has_results { "success" } else { "results" }]));
        }
        if result.suite_name.is_null() {
            result.suite_name = result.meta.get("expectation_suite_name").cloned().unwrap_or_default();
        }
        // Great Expectations may leave out expectations that passed, and only count them.
        let here = result.results.len();
        let evaluated = result.statistics.get("evaluated_expectations").and_then(JsonValue::as_u64);
        result.evaluated = evaluated.and_then(|count| usize::try_from(count).ok()).unwrap_or(here).max(here);
        result.passed += result.evaluated - here;
        Ok(result)
    }

    fn read_expectation<R: Read>(
        &mut self,
        reader: &mut JsonReader<R>,
        layout: Layout,
        among_assets: Option<&str>,
    ) -> Result<(), ConversionError> {
        let mut expectation = Expectation::read(reader)?;
        if let Some(data_asset) = among_assets {
            expectation.name_asset(data_asset);
        }
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
        self.results.push(&expectation.into_row().written(layout), layout);
        Ok(())
    }

    pub(super) fn into_result(
        self,
        data_asset: Option<String>,
        conversion: Conversion<'_>,
    ) -> Result<ConvertedResult, ConversionError> {
        let data_asset = data_asset.or_else(|| self.asset());
        let data_asset = conversion.data_asset(data_asset, "this validation result of Great Expectations")?;
        let run_time = self.run_time(conversion)?;
        let errors = self.exceptions.len();
        let status = match (errors, self.success) {
            (0, true) => Status::Success,
            (0, false) => Status::Failure,
            _ => Status::Error,
        };
        let statistics = ResultStatistics {
            total_validators: count_value(self.evaluated),
            passed_validators: count_value(self.passed),
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
    pub(super) fn asset(&self) -> Option<String> {
        let named = |place: &str, key: &str| {
            let place = self.meta.get(place)?;
            exact_text(place.get(key)?)
        };
        let places = ["active_batch_definition", "batch_kwargs", "batch_spec", "batch_parameters"];
        let keys = ["data_asset_name", "table_name", "table", "path", "s3", "query_name"];
        let found = keys.iter().find_map(|key| places.iter().find_map(|place| named(place, key)));
        found.or_else(|| self.meta.get("data_asset_name").and_then(exact_text)).or_else(|| self.batch_id.clone())
    }

    fn run_time(&self, conversion: Conversion<'_>) -> Result<RunTime, ConversionError> {
        let within = |place: &str, key: &str| self.meta.get(place).and_then(|place| place.get(key));
        let candidates = [
            within("run_id", "run_time"),
            self.meta.get("validation_time"),
            self.meta.get("run_id"),
            within("batch_markers", "ge_load_time"),
        ];
        let candidates = candidates.into_iter().flatten().filter_map(exact_text).collect::<Vec<_>>();
        let found = conversion.overrides.run_time.or_else(|| candidates.iter().find_map(|text| text.parse().ok()));
        found.ok_or_else(|| {
            let reason = match candidates.first() {
                None => {
                    "this validation result of Great Expectations does not name its run time: `meta.run_id.run_time` \
                     and `meta.validation_time` are missing"
                        .to_owned()
                }
                Some(text) => {
                    format!("the run time of this validation result is `{}`, not an ISO 8601 time", shortened(text))
                }
            };
            ConversionError::Problem(DocumentProblem::new(conversion.start, reason), Some(RUN_TIME_HINT))
        })
    }

    /// Adds the expectations of another validation of the same run.
    pub(super) fn add(&mut self, other: Self, layout: Layout) {
        self.success &= other.success;
        self.results.append(other.results, layout);
        self.evaluated += other.evaluated;
        self.passed += other.passed;
        self.failed += other.failed;
        self.issues.iter_mut().zip(other.issues).for_each(|(count, more)| *count += more);
        self.exceptions.extend(other.exceptions);
        self.total_rows = self.total_rows.max(other.total_rows);
    }
}
