//! Reading the checks of a stored result as a stream.

use std::io::Read;

use super::check::Check;
use crate::error::{Error, ErrorKind, Result};
use crate::result::facts::DocumentFacts;
use crate::result::json::{JsonError, JsonKind, JsonReader, TextPosition};
use crate::result::statistics::Statistics;
use crate::result::unreadable::{unreadable_at, unreadable_json};
use crate::result::{Entry, RunId, gzip};

/// Reads all checks of a stored result, in the order of the document.
///
/// Memory holds one check at a time, however large the document is. The reader blocks. An error ends the stream.
pub struct CheckReader<'a> {
    reader: JsonReader<Box<dyn Read + Send + 'a>>,
    run_id: RunId,
    place: ReaderPlace,
    facts: DocumentFacts,
    suite_name: Option<String>,
    statistics: Option<Statistics>,
}

/// The place in the document.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ReaderPlace {
    Start,
    TopLevel,
    Results,
    End,
    Failed,
}

/// The facts of a stored result besides its checks.
#[derive(Clone, Debug, PartialEq)]
pub struct ResultFacts {
    /// The facts that `list` shows.
    pub entry: Entry,
    /// The name of the suite, if it has one.
    pub suite_name: Option<String>,
    /// The numbers, if the document has them.
    pub statistics: Option<Statistics>,
}

impl<'a> CheckReader<'a> {
    /// A reader of the document that `reader` delivers, gzip or not. `run_id` is the id under which the document is
    /// stored: a document may name it after its checks.
    pub fn new(run_id: RunId, reader: impl Read + Send + 'a) -> Self {
        Self {
            reader: JsonReader::new(Box::new(gzip::decompressed(reader))),
            run_id,
            place: ReaderPlace::Start,
            facts: DocumentFacts::default(),
            suite_name: None,
            statistics: None,
        }
    }

    /// Reads the rest of the document and returns its facts.
    ///
    /// # Errors
    /// [`Read`](ErrorKind::Read) if the document cannot be read, is damaged, or lacks a fact of a stored result.
    pub fn finish(mut self) -> Result<ResultFacts> {
        for check in self.by_ref() {
            check?;
        }
        if self.place == ReaderPlace::Failed {
            return Err(Error::new(ErrorKind::Read, "cannot read the document"));
        }
        let entry = self.facts.into_entry(TextPosition::START).map_err(|problem| unreadable_at(&problem))?;
        Ok(ResultFacts { entry, suite_name: self.suite_name, statistics: self.statistics })
    }

    fn advance(&mut self) -> Result<Option<Check>, JsonError> {
        loop {
            match self.place {
                ReaderPlace::Start => {
                    self.reader.begin_object()?;
                    self.place = ReaderPlace::TopLevel;
                }
                ReaderPlace::TopLevel => match self.reader.next_key()?.map(str::to_owned) {
                    Some(key) => self.read_member(&key)?,
                    None => {
                        self.reader.end()?;
                        self.place = ReaderPlace::End;
                    }
                },
                ReaderPlace::Results => {
                    if !self.reader.next_element()? {
                        self.place = ReaderPlace::TopLevel;
                    } else if let Some(check) = Check::read(&mut self.reader, &self.run_id)? {
                        return Ok(Some(check));
                    }
                }
                ReaderPlace::End | ReaderPlace::Failed => return Ok(None),
            }
        }
    }

    fn read_member(&mut self, key: &str) -> Result<(), JsonError> {
        if self.facts.read(key, &mut self.reader)? {
            return Ok(());
        }
        match (key, self.reader.peek()?) {
            ("suite_name", JsonKind::String) => self.suite_name = Some(self.reader.string()?.to_string()),
            ("statistics", JsonKind::Object) => self.statistics = Some(Statistics::read(&mut self.reader)?),
            ("results", JsonKind::Array) => {
                self.reader.begin_array()?;
                self.place = ReaderPlace::Results;
            }
            _ => self.reader.skip()?,
        }
        Ok(())
    }
}

impl Iterator for CheckReader<'_> {
    type Item = Result<Check>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.advance() {
            Ok(check) => check.map(Ok),
            Err(error) => {
                self.place = ReaderPlace::Failed;
                Some(Err(unreadable_json(error)))
            }
        }
    }
}
