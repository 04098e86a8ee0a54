//! The results of a source, one after the other.

use std::collections::VecDeque;
use std::io;

use super::looks_like::looks_like;
use super::make::{DividedResults, MadeResults, ResultMaker};
use super::options::InputOptions;
use super::recorder::RecorderInput;
use super::refusal::{Refusal, SourceErrors};
use super::source::InputSource;
use super::stream::DocumentStream;
use crate::error::{Error, Result};
use crate::result::Document;

/// The results in `source`: those of a single document, of several in a row (NDJSON), or of an array.
///
/// A stored result is kept byte for byte, except the values that the caller replaces. Documents in other formats are
/// converted. The function, the iterator and the bodies that it delivers block.
///
/// # Errors
/// [`Usage`](crate::error::ErrorKind::Usage) if the source cannot be opened. Later failures are errors of the iterator.
pub fn documents(source: &InputSource, options: &InputOptions) -> Result<InputDocuments> {
    let input = source.open(&options.watch).map_err(|error| {
        let hint = match error.kind() {
            io::ErrorKind::NotFound => Some("check the name; `-` means standard input"),
            io::ErrorKind::IsADirectory => Some("give the files in it"),
            io::ErrorKind::Unsupported => Some("pipe its content to standard input: truthound-store save - < FILE"),
            _ => None,
        };
        let failure = Error::usage(format!("cannot read {source}")).with_source(error);
        hint.into_iter().fold(failure, Error::with_hint)
    })?;
    let mut options = options.clone();
    if let Some(run_time) = options.run_time {
        options.overrides.run_time = Some(run_time.of(source)?);
    }
    Ok(InputDocuments::new(source.clone(), input, options))
}

/// The results in these bytes, gzip or not. See [`documents`].
#[cfg(any(test, feature = "fuzzing"))]
pub(in crate::result) fn documents_of_bytes(bytes: Vec<u8>, options: &InputOptions) -> InputDocuments {
    let input = crate::result::gzip::decompressed(io::Cursor::new(bytes));
    InputDocuments::new(InputSource::Stdin, RecorderInput::Stream(Box::new(input)), options.clone())
}

/// The results in one source. See [`documents`].
///
/// Each document that is refused is one error, at most [`ERRORS`] for one source; one more says how many others there
/// were. A source without a single document that is JSON is one error.
pub struct InputDocuments {
    maker: ResultMaker,
    stream: DocumentStream,
    /// The rest of a document that holds several results.
    divided: Option<Box<DividedResults>>,
    /// The items to deliver next.
    ready: VecDeque<Result<Document>>,
    /// Errors of texts that are not JSON, as long as no document of the source is.
    unparsed: Vec<Error>,
    /// Whether a document of the source is JSON.
    has_parsed: bool,
    has_results: bool,
    has_ended: bool,
    /// The errors so far.
    errors: usize,
    /// Why a document that holds several results has none: the first such error, and their number.
    empty: Option<(Error, u64)>,
    notes: InputNotes,
}

/// Facts about a source that are no errors.
#[derive(Debug, Default)]
pub struct InputNotes {
    /// Facts that the user should know, as sentences without a full stop.
    pub warnings: Vec<String>,
    /// Why the source was passed over, for a source that was found in a directory and holds no results.
    pub passed_over: Option<String>,
}

/// Errors of one source that are delivered.
const ERRORS: usize = 10;

impl Iterator for InputDocuments {
    type Item = Result<Document>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(ready) = self.ready.pop_front() {
                return Some(ready);
            }
            if self.has_ended {
                return None;
            }
            match self.advance() {
                Ok(Some(document)) => {
                    self.has_results = true;
                    self.ready.push_back(Ok(document));
                }
                Ok(None) => {}
                Err(refusal) => self.refuse(refusal),
            }
        }
    }
}

impl InputDocuments {
    fn new(source: InputSource, input: RecorderInput, options: InputOptions) -> Self {
        let errors = SourceErrors::new(source.to_string());
        Self {
            stream: DocumentStream::new(input, options.limit),
            maker: ResultMaker { source, errors, options },
            divided: None,
            ready: VecDeque::new(),
            unparsed: Vec::new(),
            has_parsed: false,
            has_results: false,
            has_ended: false,
            errors: 0,
            empty: None,
            notes: InputNotes::default(),
        }
    }

    /// The facts that became known since the last call. Call it after each result, and at the end.
    pub fn take_notes(&mut self) -> InputNotes {
        std::mem::take(&mut self.notes)
    }

    /// Takes one step: a result, or none yet.
    fn advance(&mut self) -> Result<Option<Document>, Refusal> {
        if let Some(divided) = &mut self.divided {
            if let Some(result) = divided.next(&self.maker) {
                return result.map(Some);
            }
            if let Some(nothing) = divided.nothing(&self.maker) {
                self.empty.get_or_insert((nothing, 0)).1 += 1;
            }
            self.divided = None;
        }
        let Some(found) = self.stream.next(&self.maker.options.overrides, &self.maker.errors)? else {
            self.end();
            return Ok(None);
        };
        self.note_parsed();
        match self.maker.make(found)? {
            MadeResults::One(document) => Ok(Some(*document)),
            MadeResults::Many(mut divided) => {
                self.notes.warnings.append(&mut divided.warnings);
                self.divided = Some(divided);
                Ok(None)
            }
        }
    }

    /// A document of the source is JSON, so that the others were meant to be.
    fn note_parsed(&mut self) {
        self.has_parsed = true;
        for error in std::mem::take(&mut self.unparsed) {
            self.fail(error);
        }
    }

    fn refuse(&mut self, refusal: Refusal) {
        match refusal {
            Refusal::Json(error) => {
                self.stream.recover(&error);
                self.refuse_text(self.maker.errors.json(error));
            }
            Refusal::NoObject(error) => self.refuse_text(*error),
            Refusal::NoResult(error) => {
                self.note_parsed();
                if matches!(self.maker.source, InputSource::Found(_)) && !self.has_results && self.errors == 0 {
                    self.pass_over(&error);
                } else {
                    self.fail(*error);
                }
            }
            Refusal::Document(error) => {
                self.note_parsed();
                self.fail(*error);
            }
        }
    }

    /// Refuses a text that is no document at all.
    fn refuse_text(&mut self, error: Error) {
        if self.has_parsed {
            self.fail(error);
        } else if self.unparsed.len() <= ERRORS {
            self.unparsed.push(error);
        }
    }

    fn fail(&mut self, error: Error) {
        self.errors += 1;
        if self.errors <= ERRORS {
            self.ready.push_back(Err(error));
        }
    }

    fn pass_over(&mut self, reason: &Error) {
        self.notes.passed_over.get_or_insert_with(|| reason.causes().join(": "));
    }

    fn end(&mut self) {
        self.has_ended = true;
        if !self.has_parsed && !self.unparsed.is_empty() {
            let error = self.unparsed.swap_remove(0);
            if !self.maker.source.must_be_readable() {
                self.pass_over(&error);
                return;
            }
            let hint = looks_like(self.stream.head(), self.maker.source.path());
            let has_hint = error.hint().is_some();
            let error = hint.into_iter().filter(|_| !has_hint).fold(error, Error::with_hint);
            self.ready.push_back(Err(error));
            return;
        }
        if self.errors > ERRORS {
            let more = self.errors - ERRORS;
            let reason = match more {
                1 => "one more document was refused".to_owned(),
                _ => format!("{more} more documents were refused"),
            };
            self.ready.push_back(Err(self.maker.errors.refused(reason)));
        }
        let source = &self.maker.source;
        match self.empty.take() {
            Some((nothing, _)) if !self.has_results && self.errors == 0 => match source {
                InputSource::Found(_) => self.pass_over(&nothing),
                _ => self.ready.push_back(Err(nothing)),
            },
            Some((nothing, count)) => {
                let reason = nothing.causes().join(": ");
                let documents = if count == 1 { "document" } else { "documents" };
                let warning = format!("passed over {count} {documents} of {source} without a result: {reason}");
                self.notes.warnings.push(warning);
            }
            None if self.stream.is_empty_array() => {
                self.notes.warnings.push(format!("{source} holds an empty array; nothing was saved"));
            }
            None => {}
        }
    }
}
