//! Bytes that are written before they are read: in memory, or in a temporary file if they are many.

use std::io::{self, Read, Seek as _, SeekFrom, Write};
use std::sync::Arc;

use tempfile::{SpooledData, SpooledTempFile};

use crate::result::Body;

/// Most bytes of one document that are held in memory. More of them are left in their file, or go to a temporary file.
pub(super) const IN_MEMORY: usize = 8 * 1024 * 1024;

/// Bytes that are written once, and read as a [`Body`]. More than 8 MiB go to a temporary file.
#[derive(Debug)]
pub struct Spool(SpooledTempFile);

impl Default for Spool {
    fn default() -> Self {
        Self(SpooledTempFile::new(IN_MEMORY))
    }
}

impl Spool {
    /// The bytes written.
    ///
    /// # Errors
    /// If the temporary file cannot be read.
    pub fn into_body(mut self) -> io::Result<Body> {
        let length = self.0.stream_position()?;
        Ok(match self.0.into_inner() {
            SpooledData::InMemory(bytes) => Body::from(bytes.into_inner()),
            SpooledData::OnDisk(file) => {
                let mut body = Body::default();
                body.push_file(Arc::new(file), 0..length);
                body
            }
        })
    }

    /// Adds the bytes of another spool.
    ///
    /// # Errors
    /// If a temporary file cannot be read or written.
    pub fn append(&mut self, other: Self) -> io::Result<()> {
        let Self(mut other) = other;
        let length = other.stream_position()?;
        other.seek(SeekFrom::Start(0))?;
        io::copy(&mut other.take(length), &mut self.0).map(drop)
    }
}

impl Write for Spool {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_read_as_they_were_written_wherever_they_are() {
        for (count, in_memory) in [(3, true), (IN_MEMORY / 1_000 + 1, false)] {
            let (mut first, mut second) = (Spool::default(), Spool::default());
            for number in 0..count {
                first.write_all(format!("{number:01000}").as_bytes()).unwrap();
                second.write_all(format!("{:01000}", number + count).as_bytes()).unwrap();
            }
            first.append(second).unwrap();
            let body = first.into_body().unwrap();
            assert_eq!(body.len_in_memory() == body.len(), in_memory);
            let expected = (0..2 * count).map(|number| format!("{number:01000}")).collect::<String>();
            assert!(body.to_bytes().unwrap() == expected.as_bytes());
        }
    }
}
