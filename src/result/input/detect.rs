//! Detection: one pass over a document that checks its JSON, recognises its format and finds the values to replace.

use quick_xml::events::Event;

use super::recorder::Recorder;
use super::replace::{DocumentPart, ReplaceableKey};
use crate::result::formats::{self, Format, Outline, StoredResultFacts};
use crate::result::json::{JsonError, JsonReader, TextPosition};
use crate::result::xml::XmlInput;
use crate::result::{Body, Overrides};

/// A document that was read to its end.
#[derive(Debug)]
pub(super) struct Detection {
    /// Where the document begins.
    pub(super) start: TextPosition,
    /// The facts, in case it is a stored result.
    pub(super) stored: StoredResultFacts,
    /// The bytes, cut at the values to replace.
    pub(super) parts: Vec<DocumentPart>,
    /// Whether it is XML or HTML instead of JSON.
    pub(super) is_markup: bool,
    outline: Outline,
}

/// The name of the root element of a document that is markup instead of JSON.
fn root_element(body: &Body) -> Option<String> {
    let mut reader = quick_xml::Reader::from_reader(XmlInput::new(body.reader(), TextPosition::START));
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        reader.get_mut().begin_event();
        match reader.read_event_into(&mut buffer) {
            Ok(Event::Start(tag) | Event::Empty(tag)) => {
                return Some(String::from_utf8_lossy(tag.local_name().as_ref()).into_owned());
            }
            Ok(Event::Eof) | Err(_) => return None,
            // A document type, comments, white space.
            Ok(_) => {}
        }
    }
}

impl Detection {
    /// Reads the object that comes next to its end.
    ///
    /// # Errors
    /// If it is not JSON.
    pub(super) fn read(reader: &mut JsonReader<Recorder>, overrides: &Overrides) -> Result<Self, JsonError> {
        let mut detection = Self {
            start: reader.position(),
            stored: StoredResultFacts::default(),
            parts: Vec::new(),
            is_markup: false,
            outline: Outline::default(),
        };
        reader.begin_object()?;
        detection.keep(reader)?;
        let mut key = String::new();
        while let Some(next) = reader.next_key()? {
            key.clear();
            key.push_str(next);
            let replaced = ReplaceableKey::of(&key).filter(|replaceable| replaceable.is_in(overrides));
            if replaced.is_some() {
                reader.peek()?; // Passes over the white space before the value.
                detection.keep(reader)?;
            }
            detection.outline.begin_member(&key);
            if !detection.stored.read(&key, &mut detection.outline, reader)? {
                detection.outline.read_value(&key, reader)?;
            }
            if let Some(replaceable) = replaced {
                let value = cut(reader)?;
                detection.parts.push(DocumentPart::Replaced(replaceable, value));
            }
        }
        detection.keep(reader)?;
        Ok(detection)
    }

    /// The rest of the input, which is a single document of XML.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(super) fn read_markup(reader: &mut JsonReader<Recorder>) -> Result<Self, JsonError> {
        let start = reader.position();
        let body = reader.input().rest().map_err(|error| JsonError::io(start, error))?;
        let outline = Outline::of_markup(root_element(&body));
        let parts = vec![DocumentPart::Kept(body)];
        Ok(Self { start, stored: StoredResultFacts::default(), parts, is_markup: true, outline })
    }

    /// Makes the document the whole array that it is the first element of. Reads the other elements.
    ///
    /// # Errors
    /// If they are not JSON.
    pub(super) fn extend_to_array(self, reader: &mut JsonReader<Recorder>) -> Result<Self, JsonError> {
        while reader.next_element()? {
            reader.skip()?;
        }
        let rest = cut(reader)?;
        let Self { start, stored, parts, is_markup, outline } = self;
        let first = parts.into_iter();
        let parts = [DocumentPart::Kept(Body::from("["))].into_iter().chain(first).chain([DocumentPart::Kept(rest)]);
        Ok(Self { start, stored, parts: parts.collect(), is_markup, outline })
    }

    fn keep(&mut self, reader: &mut JsonReader<Recorder>) -> Result<(), JsonError> {
        let body = cut(reader)?;
        self.parts.push(DocumentPart::Kept(body));
        Ok(())
    }

    /// The format of the document, if it has one.
    pub(super) fn format(&self) -> Option<&'static Format> {
        formats::recognize(&self.outline)
    }

    /// The bytes as they were read.
    pub(super) fn into_body(self) -> Body {
        let mut body = Body::default();
        for part in self.parts {
            match part {
                DocumentPart::Kept(part) | DocumentPart::Replaced(_, part) => body.append(part),
            }
        }
        body
    }
}

/// The bytes read since the last cut.
pub(super) fn cut(reader: &mut JsonReader<Recorder>) -> Result<Body, JsonError> {
    let offset = reader.offset();
    let body = reader.input().cut(offset);
    body.map_err(|error| JsonError::io(reader.position(), error))
}
