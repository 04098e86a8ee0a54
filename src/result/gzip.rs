//! Gzip, recognised by its first two bytes.
//!
//! Names and headers are ignored. JSON cannot begin with the two bytes that gzip begins with, so the content decides.

use std::io::{self, BufReader, Read, Seek, Write as _};

use flate2::bufread::MultiGzDecoder as PullDecoder;
use flate2::write::MultiGzDecoder as PushDecoder;

#[cfg(any(test, feature = "fuzzing"))]
use super::gzip_blocks::{BlockMemory, GzipBlocks, JoinedBlocks};

/// The first two bytes of every gzip stream (RFC 1952).
const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Whether gzip begins at the position of `reader`, which stays unchanged.
pub(super) fn begins_gzip(reader: &mut (impl Read + Seek)) -> io::Result<bool> {
    let mut head = Vec::with_capacity(MAGIC.len());
    reader.by_ref().take(MAGIC.len() as u64).read_to_end(&mut head)?;
    reader.seek_relative(-i64::try_from(head.len()).unwrap_or(0))?;
    Ok(head == MAGIC)
}

/// Compresses `reader`, one block after another.
#[cfg(any(test, feature = "fuzzing"))]
#[allow(clippy::unwrap_used, reason = "tests and benchmarks read what can be read")]
pub fn compressed(mut reader: impl Read) -> impl Read {
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes).unwrap();
    let mut blocks = GzipBlocks::new(&bytes[..], bytes.len() as u64);
    let (mut joined, mut gzip, mut memory) = (JoinedBlocks::default(), Vec::new(), BlockMemory::default());
    while let Some(block) = blocks.next(memory).unwrap() {
        let mut block = block.compress().unwrap();
        gzip.extend_from_slice(joined.push(&mut block));
        memory = block.into_memory();
    }
    io::Cursor::new(gzip)
}

/// Decompresses `reader` if it is gzip of one or several members, and passes on anything else.
///
/// Truncated or damaged gzip is an error of the read that meets it: `UnexpectedEof`, `InvalidData` or
/// `InvalidInput`.
pub fn decompressed<R: Read>(reader: R) -> impl Read + use<R> {
    Decompressed::Unknown(Some(reader))
}

/// The bytes that were inspected, and those after them.
type Whole<R> = io::Chain<io::Cursor<Vec<u8>>, R>;

enum Decompressed<R: Read> {
    Unknown(Option<R>),
    Plain(Whole<R>),
    Gzip(Box<PullDecoder<BufReader<Whole<R>>>>),
}

impl<R: Read> Read for Decompressed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Self::Unknown(reader) = self {
            let Some(mut reader) = reader.take() else { return Ok(0) };
            let mut head = Vec::with_capacity(MAGIC.len());
            reader.by_ref().take(MAGIC.len() as u64).read_to_end(&mut head)?;
            let gzip = head == MAGIC;
            let whole = io::Cursor::new(head).chain(reader);
            *self = if gzip {
                Self::Gzip(Box::new(PullDecoder::new(BufReader::with_capacity(64 * 1024, whole))))
            } else {
                Self::Plain(whole)
            };
        }
        match self {
            Self::Unknown(_) => Ok(0),
            Self::Plain(reader) => reader.read(buffer),
            Self::Gzip(reader) => reader.read(buffer),
        }
    }
}

/// Decompresses gzip that arrives in chunks of any size, and passes on anything else.
#[derive(Debug, Default)]
pub struct Decoder {
    state: DecoderState,
}

#[derive(Debug)]
enum DecoderState {
    /// The bytes so far, too few to recognise gzip.
    Unknown(Vec<u8>),
    Plain,
    Gzip(Box<PushDecoder<Vec<u8>>>),
}

impl Default for DecoderState {
    fn default() -> Self {
        Self::Unknown(Vec::new())
    }
}

impl Decoder {
    /// A decoder that has seen nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Maximum number of bytes to push at once. Gzip can grow a thousandfold, and the result must fit into memory.
    pub fn portion(&self) -> usize {
        match self.state {
            DecoderState::Plain => usize::MAX,
            DecoderState::Unknown(_) | DecoderState::Gzip(_) => 8 << 10,
        }
    }

    /// Takes the next bytes, and returns the bytes decoded so far.
    ///
    /// # Errors
    /// If the gzip is damaged. The decoder must not be used after that.
    pub fn push(&mut self, chunk: &[u8]) -> io::Result<Vec<u8>> {
        let joined;
        let chunk = match &mut self.state {
            DecoderState::Unknown(head) => {
                head.extend_from_slice(chunk);
                if head.len() < MAGIC.len() {
                    return Ok(Vec::new());
                }
                joined = std::mem::take(head);
                self.state = if joined.starts_with(&MAGIC) {
                    DecoderState::Gzip(Box::new(PushDecoder::new(Vec::new())))
                } else {
                    DecoderState::Plain
                };
                joined.as_slice()
            }
            _ => chunk,
        };
        match &mut self.state {
            DecoderState::Gzip(decoder) => {
                decoder.write_all(chunk)?;
                // Bytes that zlib holds back must not wait for the next chunk, which may take long to arrive.
                decoder.flush()?;
                Ok(std::mem::take(decoder.get_mut()))
            }
            _ => Ok(chunk.to_vec()),
        }
    }

    /// Ends the input, and returns the last decoded bytes.
    ///
    /// # Errors
    /// If the gzip is truncated or its checksum does not match.
    pub fn finish(&mut self) -> io::Result<Vec<u8>> {
        match &mut self.state {
            DecoderState::Unknown(head) => Ok(std::mem::take(head)),
            DecoderState::Plain => Ok(Vec::new()),
            DecoderState::Gzip(decoder) => {
                decoder.try_finish()?;
                Ok(std::mem::take(decoder.get_mut()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(mut reader: impl Read) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    #[test]
    fn a_decoded_portion_fits_into_memory() {
        let mut decoder = Decoder::new();
        let gzip = all(compressed(io::repeat(b' ').take(32 << 20))).unwrap();
        let mut rest = gzip.as_slice();
        let mut length = 0;
        while !rest.is_empty() {
            let (portion, behind) = rest.split_at(decoder.portion().min(rest.len()));
            let decoded = decoder.push(portion).unwrap();
            assert!(decoded.len() <= 10 << 20, "{} bytes at once", decoded.len());
            length += decoded.len();
            rest = behind;
        }
        assert_eq!(length + decoder.finish().unwrap().len(), 32 << 20);
    }

    fn pushed(bytes: &[u8], size: usize) -> io::Result<Vec<u8>> {
        let mut decoder = Decoder::new();
        let mut decoded = Vec::new();
        for chunk in bytes.chunks(size.max(1)) {
            decoded.extend(decoder.push(chunk)?);
        }
        decoded.extend(decoder.finish()?);
        Ok(decoded)
    }

    #[test]
    fn the_same_input_gives_the_same_gzip_without_time_and_name() {
        let gzip = all(compressed(&b"{}"[..])).unwrap();
        assert_eq!(gzip, all(compressed(&b"{}"[..])).unwrap());
        assert_eq!(&gzip[..10], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
    }

    #[test]
    fn truncated_gzip_is_an_error_however_it_arrives() {
        let gzip = all(compressed(&[b'a'; 3000][..])).unwrap();
        for length in 2..gzip.len() {
            assert!(all(decompressed(&gzip[..length])).is_err(), "pulled {length}");
            for size in [1, 7, gzip.len()] {
                assert!(pushed(&gzip[..length], size).is_err(), "pushed {length} by {size}");
            }
        }
    }

    #[test]
    fn a_wrong_checksum_is_an_error() {
        let mut gzip = all(compressed(&b"{\"run_id\": 1}"[..])).unwrap();
        let last = gzip.len() - 6;
        gzip[last] ^= 1;
        assert!(all(decompressed(&gzip[..])).is_err());
        assert!(pushed(&gzip, 5).is_err());
    }

    #[test]
    fn what_is_shorter_than_the_magic_passes_through() {
        for plain in [&b""[..], b"{", b"\x1f"] {
            assert_eq!(all(decompressed(plain)).unwrap(), plain);
            assert_eq!(pushed(plain, 1).unwrap(), plain);
        }
    }

    proptest! {
        #[test]
        fn gzip_of_any_number_of_members_comes_back_in_chunks_of_any_size(
            members in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 1..4), size in 1_usize..80
        ) {
            let gzip = members.iter().flat_map(|member| all(compressed(&member[..])).unwrap()).collect::<Vec<u8>>();
            prop_assert_eq!(all(decompressed(&gzip[..])).unwrap(), members.concat());
            prop_assert_eq!(pushed(&gzip, size).unwrap(), members.concat());
        }

        #[test]
        fn anything_but_gzip_passes_through(bytes in prop::collection::vec(any::<u8>(), 0..200), size in 1_usize..80) {
            prop_assume!(!bytes.starts_with(&MAGIC));
            prop_assert_eq!(&all(decompressed(&bytes[..])).unwrap(), &bytes);
            prop_assert_eq!(pushed(&bytes, size).unwrap(), bytes);
        }

        #[test]
        fn damaged_gzip_never_panics(tail in prop::collection::vec(any::<u8>(), 0..200), size in 1_usize..80) {
            let bytes = [&MAGIC[..], &tail].concat();
            let _ = all(decompressed(&bytes[..]));
            let _ = pushed(&bytes, size);
        }
    }
}
