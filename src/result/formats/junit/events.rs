//! Elements and texts of a JUnit report.

use std::io;

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesDecl, BytesStart, Event};

use crate::result::convert::ConversionError;
use crate::result::json::{JsonError, TextPosition};
use crate::result::problem::{DocumentProblem, shortened};
use crate::result::xml::XmlInput;
use crate::result::{Body, BodyReader};

/// Elements in an element that is passed over.
const DEPTH: usize = 512;

/// The longest text that is kept, in bytes. It is the beginning of a stack trace.
const TEXT: usize = 4_096;

/// The next part of a report. An empty element has a start and an end, too.
pub(super) enum JunitEvent {
    Start(BytesStart<'static>),
    End,
    Text(String),
    Eof,
}

/// Reads a report event by event.
pub(super) struct JunitReader {
    reader: Reader<XmlInput<BodyReader>>,
    buffer: Vec<u8>,
    depth: usize,
    /// Whether an empty element was begun. Its end is not in the text.
    is_empty: bool,
}

impl JunitReader {
    pub(super) fn new(body: &Body, start: TextPosition) -> Self {
        let reader = Reader::from_reader(XmlInput::new(body.reader(), start));
        Self { reader, buffer: Vec::new(), depth: 0, is_empty: false }
    }

    /// The refusal of what is read next.
    pub(super) fn problem(&self, reason: impl Into<String>) -> ConversionError {
        DocumentProblem::new(self.reader.get_ref().position(), reason).into()
    }

    fn failed(&self, error: &quick_xml::Error) -> ConversionError {
        match error {
            quick_xml::Error::Io(error) => self.unreadable(error),
            error => self.problem(format!("the text is not XML: {error}")),
        }
    }

    fn unreadable(&self, error: &io::Error) -> ConversionError {
        match error.kind() {
            io::ErrorKind::FileTooLarge => self.problem(error.to_string()),
            io::ErrorKind::UnexpectedEof => self.problem("the text ends within an element"),
            kind => {
                let error = io::Error::new(kind, error.to_string());
                JsonError::io(self.reader.get_ref().position(), error).into()
            }
        }
    }

    /// The next event.
    ///
    /// # Errors
    /// If the report is not XML, or cannot be read.
    pub(super) fn next(&mut self) -> Result<JunitEvent, ConversionError> {
        if std::mem::take(&mut self.is_empty) {
            self.depth = self.depth.saturating_sub(1);
            return Ok(JunitEvent::End);
        }
        loop {
            self.buffer.clear();
            self.buffer.shrink_to(1 << 16);
            self.reader.get_mut().begin_event();
            let event = self.reader.read_event_into(&mut self.buffer).map(Event::into_owned);
            let event = event.map_err(|error| self.failed(&error))?;
            match event {
                Event::Start(tag) => {
                    self.depth += 1;
                    return Ok(JunitEvent::Start(tag));
                }
                Event::Empty(tag) => {
                    self.depth += 1;
                    self.is_empty = true;
                    return Ok(JunitEvent::Start(tag));
                }
                Event::End(_) => {
                    self.depth = self.depth.saturating_sub(1);
                    return Ok(JunitEvent::End);
                }
                Event::Text(text) => return Ok(JunitEvent::Text(String::from_utf8_lossy(&text).into_owned())),
                Event::CData(text) => return Ok(JunitEvent::Text(String::from_utf8_lossy(&text).into_owned())),
                Event::GeneralRef(reference) => {
                    let name = String::from_utf8_lossy(&reference).into_owned();
                    let text = match reference.resolve_char_ref() {
                        Ok(Some(character)) => character.to_string(),
                        // An entity that the document type may define. It is not expanded.
                        _ => resolve_predefined_entity(&name).map_or_else(|| format!("&{name};"), str::to_owned),
                    };
                    return Ok(JunitEvent::Text(text));
                }
                Event::Eof if self.depth > 0 => return Err(self.problem("the text ends within an element")),
                Event::Eof => return Ok(JunitEvent::Eof),
                Event::Decl(declaration) => self.check_encoding(&declaration)?,
                Event::DocType(_) | Event::Comment(_) | Event::PI(_) => {}
            }
        }
    }

    fn check_encoding(&self, declaration: &BytesDecl<'_>) -> Result<(), ConversionError> {
        let Some(Ok(encoding)) = declaration.encoding() else { return Ok(()) };
        let encoding = String::from_utf8_lossy(&encoding).into_owned();
        if ["utf-8", "utf8", "us-ascii", "ascii"].contains(&encoding.to_lowercase().as_str()) {
            return Ok(());
        }
        let encoding = shortened(&encoding);
        Err(self.problem(format!(
            "the text is {encoding}, not UTF-8; convert it with `iconv -f {encoding} -t UTF-8`, and its first line with it"
        )))
    }

    /// Passes over the rest of an element after its start tag.
    pub(super) fn skip_element(&mut self, tag: &BytesStart<'_>) -> Result<(), ConversionError> {
        if matches!(tag.local_name().as_ref(), b"system-out" | b"system-err") && !self.is_empty {
            // The output of a test may be as long as it likes.
            let name = String::from_utf8_lossy(tag.name().as_ref()).into_owned();
            let skipped = self.reader.get_mut().skip_content(&name);
            skipped.map_err(|error| self.unreadable(&error))?;
        }
        let outside = self.depth - 1;
        while self.depth > outside {
            self.next()?;
            if self.depth - outside > DEPTH {
                return Err(self.problem(format!("elements are nested deeper than {DEPTH} levels, the limit")));
            }
        }
        Ok(())
    }

    /// The text in an element after its start tag: the first [`TEXT`] bytes.
    pub(super) fn text(&mut self) -> Result<String, ConversionError> {
        let outside = self.depth - 1;
        let mut text = String::new();
        while self.depth > outside {
            match self.next()? {
                JunitEvent::Text(more) if text.len() < TEXT => text.push_str(&more),
                _ => {}
            }
            if self.depth - outside > DEPTH {
                return Err(self.problem(format!("elements are nested deeper than {DEPTH} levels, the limit")));
            }
        }
        text.truncate(text.floor_char_boundary(TEXT));
        Ok(text)
    }

    /// The names and values of the first properties in an element after its start tag.
    pub(super) fn properties(&mut self, count: usize) -> Result<Vec<(String, String)>, ConversionError> {
        let outside = self.depth - 1;
        let mut properties = Vec::new();
        while self.depth > outside {
            let JunitEvent::Start(tag) = self.next()? else { continue };
            let mut found = attributes(&tag);
            let mut take = |key: &str| {
                let place = found.iter().position(|(name, _)| name == key)?;
                Some(found.swap_remove(place).1)
            };
            let (name, value) = (take("name"), take("value"));
            let text = self.text()?;
            if let Some(name) = name.filter(|_| properties.len() < count) {
                properties.push((name, value.unwrap_or(text)));
            }
        }
        Ok(properties)
    }
}

/// The attributes of an element. One that is not well formed is left out.
pub(super) fn attributes(tag: &BytesStart<'_>) -> Vec<(String, String)> {
    let attributes = tag.attributes().flatten().map(|attribute| {
        let value = match attribute.normalized_value(XmlVersion::Implicit1_0) {
            Ok(value) => value.into_owned(),
            // It refers to an entity, which is not expanded.
            Err(_) => String::from_utf8_lossy(&attribute.value).into_owned(),
        };
        (String::from_utf8_lossy(attribute.key.local_name().as_ref()).into_owned(), value)
    });
    attributes.collect()
}

/// The value of an attribute that is not empty.
pub(super) fn attribute<'a>(attributes: &'a [(String, String)], key: &str) -> Option<&'a str> {
    let value = attributes.iter().find(|(name, _)| name == key).map(|(_, value)| value.trim());
    value.filter(|value| !value.is_empty())
}
