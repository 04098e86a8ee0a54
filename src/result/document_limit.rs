//! The limit on the length of documents: `max_document_size` of a profile.

use std::fmt;
use std::io::{self, Read};

/// The longest document that is saved or read, in bytes. A compressed document counts as long as it is decompressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DocumentLimit(u64);

impl Default for DocumentLimit {
    /// No limit, for input that is not from a user.
    fn default() -> Self {
        Self::NONE
    }
}

impl DocumentLimit {
    /// The default where documents are streamed: more than any run of a validator writes, and little enough that a gzip bomb
    /// ends within a minute.
    pub const OF_STREAMS: Self = Self(4 << 30);

    /// The default where a document is held in memory, once or twice: in databases.
    pub const OF_MEMORY: Self = Self(256 << 20);

    /// No limit.
    pub const NONE: Self = Self(u64::MAX);

    /// A limit of this many bytes.
    pub fn new(bytes: u64) -> Self {
        Self(bytes)
    }

    /// The number of bytes.
    pub fn bytes(self) -> u64 {
        self.0
    }

    /// Checks the length of a document, or of its beginning.
    ///
    /// # Errors
    /// [`FileTooLarge`](io::ErrorKind::FileTooLarge), with a reason that names the option, if it is longer.
    pub fn check(self, length: u64) -> io::Result<()> {
        if length <= self.0 { Ok(()) } else { Err(self.excess()) }
    }

    /// The error for a longer document.
    pub fn excess(self) -> io::Error {
        io::Error::new(io::ErrorKind::FileTooLarge, DocumentTooLong(self))
    }

    /// Passes on what `reader` delivers. A read beyond the limit is the error of [`check`](Self::check).
    pub fn limited<R: Read>(self, reader: R) -> impl Read + use<R> {
        LimitedReader { inner: reader, limit: self, count: 0 }
    }

    /// The next thing to try if `error` is that of [`check`](Self::check).
    pub fn hint(error: &io::Error) -> Option<&'static str> {
        let is_ours = error.get_ref().is_some_and(|inner| inner.is::<DocumentTooLong>());
        is_ours.then_some("raise `max_document_size` of the profile, in bytes, if the document is meant to be so long")
    }
}

/// A document that is longer than the limit.
#[derive(Debug)]
struct DocumentTooLong(DocumentLimit);

impl fmt::Display for DocumentTooLong {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the document is longer than {} bytes, the `max_document_size` of the profile", self.0.0)
    }
}

impl std::error::Error for DocumentTooLong {}

/// Counts what is read.
struct LimitedReader<R> {
    inner: R,
    limit: DocumentLimit,
    count: u64,
}

impl<R: Read> Read for LimitedReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.count += count as u64;
        self.limit.check(self.count)?;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_of_the_length_of_the_limit_is_read_and_a_longer_one_is_not() {
        let mut bytes = Vec::new();
        DocumentLimit::new(5).limited(&b"12345"[..]).read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes, b"12345");
        let error = DocumentLimit::new(4).limited(&b"12345"[..]).read_to_end(&mut bytes).unwrap_err();
        assert!(error.to_string().contains("4 bytes, the `max_document_size`"), "{error}");
        assert!(DocumentLimit::hint(&error).is_some());
        assert!(DocumentLimit::hint(&io::ErrorKind::FileTooLarge.into()).is_none());
    }
}
