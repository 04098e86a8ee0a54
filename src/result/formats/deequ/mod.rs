//! Documents of Deequ and PyDeequ: the results of checks (`VerificationResult.checkResultsAsJson`), and the metrics of a
//! `FileSystemMetricsRepository` (`AnalysisResultSerde.scala`). Neither names the data asset.

use std::collections::HashMap;
use std::iter;

use super::format::{Format, FormatReading, Recognition};
use crate::result::checks::CheckOutcome;
use crate::result::convert::{
    Conversion, ConversionError, ConvertedCheck, ConvertedChecks, ConvertedFacts, ConvertedResult, DividedDocument,
    RUN_TIME_HINT, each_object, exact_text, plain,
};
use crate::result::json::{JsonKind, JsonReader, JsonValue};
use crate::result::{Body, BodyReader, RunInstant, RunTime};

mod constraint;

use self::constraint::Constraint;

const CHECKS_NAME: &str = "check results of Deequ";
const METRICS_NAME: &str = "metrics of Deequ";

/// The array of `checkResultsAsJson`: one result.
pub(super) const CHECK_RESULTS: Format = Format {
    name: CHECKS_NAME,
    hint: Some("what Deequ writes as JSON"),
    recognize: |outline| Recognition::certain_if(outline.has_all(&["constraint", "constraint_status"])),
    reading: FormatReading::DividedArray(divide_checks),
};

/// One element of the file of a `FileSystemMetricsRepository`.
pub(super) const METRICS: Format = Format {
    name: METRICS_NAME,
    hint: None,
    recognize: |outline| Recognition::certain_if(outline.has_all(&["resultKey", "analyzerContext"])),
    reading: FormatReading::Converted(read_metrics),
};

fn divide_checks(body: &Body, conversion: Conversion<'_>) -> Result<DividedDocument, ConversionError> {
    let mut reader = JsonReader::starting_at(body.reader(), conversion.start);
    let data_asset = conversion.data_asset(None, CHECKS_NAME_SENTENCE)?;
    let run_time = conversion.run_time(None, CHECKS_NAME_SENTENCE)?;
    let mut checks = ConvertedChecks::new(conversion.layout);
    let mut occurrences = HashMap::<String, u64>::new();
    let mut read = |reader: &mut JsonReader<BodyReader>| {
        checks.push(check(&reader.value()?, &mut occurrences));
        Ok(())
    };
    // A single result is an object where it stands alone.
    if reader.peek()? == JsonKind::Array {
        each_object(&mut reader, "the check results", &mut read)?;
    } else {
        read(&mut reader)?;
    }
    let result = checks.into_result(ConvertedFacts {
        run_id: None,
        run_time,
        data_asset,
        suite_name: None,
        tags: Vec::new(),
        tool: ("deequ", JsonValue::Object(Vec::new())),
        rows: None,
        columns: None,
    });
    Ok(DividedDocument { results: Box::new(iter::once(Ok(result))), warnings: Vec::new(), empty: "" })
}

/// The name of the check results where a sentence goes on with "does not".
const CHECKS_NAME_SENTENCE: &str = "the output of Deequ";

/// A constraint of a check. Constraints that differ only in their assertion, which Deequ cannot print, are told apart by
/// their order.
fn check(result: &JsonValue, occurrences: &mut HashMap<String, u64>) -> ConvertedCheck {
    let text = |key: &str| result.get(key).and_then(exact_text);
    let message = text("constraint_message").and_then(|message| plain(&message));
    let is_warning = text("check_level").as_deref() == Some("Warning");
    // `AnalysisBasedConstraint.scala`: every other message is that of an exception.
    let is_value = message.as_ref().is_none_or(|message| message.starts_with("Value: "));
    let outcome = match text("constraint_status").as_deref() {
        Some("Success") => CheckOutcome::Passed,
        Some("Failure") if !is_value => CheckOutcome::Errored,
        Some("Failure") if is_warning => CheckOutcome::Warned,
        Some("Failure") => CheckOutcome::Failed,
        _ => CheckOutcome::Errored,
    };
    let constraint = text("constraint").unwrap_or_default();
    let Constraint { name, column } = Constraint::parse(&constraint);
    let mut check = ConvertedCheck::new(name, outcome);
    check.column = column;
    check.message = message.filter(|_| outcome.is_finding());
    let description = text("check");
    let occurrence = occurrences.entry(format!("{description:?} {constraint}")).or_default();
    *occurrence += 1;
    let mut kwargs = JsonValue::object([("check", JsonValue::from(description)), ("constraint", constraint.into())]);
    if *occurrence > 1 {
        kwargs.set("occurrence", *occurrence);
    }
    check.kwargs = kwargs;
    check.details = vec![("check_level", text("check_level").into()), ("check_status", text("check_status").into())];
    check
}

fn read_metrics(
    reader: &mut JsonReader<BodyReader>,
    conversion: Conversion<'_>,
) -> Result<ConvertedResult, ConversionError> {
    let mut key = JsonValue::Null;
    let mut checks = ConvertedChecks::new(conversion.layout);
    let mut rows = None;
    let mut has_metrics = false;
    reader.begin_object()?;
    while let Some(member) = reader.next_key()? {
        match member {
            "resultKey" => key = reader.value()?,
            "analyzerContext" => {
                reader.begin_object()?;
                while let Some(member) = reader.next_key()? {
                    if member != "metricMap" {
                        reader.skip()?;
                        continue;
                    }
                    has_metrics = true;
                    each_object(reader, "metricMap", |reader| {
                        let entry = reader.value()?;
                        rows = rows.or_else(|| size(&entry));
                        checks.push(metric(entry));
                        Ok(())
                    })?;
                }
            }
            _ => reader.skip()?,
        }
    }
    if !has_metrics {
        return Err(conversion.lacks(METRICS_NAME, &["analyzerContext.metricMap"]));
    }
    let date = key.get("dataSetDate").and_then(JsonValue::as_number).unwrap_or_default();
    let is_needed = !date.is_empty() && conversion.overrides.run_time.is_none();
    let date = is_needed.then(|| milliseconds(date)).map(|time| {
        let reason = || format!("`dataSetDate` is {date}, not a time in milliseconds");
        time.ok_or_else(|| conversion.refuses(reason(), RUN_TIME_HINT))
    });
    let run_time = conversion.run_time(date.transpose()?, "the metrics repository of Deequ")?;
    let mut result = checks.into_result(ConvertedFacts {
        run_id: None,
        run_time,
        data_asset: conversion.data_asset(None, "the metrics repository of Deequ")?,
        suite_name: None,
        tags: Vec::new(),
        tool: ("deequ", JsonValue::object([("resultKey", key.clone())])),
        rows,
        columns: None,
    });
    for (name, value) in key.get("tags").and_then(JsonValue::as_object).unwrap_or_default() {
        if let Some(text) = value.as_text() {
            result.tags.set(&name.to_str_lossy(), text.clone());
        }
    }
    Ok(result)
}

/// A time in milliseconds since 1970.
fn milliseconds(text: &str) -> Option<RunTime> {
    let time = jiff::Timestamp::from_millisecond(text.parse().ok()?).ok()?;
    Some(RunTime::new(RunInstant::from(time), Some(jiff::tz::Offset::UTC)))
}

/// The number of rows, if the metric is that of the analyzer `Size` of all data.
fn size(entry: &JsonValue) -> Option<u64> {
    let analyzer = entry.get("analyzer")?;
    let is_size =
        analyzer.get("analyzerName")?.as_str()? == "Size" && analyzer.get("where").is_none_or(JsonValue::is_null);
    let rows = entry.get("metric")?.get("value")?.as_f64()?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count, and the cast saturates")]
    is_size.then_some(rows as u64)
}

/// A metric: it has a value and nothing that it should be, so that it passed.
fn metric(mut entry: JsonValue) -> ConvertedCheck {
    let mut analyzer = entry.remove("analyzer").unwrap_or_default();
    let metric = entry.remove("metric").unwrap_or_default();
    let name = analyzer.remove("analyzerName").as_ref().and_then(exact_text);
    let name = name.or_else(|| metric.get("name").and_then(exact_text)).unwrap_or_else(|| "metric".to_owned());
    // Deequ cannot write a metric that failed; one without a value is damaged.
    let value = metric.get("value").filter(|value| !value.is_null());
    let outcome = if value.is_some() { CheckOutcome::Passed } else { CheckOutcome::Errored };
    let mut check = ConvertedCheck::new(name, outcome);
    if value.is_none() {
        check.message = Some("the metric has no value".to_owned());
    }
    check.column = columns(&analyzer);
    // The values of distributions are values of the data.
    let value = value.and_then(number);
    let of = |key: &str| metric.get(key).cloned().unwrap_or_default();
    check.details = vec![
        ("value", value.unwrap_or_default()),
        ("entity", of("entity")),
        ("metric", of("metricName")),
        ("number_of_bins", of("numberOfBins")),
    ];
    if let Some(members) = analyzer.as_object_mut() {
        members.retain(|(_, value)| !value.is_null());
    }
    check.kwargs = if analyzer.as_object().is_some() { analyzer } else { JsonValue::Object(Vec::new()) };
    check
}

/// The number, if it is one. One that is not finite becomes a text: not every reader of JSON knows it.
fn number(value: &JsonValue) -> Option<JsonValue> {
    let spelled = value.as_number()?;
    let is_finite = value.as_f64().is_some_and(f64::is_finite);
    Some(if is_finite { value.clone() } else { spelled.into() })
}

/// The columns of an analyzer, separated by commas.
fn columns(analyzer: &JsonValue) -> Option<String> {
    if let Some(column) = analyzer.get("column").and_then(exact_text) {
        return Some(column);
    }
    let pair = ["firstColumn", "secondColumn"].into_iter().filter_map(|key| analyzer.get(key).and_then(exact_text));
    let mut columns = pair.collect::<Vec<_>>();
    columns.extend(
        analyzer.get("columns").and_then(JsonValue::as_array).unwrap_or_default().iter().filter_map(exact_text),
    );
    (!columns.is_empty()).then(|| columns.join(", "))
}

#[cfg(test)]
mod tests;
