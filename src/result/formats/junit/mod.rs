//! JUnit XML, which most test runners write: pytest, Maven Surefire, Jest, go-junit-report and others.
//!
//! It has no specification; the files share the elements that Ant wrote first. Each suite that has test cases becomes a
//! result. Entities are never expanded, but for the five of XML and characters by number.

mod cases;
mod events;

use std::collections::HashMap;

use self::cases::TestCase;
use self::events::{JunitEvent, JunitReader, attribute, attributes};
use super::format::{Format, FormatReading, Recognition};
use crate::result::convert::{
    Conversion, ConversionError, ConvertedChecks, ConvertedFacts, ConvertedResult, DividedDocument, OwnedConversion,
};
use crate::result::json::JsonValue;
use crate::result::{Body, Split};

const NAME: &str = "a JUnit report";

pub(super) const FORMAT: Format = Format {
    name: NAME,
    hint: Some("JUnit XML"),
    recognize: |outline| Recognition::certain_if(matches!(outline.root_element(), Some("testsuites" | "testsuite"))),
    reading: FormatReading::Divided(divide),
};

/// Properties of a suite that are kept.
const PROPERTIES: usize = 256;

/// Suites in each other.
const DEPTH: usize = 64;

fn divide(body: &Body, conversion: Conversion<'_>) -> Result<DividedDocument, ConversionError> {
    let suites = SuiteReader {
        reader: JunitReader::new(body, conversion.start),
        conversion: conversion.to_owned(),
        open: Vec::new(),
        has_ended: false,
    };
    Ok(DividedDocument { results: Box::new(suites), warnings: Vec::new(), empty: "this JUnit report has no test case" })
}

/// A suite, or the root that holds suites, as far as it was read.
struct Suite {
    attributes: Vec<(String, String)>,
    properties: Vec<(String, String)>,
    /// Its time, else that of the suite around it.
    time: Option<String>,
    checks: ConvertedChecks,
    /// The number of test cases by their key.
    occurrences: HashMap<String, u64>,
}

/// Reads the suites of a report one by one.
struct SuiteReader {
    reader: JunitReader,
    conversion: OwnedConversion,
    /// The suites that were begun, outermost first.
    open: Vec<Suite>,
    has_ended: bool,
}

impl Iterator for SuiteReader {
    type Item = Result<ConvertedResult, ConversionError>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.has_ended {
            match self.advance() {
                Ok(None) => {}
                Ok(Some(result)) => return Some(Ok(result)),
                Err(error) => {
                    self.has_ended = true;
                    return Some(Err(error));
                }
            }
        }
        None
    }
}

impl SuiteReader {
    /// Reads the next element, and returns the suite that ended there.
    fn advance(&mut self) -> Result<Option<ConvertedResult>, ConversionError> {
        match self.reader.next()? {
            JunitEvent::Start(tag) => match tag.local_name().as_ref() {
                b"testsuites" | b"testsuite" => {
                    let attributes = attributes(&tag);
                    self.begin_suite(attributes)?;
                }
                b"testcase" => {
                    let attributes = attributes(&tag);
                    let case = TestCase::read(attributes, &mut self.reader)?;
                    self.add(case);
                }
                b"properties" => {
                    let properties = self.reader.properties(PROPERTIES)?;
                    self.open.last_mut().into_iter().for_each(|suite| suite.properties.extend(properties.clone()));
                }
                _ => {
                    self.reader.skip_element(&tag)?;
                }
            },
            JunitEvent::Text(_) => {}
            JunitEvent::End => {
                let ended = self.open.pop().filter(|suite| !suite.checks.is_empty());
                return ended.map(|suite| self.convert(suite)).transpose();
            }
            JunitEvent::Eof => self.has_ended = true,
        }
        Ok(None)
    }

    fn begin_suite(&mut self, attributes: Vec<(String, String)>) -> Result<(), ConversionError> {
        if self.open.len() >= DEPTH {
            return Err(self.reader.problem(format!("suites are nested deeper than {DEPTH} levels, the limit")));
        }
        let time = attribute(&attributes, "timestamp").map(str::to_owned);
        let whole = self.open.first_mut().filter(|_| self.conversion.get().split == Split::None);
        if let Some(whole) = whole.filter(|whole| whole.time.is_none()) {
            whole.time.clone_from(&time);
        }
        let time = time.or_else(|| self.open.last()?.time.clone());
        self.open.push(Suite {
            attributes,
            properties: Vec::new(),
            time,
            checks: ConvertedChecks::new(self.conversion.get().layout),
            occurrences: HashMap::new(),
        });
        Ok(())
    }

    /// Adds a test case to its suite, or to the whole.
    fn add(&mut self, case: TestCase) {
        let is_whole = self.conversion.get().split == Split::None;
        let suite = self.open.last().and_then(|suite| attribute(&suite.attributes, "name")).map(str::to_owned);
        let of = if is_whole { self.open.first_mut() } else { self.open.last_mut() };
        let Some(of) = of else { return };
        let suite = suite.filter(|_| is_whole);
        let key = format!("{} {}", suite.as_deref().unwrap_or_default(), case.name());
        let occurrence = of.occurrences.entry(key).or_default();
        *occurrence += 1;
        let mut kwargs = JsonValue::Object(Vec::new());
        if let Some(suite) = suite {
            kwargs.set("data_asset", suite);
        }
        if *occurrence > 1 {
            kwargs.set("occurrence", *occurrence);
        }
        of.checks.push(case.into_check(kwargs));
    }

    fn convert(&self, suite: Suite) -> Result<ConvertedResult, ConversionError> {
        let conversion = self.conversion.get();
        let name = attribute(&suite.attributes, "name").map(str::to_owned);
        let run_time = conversion.run_time_of("timestamp", suite.time.as_deref(), "this suite of the JUnit report")?;
        let mut metadata = object(suite.attributes);
        if !suite.properties.is_empty() {
            metadata.set("properties", object(suite.properties));
        }
        Ok(suite.checks.into_result(ConvertedFacts {
            run_id: None,
            run_time,
            data_asset: conversion.data_asset(name.clone().or_else(|| conversion.file_stem()), NAME)?,
            suite_name: name,
            tags: Vec::new(),
            tool: ("junit", metadata),
            rows: None,
            columns: None,
        }))
    }
}

/// An object of texts. Of those with the same key, the last is kept.
fn object(members: Vec<(String, String)>) -> JsonValue {
    let mut object = JsonValue::Object(Vec::new());
    for (key, value) in members {
        object.set(&key, value);
    }
    object
}

#[cfg(test)]
mod tests;
