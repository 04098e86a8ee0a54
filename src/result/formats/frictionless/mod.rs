//! A report of Frictionless 5, as `frictionless validate --json` prints it (`frictionless/report/report.py`).
//!
//! A task is a data asset. A report lists errors, and not what was checked: the errors are grouped by their type and
//! field, and a task without errors is one check that passed. Its key says that all findings of the table are gone, as
//! that of a truthound validator that passed does.

use std::iter;

use super::format::{Format, FormatReading, Recognition};
use super::outline::Outline;
use crate::result::checks::CheckOutcome;
use crate::result::convert::{
    Conversion, ConversionError, ConvertedCheck, ConvertedChecks, ConvertedFacts, ConvertedResult, DividedDocument,
    ElementSpan, OwnedConversion, each_object, exact_text, plain,
};
use crate::result::json::{JsonReader, JsonValue};
use crate::result::{Body, BodyReader, RunTime, Split};

const NAME: &str = "a Frictionless report";

pub(super) const FORMAT: Format = Format {
    name: NAME,
    hint: Some("what `frictionless validate --json` prints"),
    recognize,
    reading: FormatReading::Divided(divide),
};

fn recognize(outline: &Outline) -> Recognition {
    // Version 4 has `version` and `tasks[].resource`.
    Recognition::certain_if(outline.has_all(&["valid", "tasks"]) && outline.count(&["stats", "errors"]) > 0)
}

/// The name of all checks of a task.
const VALIDATOR: &str = "frictionless";

/// Places of errors that are kept.
const ROW_NUMBERS: usize = 5;

#[derive(Default)]
struct Report {
    /// `valid`, `stats`, `warnings` and the like.
    facts: JsonValue,
    /// Errors outside of the tasks.
    errors: TaskErrors,
    has_tasks: bool,
    tasks: Vec<ElementSpan>,
}

fn divide(body: &Body, conversion: Conversion<'_>) -> Result<DividedDocument, ConversionError> {
    let report = Report::read(&mut JsonReader::starting_at(body.reader(), conversion.start))?;
    if !report.has_tasks {
        return Err(conversion.lacks(NAME, &["tasks"]));
    }
    let run_time = conversion.run_time(None, NAME)?;
    // Errors of a whole package.
    let own = exact_text(report.facts.get("name").unwrap_or(&JsonValue::Null)).or_else(|| conversion.file_stem());
    let Report { facts, errors, tasks, .. } = report;
    let whole = conversion.data_asset(own, NAME);
    let converted = ConvertedReport { body: body.clone(), conversion: conversion.to_owned(), run_time, facts };
    let empty = "this Frictionless report has no task";
    if conversion.split == Split::None {
        let result = converted.whole(errors, tasks, whole?);
        return Ok(DividedDocument { results: Box::new(iter::once(result)), warnings: Vec::new(), empty });
    }
    let outside = match errors.groups.is_empty() {
        true => None,
        false => Some(converted.outside(errors, whole?)),
    };
    let results = tasks.into_iter().map(move |task| converted.task(task));
    let results = outside.map(Ok).into_iter().chain(results);
    Ok(DividedDocument { results: Box::new(results), warnings: Vec::new(), empty })
}

impl Report {
    fn read(reader: &mut JsonReader<BodyReader>) -> Result<Self, ConversionError> {
        let mut report = Self { facts: JsonValue::Object(Vec::new()), ..Self::default() };
        reader.begin_object()?;
        while let Some(key) = reader.next_key()?.map(str::to_owned) {
            match key.as_str() {
                "tasks" => {
                    report.has_tasks = true;
                    each_object(reader, "tasks", |reader| {
                        report.tasks.push(ElementSpan::of(reader, JsonReader::skip)?.1);
                        Ok(())
                    })?;
                }
                "errors" => report.errors.read(reader)?,
                key => drop(report.facts.set(key, reader.value()?)),
            }
        }
        Ok(report)
    }
}

/// The errors of one task by type and field.
#[derive(Default)]
struct TaskErrors {
    groups: Vec<ErrorGroup>,
}

struct ErrorGroup {
    kind: String,
    field: Option<String>,
    /// Whether the data could not be read, rather than being wrong.
    is_outside_data: bool,
    count: u64,
    message: Option<String>,
    title: JsonValue,
    note: JsonValue,
    row_numbers: Vec<JsonValue>,
}

impl TaskErrors {
    fn read(&mut self, reader: &mut JsonReader<BodyReader>) -> Result<(), ConversionError> {
        each_object(reader, "errors", |reader| {
            self.add(&mut reader.value()?);
            Ok(())
        })
    }

    fn add(&mut self, error: &mut JsonValue) {
        let text = |key: &str| error.get(key).and_then(exact_text);
        let kind = text("type").unwrap_or_else(|| "error".to_owned());
        // Errors of labels have `label`; those of rows that break a rule across fields, `fieldNames`.
        let field = text("fieldName").or_else(|| text("label")).or_else(|| {
            let names = error.get("fieldNames")?.as_array()?.iter().filter_map(exact_text).collect::<Vec<_>>();
            (!names.is_empty() && text("fieldKeys").is_none() && kind.ends_with("-key")).then(|| names.join(", "))
        });
        let place = self.groups.iter().position(|group| group.kind == kind && group.field == field);
        let place = place.unwrap_or_else(|| {
            let tags = error.get("tags").and_then(JsonValue::as_array);
            self.groups.push(ErrorGroup {
                kind,
                field,
                is_outside_data: tags.is_some_and(<[_]>::is_empty),
                count: 0,
                message: error.get("message").and_then(JsonValue::as_str).and_then(|text| plain(&text)),
                title: error.get("title").cloned().unwrap_or_default(),
                note: error.get("note").cloned().unwrap_or_default(),
                row_numbers: Vec::new(),
            });
            self.groups.len() - 1
        });
        let Some(group) = self.groups.get_mut(place) else { return };
        group.count += 1;
        if group.row_numbers.len() < ROW_NUMBERS {
            group.row_numbers.extend(error.remove("rowNumber").filter(|number| number.as_number().is_some()));
        }
    }

    /// Adds the checks that these errors are. `validator` names them.
    fn push_to(self, checks: &mut ConvertedChecks, validator: &str) {
        if self.groups.is_empty() {
            checks.push(ConvertedCheck::new(validator, CheckOutcome::Passed));
        }
        for group in self.groups {
            let outcome = if group.is_outside_data { CheckOutcome::Errored } else { CheckOutcome::Failed };
            let rows = (!group.row_numbers.is_empty()).then_some(group.row_numbers);
            let details = vec![("title", group.title), ("note", group.note), ("row_numbers", rows.into())];
            checks.push(ConvertedCheck {
                column: group.field,
                issue_type: Some(group.kind),
                count: group.count,
                message: group.message,
                details,
                ..ConvertedCheck::new(validator, outcome)
            });
        }
    }
}

/// A task: its errors, and the rest.
struct Task {
    facts: JsonValue,
    errors: TaskErrors,
}

impl Task {
    fn read(reader: &mut JsonReader<BodyReader>) -> Result<Self, ConversionError> {
        let mut task = Self { facts: JsonValue::Object(Vec::new()), errors: TaskErrors::default() };
        reader.begin_object()?;
        while let Some(key) = reader.next_key()?.map(str::to_owned) {
            match key.as_str() {
                "errors" => task.errors.read(reader)?,
                key => drop(task.facts.set(key, reader.value()?)),
            }
        }
        Ok(task)
    }

    fn place(&self, conversion: Conversion<'_>) -> Result<String, ConversionError> {
        let place = self.facts.get("place").and_then(exact_text);
        place.ok_or_else(|| conversion.lacks(NAME, &["tasks[].place"]))
    }

    fn number(&self, key: &str) -> Option<u64> {
        self.facts.get("stats")?.get(key)?.as_u64()
    }
}

/// A report during the conversion of its tasks.
struct ConvertedReport {
    body: Body,
    conversion: OwnedConversion,
    run_time: RunTime,
    facts: JsonValue,
}

impl ConvertedReport {
    fn task(&self, place: ElementSpan) -> Result<ConvertedResult, ConversionError> {
        let conversion = self.conversion.get();
        let task = Task::read(&mut place.reader(&self.body, conversion.start))?;
        let data_asset = task.place(conversion)?;
        let (rows, columns) = (task.number("rows"), task.number("fields"));
        let mut checks = ConvertedChecks::new(conversion.layout);
        task.errors.push_to(&mut checks, VALIDATOR);
        Ok(checks.into_result(ConvertedFacts { rows, columns, ..self.facts_of(data_asset, task.facts) }))
    }

    /// The errors outside of the tasks.
    fn outside(&self, errors: TaskErrors, data_asset: String) -> ConvertedResult {
        let mut checks = ConvertedChecks::new(self.conversion.get().layout);
        errors.push_to(&mut checks, VALIDATOR);
        checks.into_result(self.facts_of(data_asset, self.facts.clone()))
    }

    /// All tasks as one result. The validators of a task have its place in their names.
    fn whole(
        &self,
        errors: TaskErrors,
        tasks: Vec<ElementSpan>,
        data_asset: String,
    ) -> Result<ConvertedResult, ConversionError> {
        let conversion = self.conversion.get();
        let mut checks = ConvertedChecks::new(conversion.layout);
        if !errors.groups.is_empty() {
            errors.push_to(&mut checks, VALIDATOR);
        }
        let mut rows = 0;
        for place in tasks {
            let task = Task::read(&mut place.reader(&self.body, conversion.start))?;
            rows += task.number("rows").unwrap_or_default();
            let validator = format!("{VALIDATOR} {}", task.place(conversion)?);
            task.errors.push_to(&mut checks, &validator);
        }
        let facts = self.facts_of(data_asset, self.facts.clone());
        Ok(checks.into_result(ConvertedFacts { rows: Some(rows), ..facts }))
    }

    fn facts_of(&self, data_asset: String, metadata: JsonValue) -> ConvertedFacts {
        ConvertedFacts {
            run_id: None,
            run_time: self.run_time,
            data_asset,
            suite_name: None,
            tags: Vec::new(),
            tool: ("frictionless", metadata),
            rows: None,
            columns: None,
        }
    }
}

#[cfg(test)]
mod tests;
