//! The entry of a stored document.

use std::io::Read;

use crate::error::Result;
use crate::result::facts::DocumentFacts;
use crate::result::json::{JsonError, JsonKind, JsonReader, TextPosition};
use crate::result::unreadable::{unreadable_at, unreadable_json};
use crate::result::{DocumentLimit, Entry, RunTime, gzip};

/// Reads the stored result that `reader` delivers, gzip or not, and returns its entry. Memory does not grow with the
/// document.
///
/// # Errors
/// [`Read`](crate::error::ErrorKind::Read) if it cannot be read, is damaged, is longer than `limit`, or is not a stored
/// result, with the place and the reason.
pub fn describe(reader: impl Read, limit: DocumentLimit) -> Result<Entry> {
    let facts = read_facts(limit.limited(gzip::decompressed(reader))).map_err(unreadable_json)?;
    facts.into_entry(TextPosition::START).map_err(|problem| unreadable_at(&problem))
}

/// Finds the run time of the stored result that `reader` delivers, and reads no further; `None` if there is none.
pub fn find_run_time(reader: impl Read) -> Option<RunTime> {
    let mut reader = JsonReader::new(reader);
    reader.begin_object().ok()?;
    while let Some(key) = reader.next_key().ok()? {
        if key == "run_time" {
            let is_text = reader.peek().ok()? == JsonKind::String;
            return is_text.then(|| reader.string().ok()?.to_str_lossy().parse().ok())?;
        }
        reader.skip().ok()?;
    }
    None
}

fn read_facts(reader: impl Read) -> Result<DocumentFacts, JsonError> {
    let mut facts = DocumentFacts::default();
    let mut reader = JsonReader::new(reader);
    reader.begin_object()?;
    while let Some(key) = reader.next_key()?.map(str::to_owned) {
        if !facts.read(&key, &mut reader)? {
            reader.skip()?;
        }
    }
    reader.end()?;
    Ok(facts)
}
