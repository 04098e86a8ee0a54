//! A list that may be too long for memory.

use std::io::{self, BufRead as _, BufReader, Seek as _, Write as _};
use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tempfile::SpooledTempFile;

use crate::error::{Error, ErrorKind, Result};

/// The longest list that is held in memory, in bytes. A longer one goes to a temporary file.
const IN_MEMORY: usize = 1 << 20;

/// Values in the order in which they were added, in memory that does not grow with their number.
#[derive(Debug)]
pub struct SpooledList<T> {
    /// A line of JSON for each value.
    lines: SpooledTempFile,
    kind: PhantomData<T>,
}

impl<T> Default for SpooledList<T> {
    fn default() -> Self {
        Self { lines: SpooledTempFile::new(IN_MEMORY), kind: PhantomData }
    }
}

impl<T: Serialize + DeserializeOwned> SpooledList<T> {
    /// Adds a value after the ones before it.
    ///
    /// # Errors
    /// If the temporary file cannot be written.
    pub fn push(&mut self, value: &T) -> Result<()> {
        let written = serde_json::to_vec(value).map_err(io::Error::from).and_then(|mut line| {
            line.push(b'\n');
            // One write for each value, as the file has no buffer.
            self.lines.write_all(&line)
        });
        written.map_err(unusable_file)
    }

    /// The values in order. Begun before all values are there, it changes where the next one goes: add them all first.
    pub fn iter(&mut self) -> impl Iterator<Item = Result<T>> + use<'_, T> {
        let (failure, lines) = match self.lines.rewind() {
            Err(error) => (Some(Err(unusable_file(error))), None),
            Ok(()) => (None, Some(&mut self.lines)),
        };
        let values = lines.into_iter().flat_map(|lines| {
            let lines = BufReader::with_capacity(1 << 16, lines).split(b'\n');
            lines.map(|line| Ok(serde_json::from_slice(&line?)?)).map(|value| value.map_err(unusable_file))
        });
        failure.into_iter().chain(values)
    }

    /// Whether the list is in a temporary file.
    #[cfg(test)]
    pub(super) fn is_in_file(&self) -> bool {
        self.lines.is_rolled()
    }
}

fn unusable_file(error: io::Error) -> Error {
    Error::new(ErrorKind::Write, "cannot keep the checks in a temporary file").with_source(error)
}
