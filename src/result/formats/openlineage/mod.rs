//! Run events of OpenLineage, as its clients write them to a file: one event a line (`OpenLineage.json` and
//! `DataQualityAssertionsDatasetFacet.json` of the specification).
//!
//! An input, or an output, with the facet `dataQualityAssertions` becomes a result. Events without assertions are most
//! of a file, and are passed over.

use super::format::{Format, FormatReading, Recognition};
use super::outline::Outline;
use crate::result::checks::CheckOutcome;
use crate::result::convert::{
    Conversion, ConversionError, ConvertedCheck, ConvertedChecks, ConvertedFacts, ConvertedResult, DividedDocument,
    ElementSpan, OwnedConversion, each_object, exact_text, plain,
};
use crate::result::json::{JsonError, JsonKind, JsonReader, JsonValue};
use crate::result::{Body, BodyReader, Layout, RunTime, Split};

const NAME: &str = "an OpenLineage event";

pub(super) const FORMAT: Format =
    Format { name: NAME, hint: Some("run events of OpenLineage"), recognize, reading: FormatReading::Divided(divide) };

fn recognize(outline: &Outline) -> Recognition {
    let is_event = outline.has("eventTime") && outline.count(&["schemaURL", "run.runId", "job.name"]) > 0;
    Recognition::certain_if(is_event || outline.has_all(&["schemaURL", "producer", "job"]))
}

/// The members of a dataset in which facets lie, the specification's first.
const FACETS: [&str; 3] = ["inputFacets", "outputFacets", "facets"];

/// An event without its datasets.
#[derive(Default)]
struct Event {
    time: Option<String>,
    kind: Option<String>,
    run: Option<String>,
    job: Option<String>,
    job_namespace: Option<String>,
    producer: Option<String>,
    /// The datasets that have assertions.
    datasets: Vec<ElementSpan>,
}

fn divide(body: &Body, conversion: Conversion<'_>) -> Result<DividedDocument, ConversionError> {
    let mut event = Event::read(&mut JsonReader::starting_at(body.reader(), conversion.start))?;
    let empty = "no dataset of this OpenLineage event has the facet `dataQualityAssertions`";
    let datasets = std::mem::take(&mut event.datasets);
    if datasets.is_empty() {
        return Ok(DividedDocument { results: Box::new(std::iter::empty()), warnings: Vec::new(), empty });
    }
    let run_time = conversion.run_time_of("eventTime", event.time.as_deref(), NAME)?;
    let event = ConvertedEvent { body: body.clone(), conversion: conversion.to_owned(), run_time, event };
    let groups = match conversion.split {
        Split::Assets => datasets.into_iter().map(|dataset| vec![dataset]).collect(),
        Split::None => vec![datasets],
    };
    let results = groups.into_iter().map(move |group| event.convert(&group));
    Ok(DividedDocument { results: Box::new(results), warnings: Vec::new(), empty })
}

impl Event {
    fn read(reader: &mut JsonReader<BodyReader>) -> Result<Self, ConversionError> {
        let mut event = Self::default();
        reader.begin_object()?;
        while let Some(key) = reader.next_key()?.map(str::to_owned) {
            match (key.as_str(), reader.peek()?) {
                ("eventTime", _) => event.time = exact_text(&reader.scalar_or_null()?),
                ("eventType", _) => event.kind = exact_text(&reader.scalar_or_null()?),
                ("producer", _) => event.producer = exact_text(&reader.scalar_or_null()?),
                ("run", JsonKind::Object) => event.run = text_members(reader, ["runId"])?.into_iter().next().flatten(),
                ("job", JsonKind::Object) => {
                    [event.job, event.job_namespace] = text_members(reader, ["name", "namespace"])?;
                }
                ("inputs" | "outputs", JsonKind::Array) => each_object(reader, &key, |reader| {
                    let (has_assertions, span) = ElementSpan::of(reader, has_assertions)?;
                    event.datasets.extend(has_assertions.then_some(span));
                    Ok(())
                })?,
                _ => reader.skip()?,
            }
        }
        Ok(event)
    }
}

/// Reads an object and keeps these members, if they are texts.
fn text_members<const N: usize>(
    reader: &mut JsonReader<BodyReader>,
    wanted: [&str; N],
) -> Result<[Option<String>; N], JsonError> {
    let mut found = [const { None }; N];
    reader.begin_object()?;
    while let Some(key) = reader.next_key()? {
        match wanted.iter().zip(&mut found).find(|(wanted, _)| **wanted == key) {
            Some((_, found)) => *found = exact_text(&reader.scalar_or_null()?),
            None => reader.skip()?,
        }
    }
    Ok(found)
}

/// Reads a dataset, and returns whether it has assertions.
fn has_assertions(reader: &mut JsonReader<BodyReader>) -> Result<bool, JsonError> {
    let mut found = false;
    reader.begin_object()?;
    while let Some(key) = reader.next_key()? {
        if !FACETS.contains(&key) || reader.peek()? != JsonKind::Object {
            reader.skip()?;
            continue;
        }
        reader.begin_object()?;
        while let Some(facet) = reader.next_key()? {
            found |= facet == "dataQualityAssertions";
            reader.skip()?;
        }
    }
    Ok(found)
}

/// An event during the conversion of its datasets.
struct ConvertedEvent {
    body: Body,
    conversion: OwnedConversion,
    run_time: RunTime,
    event: Event,
}

impl ConvertedEvent {
    fn convert(&self, datasets: &[ElementSpan]) -> Result<ConvertedResult, ConversionError> {
        let conversion = self.conversion.get();
        let mut checks = ConvertedChecks::new(conversion.layout);
        let (mut name, mut namespace) = (None, None);
        for place in datasets {
            let mut dataset = place.reader(&self.body, conversion.start).value()?;
            name = dataset.get("name").and_then(exact_text);
            namespace = dataset.get("namespace").and_then(exact_text);
            let facet = FACETS.into_iter().find_map(|facets| dataset.get_mut(facets)?.remove("dataQualityAssertions"));
            let mut facet = facet.unwrap_or_default();
            let assertions = facet.get_mut("assertions").and_then(JsonValue::as_array_mut).map(std::mem::take);
            let among_assets = name.as_deref().filter(|_| conversion.split == Split::None);
            for assertion in assertions.unwrap_or_default() {
                checks.push(check(assertion, among_assets));
            }
        }
        let event = &self.event;
        let own = match conversion.split {
            Split::None => event.job.clone(),
            Split::Assets => name,
        };
        let namespace = namespace.filter(|_| conversion.split == Split::Assets);
        let metadata = [
            ("eventType", &event.kind),
            ("eventTime", &event.time),
            ("runId", &event.run),
            ("job", &event.job),
            ("jobNamespace", &event.job_namespace),
            ("namespace", &namespace),
            ("producer", &event.producer),
        ];
        let metadata = metadata.into_iter().filter_map(|(key, text)| Some((key, text.clone()?.into())));
        let tags = [
            ("openlineage_run", event.run.clone()),
            ("openlineage_job", event.job.clone()),
            ("openlineage_namespace", namespace.clone()),
        ];
        Ok(checks.into_result(ConvertedFacts {
            run_id: None,
            run_time: self.run_time,
            data_asset: conversion.data_asset(own, NAME)?,
            suite_name: event.job.clone(),
            tags: tags.into_iter().filter_map(|(key, value)| Some((key, value?))).collect(),
            tool: ("openlineage", JsonValue::object(metadata)),
            rows: None,
            columns: None,
        }))
    }
}

fn check(mut assertion: JsonValue, among_assets: Option<&str>) -> ConvertedCheck {
    let text = |assertion: &JsonValue, key: &str| assertion.get(key).and_then(exact_text);
    let severity = text(&assertion, "severity");
    let outcome = match assertion.get("success").and_then(JsonValue::as_bool) {
        Some(true) => CheckOutcome::Passed,
        Some(false) if severity.as_deref().is_some_and(|severity| severity.eq_ignore_ascii_case("warn")) => {
            CheckOutcome::Warned
        }
        Some(false) => CheckOutcome::Failed,
        None => CheckOutcome::Errored,
    };
    let name = text(&assertion, "assertion").unwrap_or_else(|| "assertion".to_owned());
    let mut check = ConvertedCheck::new(name, outcome);
    check.column = text(&assertion, "column");
    if outcome.is_finding() {
        check.count = assertion.get("failures").and_then(JsonValue::as_u64).unwrap_or_default();
        check.message = message(&assertion);
    }
    let says_something =
        |value: &JsonValue| !value.is_null() && value.as_object().is_none_or(|members| !members.is_empty());
    let mut kwargs = JsonValue::Object(Vec::new());
    for key in ["name", "expected", "params", "content"] {
        if let Some(value) = assertion.remove(key).filter(says_something) {
            kwargs.set(key, value);
        }
    }
    if let Some(data_asset) = among_assets {
        kwargs.set("data_asset", data_asset);
    }
    check.kwargs = kwargs;
    // `save --redact samples` drops the member of this name: the value may be one of the data.
    let kept = [("severity", "severity"), ("description", "description"), ("actual", "observed_value")].into_iter();
    check.details = kept.filter_map(|(key, name)| Some((name, assertion.remove(key)?))).collect();
    check
}

/// The finding in words.
fn message(assertion: &JsonValue) -> Option<String> {
    let spelled = |key: &str| {
        let value = assertion.get(key).filter(|value| !value.is_null())?;
        Some(exact_text(value).unwrap_or_else(|| value.to_text(Layout::Compact)))
    };
    match (spelled("actual"), spelled("expected")) {
        (Some(actual), Some(expected)) => plain(&format!("the value is {actual}, expected {expected}")),
        (Some(actual), None) => plain(&format!("the value is {actual}")),
        _ => spelled("description").and_then(|text| plain(&text)),
    }
}

#[cfg(test)]
mod tests;
