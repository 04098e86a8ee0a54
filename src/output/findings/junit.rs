//! JUnit XML: a suite for each group, a case for each check.
//!
//! Elements and attributes are those of Jenkins' `junit-10.xsd`, which GitLab and others read, too. JUnit has no
//! warnings: a check that only warns is skipped, with its message, so that it does not fail a pipeline that let it pass.

use std::borrow::Cow;
use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use super::finding::Finding;
use super::group::FindingsGroup;
use super::repeats::Repeats;
use super::text;
use super::writer::{FindingsWriter, ReportSink};
use crate::error::{Error, ErrorKind, Result};
use crate::result::CheckOutcome;

/// Writes JUnit XML.
pub(super) struct JunitWriter {
    xml: Writer<Vec<u8>>,
    has_begun: bool,
}

impl Default for JunitWriter {
    fn default() -> Self {
        Self { xml: Writer::new_with_indent(Vec::new(), b' ', 2), has_begun: false }
    }
}

impl FindingsWriter for JunitWriter {
    fn add(&mut self, group: &mut FindingsGroup, sink: &mut dyn ReportSink) -> Result<()> {
        self.begin()?;
        self.begin_suite(group).map_err(unwritable)?;
        let class = text::name(&group.data_asset);
        let mut names = Repeats::default();
        for finding in group.findings.iter() {
            let finding = finding?;
            let mut name = text::name(&finding.check);
            // Readers take a second case of one name for the same test.
            match names.count(&name) {
                1 => {}
                count => name.push_str(&format!(" #{count}")),
            }
            self.case(&class, &name, &finding).map_err(unwritable)?;
            self.deliver(sink)?;
        }
        self.event(Event::End(BytesEnd::new("testsuite")))?;
        self.deliver(sink)
    }

    fn finish(&mut self, sink: &mut dyn ReportSink) -> Result<()> {
        self.begin()?;
        self.event(Event::End(BytesEnd::new("testsuites")))?;
        self.xml.get_mut().push(b'\n');
        self.deliver(sink)
    }
}

impl JunitWriter {
    fn begin(&mut self) -> Result<()> {
        if !std::mem::replace(&mut self.has_begun, true) {
            self.event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
            self.event(Event::Start(BytesStart::new("testsuites")))?;
        }
        Ok(())
    }

    fn begin_suite(&mut self, group: &FindingsGroup) -> io::Result<()> {
        let counts = group.findings.counts();
        let mut suite = BytesStart::new("testsuite");
        attribute(&mut suite, "name", &text::name(&group.data_asset));
        attribute(&mut suite, "tests", &counts.total().to_string());
        attribute(&mut suite, "failures", &counts.of(CheckOutcome::Failed).to_string());
        attribute(&mut suite, "errors", &counts.of(CheckOutcome::Errored).to_string());
        let skipped = counts.of(CheckOutcome::Skipped) + counts.of(CheckOutcome::Warned);
        attribute(&mut suite, "skipped", &skipped.to_string());
        if let Some(time) = group.time {
            // In UTC: the schema has no place for an offset.
            attribute(&mut suite, "timestamp", &time.to_utc().strftime("%Y-%m-%dT%H:%M:%S").to_string());
        }
        self.xml.write_event(Event::Start(suite))?;
        self.xml.write_event(Event::Start(BytesStart::new("properties")))?;
        for fact in &group.facts {
            let mut property = BytesStart::new("property");
            attribute(&mut property, "name", fact.name);
            attribute(&mut property, "value", &text::name(&fact.value.text));
            self.xml.write_event(Event::Empty(property))?;
        }
        self.xml.write_event(Event::End(BytesEnd::new("properties")))
    }

    fn case(&mut self, class: &str, name: &str, finding: &Finding) -> io::Result<()> {
        let mut case = BytesStart::new("testcase");
        attribute(&mut case, "classname", class);
        attribute(&mut case, "name", name);
        if let Some(duration) = finding.duration.filter(|duration| !duration.is_zero()) {
            attribute(&mut case, "time", &format!("{:.6}", duration.as_secs_f64()));
        }
        let element = match finding.outcome {
            CheckOutcome::Passed => return self.xml.write_event(Event::Empty(case)),
            CheckOutcome::Failed => "failure",
            CheckOutcome::Errored => "error",
            CheckOutcome::Warned | CheckOutcome::Skipped => "skipped",
        };
        self.xml.write_event(Event::Start(case))?;
        let details = finding.details();
        let separator = if details.is_empty() { "" } else { ": " };
        let mut outcome = BytesStart::new(element);
        attribute(&mut outcome, "message", &format!("{}{separator}{details}", finding.verdict));
        attribute(&mut outcome, "type", &finding.verdict);
        match &finding.message {
            None => self.xml.write_event(Event::Empty(outcome))?,
            Some(message) => {
                self.xml.write_event(Event::Start(outcome))?;
                self.xml.write_event(Event::Text(BytesText::new(&allowed(&text::lines(message)))))?;
                self.xml.write_event(Event::End(BytesEnd::new(element)))?;
            }
        }
        self.xml.write_event(Event::End(BytesEnd::new("testcase")))
    }

    fn event(&mut self, event: Event<'_>) -> Result<()> {
        self.xml.write_event(event).map_err(unwritable)
    }

    /// Passes on what was written.
    fn deliver(&mut self, sink: &mut dyn ReportSink) -> Result<()> {
        sink.write(self.xml.get_ref())?;
        self.xml.get_mut().clear();
        Ok(())
    }
}

fn attribute(element: &mut BytesStart<'_>, name: &str, value: &str) {
    element.push_attribute((name, &*allowed(value)));
}

/// `text` without the characters that XML 1.0 forbids, even as references (section 2.2).
fn allowed(text: &str) -> Cow<'_, str> {
    let is_allowed = |character: char| matches!(character, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    match text.chars().all(is_allowed) {
        true => Cow::Borrowed(text),
        false => Cow::Owned(text.chars().filter(|character| is_allowed(*character)).collect()),
    }
}

fn unwritable(error: io::Error) -> Error {
    Error::new(ErrorKind::Other, "cannot write XML").with_source(error)
}
