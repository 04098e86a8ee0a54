//! The bytes of a document, in memory or in a file, read as often as needed.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::{Buf as _, Bytes};

use crate::result::DocumentDigest;

/// The bytes of a document: a sequence of pieces, each in memory or in a part of a file.
///
/// Cheap to clone. It can be read any number of times, by several readers at once. A large document is never held in
/// memory.
#[derive(Clone, Debug, Default)]
pub struct Body {
    pieces: Vec<BodyPiece>,
    /// The digest of all pieces, where it is known.
    digest: Option<DocumentDigest>,
    /// Told how far readers are.
    watch: Option<Box<BodyWatch>>,
}

/// Tells a listener how far a body was read. A part that is read again is not told again.
#[derive(Clone)]
struct BodyWatch {
    listener: Arc<dyn Fn(u64) + Send + Sync>,
    /// The end of what was read, shared by all readers.
    furthest: Arc<AtomicU64>,
    /// The place of the next byte.
    place: u64,
}

impl BodyWatch {
    fn pass(&mut self, count: usize) {
        self.place += count as u64;
        let furthest = self.furthest.fetch_max(self.place, Ordering::Relaxed);
        if self.place > furthest {
            (self.listener)((self.place - furthest).min(count as u64));
        }
    }
}

impl fmt::Debug for BodyWatch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("BodyWatch").field("place", &self.place).finish_non_exhaustive()
    }
}

#[derive(Clone, Debug)]
enum BodyPiece {
    Memory(Bytes),
    File { file: Arc<File>, range: Range<u64>, checksum: Option<Checksum> },
}

/// The expected checksum of a piece, and that of the bytes read so far.
#[derive(Clone, Debug)]
struct Checksum {
    expected: u32,
    read: crc32fast::Hasher,
}

impl BodyPiece {
    fn len(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::File { range, .. } => range.end - range.start,
        }
    }
}

impl Body {
    /// Tells `listener` the number of bytes that readers have passed, from now on, as they pass them.
    pub fn watch(&mut self, listener: Arc<dyn Fn(u64) + Send + Sync>) {
        self.watch = Some(Box::new(BodyWatch { listener, furthest: Arc::default(), place: 0 }));
    }

    /// Adds bytes at the end.
    pub fn push_bytes(&mut self, bytes: impl Into<Bytes>) {
        let bytes = bytes.into();
        if !bytes.is_empty() {
            self.digest = None;
            self.pieces.push(BodyPiece::Memory(bytes));
        }
    }

    /// Adds a part of a file at the end, as byte offsets from its beginning.
    pub fn push_file(&mut self, file: Arc<File>, range: Range<u64>) {
        if range.start < range.end {
            self.digest = None;
            self.pieces.push(BodyPiece::File { file, range, checksum: None });
        }
    }

    /// Adds a part of a file that other processes may change. Its bytes must have the CRC-32 `checksum`; a reader that
    /// finds a different checksum fails before it delivers the last byte.
    pub fn push_checked_file(&mut self, file: Arc<File>, range: Range<u64>, checksum: u32) {
        if range.start < range.end {
            self.digest = None;
            let checksum = Some(Checksum { expected: checksum, read: crc32fast::Hasher::new() });
            self.pieces.push(BodyPiece::File { file, range, checksum });
        }
    }

    /// Adds all of `other` at the end.
    pub fn append(&mut self, other: Self) {
        self.digest = None;
        self.pieces.extend(other.pieces);
    }

    /// Sets the digest, for a caller that has computed it while it read the bytes.
    pub fn set_digest(&mut self, digest: DocumentDigest) {
        self.digest = Some(digest);
    }

    /// The digest, where it is known without reading the bytes again.
    pub fn known_digest(&self) -> Option<DocumentDigest> {
        self.digest
    }

    /// The digest. Blocks while it reads the bytes, unless it is known.
    ///
    /// # Errors
    /// If a file cannot be read, has become shorter or was changed.
    pub fn digest(&self) -> io::Result<DocumentDigest> {
        match self.digest {
            Some(digest) => Ok(digest),
            None => DocumentDigest::of(self.reader()),
        }
    }

    /// The number of bytes.
    pub fn len(&self) -> u64 {
        self.pieces.iter().map(BodyPiece::len).sum()
    }

    /// The number of bytes that are held in memory.
    pub fn len_in_memory(&self) -> u64 {
        self.pieces.iter().filter(|piece| matches!(piece, BodyPiece::Memory(_))).map(BodyPiece::len).sum()
    }

    /// Whether the document has zero bytes.
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// The bytes in this range. A part of a checked file is no longer checked.
    #[must_use]
    pub fn slice(&self, range: Range<u64>) -> Self {
        let watch = self.watch.clone();
        let watch = watch.map(|watch| Box::new(BodyWatch { place: watch.place + range.start, ..*watch }));
        let mut body = Self { watch, ..Self::default() };
        let mut offset = 0;
        for piece in &self.pieces {
            let within = |place: u64| place.clamp(offset, offset + piece.len()) - offset;
            let part = within(range.start)..within(range.end);
            offset += piece.len();
            match piece {
                BodyPiece::Memory(bytes) => {
                    let end = usize::try_from(part.end).unwrap_or(bytes.len());
                    body.push_bytes(bytes.slice(usize::try_from(part.start).unwrap_or(end).min(end)..end));
                }
                BodyPiece::File { file, range, .. } => {
                    body.push_file(Arc::clone(file), range.start + part.start..range.start + part.end);
                }
            }
        }
        body
    }

    /// A reader that starts at the first byte. It blocks while it reads a file.
    pub fn reader(&self) -> BodyReader {
        BodyReader { pieces: self.pieces.clone().into_iter().collect(), watch: self.watch.clone() }
    }

    /// All bytes at once, for callers that cannot stream. Blocks while it reads a file.
    ///
    /// # Errors
    /// If a file cannot be read, has become shorter or was changed.
    pub fn to_bytes(&self) -> io::Result<Bytes> {
        if let [BodyPiece::Memory(bytes)] = self.pieces.as_slice() {
            return Ok(bytes.clone());
        }
        let capacity = usize::try_from(self.len()).map_err(|_| io::ErrorKind::OutOfMemory)?;
        let mut bytes = Vec::with_capacity(capacity);
        self.reader().read_to_end(&mut bytes)?;
        Ok(bytes.into())
    }
}

impl<T: Into<Bytes>> From<T> for Body {
    fn from(bytes: T) -> Self {
        let mut body = Self::default();
        body.push_bytes(bytes);
        body
    }
}

/// Reads a [`Body`] from its first byte to its last.
#[derive(Debug)]
pub struct BodyReader {
    pieces: std::collections::VecDeque<BodyPiece>,
    watch: Option<Box<BodyWatch>>,
}

impl Read for BodyReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let Some(piece) = self.pieces.front_mut() else { return Ok(0) };
        let count = match piece {
            BodyPiece::Memory(bytes) => {
                let count = bytes.len().min(buffer.len());
                bytes.copy_to_slice(buffer.get_mut(..count).unwrap_or_default());
                count
            }
            BodyPiece::File { file, range, checksum } => {
                let left = usize::try_from(range.end - range.start).unwrap_or(usize::MAX);
                let wanted = left.min(buffer.len());
                let count = read_at(file, buffer.get_mut(..wanted).unwrap_or_default(), range.start)?;
                if count == 0 {
                    return Err(io::Error::new(
                        io::ErrorKind::UnexpectedEof,
                        "the file became shorter while it was being read",
                    ));
                }
                range.start += count as u64;
                if let Some(checksum) = checksum {
                    checksum.read.update(buffer.get(..count).unwrap_or_default());
                    if range.is_empty() && checksum.read.clone().finalize() != checksum.expected {
                        return Err(io::Error::new(
                            io::ErrorKind::InvalidData,
                            "the file was changed while it was being read",
                        ));
                    }
                }
                count
            }
        };
        if piece.len() == 0 {
            self.pieces.pop_front();
        }
        if let Some(watch) = &mut self.watch {
            watch.pass(count);
        }
        Ok(count)
    }
}

#[cfg(unix)]
pub(super) fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, offset)
}

#[cfg(windows)]
pub(super) fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, offset)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn a_listener_is_told_of_each_byte_once() {
        let passed = Arc::new(AtomicU64::new(0));
        let mut body = Body::from(&b"0123456789"[..]);
        let counted = Arc::clone(&passed);
        body.watch(Arc::new(move |count| {
            counted.fetch_add(count, Ordering::Relaxed);
        }));
        let mut text = [0; 4];
        body.reader().read_exact(&mut text).unwrap();
        assert_eq!(passed.load(Ordering::Relaxed), 4);
        for part in [body.slice(0..10), body.slice(4..10), body.clone()] {
            io::copy(&mut part.reader(), &mut io::sink()).unwrap();
            assert_eq!(passed.load(Ordering::Relaxed), 10);
        }
    }

    #[test]
    fn pieces_from_memory_and_file_are_read_in_order_as_often_as_asked() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"0123456789").unwrap();
        let mut body = Body::from("head ");
        body.push_file(Arc::new(file), 2..6);
        body.push_bytes(" tail");
        assert_eq!(body.len(), 14);
        for _ in 0..2 {
            assert_eq!(body.to_bytes().unwrap(), "head 2345 tail");
        }
    }

    #[test]
    fn a_part_may_lie_in_several_pieces() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"0123456789").unwrap();
        let mut body = Body::from("head ");
        body.push_file(Arc::new(file), 2..6);
        body.push_bytes(" tail");
        for (range, expected) in
            [(0..14, "head 2345 tail"), (3..7, "d 23"), (6..8, "34"), (8..10, "5 "), (9..99, " tail"), (20..30, "")]
        {
            assert_eq!(body.slice(range).to_bytes().unwrap(), expected);
        }
    }

    #[test]
    fn a_checked_file_that_was_changed_is_an_error() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"0123456789").unwrap();
        let mut body = Body::default();
        body.push_checked_file(Arc::new(file.try_clone().unwrap()), 2..6, crc32fast::hash(b"2345"));
        body.push_bytes(" tail");
        assert_eq!(body.to_bytes().unwrap(), "2345 tail");
        assert_eq!(body.to_bytes().unwrap(), "2345 tail");
        io::Seek::rewind(&mut file).unwrap();
        file.write_all(b"012x").unwrap();
        assert_eq!(body.to_bytes().unwrap_err().kind(), io::ErrorKind::InvalidData);
    }

    #[test]
    fn a_file_that_became_shorter_is_an_error_and_not_a_short_document() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"0123456789").unwrap();
        let mut body = Body::default();
        body.push_file(Arc::new(file.try_clone().unwrap()), 0..10);
        file.set_len(4).unwrap();
        assert_eq!(body.to_bytes().unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
}
