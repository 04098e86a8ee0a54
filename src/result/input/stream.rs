//! The documents of a source as text: finding them one after the other.

use super::detect::{Detection, cut};
use super::recorder::{Recorder, RecorderInput};
use super::refusal::{Refusal, SourceErrors};
use crate::result::formats::FormatReading;
use crate::result::json::{JsonError, JsonErrorKind, JsonKind, JsonReader, TextPosition};
use crate::result::problem::DocumentProblem;
use crate::result::{Body, DocumentDigest, DocumentLimit, Overrides};

/// The smallest buffer in bytes, for files that do not tell their length.
const SHORTEST_BUFFER: u64 = 4 * 1024;

/// The documents of one source: a single one, several in a row (NDJSON), or an array.
///
/// After a document that is refused, the next one follows: always if the document is JSON, else if it has a line to
/// itself.
pub(super) struct DocumentStream {
    reader: JsonReader<Recorder>,
    state: StreamState,
    /// The first line of the current document.
    began: u64,
    /// The number of documents begun.
    count: u64,
    /// Whether there was an array without elements.
    has_empty_array: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum StreamState {
    Start,
    /// Between documents.
    Between,
    /// In an array, before an element or its end.
    Array,
    End,
}

/// A document that was found.
pub(super) struct FoundDocument {
    pub(super) detection: Detection,
    /// The text before and after the document, of one that has the source to itself.
    pub(super) around: Option<(Body, Body)>,
    /// The digest of the bytes as they were read, those of `around` included, where it is known.
    pub(super) digest: Option<DocumentDigest>,
    /// Whether the source holds other documents.
    pub(super) among_others: bool,
}

impl DocumentStream {
    /// A document that is longer than `limit` ends the source.
    pub(super) fn new(input: RecorderInput, limit: DocumentLimit) -> Self {
        // One more byte shows the end.
        let length = input.length().map_or(u64::MAX, |length| length.max(SHORTEST_BUFFER).saturating_add(1));
        Self {
            reader: JsonReader::of_part(Recorder::new(input, limit), TextPosition::START, length),
            state: StreamState::Start,
            began: 1,
            count: 0,
            has_empty_array: false,
        }
    }

    /// The first bytes of the source, as far as they were read.
    pub(super) fn head(&mut self) -> &[u8] {
        self.reader.input().head()
    }

    /// Whether the source is an array without elements, as far as it was read.
    pub(super) fn is_empty_array(&self) -> bool {
        self.has_empty_array && self.count == 0
    }

    /// The next document; `None` at the end.
    pub(super) fn next(
        &mut self,
        overrides: &Overrides,
        errors: &SourceErrors,
    ) -> Result<Option<FoundDocument>, Refusal> {
        let mut first = self.state == StreamState::Start;
        if self.state == StreamState::End {
            return Ok(None);
        }
        if self.state == StreamState::Array {
            if self.reader.next_element()? {
                return self.one_of_many(overrides, errors).map(Some);
            }
            self.state = StreamState::Between;
        }
        loop {
            if !self.reader.more()? {
                self.state = StreamState::End;
                return if first { Err(self.nothing(errors)) } else { Ok(None) };
            }
            if first && self.reader.at_markup()? {
                self.state = StreamState::End;
                return self.markup().map(Some);
            }
            self.began = self.reader.position().line;
            if self.reader.peek()? != JsonKind::Array {
                break;
            }
            first = false;
            self.reader.begin_array()?;
            if self.reader.next_element()? {
                self.state = StreamState::Array;
                return self.one_of_many(overrides, errors).map(Some);
            }
            self.has_empty_array = true;
            self.state = StreamState::Between;
        }
        self.state = StreamState::Between;
        let only = first && self.reader.peek()? == JsonKind::Object;
        if only { self.perhaps_only(overrides, errors) } else { self.one_of_many(overrides, errors) }.map(Some)
    }

    fn nothing(&self, errors: &SourceErrors) -> Refusal {
        let reason = if self.reader.offset() == 0 { "it is empty" } else { "it holds only white space" };
        Refusal::from(errors.refused(reason))
    }

    fn markup(&mut self) -> Result<FoundDocument, Refusal> {
        self.count += 1;
        let detection = Detection::read_markup(&mut self.reader)?;
        Ok(FoundDocument { detection, around: None, digest: None, among_others: false })
    }

    /// The first document. If it is the only one, all of the input belongs to it.
    fn perhaps_only(&mut self, overrides: &Overrides, errors: &SourceErrors) -> Result<FoundDocument, Refusal> {
        let mut before = cut(&mut self.reader)?;
        if self.reader.had_byte_order_mark() {
            // Python's `json.load` refuses a byte order mark. Only white space can follow it before the document.
            before = without_byte_order_mark(&before);
            self.reader.input().restart_digest(before.reader()).map_err(|error| errors.refused(error))?;
        }
        let detection = Detection::read(&mut self.reader, overrides)?;
        self.count += 1;
        let among_others = self.more_documents()?;
        let after = cut(&mut self.reader)?;
        let digest = self.reader.input().take_digest();
        if among_others {
            // The digest of this document alone is not known: it was computed with the space around it.
            return Ok(FoundDocument { detection, around: None, digest: None, among_others });
        }
        self.state = StreamState::End;
        Ok(FoundDocument { detection, around: Some((before, after)), digest: Some(digest), among_others })
    }

    /// A document among others.
    fn one_of_many(&mut self, overrides: &Overrides, errors: &SourceErrors) -> Result<FoundDocument, Refusal> {
        let kind = self.reader.peek()?;
        let start = self.reader.position();
        cut(&mut self.reader)?;
        self.count += 1;
        if kind != JsonKind::Object {
            self.reader.skip()?;
            let reason = format!("expected an object, found {}", kind.name());
            return Err(Refusal::NoObject(errors.problem(&DocumentProblem::new(start, reason)).into()));
        }
        self.reader.input().take_digest();
        let detection = Detection::read(&mut self.reader, overrides)?;
        let digest = self.reader.input().take_digest();
        let is_first_element = self.count == 1 && self.state == StreamState::Array;
        if is_first_element && detection.format().is_some_and(|format| format.reading.is_of_array()) {
            let detection = detection.extend_to_array(&mut self.reader)?;
            self.state = StreamState::Between;
            let among_others = self.more_documents()?;
            return Ok(FoundDocument { detection, around: None, digest: None, among_others });
        }
        let alone = is_first_element && self.reader.at_array_end()?;
        if self.state == StreamState::Between {
            self.more_documents()?;
        }
        Ok(FoundDocument { detection, around: None, digest: Some(digest), among_others: !alone })
    }

    /// Whether anything follows. Text on the same line that does not begin a document is an error, because the
    /// document before it may be damaged.
    fn more_documents(&mut self) -> Result<bool, Refusal> {
        let end = self.reader.position();
        let more = self.reader.more()?;
        if more && self.reader.position().line == end.line && !self.reader.at_object_or_array()? {
            self.reader.end()?;
        }
        Ok(more)
    }

    /// After a syntax error, moves to the beginning of the next document, or to the end if that cannot be found.
    pub(super) fn recover(&mut self, error: &JsonError) {
        if !self.finds_next(error).unwrap_or(false) {
            self.state = StreamState::End;
        }
    }

    fn finds_next(&mut self, error: &JsonError) -> Result<bool, JsonError> {
        if self.state == StreamState::Array || error.kind() == JsonErrorKind::Io {
            return Ok(false);
        }
        if error.line() == self.began {
            if !self.reader.resume_at_next_line()? {
                return Ok(false);
            }
        } else if error.column() == 1 && self.reader.offset() == error.position().offset {
            // A truncated line is noticed only at the beginning of the next one.
            if !self.reader.at_object_or_array()? {
                return Ok(false);
            }
            self.reader.resume_here();
        } else {
            return Ok(false);
        }
        cut(&mut self.reader)?;
        self.state = StreamState::Between;
        Ok(true)
    }
}

impl FormatReading {
    fn is_of_array(&self) -> bool {
        matches!(self, Self::DividedArray(_))
    }
}

/// The text before the document, without its byte order mark.
fn without_byte_order_mark(before: &Body) -> Body {
    match before.to_bytes() {
        Ok(bytes) => bytes.slice(bytes.len().min(3)..).into(),
        Err(_) => Body::default(),
    }
}
