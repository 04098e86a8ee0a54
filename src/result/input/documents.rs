//! The documents of a source, one after the other.

use std::io;

use super::detect::{Detection, cut};
use super::recorder::{Recorder, RecorderInput};
use super::replace::replace;
use super::source::InputSource;
use crate::error::{Error, Result};
use crate::result::convert::{Conversion, ConversionError, derived_run_id};
use crate::result::formats::{Converter, FormatReading, accepted_formats};
use crate::result::json::{JsonError, JsonErrorKind, JsonKind, JsonReader, TextPosition};
use crate::result::problem::DocumentProblem;
use crate::result::{Body, Document, DocumentDigest, Layout, Overrides, limits};

/// The documents of `source`: a single document, several in a row (NDJSON), or an array.
///
/// A stored result is kept byte for byte, except the values that `overrides` replace. Documents in other formats are
/// converted and written in `layout`. The function, the iterator and the bodies that it delivers block.
///
/// # Errors
/// [`Usage`](crate::error::ErrorKind::Usage) if the source cannot be opened. Later failures are errors of the iterator.
pub fn documents(source: &InputSource, overrides: &Overrides, layout: Layout) -> Result<InputDocuments> {
    let input = source.open().map_err(|error| {
        let hint = match error.kind() {
            io::ErrorKind::NotFound => Some("check the name; `-` means standard input"),
            io::ErrorKind::IsADirectory => Some("give the files in it"),
            io::ErrorKind::Unsupported => Some("pipe its content to standard input: truthound-store save - < FILE"),
            _ => None,
        };
        let failure = Error::usage(format!("cannot read {source}")).with_source(error);
        hint.into_iter().fold(failure, Error::with_hint)
    })?;
    Ok(InputDocuments::new(source.to_string(), input, overrides, layout))
}

/// The documents in these bytes, gzip or not. See [`documents`].
#[cfg(any(test, feature = "fuzzing"))]
pub(in crate::result) fn documents_of_bytes(bytes: Vec<u8>, overrides: &Overrides, layout: Layout) -> InputDocuments {
    let input = crate::result::gzip::decompressed(io::Cursor::new(bytes));
    InputDocuments::new("bytes".to_owned(), RecorderInput::Stream(Box::new(input)), overrides, layout)
}

/// The documents of one source. See [`documents`].
///
/// Each document that is refused is one error. The documents after it still follow: always after a document that is
/// JSON, and after one that is not JSON if it has a line to itself.
pub struct InputDocuments {
    source: String,
    reader: JsonReader<Recorder>,
    overrides: Overrides,
    layout: Layout,
    state: InputState,
    /// The first line of the current document.
    began: u64,
    /// The number of documents begun.
    count: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum InputState {
    Start,
    /// Between documents.
    Between,
    /// In an array, before an element or its end.
    Array,
    End,
}

/// The reason why there is no document.
enum Refusal {
    /// The text is not JSON, or cannot be read.
    Json(JsonError),
    /// The document is JSON, and refused.
    Document(Box<Error>),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Document(Box::new(error))
    }
}

impl From<JsonError> for Refusal {
    fn from(error: JsonError) -> Self {
        Self::Json(error)
    }
}

impl Iterator for InputDocuments {
    type Item = Result<Document>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.state == InputState::End {
            return None;
        }
        match self.advance() {
            Ok(document) => document.map(Ok),
            Err(Refusal::Document(error)) => Some(Err(*error)),
            Err(Refusal::Json(error)) => {
                if self.recover(&error).is_err() {
                    self.state = InputState::End;
                }
                Some(Err(self.json_error(error)))
            }
        }
    }
}

impl InputDocuments {
    fn new(source: String, input: RecorderInput, overrides: &Overrides, layout: Layout) -> Self {
        Self {
            source,
            reader: JsonReader::new(Recorder::new(input)),
            overrides: overrides.clone(),
            layout,
            state: InputState::Start,
            began: 1,
            count: 0,
        }
    }

    /// The next document; `None` at the end.
    fn advance(&mut self) -> Result<Option<Document>, Refusal> {
        let mut first = self.state == InputState::Start;
        if self.state == InputState::Array {
            if self.reader.next_element()? {
                return self.one_of_many().map(Some);
            }
            self.state = InputState::Between;
        }
        loop {
            if !self.reader.more()? {
                self.state = InputState::End;
                return if first { Err(self.nothing()) } else { Ok(None) };
            }
            self.began = self.reader.position().line;
            if self.reader.peek()? != JsonKind::Array {
                break;
            }
            first = false;
            self.reader.begin_array()?;
            if self.reader.next_element()? {
                self.state = InputState::Array;
                return self.one_of_many().map(Some);
            }
            self.state = InputState::Between;
        }
        self.state = InputState::Between;
        let only = first && self.reader.peek()? == JsonKind::Object;
        if only { self.perhaps_only().map(Some) } else { self.one_of_many().map(Some) }
    }

    fn nothing(&self) -> Refusal {
        let reason = if self.reader.offset() == 0 { "it is empty" } else { "it holds only white space" };
        Refusal::from(Error::usage(format!("cannot read {}", self.source)).with_source(reason))
    }

    /// The first document. If it is the only one, all of the input belongs to it.
    fn perhaps_only(&mut self) -> Result<Document, Refusal> {
        let mut before = cut(&mut self.reader)?;
        if self.reader.had_byte_order_mark() {
            // Python's `json.load` refuses a byte order mark. Only white space can follow it before the document.
            before = without_byte_order_mark(&before);
            self.reader.input().restart_digest(before.reader()).map_err(|error| self.unreadable(error))?;
        }
        let detection = self.detect()?;
        self.count += 1;
        let more = self.more_documents()?;
        let after = cut(&mut self.reader)?;
        let digest = self.reader.input().take_digest();
        if more {
            self.refuse_run_id(detection.start)?;
            // The digest of this document alone is not known: it was computed with the space around it.
            return self.document(detection, None, None);
        }
        self.state = InputState::End;
        self.document(detection, Some((before, after)), Some(digest))
    }

    /// A document among others.
    fn one_of_many(&mut self) -> Result<Document, Refusal> {
        let kind = self.reader.peek()?;
        let start = self.reader.position();
        cut(&mut self.reader)?;
        self.count += 1;
        if kind != JsonKind::Object {
            self.reader.skip()?;
            let reason = format!("expected an object, found {}", kind.name());
            return Err(self.refused(&DocumentProblem::new(start, reason)));
        }
        self.reader.input().take_digest();
        let detection = self.detect()?;
        let digest = self.reader.input().take_digest();
        let alone = self.count == 1 && self.state == InputState::Array && self.reader.at_array_end()?;
        if self.state == InputState::Between {
            self.more_documents()?;
        }
        if !alone {
            self.refuse_run_id(start)?;
        }
        self.document(detection, None, Some(digest))
    }

    fn detect(&mut self) -> Result<Detection, Refusal> {
        Ok(Detection::read(&mut self.reader, &self.overrides)?)
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

    /// Refuses one run id for several documents: each would replace the one before.
    fn refuse_run_id(&self, start: TextPosition) -> Result<(), Refusal> {
        if self.overrides.run_id.is_none() {
            return Ok(());
        }
        let reason = "a run id was given, but there are several documents";
        let error = self.problem(&DocumentProblem::new(start, reason));
        Err(Refusal::from(error.with_hint("leave out `--run-id`, or save each document separately")))
    }

    /// The document that was detected. `digest` is that of the bytes as they were read, those of `around` included.
    fn document(
        &self,
        detection: Detection,
        around: Option<(Body, Body)>,
        digest: Option<DocumentDigest>,
    ) -> Result<Document, Refusal> {
        let start = detection.start;
        let refused = |reason: String| self.problem(&DocumentProblem::new(start, reason));
        let document: Result<Document, Refusal> = match detection.format() {
            None => {
                Err(refused("not a validation result in a known format".into()).with_hint(accepted_formats()).into())
            }
            Some(format) => match format.reading {
                FormatReading::Kept => {
                    let mut document = self.stored(detection, around)?;
                    let as_read = digest.filter(|_| self.overrides.is_empty());
                    self.add_digest(&mut document.body, as_read)?;
                    Ok(document)
                }
                FormatReading::Converted(converter) => {
                    let mut document = self.converted(detection, converter)?;
                    self.add_digest(&mut document.body, None)?;
                    Ok(document)
                }
                FormatReading::Refused { instead } => {
                    Err(refused(format!("this is {}", format.name)).with_hint(instead).into())
                }
            },
        };
        let document = document?;
        match limits::check(&document.entry) {
            Ok(()) => Ok(document),
            Err(fact) => {
                let run_id = document.entry.run_id.as_str();
                Err(refused(fact.reason).with_hint(fact.hint).with_run_id(run_id).into())
            }
        }
    }

    /// Sets the digest of a body; computes it where the bytes are not those that were read.
    fn add_digest(&self, body: &mut Body, known: Option<DocumentDigest>) -> Result<(), Refusal> {
        let digest = known.map_or_else(|| body.digest(), Ok).map_err(|error| self.unreadable(error))?;
        body.set_digest(digest);
        Ok(())
    }

    fn unreadable(&self, error: io::Error) -> Refusal {
        Error::usage(format!("cannot read {}", self.source)).with_source(error).into()
    }

    fn stored(&self, detection: Detection, around: Option<(Body, Body)>) -> Result<Document, Refusal> {
        let run_id = self.overrides.run_id.as_ref().or(detection.stored.run_id()).map(ToString::to_string);
        let mut entry = detection
            .stored
            .into_entry(detection.start, &self.overrides)
            .map_err(|problem| run_id.into_iter().fold(self.problem(&problem), Error::with_run_id))?;
        let document = replace(detection.parts, &self.overrides, &mut entry);
        let (before, after) = around.unwrap_or_default();
        let mut body = before;
        body.append(document);
        body.append(after);
        Ok(Document { entry, body })
    }

    fn converted(&self, detection: Detection, converter: Converter) -> Result<Document, Refusal> {
        let conversion = Conversion { start: detection.start, layout: self.layout, overrides: &self.overrides };
        convert(&detection.into_body(), converter, conversion).map_err(|error| match error {
            ConversionError::Json(error) => self.json_error(error).into(),
            ConversionError::Problem(problem, hint) => {
                hint.into_iter().fold(self.problem(&problem), Error::with_hint).into()
            }
        })
    }

    /// After a syntax error, moves to the beginning of the next document, if that can be found.
    fn recover(&mut self, error: &JsonError) -> Result<(), JsonError> {
        let lost = self.state == InputState::Array || error.kind() == JsonErrorKind::Io;
        self.state = InputState::End;
        if lost {
            return Ok(());
        }
        if error.line() == self.began {
            if !self.reader.resume_at_next_line()? {
                return Ok(());
            }
        } else if error.column() == 1 && self.reader.offset() == error.position().offset {
            // A truncated line is noticed only at the beginning of the next one.
            if !self.reader.at_object_or_array()? {
                return Ok(());
            }
            self.reader.resume_here();
        } else {
            return Ok(());
        }
        cut(&mut self.reader)?;
        self.state = InputState::Between;
        Ok(())
    }

    fn problem(&self, problem: &DocumentProblem) -> Error {
        let position = problem.position;
        Error::usage(format!("cannot read {}: {position}", self.source)).with_source(problem.reason.clone())
    }

    fn refused(&self, problem: &DocumentProblem) -> Refusal {
        Refusal::from(self.problem(problem))
    }

    fn json_error(&self, error: JsonError) -> Error {
        match error.into_io() {
            Ok(error) => {
                use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
                // Only gzip fails in these ways.
                let gzip = matches!(error.kind(), InvalidData | InvalidInput | UnexpectedEof);
                let hint = gzip.then_some("the gzip is truncated or damaged; check it with `gzip -t`");
                let failure = Error::usage(format!("cannot read {}", self.source)).with_source(error);
                hint.into_iter().fold(failure, Error::with_hint)
            }
            Err(error) => self.problem(&DocumentProblem::new(error.position(), error.message())),
        }
    }
}

/// The text before the document, without its byte order mark.
fn without_byte_order_mark(before: &Body) -> Body {
    match before.to_bytes() {
        Ok(bytes) => bytes.slice(bytes.len().min(3)..).into(),
        Err(_) => Body::default(),
    }
}

/// Converts `body`, which is one JSON object.
fn convert(body: &Body, converter: Converter, conversion: Conversion<'_>) -> Result<Document, ConversionError> {
    let mut reader = JsonReader::starting_at(body.reader(), conversion.start);
    let converted = converter(&mut reader, conversion)?;
    let run_id = match (&conversion.overrides.run_id, &converted.run_id) {
        (Some(run_id), _) | (None, Some(run_id)) => run_id.clone(),
        (None, None) => {
            derived_run_id(body.reader(), converted.run_time).map_err(|error| JsonError::io(conversion.start, error))?
        }
    };
    Ok(converted.into_document(run_id, conversion.overrides, conversion.layout))
}
