//! Compresses documents with all cores.

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, Read};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::thread::available_parallelism;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;

use crate::result::Body;
use crate::result::gzip_blocks::{BLOCK, BlockMemory, CompressedBlock, GzipBlocks, JoinedBlocks};

/// Blocks that wait for a core or for the upload, beyond one for each core: enough work while the runtime's thread signs
/// and sends a part.
const WAITING: usize = 2;

/// Maximum number of blocks beyond the first of each document, whatever the number of cores: it bounds the memory to
/// some 16 MB.
const MOST: usize = 24;

/// Blocks that all documents of this process may have at once, beyond the first of each: many documents at once share the
/// cores, and none waits for another.
static SPARE_BLOCKS: LazyLock<Arc<Semaphore>> = LazyLock::new(|| {
    let cores = available_parallelism().map_or(1, usize::from);
    Arc::new(Semaphore::new((cores + WAITING).min(MOST)))
});

/// A document that is compressed on the runtime's threads.
pub(super) struct Compression {
    blocks: Arc<Mutex<GzipBlocks<Box<dyn Read + Send>>>>,
    /// Number of blocks for which no task was started.
    unstarted: u64,
    /// Started tasks. Each compresses the block that it reads.
    running: VecDeque<RunningBlock>,
    /// Memory of blocks that were joined.
    unused: Vec<BlockMemory>,
    /// Blocks that are compressed before those in front of them.
    ahead: BTreeMap<usize, CompressedBlock>,
    /// Number of blocks that were joined.
    joined: usize,
    stream: JoinedBlocks,
    /// The beginning of the next piece.
    pending: Vec<u8>,
    is_finished: bool,
}

/// A task, and its right to run beside others.
type RunningBlock = (JoinHandle<io::Result<Option<CompressedBlock>>>, Option<OwnedSemaphorePermit>);

impl Compression {
    /// Prepares to compress `body`. Nothing runs yet.
    pub(super) fn new(body: &Body) -> Self {
        let length = body.len();
        let reader: Box<dyn Read + Send> = Box::new(body.reader());
        Self {
            blocks: Arc::new(Mutex::new(GzipBlocks::new(reader, length))),
            unstarted: length.div_ceil(BLOCK as u64).max(1),
            running: VecDeque::new(),
            unused: Vec::new(),
            ahead: BTreeMap::new(),
            joined: 0,
            stream: JoinedBlocks::default(),
            pending: Vec::new(),
            is_finished: false,
        }
    }

    /// The next `size` bytes, fewer at the end, and `None` after it. Nothing follows an error.
    pub(super) async fn piece(&mut self, size: usize) -> Option<io::Result<Bytes>> {
        while self.pending.len() < size && !self.is_finished {
            let mut block = match self.block().await {
                Ok(block) => block,
                Err(error) => {
                    self.is_finished = true;
                    self.pending.clear();
                    return Some(Err(error));
                }
            };
            self.is_finished = block.is_last;
            self.pending.extend_from_slice(self.stream.push(&mut block));
            self.unused.push(block.into_memory());
        }
        let rest = self.pending.split_off(size.min(self.pending.len()));
        // A piece is one allocation of its length: those that are larger leave holes in the heap as long as the part lasts.
        let piece = Bytes::copy_from_slice(&self.pending);
        self.pending.clear();
        self.pending.extend_from_slice(&rest);
        (!piece.is_empty()).then_some(Ok(piece))
    }

    /// The next block in the order of the document.
    async fn block(&mut self) -> io::Result<CompressedBlock> {
        loop {
            self.start();
            if let Some(block) = self.ahead.remove(&self.joined) {
                self.joined += 1;
                return Ok(block);
            }
            // All blocks in front of the last one read are running or compressed.
            let Some((task, _permit)) = self.running.front_mut() else {
                return Err(io::ErrorKind::UnexpectedEof.into());
            };
            let block = task.await;
            self.running.pop_front();
            if let Some(block) = block.map_err(io::Error::other)?? {
                self.ahead.insert(block.index, block);
            }
        }
    }

    /// Starts as many tasks as the other documents allow; one in any case.
    fn start(&mut self) {
        while self.unstarted > 0 {
            let permit = match self.running.is_empty() {
                true => None,
                false => match Arc::clone(&SPARE_BLOCKS).try_acquire_owned() {
                    Ok(permit) => Some(permit),
                    Err(_) => break,
                },
            };
            self.unstarted -= 1;
            let blocks = Arc::clone(&self.blocks);
            let memory = self.unused.pop().unwrap_or_default();
            // Waits only for tasks that are reading, never for pieces to be taken: the process may have no other thread.
            let task = tokio::task::spawn_blocking(move || {
                let block = blocks.lock().unwrap_or_else(PoisonError::into_inner).next(memory)?;
                block.map(|block| block.compress()).transpose()
            });
            self.running.push_back((task, permit));
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::join_all;

    use super::*;
    use crate::result::gzip;

    /// Reads all pieces, and checks that only the last is shorter than `size`.
    async fn pieces(body: &Body, size: usize) -> Vec<u8> {
        let mut compression = Compression::new(body);
        let mut pieces = Vec::new();
        while let Some(piece) = compression.piece(size).await {
            pieces.push(piece.unwrap());
        }
        let (last, whole) = pieces.split_last().unwrap();
        assert!(last.len() <= size && whole.iter().all(|piece| piece.len() == size));
        pieces.concat()
    }

    #[test]
    fn documents_compressed_at_once_have_the_bytes_that_one_core_makes() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let documents = (0..12_u32).map(|seed| {
            let length = usize::try_from(seed).unwrap() * BLOCK / 2 + 9;
            (0_u32..)
                .map(|at| at.wrapping_add(seed).wrapping_mul(2_654_435_761).to_be_bytes()[0] >> 4)
                .take(length)
                .collect::<Vec<u8>>()
        });
        let documents = documents.collect::<Vec<_>>();
        let bodies = documents.iter().map(|plain| Body::from(plain.clone())).collect::<Vec<_>>();
        let compressed = runtime.block_on(join_all(bodies.iter().map(|body| pieces(body, 64 << 10))));
        for (plain, compressed) in documents.iter().zip(compressed) {
            let mut expected = Vec::new();
            gzip::compressed(&plain[..]).read_to_end(&mut expected).unwrap();
            assert!(compressed == expected);
        }
    }

    #[test]
    fn a_document_that_cannot_be_read_ends_with_the_error() {
        let file = Arc::new(tempfile::tempfile().unwrap());
        let mut body = Body::from(vec![b' '; 3 * BLOCK]);
        body.push_file(file, 0..10);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut compression = Compression::new(&body);
            assert!(compression.piece(1 << 20).await.unwrap().is_err());
            assert!(compression.piece(1 << 20).await.is_none());
        });
    }
}
