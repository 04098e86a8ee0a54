//! Recording the input while it is parsed, so that the bytes of a document can be kept.

use std::fs::File;
use std::io::{self, Read, Write as _};
use std::sync::Arc;

use bytes::BytesMut;

use super::watch::InputWatch;
use crate::result::body::read_at;
use crate::result::spool::IN_MEMORY;
use crate::result::{Body, DigestHasher, DocumentDigest, DocumentLimit};

/// More than is read ahead of the end of a document.
const READ_AHEAD: u64 = 1 << 20;

/// Number of the last bytes delivered that stay in memory, because a cut may fall among them.
const LOOK_BACK: usize = 64;

/// Number of the first bytes delivered that stay in memory, to say what kind of file it is.
const HEAD: usize = 4 * 1024;

/// Reads the input and records the bytes since the last [`cut`](Self::cut), in bounded memory.
pub(super) struct Recorder {
    input: RecorderInput,
    /// The offset of the last cut.
    start: u64,
    /// The number of bytes delivered.
    end: u64,
    kept: RecordedBytes,
    in_memory: usize,
    longest: DocumentLimit,
    /// The first bytes delivered, at most [`HEAD`].
    head: Vec<u8>,
    /// Has the bytes that were cut since the digest was last taken, and those recorded since that no cut can divide.
    hasher: DigestHasher,
}

pub(super) enum RecorderInput {
    /// A regular file. Long recordings are read from it again instead of being copied.
    File(Arc<File>, InputWatch),
    /// An input that can be read only once.
    Stream(Box<dyn Read + Send>),
}

impl RecorderInput {
    /// The length in bytes, if it is known.
    pub(super) fn length(&self) -> Option<u64> {
        match self {
            Self::File(file, _) => file.metadata().ok().map(|metadata| metadata.len()),
            Self::Stream(_) => None,
        }
    }
}

/// The bytes since the last cut.
enum RecordedBytes {
    Memory(BytesMut),
    /// In the input file. The last ones are not in the checksum yet, because a cut may fall among them.
    File {
        checksum: crc32fast::Hasher,
        last: BytesMut,
    },
    /// In a temporary file, except the last ones.
    Temporary {
        file: File,
        last: BytesMut,
    },
}

impl Recorder {
    /// Refuses a recording that is longer than `longest`, and than what is read ahead of a cut.
    pub(super) fn new(input: RecorderInput, longest: DocumentLimit) -> Self {
        Self {
            input,
            start: 0,
            end: 0,
            kept: RecordedBytes::Memory(BytesMut::new()),
            in_memory: IN_MEMORY,
            longest,
            head: Vec::new(),
            hasher: DigestHasher::default(),
        }
    }

    #[cfg(test)]
    fn holding(input: RecorderInput, in_memory: usize) -> Self {
        Self { in_memory, ..Self::new(input, DocumentLimit::NONE) }
    }

    /// The bytes from the last cut to the byte at `offset`, which must be the next one or one delivered shortly
    /// before it.
    pub(super) fn cut(&mut self, offset: u64) -> io::Result<Body> {
        let mut body = Body::default();
        let last = match &self.kept {
            RecordedBytes::Memory(last) | RecordedBytes::File { last, .. } | RecordedBytes::Temporary { last, .. } => {
                last.len() as u64
            }
        };
        let count = usize::try_from((offset + last).saturating_sub(self.end)).unwrap_or(usize::MAX);
        match std::mem::replace(&mut self.kept, RecordedBytes::Memory(BytesMut::new())) {
            RecordedBytes::Memory(mut last) => {
                let bytes = last.split_to(count.min(last.len())).freeze();
                self.hasher.update(&bytes);
                body.push_bytes(bytes);
                self.kept = RecordedBytes::Memory(last);
            }
            RecordedBytes::File { mut checksum, mut last } => {
                let bytes = last.split_to(count.min(last.len()));
                self.hasher.update(&bytes);
                checksum.update(&bytes);
                self.kept = RecordedBytes::Memory(last);
                if let RecorderInput::File(file, _) = &self.input {
                    body.push_checked_file(Arc::clone(file), self.start..offset, checksum.finalize());
                }
            }
            RecordedBytes::Temporary { mut file, mut last } => {
                let bytes = last.split_to(count.min(last.len()));
                self.hasher.update(&bytes);
                file.write_all(&bytes)?;
                self.kept = RecordedBytes::Memory(last);
                body.push_file(Arc::new(file), 0..offset - self.start);
            }
        }
        self.start = offset;
        Ok(body)
    }

    /// Reads the rest of the input. Returns the bytes from the last cut to the end.
    pub(super) fn rest(&mut self) -> io::Result<Body> {
        io::copy(self, &mut io::sink())?;
        self.cut(self.end)
    }

    /// The first bytes of the input, as far as they were delivered.
    pub(super) fn head(&self) -> &[u8] {
        &self.head
    }

    /// The digest of the bytes in all cuts since the last call. Call it directly after a cut.
    pub(super) fn take_digest(&mut self) -> DocumentDigest {
        self.hasher.finish()
    }

    /// Begins the digest anew with the bytes of `start`, instead of those in the last cuts.
    pub(super) fn restart_digest(&mut self, start: impl Read) -> io::Result<()> {
        self.hasher.finish();
        self.hasher.read(start)
    }

    fn keep(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let RecordedBytes::Memory(all) = &mut self.kept {
            if all.len() + bytes.len() <= self.in_memory {
                all.extend_from_slice(bytes);
                return Ok(());
            }
            let last = std::mem::take(all);
            self.kept = match self.input {
                RecorderInput::File(..) => RecordedBytes::File { checksum: crc32fast::Hasher::new(), last },
                RecorderInput::Stream(_) => RecordedBytes::Temporary { file: tempfile::tempfile()?, last },
            };
        }
        match &mut self.kept {
            RecordedBytes::Memory(_) => {}
            RecordedBytes::File { checksum, last } => {
                let older = older(last);
                self.hasher.update(&older);
                checksum.update(&older);
                last.extend_from_slice(bytes);
            }
            RecordedBytes::Temporary { file, last } => {
                let older = older(last);
                self.hasher.update(&older);
                file.write_all(&older)?;
                last.extend_from_slice(bytes);
            }
        }
        Ok(())
    }
}

/// Takes out all but the last [`LOOK_BACK`] bytes.
fn older(last: &mut BytesMut) -> BytesMut {
    let older = last.split_to(last.len().saturating_sub(LOOK_BACK));
    // The rest must not share memory with the bytes taken out.
    *last = BytesMut::from(last.as_ref());
    older
}

impl Read for Recorder {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = match &mut self.input {
            RecorderInput::File(file, watch) => {
                let count = read_at(file, buffer, self.end)?;
                watch.pass(count);
                count
            }
            RecorderInput::Stream(stream) => stream.read(buffer)?,
        };
        let delivered = buffer.get(..count).unwrap_or_default();
        let room = HEAD.saturating_sub(self.head.len());
        self.head.extend_from_slice(delivered.get(..room.min(count)).unwrap_or_default());
        self.keep(delivered)?;
        self.end += count as u64;
        self.longest.check((self.end - self.start).saturating_sub(READ_AHEAD))?;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_cut_has_the_bytes_that_were_read_wherever_they_are_recorded(
            cuts in prop::collection::vec(0_usize..900, 1..20), limit in 0_usize..1000, step in 1_usize..300, regular in any::<bool>()
        ) {
            let all = (0..4000_u32).map(|number| u8::try_from(number % 251).unwrap()).collect::<Vec<u8>>();
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(&all).unwrap();
            io::Seek::rewind(&mut file).unwrap();
            let input = if regular { RecorderInput::File(Arc::new(file), InputWatch::default()) } else { RecorderInput::Stream(Box::new(file)) };
            let mut recorder = Recorder::holding(input, limit);
            let (mut read, mut at) = (0, 0);
            let mut buffer = vec![0; step];
            let mut bodies = Vec::new();
            for cut in cuts {
                let next = (at + cut).min(all.len());
                while read < next {
                    read += recorder.read(&mut buffer).unwrap();
                }
                let body = recorder.cut(next as u64).unwrap();
                bodies.push((at..next, (body, recorder.take_digest())));
                at = next;
            }
            for (range, body) in bodies {
                let (body, digest) = body;
                prop_assert_eq!(&body.to_bytes().unwrap()[..], &all[range.clone()]);
                prop_assert_eq!(digest, DocumentDigest::of(&all[range]).unwrap());
            }
        }
    }
}
