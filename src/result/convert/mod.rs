//! Turning what other tools write into a stored result.

mod great_expectations;
mod great_expectations_entry;
mod identity;
mod python;
mod report;
mod run;
mod run_parts;
mod stored;
#[cfg(test)]
mod tests;

use std::io::Read;

use crate::result::facts::Problem;
use crate::result::json::{self, Position, Reader};
use crate::result::{Body, Document, Layout, Overrides};

/// The documents that are turned into a stored result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Foreign {
    /// What `truthound check -f json` prints.
    Run,
    /// What truthound's JSON reporter writes.
    Report,
    /// A validation result of Great Expectations.
    GreatExpectations,
}

/// Why a document cannot be converted.
#[derive(Debug)]
pub(super) enum Failure {
    Json(json::Error),
    /// What it says is wrong, or something is missing; and what may be done about it.
    Problem(Problem, Option<&'static str>),
}

impl From<json::Error> for Failure {
    fn from(error: json::Error) -> Self {
        Self::Json(error)
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem, None)
    }
}

/// Converts `body`, which is known to be one JSON object and begins at `start` of its source.
///
/// # Errors
/// If it lacks what no stored result can do without, or says something that the tool it comes from would not.
pub(super) fn convert(
    foreign: Foreign,
    body: &Body,
    start: Position,
    overrides: &Overrides,
    layout: Layout,
) -> Result<Document, Failure> {
    let mut reader = Reader::starting_at(body.reader(), start);
    let stored = match foreign {
        Foreign::Run => run::read(&mut reader, start, layout)?,
        Foreign::Report => report::read(&mut reader, start, layout)?,
        Foreign::GreatExpectations => great_expectations::read(&mut reader, start, layout, overrides)?,
    };
    let run_id = match (&overrides.run_id, &stored.run_id) {
        (Some(run_id), _) | (None, Some(run_id)) => run_id.clone(),
        (None, None) => {
            identity::derived_run_id(body.reader(), stored.run_time).map_err(|error| json::Error::io(start, error))?
        }
    };
    Ok(stored.into_document(run_id, overrides, layout))
}

/// Reads the next value, which must be an array of objects, one by one.
fn each_object<R: Read>(
    reader: &mut Reader<R>,
    key: &str,
    mut read: impl FnMut(&mut Reader<R>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let kind = reader.peek()?;
    if kind != json::Kind::Array {
        return Err(Problem::new(reader.position(), format!("`{key}` is {}, not an array", kind.name())).into());
    }
    reader.begin_array()?;
    while reader.next_element()? {
        let kind = reader.peek()?;
        if kind != json::Kind::Object {
            let reason = format!("an entry of `{key}` is {}, not an object", kind.name());
            return Err(Problem::new(reader.position(), reason).into());
        }
        read(reader)?;
    }
    Ok(())
}
