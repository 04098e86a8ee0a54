//! Test cases.

use std::time::Duration;

use super::events::{JunitEvent, JunitReader, attribute, attributes};
use crate::result::checks::CheckOutcome;
use crate::result::convert::{ConversionError, ConvertedCheck, plain};
use crate::result::json::JsonValue;

/// A test case: its attributes, and the worst that happened.
pub(super) struct TestCase {
    attributes: Vec<(String, String)>,
    outcome: CheckOutcome,
    /// The tool's words about the outcome.
    finding: Option<Finding>,
}

struct Finding {
    message: Option<String>,
    kind: Option<String>,
    text: Option<String>,
}

impl TestCase {
    /// Reads a test case after its start tag.
    pub(super) fn read(
        attributes_of_case: Vec<(String, String)>,
        reader: &mut JunitReader,
    ) -> Result<Self, ConversionError> {
        let mut case = Self { outcome: not_run(&attributes_of_case), attributes: attributes_of_case, finding: None };
        loop {
            match reader.next()? {
                JunitEvent::Start(tag) => {
                    let outcome = match tag.local_name().as_ref() {
                        b"failure" => Some(CheckOutcome::Failed),
                        b"error" => Some(CheckOutcome::Errored),
                        b"skipped" => Some(CheckOutcome::Skipped),
                        // Output, properties, and failures of runs that were repeated.
                        _ => None,
                    };
                    let Some(outcome) = outcome else {
                        reader.skip_element(&tag)?;
                        continue;
                    };
                    let text = reader.text()?;
                    case.add(outcome, &attributes(&tag), &text);
                }
                JunitEvent::Text(_) => {}
                JunitEvent::End | JunitEvent::Eof => return Ok(case),
            }
        }
    }

    fn add(&mut self, outcome: CheckOutcome, attributes: &[(String, String)], text: &str) {
        let rank = |outcome| match outcome {
            CheckOutcome::Errored => 3,
            CheckOutcome::Failed | CheckOutcome::Warned => 2,
            CheckOutcome::Skipped => 1,
            CheckOutcome::Passed => 0,
        };
        if self.finding.is_some() && rank(outcome) <= rank(self.outcome) {
            return;
        }
        self.outcome = outcome;
        self.finding = Some(Finding {
            message: attribute(attributes, "message").and_then(uncolored),
            kind: attribute(attributes, "type").map(str::to_owned),
            text: uncolored(text),
        });
    }

    /// The name, with that of the class.
    pub(super) fn name(&self) -> String {
        let [class, name] = ["classname", "name"].map(|key| attribute(&self.attributes, key));
        match (class, name) {
            // jest-junit has the name in both.
            (Some(class), Some(name)) if class != name => format!("{class}.{name}"),
            (class, name) => name.or(class).unwrap_or("testcase").to_owned(),
        }
    }

    pub(super) fn into_check(self, kwargs: JsonValue) -> ConvertedCheck {
        let mut check = ConvertedCheck::new(self.name(), self.outcome);
        check.kwargs = kwargs;
        check.duration = attribute(&self.attributes, "time").and_then(seconds);
        let finding = self.finding.unwrap_or(Finding { message: None, kind: None, text: None });
        let first_line = finding.text.as_deref().and_then(|text| text.lines().next()).map(str::to_owned);
        check.message = finding.message.or(first_line);
        let kept = |key: &str| attribute(&self.attributes, key).map(JsonValue::from);
        check.details = vec![
            ("type", finding.kind.into()),
            ("failure_text", finding.text.into()),
            ("file", kept("file").unwrap_or_default()),
            ("line", kept("line").unwrap_or_default()),
        ];
        check
    }
}

/// A text without colors. XML cannot have their codes, and pytest spells the first character of each.
fn uncolored(text: &str) -> Option<String> {
    plain(&text.replace("#x1B[", "\u{1b}["))
}

/// GoogleTest says in attributes that a test was not run.
fn not_run(attributes: &[(String, String)]) -> CheckOutcome {
    let is = |key: &str, values: &[&str]| attribute(attributes, key).is_some_and(|value| values.contains(&value));
    if is("status", &["notrun", "disabled"]) || is("result", &["skipped", "suppressed"]) {
        CheckOutcome::Skipped
    } else {
        CheckOutcome::Passed
    }
}

/// A time in seconds. Surefire writes "1,234.5".
fn seconds(text: &str) -> Option<Duration> {
    Duration::try_from_secs_f64(text.replace(',', "").parse().ok()?).ok()
}
