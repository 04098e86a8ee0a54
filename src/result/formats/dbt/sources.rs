//! `sources.json`, which `dbt source freshness` writes: one result for each source, with the check `freshness`.

use std::collections::HashMap;
use std::io::Read;

use super::artifact::{self, ArtifactMetadata};
use super::manifest;
use super::node::NodeId;
use super::outcome::outcome;
use crate::result::checks::CheckOutcome;
use crate::result::convert::{
    Conversion, ConversionError, ConvertedCheck, ConvertedChecks, ConvertedFacts, DividedDocument, ElementSpan,
    each_object, plain,
};
use crate::result::formats::format::{Format, FormatReading};
use crate::result::json::{JsonReader, JsonValue};
use crate::result::{Body, Split};

const NAME: &str = "the source freshness of dbt";

pub(in crate::result::formats) const FORMAT: Format = Format {
    name: NAME,
    hint: None,
    recognize: |outline| artifact::recognize(outline, "/dbt/sources/"),
    reading: FormatReading::Divided(divide),
};

/// The newest version of the schema.
const NEWEST: u32 = 3;

fn divide(body: &Body, conversion: Conversion<'_>) -> Result<DividedDocument, ConversionError> {
    let (metadata, elapsed_time, spans) = read(&mut JsonReader::starting_at(body.reader(), conversion.start))?;
    let Some(spans) = spans else { return Err(conversion.lacks(NAME, &["results"])) };
    metadata.check_version(NEWEST, NAME, conversion)?;
    let invocation = metadata.invocation(NAME, conversion)?;
    let run_time = metadata.run_time(conversion)?;
    // The sources name themselves; only the name of the project is wanted of the manifest.
    let project = manifest::find(conversion, &HashMap::new())?.ok();
    let project = project.and_then(|manifest| manifest.metadata.text("project_name"));
    let mut own = metadata.all;
    own.set("elapsed_time", elapsed_time);
    let (body, start, layout) = (body.clone(), conversion.start, conversion.layout);
    let groups = match conversion.split {
        Split::Assets => spans.into_iter().map(|span| vec![span]).collect::<Vec<_>>(),
        Split::None if spans.is_empty() => Vec::new(),
        Split::None => vec![spans],
    };
    let is_whole = conversion.split == Split::None;
    let results = groups.into_iter().map(move |spans| {
        let mut checks = ConvertedChecks::new(layout);
        let mut first = None;
        for span in spans {
            let result = span.reader(&body, start).value()?;
            let id = result.get("unique_id").and_then(JsonValue::as_str).unwrap_or_default().into_owned();
            checks.push(check(&id, &result, is_whole));
            first.get_or_insert(id);
        }
        let id = first.unwrap_or_default();
        let node = NodeId::new(&id);
        let project = project.as_deref().unwrap_or(node.package);
        let data_asset = if is_whole { project.to_owned() } else { node.data_asset(project) };
        let mut metadata = own.clone();
        if !is_whole {
            metadata.set("unique_id", id.as_str());
        }
        let tags = [
            ("dbt_invocation", invocation.clone()),
            ("dbt_command", "source freshness".to_owned()),
            ("dbt_project", project.to_owned()),
        ];
        Ok(checks.into_result(ConvertedFacts {
            run_id: artifact::run_id(&invocation, &data_asset),
            run_time,
            suite_name: Some(project.to_owned()),
            data_asset,
            tags: tags.into(),
            tool: ("dbt", metadata),
            rows: None,
            columns: None,
        }))
    });
    Ok(DividedDocument { results: Box::new(results), warnings: Vec::new(), empty: "no source has a freshness" })
}

type SourcesRead = (ArtifactMetadata, JsonValue, Option<Vec<ElementSpan>>);

fn read<R: Read>(reader: &mut JsonReader<R>) -> Result<SourcesRead, ConversionError> {
    let (mut metadata, mut elapsed_time, mut spans) = (ArtifactMetadata::default(), JsonValue::Null, None);
    reader.begin_object()?;
    while let Some(key) = reader.next_key()? {
        match key {
            "metadata" => metadata = ArtifactMetadata::read(reader)?,
            "elapsed_time" => elapsed_time = reader.scalar_or_null()?,
            "results" => {
                let spans = spans.get_or_insert_with(Vec::new);
                each_object(reader, "results", |reader| {
                    let ((), span) = ElementSpan::of(reader, |reader| reader.skip().map_err(ConversionError::from))?;
                    spans.push(span);
                    Ok(())
                })?;
            }
            _ => reader.skip()?,
        }
    }
    Ok((metadata, elapsed_time, spans))
}

/// The check of one source. An error of its criteria is a failure: the data is too old. A runtime error is an error.
fn check(id: &str, result: &JsonValue, is_whole: bool) -> ConvertedCheck {
    let text = |key: &str| result.get(key).and_then(JsonValue::as_str).map(String::from);
    let status = text("status").unwrap_or_default();
    let outcome = match status.as_str() {
        "error" => CheckOutcome::Failed,
        status => outcome(NodeId::new(id), status).unwrap_or(CheckOutcome::Skipped),
    };
    let mut check = ConvertedCheck::new("freshness", outcome);
    check.kwargs = JsonValue::Object(Vec::new());
    if is_whole {
        check.kwargs.set("node", id);
    }
    let age = text("max_loaded_at").map(|loaded| format!("the newest row is of {loaded}"));
    let error = text("error").and_then(|error| plain(&error));
    check.message = error.or(age).filter(|_| outcome != CheckOutcome::Passed);
    check.duration = artifact::duration(result);
    check.details = vec![("unique_id", id.into()), ("status", status.into())];
    for key in
        ["max_loaded_at", "snapshotted_at", "max_loaded_at_time_ago_in_s", "criteria", "adapter_response", "timing"]
    {
        check.details.extend(result.get(key).filter(|value| !value.is_null()).map(|value| (key, value.clone())));
    }
    check
}
