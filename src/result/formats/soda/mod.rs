//! A scan of Soda Core 3, as `soda scan -srf FILE` writes it (`soda/scan.py`, `soda/execution/check/check.py`).
//!
//! A table is a data asset; checks without a table are about the data source. Two checks of one name are told
//! apart by Soda's identity: a hash of the check's text, or what the user named in its `identity`.

use super::format::{Format, FormatReading, Recognition};
use super::outline::Outline;
use crate::result::checks::CheckOutcome;
use crate::result::convert::{
    Conversion, ConversionError, ConvertedCheck, ConvertedChecks, ConvertedFacts, ConvertedResult, DividedDocument,
    ElementGroups, ElementSpan, OwnedConversion, each_object, exact_text, plain,
};
use crate::result::json::{JsonReader, JsonValue};
use crate::result::{Body, BodyReader, Layout, RunTime, Split};

const NAME: &str = "a Soda scan";

pub(super) const FORMAT: Format = Format {
    name: NAME,
    hint: Some("what `soda scan -srf FILE` writes"),
    recognize,
    reading: FormatReading::Divided(divide),
};

/// The member that says when the run took place.
const RUN_TIME: &str = "scanStartTimestamp";

/// The other members that every scan has, beside its checks.
const REQUIRED: [&str; 2] = ["definitionName", "defaultDataSource"];

fn recognize(outline: &Outline) -> Recognition {
    // `checks` is a member of other documents, too.
    let of_soda = ["definitionName", "defaultDataSource", "scanStartTimestamp", "scanEndTimestamp", "hasErrors"];
    Recognition::certain_if(outline.count(&of_soda) > 1)
}

/// The members that go into `metadata.soda` as they are.
const FACTS: [&str; 8] = [
    "definitionName",
    "defaultDataSource",
    "dataTimestamp",
    "scanStartTimestamp",
    "scanEndTimestamp",
    "hasErrors",
    "hasWarnings",
    "hasFailures",
];

/// Log entries above the level info that are kept.
const LOGS: usize = 20;

/// The data source and the table of a check.
type CheckPlace = (Option<String>, Option<String>);

/// A scan without its checks.
#[derive(Default)]
struct SodaScan {
    facts: JsonValue,
    checks: Option<ElementGroups<CheckPlace>>,
    /// Whether a check has no outcome.
    has_unevaluated: bool,
    logs: Vec<JsonValue>,
    first_error: Option<String>,
}

/// The checks that become one result.
struct ScanPart {
    data_source: Option<String>,
    data_asset: String,
    checks: Vec<ElementSpan>,
    /// Whether the scan itself is one of the checks, which failed to run.
    has_scan: bool,
}

fn divide(body: &Body, conversion: Conversion<'_>) -> Result<DividedDocument, ConversionError> {
    let mut scan = SodaScan::read(&mut JsonReader::starting_at(body.reader(), conversion.start))?;
    let Some(checks) = scan.checks.take() else { return Err(conversion.lacks(NAME, &["checks"])) };
    let has = |key| (key, scan.facts.get(key).is_some());
    conversion.requires(NAME, has(RUN_TIME), &REQUIRED.map(has))?;
    let run_time = scan.text(RUN_TIME);
    let run_time = conversion.run_time_of(RUN_TIME, run_time.as_deref(), "this Soda scan")?;
    let data_source = scan.text("defaultDataSource");
    // An error that hit no check, such as a table that does not exist, or a configuration that cannot be read.
    let has_scan = scan.has_errors() && !scan.has_unevaluated;
    let whole = scan.text("definitionName").unwrap_or_else(|| "soda".to_owned());
    let mut parts = Vec::<ScanPart>::new();
    for ((source, table), checks) in checks.into_groups() {
        if let (Split::None, Some(part)) = (conversion.split, parts.first_mut()) {
            part.checks.extend(checks);
            continue;
        }
        let source = source.or_else(|| data_source.clone());
        let data_asset = match conversion.split {
            Split::None => whole.clone(),
            Split::Assets => table.or_else(|| source.clone()).unwrap_or_else(|| whole.clone()),
        };
        parts.push(ScanPart { data_source: source, data_asset, checks, has_scan: false });
    }
    if has_scan {
        let data_asset = data_source.clone().filter(|_| conversion.split != Split::None).unwrap_or(whole);
        match parts.iter_mut().find(|part| part.data_asset == data_asset) {
            Some(part) => part.has_scan = true,
            None => parts.push(ScanPart { data_source, data_asset, checks: Vec::new(), has_scan }),
        }
    }
    let scan = ConvertedScan { body: body.clone(), conversion: conversion.to_owned(), run_time, scan };
    let results = parts.into_iter().map(move |part| scan.convert(part));
    Ok(DividedDocument { results: Box::new(results), warnings: Vec::new(), empty: "this Soda scan ran no check" })
}

impl SodaScan {
    fn read(reader: &mut JsonReader<BodyReader>) -> Result<Self, ConversionError> {
        let mut scan = Self { facts: JsonValue::Object(Vec::new()), ..Self::default() };
        reader.begin_object()?;
        while let Some(key) = reader.next_key()?.map(str::to_owned) {
            match key.as_str() {
                "checks" => scan.read_checks(reader)?,
                "logs" => scan.read_logs(reader)?,
                key if FACTS.contains(&key) => drop(scan.facts.set(key, reader.value()?)),
                _ => reader.skip()?,
            }
        }
        Ok(scan)
    }

    fn read_checks(&mut self, reader: &mut JsonReader<BodyReader>) -> Result<(), ConversionError> {
        let mut groups = ElementGroups::default();
        each_object(reader, "checks", |reader| {
            let (place, span) = ElementSpan::of(reader, |reader| {
                let (mut source, mut table, mut has_outcome) = (None, None, false);
                reader.begin_object()?;
                while let Some(key) = reader.next_key()? {
                    match key {
                        "dataSource" => source = exact_text(&reader.scalar_or_null()?),
                        "table" => table = exact_text(&reader.scalar_or_null()?),
                        "outcome" => has_outcome = !reader.scalar_or_null()?.is_null(),
                        _ => reader.skip()?,
                    }
                }
                self.has_unevaluated |= !has_outcome;
                Ok::<_, ConversionError>((source, table))
            })?;
            groups.push(place, span);
            Ok(())
        })?;
        self.checks = Some(groups);
        Ok(())
    }

    fn read_logs(&mut self, reader: &mut JsonReader<BodyReader>) -> Result<(), ConversionError> {
        each_object(reader, "logs", |reader| {
            let log = reader.value()?;
            let level = log.get("level").and_then(JsonValue::as_str).unwrap_or_default().to_lowercase();
            if level == "error" && self.first_error.is_none() {
                self.first_error = log.get("message").and_then(JsonValue::as_str).and_then(|text| plain(&text));
            }
            if !["info", "debug"].contains(&level.as_str()) && self.logs.len() < LOGS {
                self.logs.push(log);
            }
            Ok(())
        })
    }

    fn text(&self, key: &str) -> Option<String> {
        self.facts.get(key).and_then(exact_text)
    }

    fn has_errors(&self) -> bool {
        self.facts.get("hasErrors").and_then(JsonValue::as_bool).unwrap_or_default()
    }
}

/// A scan during the conversion of its parts.
struct ConvertedScan {
    body: Body,
    conversion: OwnedConversion,
    run_time: RunTime,
    scan: SodaScan,
}

impl ConvertedScan {
    fn convert(&self, part: ScanPart) -> Result<ConvertedResult, ConversionError> {
        let conversion = self.conversion.get();
        let mut checks = ConvertedChecks::new(conversion.layout);
        for place in part.checks {
            let check = place.reader(&self.body, conversion.start).value()?;
            checks.push(self.check(&check, conversion.split == Split::None));
        }
        if part.has_scan {
            let mut check = ConvertedCheck::new("scan", CheckOutcome::Errored);
            check.message = self.scan.first_error.clone();
            check.kwargs = JsonValue::Object(Vec::new());
            checks.push(check);
        }
        let mut metadata = self.scan.facts.clone();
        if !self.scan.logs.is_empty() {
            metadata.set("logs", self.scan.logs.clone());
        }
        let tags = [("soda_scan", self.scan.text("definitionName")), ("soda_data_source", part.data_source)];
        Ok(checks.into_result(ConvertedFacts {
            run_id: None,
            run_time: self.run_time,
            data_asset: part.data_asset,
            suite_name: self.scan.text("definitionName"),
            tags: tags.into_iter().filter_map(|(key, value)| Some((key, value?))).collect(),
            tool: ("soda", metadata),
            rows: None,
            columns: None,
        }))
    }

    fn check(&self, check: &JsonValue, names_table: bool) -> ConvertedCheck {
        let text = |key: &str| check.get(key).and_then(exact_text);
        let outcome = match text("outcome").as_deref() {
            Some("pass") => CheckOutcome::Passed,
            Some("fail") => CheckOutcome::Failed,
            Some("warn") => CheckOutcome::Warned,
            // Soda gives no outcome to what it could not evaluate: with an error, or because data is missing.
            None if !self.scan.has_errors() => CheckOutcome::Skipped,
            _ => CheckOutcome::Errored,
        };
        let definition = text("definition");
        let name = text("name").or_else(|| definition.clone()).unwrap_or_else(|| "check".to_owned());
        let mut converted = ConvertedCheck::new(name, outcome);
        converted.column = text("column");
        let diagnostics = check.get("diagnostics").unwrap_or(&JsonValue::Null);
        converted.message = match outcome {
            CheckOutcome::Passed => None,
            CheckOutcome::Failed | CheckOutcome::Warned => message(diagnostics),
            CheckOutcome::Errored => reason(check).or_else(|| self.scan.first_error.clone()),
            CheckOutcome::Skipped => reason(check).or_else(|| Some("the check was not evaluated".to_owned())),
        };
        if outcome.is_finding() {
            converted.count = failing_rows(diagnostics);
        }
        let mut kwargs = JsonValue::Object(Vec::new());
        if let Some(identity) = identity(check) {
            kwargs.set("identity", identity);
        }
        if names_table {
            kwargs.set("data_asset", text("table").or_else(|| text("dataSource")));
        }
        converted.kwargs = kwargs;
        let of = |value: Option<&JsonValue>| value.cloned().unwrap_or_default();
        converted.details = vec![
            ("type", text("type").into()),
            ("identity", text("identity").into()),
            ("definition", definition.into()),
            ("location", of(check.get("location"))),
            ("value", of(diagnostics.get("value"))),
            ("fail", of(diagnostics.get("fail"))),
            ("warn", of(diagnostics.get("warn"))),
        ];
        converted
    }
}

/// The identity of the check: the user's, else the hash of its text alone, which stays when the data source
/// has another name or the check another file.
fn identity(check: &JsonValue) -> Option<String> {
    let known = |version: &str| check.get("identities")?.get(version).and_then(exact_text);
    known("v4").or_else(|| known("v1")).or_else(|| check.get("identity").and_then(exact_text))
}

/// The reason that Soda gives for an outcome.
fn reason(check: &JsonValue) -> Option<String> {
    let reasons = check.get("outcomeReasons")?.as_array()?;
    reasons.iter().find_map(|reason| plain(&reason.get("message")?.as_str()?))
}

/// The number of failing rows, where Soda counted them.
fn failing_rows(diagnostics: &JsonValue) -> u64 {
    let blocks = diagnostics.get("blocks").and_then(JsonValue::as_array).unwrap_or_default();
    let count = |block: &JsonValue| {
        let failing = block.get("totalFailingRows").or_else(|| block.get("file")?.get("totalRowCount"));
        failing.and_then(JsonValue::as_u64)
    };
    blocks.iter().find_map(count).unwrap_or_default()
}

/// The finding in words.
fn message(diagnostics: &JsonValue) -> Option<String> {
    let Some(value) = diagnostics.get("value").filter(|value| !value.is_null()) else {
        return schema_message(diagnostics);
    };
    let mut message = format!("the value is {}", spelled(value));
    for (key, word) in [("fail", "fails"), ("warn", "warns")] {
        let bounds = diagnostics.get(key).and_then(JsonValue::as_object).unwrap_or_default();
        let bounds = bounds.iter().map(|(name, bound)| format!("{} {}", words(&name.to_str_lossy()), spelled(bound)));
        let bounds = bounds.collect::<Vec<_>>();
        if !bounds.is_empty() {
            message.push_str(&format!("; {word} if {}", bounds.join(" or ")));
        }
    }
    Some(message)
}

/// The finding of a check of the schema: the lists of its diagnostics that are not empty.
fn schema_message(diagnostics: &JsonValue) -> Option<String> {
    let label = diagnostics.get("valueLabel").and_then(exact_text)?;
    let lists = [
        "missing_column_names",
        "present_column_names",
        "column_additions",
        "column_deletions",
        "column_type_mismatches",
        "column_index_mismatches",
        "column_type_changes",
        "column_index_changes",
    ];
    let found = lists.into_iter().filter_map(|key| {
        let found = diagnostics.get(key)?;
        let is_empty = found.as_array().is_none_or(<[_]>::is_empty) && found.as_object().is_none_or(<[_]>::is_empty);
        (!is_empty).then(|| format!("{}: {}", key.replace('_', " "), found.to_text(Layout::Compact)))
    });
    let found = found.collect::<Vec<_>>();
    Some(if found.is_empty() { label } else { format!("{label}; {}", found.join("; ")) })
}

fn spelled(value: &JsonValue) -> String {
    exact_text(value).unwrap_or_else(|| value.to_text(Layout::Compact))
}

/// "greater than or equal" of `greaterThanOrEqual`.
fn words(name: &str) -> String {
    let mut words = String::new();
    for character in name.chars() {
        if character.is_uppercase() {
            words.push(' ');
        }
        words.extend(character.to_lowercase());
    }
    words
}

#[cfg(test)]
mod tests;
