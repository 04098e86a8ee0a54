//! The bytes of the input as they pass by, so that those of a document can be kept.

use std::fs::File;
use std::io::{self, Read, Write as _};
use std::sync::Arc;

use bytes::BytesMut;

use crate::result::Body;
use crate::result::body::read_at;

/// Up to so many bytes are held in memory; what is longer is left in its file or goes to a temporary one.
const IN_MEMORY: usize = 8 * 1024 * 1024;

/// So many of the bytes delivered last can always be cut off, even if others were delivered after them.
const LOOK_BACK: usize = 64;

/// Reads the input, and keeps what was read since the last [`cut`](Self::cut) without holding much of it in memory.
pub(super) struct Tape {
    input: Input,
    /// Where the last cut was made.
    start: u64,
    /// How much has been delivered.
    end: u64,
    kept: Kept,
    limit: usize,
}

pub(super) enum Input {
    /// A regular file: what is long can be read from it again, and need not be copied.
    File(Arc<File>),
    /// What can be read only once.
    Stream(Box<dyn Read + Send>),
}

/// Where the bytes since the last cut are.
enum Kept {
    Memory(BytesMut),
    /// In the input file. Those delivered last are not in the checksum yet, because a cut may fall among them.
    File {
        checksum: crc32fast::Hasher,
        last: BytesMut,
    },
    /// In a temporary file, but for those delivered last.
    Temporary {
        file: File,
        last: BytesMut,
    },
}

impl Tape {
    pub(super) fn new(input: Input) -> Self {
        Self { input, start: 0, end: 0, kept: Kept::Memory(BytesMut::new()), limit: IN_MEMORY }
    }

    #[cfg(test)]
    fn with_limit(input: Input, limit: usize) -> Self {
        Self { limit, ..Self::new(input) }
    }

    /// The bytes from the last cut to the byte at `offset`, which must be the next one or one delivered shortly
    /// before it.
    pub(super) fn cut(&mut self, offset: u64) -> io::Result<Body> {
        let mut body = Body::default();
        let last = match &self.kept {
            Kept::Memory(last) | Kept::File { last, .. } | Kept::Temporary { last, .. } => last.len() as u64,
        };
        let count = usize::try_from((offset + last).saturating_sub(self.end)).unwrap_or(usize::MAX);
        match std::mem::replace(&mut self.kept, Kept::Memory(BytesMut::new())) {
            Kept::Memory(mut last) => {
                body.push_bytes(last.split_to(count.min(last.len())).freeze());
                self.kept = Kept::Memory(last);
            }
            Kept::File { mut checksum, mut last } => {
                checksum.update(&last.split_to(count.min(last.len())));
                self.kept = Kept::Memory(last);
                if let Input::File(file) = &self.input {
                    body.push_checked_file(Arc::clone(file), self.start..offset, checksum.finalize());
                }
            }
            Kept::Temporary { mut file, mut last } => {
                file.write_all(&last.split_to(count.min(last.len())))?;
                self.kept = Kept::Memory(last);
                body.push_file(Arc::new(file), 0..offset - self.start);
            }
        }
        self.start = offset;
        Ok(body)
    }

    fn keep(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Kept::Memory(all) = &mut self.kept {
            if all.len() + bytes.len() <= self.limit {
                all.extend_from_slice(bytes);
                return Ok(());
            }
            let last = std::mem::take(all);
            self.kept = match self.input {
                Input::File(_) => Kept::File { checksum: crc32fast::Hasher::new(), last },
                Input::Stream(_) => Kept::Temporary { file: tempfile::tempfile()?, last },
            };
        }
        match &mut self.kept {
            Kept::Memory(_) => {}
            Kept::File { checksum, last } => {
                checksum.update(&older(last));
                last.extend_from_slice(bytes);
            }
            Kept::Temporary { file, last } => {
                file.write_all(&older(last))?;
                last.extend_from_slice(bytes);
            }
        }
        Ok(())
    }
}

/// Takes out all but the last few bytes.
fn older(last: &mut BytesMut) -> BytesMut {
    let older = last.split_to(last.len().saturating_sub(LOOK_BACK));
    // What is left must not hold on to the memory of what is taken out.
    *last = BytesMut::from(last.as_ref());
    older
}

impl Read for Tape {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = match &mut self.input {
            Input::File(file) => read_at(file, buffer, self.end)?,
            Input::Stream(stream) => stream.read(buffer)?,
        };
        self.keep(buffer.get(..count).unwrap_or_default())?;
        self.end += count as u64;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_cut_is_what_was_read_wherever_it_is_kept(
            cuts in prop::collection::vec(0_usize..900, 1..20), limit in 0_usize..1000, step in 1_usize..300, regular in any::<bool>()
        ) {
            let all = (0..4000_u32).map(|number| u8::try_from(number % 251).unwrap()).collect::<Vec<u8>>();
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(&all).unwrap();
            io::Seek::rewind(&mut file).unwrap();
            let input = if regular { Input::File(Arc::new(file)) } else { Input::Stream(Box::new(file)) };
            let mut tape = Tape::with_limit(input, limit);
            let (mut read, mut at) = (0, 0);
            let mut buffer = vec![0; step];
            let mut bodies = Vec::new();
            for cut in cuts {
                let next = (at + cut).min(all.len());
                while read < next {
                    read += tape.read(&mut buffer).unwrap();
                }
                bodies.push((at..next, tape.cut(next as u64).unwrap()));
                at = next;
            }
            for (range, body) in bodies {
                prop_assert_eq!(&body.to_bytes().unwrap()[..], &all[range]);
            }
        }
    }
}
