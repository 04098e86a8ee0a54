//! Run events of OpenLineage: for each result one event, on a line, with the facet `dataQualityAssertions` of its data asset
//! (`OpenLineage.json` 2-0-2 and `DataQualityAssertionsDatasetFacet.json` 1-1-0 of the specification).

use serde::Serialize;
use serde_json::{Map, Value};

use super::run::{ExportedCheck, ExportedRun};
use super::writer::{CHUNK, ExportWriter};
use crate::error::{Error, ErrorKind, Result};
use crate::output::findings::ReportSink;
use crate::result::{CheckOutcome, DocumentDigest, ResultFacts, Status};

/// Who says it.
const PRODUCER: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/tree/v", env!("CARGO_PKG_VERSION"));

/// The namespace of a data asset and of a job, where the tags of the result name none.
const NAMESPACE: &str = "truthound-store";

const EVENT_SCHEMA: &str = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent";

const FACET_SCHEMA: &str = "https://openlineage.io/spec/facets/1-1-0/DataQualityAssertionsDatasetFacet.json#/$defs/DataQualityAssertionsDatasetFacet";

/// Writes run events.
#[derive(Default)]
pub(super) struct OpenLineageWriter;

/// The facts of an event before its data asset.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    event_time: String,
    event_type: &'static str,
    producer: &'static str,
    #[serde(rename = "schemaURL")]
    schema_url: &'static str,
    run: Run,
    job: Named<'a>,
    outputs: [(); 0],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    run_id: String,
}

/// A name in its namespace.
#[derive(Serialize)]
struct Named<'a> {
    namespace: &'a str,
    name: &'a str,
}

/// An assertion. A check that was not run has none, because an assertion has only `success`.
#[derive(Serialize)]
struct Assertion<'a> {
    assertion: &'a str,
    success: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    severity: Option<&'static str>,
    /// The number of values that were found wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    actual: Option<String>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    params: Map<String, Value>,
}

impl ExportWriter for OpenLineageWriter {
    fn add(&mut self, run: &mut ExportedRun, sink: &mut dyn ReportSink) -> Result<()> {
        let mut text = beginning(&run.facts)?;
        let mut is_first = true;
        for check in run.checks.iter() {
            let check = check?;
            if check.outcome == CheckOutcome::Skipped {
                continue;
            }
            text.push_str(if std::mem::take(&mut is_first) { "" } else { "," });
            text.push_str(&json(&Assertion::new(&check))?);
            if text.len() >= CHUNK {
                sink.write(text.as_bytes())?;
                text.clear();
            }
        }
        text.push_str("]}}}]}\n");
        sink.write(text.as_bytes())
    }

    fn finish(&mut self, _sink: &mut dyn ReportSink) -> Result<()> {
        Ok(())
    }
}

/// The event up to its assertions.
fn beginning(facts: &ResultFacts) -> Result<String> {
    let entry = &facts.entry;
    let tag = |key: &str| entry.tags.get(key).map(String::as_str);
    let named = [tag("openlineage_run"), Some(entry.run_id.as_str())].into_iter().flatten().find(|id| is_uuid(id));
    let event = Event {
        event_time: entry.run_time.instant().to_string(),
        // A run whose checks found something has still come to its end.
        event_type: if entry.status == Status::Error { "FAIL" } else { "COMPLETE" },
        producer: PRODUCER,
        schema_url: EVENT_SCHEMA,
        run: Run { run_id: named.map_or_else(|| uuid_of(entry.run_id.as_str()), str::to_owned) },
        job: Named {
            namespace: NAMESPACE,
            name: tag("openlineage_job").or(facts.suite_name.as_deref()).unwrap_or(&entry.data_asset),
        },
        outputs: [],
    };
    let namespace = tag("openlineage_namespace").unwrap_or(NAMESPACE);
    let dataset = json(&Named { namespace, name: &entry.data_asset })?;
    let facet = format!(r#"{{"_producer":"{PRODUCER}","_schemaURL":"{FACET_SCHEMA}","assertions":["#);
    let open = |object: &str| object.strip_suffix('}').unwrap_or(object).to_owned();
    let (event, dataset) = (open(&json(&event)?), open(&dataset));
    Ok(format!(r#"{event},"inputs":[{dataset},"inputFacets":{{"dataQualityAssertions":{facet}"#))
}

impl<'a> Assertion<'a> {
    fn new(check: &'a ExportedCheck) -> Self {
        let kwargs = check.kwargs.as_deref().and_then(|kwargs| serde_json::from_str::<Value>(kwargs).ok());
        let params = match kwargs {
            Some(Value::Object(members)) => members,
            _ => Map::new(),
        };
        Self {
            assertion: &check.name,
            success: check.outcome == CheckOutcome::Passed,
            column: check.column.as_deref(),
            severity: match check.outcome {
                CheckOutcome::Warned => Some("warn"),
                CheckOutcome::Failed | CheckOutcome::Errored => Some("error"),
                CheckOutcome::Passed | CheckOutcome::Skipped => None,
            },
            actual: (check.count > 0).then(|| check.count.to_string()),
            params,
        }
    }
}

fn is_uuid(text: &str) -> bool {
    let is_place_of_dash = |place| matches!(place, 8 | 13 | 18 | 23);
    let fits =
        |(place, byte): (usize, u8)| if is_place_of_dash(place) { byte == b'-' } else { byte.is_ascii_hexdigit() };
    text.len() == 36 && text.bytes().enumerate().all(fits)
}

/// The UUID of a run id that is none itself: always the same, of version 8 (RFC 9562), from its SHA-256.
fn uuid_of(run_id: &str) -> String {
    let digest = DocumentDigest::of_bytes(run_id.as_bytes()).to_bytes();
    let number = u128::from_be_bytes(digest.first_chunk().copied().unwrap_or_default());
    let number = number & !(0xf << 76) & !(0x3 << 62) | (0x8 << 76) | (0x2 << 62);
    let hex = format!("{number:032x}");
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| hex.get(part).unwrap_or_default());
    parts.join("-")
}

fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value)
        .map_err(|error| Error::new(ErrorKind::Other, "cannot write a run event").with_source(error))
}
