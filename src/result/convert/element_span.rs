//! Elements of a document that are read twice: once to group them, and once to convert them.

use std::io::Read;

use crate::result::json::{JsonError, JsonReader, TextPosition};
use crate::result::{Body, BodyReader};

/// The place of a value in a document, so that it can be read again without being held in memory.
#[derive(Clone, Copy, Debug)]
pub(in crate::result) struct ElementSpan {
    start: TextPosition,
    length: u64,
}

impl ElementSpan {
    /// Reads the next value with `read`, which must consume it, and returns its place.
    ///
    /// # Errors
    /// Those of `read`.
    pub(in crate::result) fn of<R: Read, T, E: From<JsonError>>(
        reader: &mut JsonReader<R>,
        read: impl FnOnce(&mut JsonReader<R>) -> Result<T, E>,
    ) -> Result<(T, Self), E> {
        reader.peek()?; // Passes over the white space before the value.
        let start = reader.position();
        let value = read(reader)?;
        Ok((value, Self { start, length: reader.offset() - start.offset }))
    }

    /// A reader of the value in `document`, which begins at `document_start`.
    pub(in crate::result) fn reader(self, document: &Body, document_start: TextPosition) -> JsonReader<BodyReader> {
        let begin = self.start.offset.saturating_sub(document_start.offset);
        let part = document.slice(begin..begin + self.length);
        JsonReader::of_part(part.reader(), self.start, self.length)
    }
}
