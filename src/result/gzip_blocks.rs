//! Gzip made of blocks that are compressed independently, so that all cores can work on one document.
//!
//! The blocks form one member with one checksum, as `pigz` writes it: each block but the last ends at a byte boundary, and
//! each begins with the window of the block before it as its dictionary, so that little is lost against one long block.
//! Every reader of gzip reads it, those too that know only one member.

use std::io::{self, Read};
use std::mem;

use flate2::{Compress, Compression, FlushCompress, Status};

/// The header of gzip (RFC 1952) without a time and a name: the same document always gives the same bytes.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];

/// As small as the default level 6 of gzip and pigz to 0.4%, in four fifths of the time of level 6 here: zlib-rs follows the
/// levels of zlib-ng.
const LEVEL: u32 = 5;

/// Number of plain bytes in a block: some milliseconds of work, and a dictionary that is small beside it.
pub const BLOCK: usize = 256 << 10;

/// The farthest that deflate refers back, in bytes (RFC 1951).
const WINDOW: usize = 32 << 10;

/// Smallest growth of the output of a block, in bytes.
const GROWTH: usize = 16 << 10;

/// The memory of one block. It is used again for a later one: as buffers of all sizes come and go in several threads, the
/// heap keeps twice as much.
#[derive(Debug)]
pub struct BlockMemory {
    dictionary: Vec<u8>,
    plain: Vec<u8>,
    compressed: Vec<u8>,
    deflate: Compress,
}

impl Default for BlockMemory {
    fn default() -> Self {
        Self {
            dictionary: Vec::new(),
            plain: Vec::new(),
            compressed: Vec::new(),
            deflate: Compress::new(Compression::new(LEVEL), false),
        }
    }
}

/// Divides a document into blocks.
#[derive(Debug)]
pub struct GzipBlocks<R> {
    reader: R,
    /// Number of bytes that are still to be read.
    rest: u64,
    /// Number of blocks that were read.
    count: usize,
    /// The end of the block before.
    window: Vec<u8>,
    is_finished: bool,
}

impl<R: Read> GzipBlocks<R> {
    /// The blocks of a document of `length` bytes.
    pub fn new(reader: R, length: u64) -> Self {
        Self { reader, rest: length, count: 0, window: Vec::new(), is_finished: false }
    }

    /// Reads the next block; `None` after the last. A document without bytes has one empty block. Nothing follows an
    /// error.
    ///
    /// # Errors
    /// If the document cannot be read, or is shorter than its length.
    pub fn next(&mut self, mut memory: BlockMemory) -> io::Result<Option<PlainBlock>> {
        // Stays set if reading fails.
        if mem::replace(&mut self.is_finished, true) {
            return Ok(None);
        }
        let length = usize::try_from(self.rest).unwrap_or(BLOCK).min(BLOCK);
        memory.plain.resize(length, 0);
        self.reader.read_exact(&mut memory.plain)?;
        self.rest -= length as u64;
        self.is_finished = self.rest == 0;
        memory.dictionary.clear();
        memory.dictionary.extend_from_slice(&self.window);
        if !self.is_finished {
            self.window.clear();
            self.window.extend_from_slice(memory.plain.get(length.saturating_sub(WINDOW)..).unwrap_or_default());
        }
        let block = PlainBlock { index: self.count, is_last: self.is_finished, memory };
        self.count += 1;
        Ok(Some(block))
    }
}

/// A block of a document, to be compressed.
#[derive(Debug)]
pub struct PlainBlock {
    index: usize,
    is_last: bool,
    memory: BlockMemory,
}

impl PlainBlock {
    /// Compresses the block. Needs no other block.
    ///
    /// # Errors
    /// If zlib fails, which it has no reason to.
    pub fn compress(self) -> io::Result<CompressedBlock> {
        let Self { index, is_last, mut memory } = self;
        let BlockMemory { dictionary, plain, compressed, deflate } = &mut memory;
        deflate.reset();
        if !dictionary.is_empty() {
            deflate.set_dictionary(dictionary)?;
        }
        let flush = if is_last { FlushCompress::Finish } else { FlushCompress::Sync };
        compressed.clear();
        if index == 0 {
            compressed.extend_from_slice(&HEADER);
        }
        loop {
            compressed.reserve(GROWTH);
            let taken = usize::try_from(deflate.total_in()).unwrap_or(usize::MAX);
            let status = deflate.compress_vec(plain.get(taken..).unwrap_or_default(), compressed, flush)?;
            // A flush is complete if it leaves room.
            let is_flushed = !is_last && (compressed.len() < compressed.capacity() || status == Status::BufError);
            if status == Status::StreamEnd || is_flushed {
                break;
            }
        }
        let mut checksum = crc32fast::Hasher::new();
        checksum.update(plain);
        Ok(CompressedBlock { index, is_last, memory, checksum })
    }
}

/// A compressed block.
#[derive(Debug)]
pub struct CompressedBlock {
    /// Its place among the blocks of the document, from 0.
    pub index: usize,
    /// Whether no block follows it.
    pub is_last: bool,
    memory: BlockMemory,
    checksum: crc32fast::Hasher,
}

impl CompressedBlock {
    /// The memory of the block, once its bytes are no longer needed.
    pub fn into_memory(self) -> BlockMemory {
        self.memory
    }
}

/// Joins blocks in their order.
#[derive(Debug, Default)]
pub struct JoinedBlocks {
    checksum: crc32fast::Hasher,
    length: u64,
}

impl JoinedBlocks {
    /// Returns the bytes that `block` adds to the stream. The last one ends it.
    pub fn push<'block>(&mut self, block: &'block mut CompressedBlock) -> &'block [u8] {
        let BlockMemory { plain, compressed, .. } = &mut block.memory;
        self.checksum.combine(&block.checksum);
        self.length += plain.len() as u64;
        if block.is_last {
            compressed.extend(self.checksum.clone().finalize().to_le_bytes());
            // The length modulo 2^32 (RFC 1952).
            let [a, b, c, d, ..] = self.length.to_le_bytes();
            compressed.extend([a, b, c, d]);
        }
        compressed
    }
}

#[cfg(test)]
mod tests {
    use flate2::read::GzDecoder;

    use super::super::gzip::compressed;
    use super::*;

    /// Bytes that compress by half or so, none like those a block before.
    fn text(length: usize) -> Vec<u8> {
        let mut state = 1_u32;
        let next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            b"0123456789abcdef"[(state >> 28) as usize]
        };
        std::iter::repeat_with(next).take(length).collect()
    }

    #[test]
    fn blocks_are_one_member_that_a_reader_of_single_members_reads_to_its_end() {
        for length in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 3 * BLOCK + 17] {
            let plain = text(length);
            let mut decoder = GzDecoder::new(compressed(&plain[..]));
            let mut back = Vec::new();
            decoder.read_to_end(&mut back).unwrap();
            assert_eq!(back, plain);
            assert_eq!(decoder.into_inner().read(&mut [0]).unwrap(), 0, "nothing follows");
        }
    }

    #[test]
    fn a_block_refers_to_the_end_of_the_block_before() {
        let repeated = text(WINDOW / 2).repeat(2 * BLOCK / (WINDOW / 2));
        let size = |bytes: &[u8]| io::copy(&mut compressed(bytes), &mut io::sink()).unwrap();
        let (one, two) = (size(&repeated[..BLOCK]), size(&repeated));
        assert!(two - one < 4 << 10, "the second block takes {} bytes", two - one);
    }

    #[test]
    fn a_document_shorter_than_its_length_is_an_error_and_nothing_follows() {
        let mut blocks = GzipBlocks::new(&b"{}"[..], 3);
        assert_eq!(blocks.next(BlockMemory::default()).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        assert!(blocks.next(BlockMemory::default()).unwrap().is_none());
    }
}
