//! The result of a truthound checkpoint: what `truthound checkpoint run -f json -o FILE` and the action `store_result`
//! write (`truthound/checkpoint/checkpoint.py`, `truthound/checkpoint/actions/store_result.py`).
//!
//! `validation_result` is a stored result, which the action adds; `validation_run` is the run that it is made of. The
//! stored result gets the name and the run id of the checkpoint as tags. If both are null, the checkpoint crashed.

use std::iter;

use super::format::{Format, FormatReading, Recognition};
use super::outline::Outline;
use super::truthound_run;
use crate::result::checks::CheckOutcome;
use crate::result::convert::{
    Conversion, ConversionError, ConvertedCheck, ConvertedChecks, ConvertedFacts, ConvertedResult, DividedDocument,
    ElementSpan, RUN_TIME_HINT, ResultStatistics, WrittenEntries, each_object, exact_text, plain,
};
use crate::result::facts::DocumentFacts;
use crate::result::json::{JsonKind, JsonReader, JsonValue};
use crate::result::problem::DocumentProblem;
use crate::result::{Body, BodyReader, RunId};

const NAME: &str = "the result of a truthound checkpoint";

pub(super) const FORMAT: Format = Format { name: NAME, hint: None, recognize, reading: FormatReading::Divided(divide) };

fn recognize(outline: &Outline) -> Recognition {
    let has_validation = outline.count(&["validation_result", "validation_run"]) > 0;
    Recognition::certain_if(outline.has("checkpoint_name") && has_validation)
}

/// The members that describe the checkpoint, and go into `metadata.checkpoint`.
const DESCRIPTION: [&str; 7] =
    ["checkpoint_name", "run_id", "run_time", "status", "duration_ms", "error", "action_results"];

/// The members of a checkpoint's result.
#[derive(Default)]
struct CheckpointResult {
    result: Option<ElementSpan>,
    run: Option<ElementSpan>,
    data_asset: Option<String>,
    description: JsonValue,
}

fn divide(body: &Body, conversion: Conversion<'_>) -> Result<DividedDocument, ConversionError> {
    let checkpoint = CheckpointResult::read(&mut JsonReader::starting_at(body.reader(), conversion.start))?;
    let reader = |place: ElementSpan| place.reader(body, conversion.start);
    let mut result = match (checkpoint.result, checkpoint.run) {
        (Some(result), _) => stored_result(&mut reader(result), conversion)?,
        (None, Some(run)) => truthound_run::read(&mut reader(run), conversion)?,
        (None, None) => checkpoint.crash(conversion)?,
    };
    checkpoint.describe(&mut result);
    Ok(DividedDocument { results: Box::new(iter::once(Ok(result))), warnings: Vec::new(), empty: "" })
}

impl CheckpointResult {
    fn read(reader: &mut JsonReader<BodyReader>) -> Result<Self, ConversionError> {
        let mut checkpoint = Self { description: JsonValue::Object(Vec::new()), ..Self::default() };
        reader.begin_object()?;
        while let Some(key) = reader.next_key()?.map(str::to_owned) {
            match key.as_str() {
                "validation_result" | "validation_run" => {
                    let has_value = reader.peek()? != JsonKind::Null;
                    let ((), span) = ElementSpan::of(reader, JsonReader::skip)?;
                    let place = if key == "validation_run" { &mut checkpoint.run } else { &mut checkpoint.result };
                    *place = has_value.then_some(span);
                }
                "data_asset" => checkpoint.data_asset = exact_text(&reader.value()?),
                key if DESCRIPTION.contains(&key) => drop(checkpoint.description.set(key, reader.value()?)),
                _ => reader.skip()?,
            }
        }
        Ok(checkpoint)
    }

    fn text(&self, key: &str) -> Option<String> {
        self.description.get(key).and_then(exact_text)
    }

    /// The result of a checkpoint that ended before its validation did.
    fn crash(&self, conversion: Conversion<'_>) -> Result<ConvertedResult, ConversionError> {
        let name = self.text("checkpoint_name").unwrap_or_default();
        let mut check = ConvertedCheck::new("checkpoint", CheckOutcome::Errored);
        check.message = self.text("error").and_then(|error| plain(&error));
        check.message.get_or_insert_with(|| "the checkpoint ended without a validation result".to_owned());
        let mut checks = ConvertedChecks::new(conversion.layout);
        checks.push(check);
        let run_time = self.text("run_time");
        Ok(checks.into_result(ConvertedFacts {
            run_id: self.text("run_id").and_then(|run_id| RunId::new(run_id).ok()),
            run_time: conversion.run_time_of("run_time", run_time.as_deref(), "this result of a checkpoint")?,
            data_asset: self.data_asset.clone().unwrap_or(name),
            suite_name: None,
            tags: Vec::new(),
            tool: ("checkpoint", JsonValue::Null),
            rows: None,
            columns: None,
        }))
    }

    /// Adds what the checkpoint says of itself.
    fn describe(self, result: &mut ConvertedResult) {
        let tags = [("checkpoint", "checkpoint_name"), ("checkpoint_run_id", "run_id")];
        for (tag, key) in tags {
            if let Some(text) = self.text(key) {
                result.tags.set(tag, text);
            }
        }
        result.metadata.set("checkpoint", self.description);
    }
}

/// Reads a stored result, which goes into the checkpoint's document again.
fn stored_result(
    reader: &mut JsonReader<BodyReader>,
    conversion: Conversion<'_>,
) -> Result<ConvertedResult, ConversionError> {
    let mut facts = DocumentFacts::default();
    let (mut tags, mut metadata) = (JsonValue::Object(Vec::new()), JsonValue::Object(Vec::new()));
    let (mut suite_name, mut runtime_environment) = (JsonValue::Null, JsonValue::Object(Vec::new()));
    let (mut results, mut statistics) = (WrittenEntries::default(), ResultStatistics::default());
    reader.begin_object()?;
    while let Some(key) = reader.next_key()?.map(str::to_owned) {
        match key.as_str() {
            "results" => each_object(reader, "results", |reader| {
                let position = reader.position();
                let entry = reader.value()?;
                let missing = ["validator_name", "success"].into_iter().find(|key| entry.get(key).is_none());
                if let Some(missing) = missing {
                    let reason = format!("an entry of `results` has no `{missing}`");
                    return Err(DocumentProblem::new(position, reason).into());
                }
                results.push(&entry.written_at(conversion.layout, 2), conversion.layout);
                Ok(())
            })?,
            "statistics" => statistics = ResultStatistics::given(&reader.value()?),
            "tags" => tags = object(reader.value()?),
            "metadata" => metadata = object(reader.value()?),
            "suite_name" => suite_name = reader.value()?,
            "runtime_environment" => runtime_environment = object(reader.value()?),
            key => {
                if !facts.read(key, reader)? {
                    reader.skip()?;
                }
            }
        }
    }
    if let Some(run_time) = conversion.overrides.run_time {
        facts.run_time = Some(Ok(run_time));
    }
    if let Some(data_asset) = &conversion.overrides.data_asset {
        facts.data_asset = Some(Ok(data_asset.clone()));
    }
    let hint = facts.lacks_only_run_time().then_some(RUN_TIME_HINT);
    let entry = facts.into_entry(conversion.start).map_err(|problem| ConversionError::Problem(problem, hint))?;
    Ok(ConvertedResult {
        run_id: Some(entry.run_id),
        run_time: entry.run_time,
        data_asset: entry.data_asset,
        status: entry.status,
        results,
        statistics,
        tags,
        metadata,
        suite_name,
        runtime_environment,
    })
}

/// The value if it is an object, else an empty one, as Python reads them.
fn object(value: JsonValue) -> JsonValue {
    if value.as_object().is_some() { value } else { JsonValue::Object(Vec::new()) }
}

#[cfg(test)]
mod tests;
