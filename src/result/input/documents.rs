//! One document after the other.

use std::fs::File;
use std::io;
use std::sync::Arc;

use super::Source;
use super::splice::splice;
use super::survey::{Shape, Survey, cut};
use super::tape::{Input, Tape};
use crate::error::{Error, Result};
use crate::result::convert;
use crate::result::facts::Problem;
use crate::result::json::{self, Kind, Position, Reader};
use crate::result::{Body, Document, Layout, Overrides, codec};

/// The documents of `source`: a single one, several one after the other, or an array of them.
///
/// A stored result is kept byte for byte but for what `overrides` replace; others are turned into one, written in
/// `layout`. Blocks, and so do the iterator and the bodies it delivers.
///
/// # Errors
/// [`Usage`](crate::error::ErrorKind::Usage) if the source cannot be opened. All else is an error of the iterator.
pub fn documents(source: &Source, overrides: &Overrides, layout: Layout) -> Result<Documents> {
    let input = open(source).map_err(|error| {
        let hint = match error.kind() {
            io::ErrorKind::NotFound => Some("check the name; `-` stands for standard input"),
            io::ErrorKind::IsADirectory => Some("give the files in it"),
            _ => None,
        };
        let failure = Error::usage(format!("cannot read {source}")).with_source(error);
        hint.into_iter().fold(failure, Error::with_hint)
    })?;
    Ok(Documents {
        source: source.to_string(),
        reader: Reader::new(Tape::new(input)),
        overrides: overrides.clone(),
        layout,
        state: State::Start,
        began: 1,
        count: 0,
    })
}

fn open(source: &Source) -> io::Result<Input> {
    let Source::File(path) = source else {
        return Ok(Input::Stream(Box::new(codec::decompressed(io::stdin()))));
    };
    let mut file = File::open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a directory"));
    }
    if !metadata.is_file() {
        return Ok(Input::Stream(Box::new(codec::decompressed(file))));
    }
    if codec::begins_gzip(&mut file)? {
        return Ok(Input::Stream(Box::new(codec::decompressed(file))));
    }
    Ok(Input::File(Arc::new(file)))
}

/// The documents of one source. See [`documents`].
///
/// A document that cannot be taken is an error of its own, and those after it still follow where it can be told where
/// they begin: after a document that is JSON but no result always, after one that is not JSON if it has a line to
/// itself.
pub struct Documents {
    source: String,
    reader: Reader<Tape>,
    overrides: Overrides,
    layout: Layout,
    state: State,
    /// The line that the document began on.
    began: u64,
    /// How many documents have begun.
    count: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Start,
    /// Between documents.
    Between,
    /// In an array, before an element or its end.
    Array,
    End,
}

/// Why there is no document: the JSON is wrong, or what it says.
enum Failure {
    Json(json::Error),
    Said(Box<Error>),
}

impl Failure {
    fn said(error: Error) -> Self {
        Self::Said(Box::new(error))
    }
}

impl From<json::Error> for Failure {
    fn from(error: json::Error) -> Self {
        Self::Json(error)
    }
}

impl Iterator for Documents {
    type Item = Result<Document>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.state == State::End {
            return None;
        }
        match self.advance() {
            Ok(document) => document.map(Ok),
            Err(Failure::Said(error)) => Some(Err(*error)),
            Err(Failure::Json(error)) => {
                if self.recover(&error).is_err() {
                    self.state = State::End;
                }
                Some(Err(self.json_error(error)))
            }
        }
    }
}

impl Documents {
    /// The next document, or nothing at the end.
    fn advance(&mut self) -> Result<Option<Document>, Failure> {
        let mut first = self.state == State::Start;
        if self.state == State::Array {
            if self.reader.next_element()? {
                return self.one_of_many().map(Some);
            }
            self.state = State::Between;
        }
        loop {
            if !self.reader.more()? {
                self.state = State::End;
                return if first { Err(self.nothing()) } else { Ok(None) };
            }
            self.began = self.reader.position().line;
            if self.reader.peek()? != Kind::Array {
                break;
            }
            first = false;
            self.reader.begin_array()?;
            if self.reader.next_element()? {
                self.state = State::Array;
                return self.one_of_many().map(Some);
            }
            self.state = State::Between;
        }
        self.state = State::Between;
        let only = first && self.reader.peek()? == Kind::Object;
        if only { self.perhaps_only().map(Some) } else { self.one_of_many().map(Some) }
    }

    fn nothing(&self) -> Failure {
        let reason = if self.reader.offset() == 0 { "it is empty" } else { "it holds nothing but white space" };
        Failure::said(Error::usage(format!("cannot read {}", self.source)).with_source(reason))
    }

    /// The first document: if it is the only one, all of the input belongs to it.
    fn perhaps_only(&mut self) -> Result<Document, Failure> {
        let mut before = cut(&mut self.reader)?;
        if self.reader.had_byte_order_mark() {
            // Python's `json.load` refuses one. Only white space can stand between it and the document.
            before = without_byte_order_mark(&before);
        }
        let survey = self.survey()?;
        self.count += 1;
        let more = self.more_documents()?;
        let after = cut(&mut self.reader)?;
        if more {
            self.refuse_run_id(survey.start)?;
            return self.document(survey, None);
        }
        self.state = State::End;
        self.document(survey, Some((before, after)))
    }

    /// A document among others.
    fn one_of_many(&mut self) -> Result<Document, Failure> {
        let kind = self.reader.peek()?;
        let start = self.reader.position();
        cut(&mut self.reader)?;
        self.count += 1;
        if kind != Kind::Object {
            self.reader.skip()?;
            let reason = format!("expected an object, found {}", kind.name());
            return Err(self.refused(&Problem::new(start, reason)));
        }
        let survey = self.survey()?;
        let alone = self.count == 1 && self.state == State::Array && self.reader.at_array_end()?;
        if self.state == State::Between {
            self.more_documents()?;
        }
        if !alone {
            self.refuse_run_id(start)?;
        }
        self.document(survey, None)
    }

    fn survey(&mut self) -> Result<Survey, Failure> {
        Ok(Survey::of(&mut self.reader, &self.overrides)?)
    }

    /// Whether anything follows. What stands right behind a document and is no other one makes it doubtful that the
    /// document is whole.
    fn more_documents(&mut self) -> Result<bool, Failure> {
        let end = self.reader.position();
        let more = self.reader.more()?;
        if more && self.reader.position().line == end.line && !self.reader.at_object_or_array()? {
            self.reader.end()?;
        }
        Ok(more)
    }

    /// One run id cannot be that of several documents: each would replace the one before.
    fn refuse_run_id(&self, start: Position) -> Result<(), Failure> {
        if self.overrides.run_id.is_none() {
            return Ok(());
        }
        let reason = "a run id was given, but there are several documents";
        let error = self.problem(&Problem::new(start, reason));
        Err(Failure::said(error.with_hint("leave out `--run-id`, or save each document by itself")))
    }

    fn document(&self, survey: Survey, around: Option<(Body, Body)>) -> Result<Document, Failure> {
        let shape = match survey.shape() {
            Ok(shape) => shape,
            Err((problem, hint)) => return Err(Failure::said(self.problem(&problem).with_hint(hint))),
        };
        let start = survey.start;
        match shape {
            Shape::Stored => self.stored(survey, around),
            Shape::Foreign(foreign) => {
                convert::convert(foreign, &survey.into_body(), start, &self.overrides, self.layout).map_err(|failure| {
                    match failure {
                        convert::Failure::Json(error) => Failure::said(self.json_error(error)),
                        convert::Failure::Problem(problem, hint) => {
                            Failure::said(hint.into_iter().fold(self.problem(&problem), Error::with_hint))
                        }
                    }
                })
            }
        }
    }

    fn stored(&self, survey: Survey, around: Option<(Body, Body)>) -> Result<Document, Failure> {
        let mut facts = survey.facts;
        // What the caller says need not be said, or be right, in the document.
        if let Some(run_id) = &self.overrides.run_id {
            facts.run_id = Some(Ok(run_id.clone()));
        }
        if let Some(data_asset) = &self.overrides.data_asset {
            facts.data_asset = Some(Ok(data_asset.clone()));
        }
        let run_id = facts.run_id.as_ref().and_then(|run_id| run_id.as_ref().ok()).map(ToString::to_string);
        let checked = facts.into_entry(survey.start).and_then(|entry| match survey.problems.into_iter().next() {
            None => Ok(entry),
            Some(problem) => Err(problem),
        });
        let mut entry = checked
            .map_err(|problem| Failure::said(run_id.into_iter().fold(self.problem(&problem), Error::with_run_id)))?;
        let document = splice(survey.parts, &self.overrides, &mut entry);
        let (before, after) = around.unwrap_or_default();
        let mut body = before;
        body.append(document);
        body.append(after);
        Ok(Document { entry, body })
    }

    /// After an error of syntax, goes where the next document can be told to begin.
    fn recover(&mut self, error: &json::Error) -> Result<(), json::Error> {
        let lost = self.state == State::Array || error.kind() == json::ErrorKind::Io;
        self.state = State::End;
        if lost {
            return Ok(());
        }
        if error.line() == self.began {
            if !self.reader.resume_at_next_line()? {
                return Ok(());
            }
        } else if error.column() == 1 && self.reader.offset() == error.position().offset {
            // A line that is not whole shows only at what begins the next one.
            if !self.reader.at_object_or_array()? {
                return Ok(());
            }
            self.reader.resume_here();
        } else {
            return Ok(());
        }
        cut(&mut self.reader)?;
        self.state = State::Between;
        Ok(())
    }

    fn problem(&self, problem: &Problem) -> Error {
        let position = problem.position;
        Error::usage(format!("cannot read {}: {position}", self.source)).with_source(problem.reason.clone())
    }

    fn refused(&self, problem: &Problem) -> Failure {
        Failure::said(self.problem(problem))
    }

    fn json_error(&self, error: json::Error) -> Error {
        match error.into_io() {
            Ok(error) => {
                use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
                // Plain bytes can be anything; only gzip can be wrong in these ways.
                let gzip = matches!(error.kind(), InvalidData | InvalidInput | UnexpectedEof);
                let hint = gzip.then_some("it is gzip that is cut off or damaged; check it with `gzip -t`");
                let failure = Error::usage(format!("cannot read {}", self.source)).with_source(error);
                hint.into_iter().fold(failure, Error::with_hint)
            }
            Err(error) => self.problem(&Problem::new(error.position(), error.message())),
        }
    }
}

/// What stands before the document, a byte order mark excepted.
fn without_byte_order_mark(before: &Body) -> Body {
    match before.to_bytes() {
        Ok(bytes) => bytes.slice(bytes.len().min(3)..).into(),
        Err(_) => Body::default(),
    }
}
