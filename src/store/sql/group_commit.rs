//! Group commit: pending writes share one transaction.
//!
//! Making a transaction durable takes milliseconds, whatever its size. The first caller that finds no transaction
//! running takes all pending writes and runs them together; the other callers wait for their results. A document is
//! read only when its transaction is assembled, so pending writes take no memory.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Mutex as AsyncMutex, oneshot};

use super::database::Database;
use super::driver::WriteStep;
use super::failure::{FailureClass, SqlFailure, StepOutcome};

/// Maximum number of writes in one transaction, so that other processes get their turn.
pub(super) const LARGEST_GROUP: u16 = 256;

/// Size of the documents in one transaction, in bytes, above which no more writes are added.
const GROUP_BYTES: u64 = 8 * 1024 * 1024;

/// Size of a single document, in bytes, up to which preparing it takes less time than to start a thread.
const SHORT_DOCUMENT: u64 = 64 * 1024;

/// A write that has not been prepared: the size of its document, and a function that makes its statements.
pub(super) struct WriteRequest {
    /// The size of the document in bytes.
    pub(super) size: u64,
    /// Whether it creates a missing table.
    pub(super) creates: bool,
    /// Makes the statements. May block.
    pub(super) prepare: Box<dyn FnOnce() -> Result<WriteStep, crate::error::Error> + Send>,
}

/// The result of a write: the answer of the database, or the error that prevented its statements from being made.
pub(super) type WriteResult = Result<Result<StepOutcome, SqlFailure>, crate::error::Error>;

struct PendingWrite {
    change: WriteRequest,
    tell: oneshot::Sender<WriteResult>,
}

/// Runs pending writes together, one transaction at a time.
pub(super) struct GroupCommitter {
    database: Arc<Database>,
    waiting: Arc<Mutex<VecDeque<PendingWrite>>>,
    turn: Arc<AsyncMutex<()>>,
}

impl fmt::Debug for GroupCommitter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Writer").field("database", &self.database).finish_non_exhaustive()
    }
}

impl GroupCommitter {
    /// Returns a committer for `database`.
    pub(super) fn new(database: Arc<Database>) -> Self {
        Self { database, waiting: Arc::default(), turn: Arc::default() }
    }

    /// Runs a write, together with other pending ones, and returns once it is durable.
    pub(super) async fn make(&self, change: WriteRequest) -> WriteResult {
        let (tell, mut told) = oneshot::channel();
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push_back(PendingWrite { change, tell });
        // The lock may be used up by earlier writes. This one then waits again, in the next group.
        loop {
            tokio::select! {
                biased;
                outcome = &mut told => return outcome.unwrap_or_else(|_| lost()),
                turn = Arc::clone(&self.turn).lock_owned() => {
                    let (database, waiting) = (Arc::clone(&self.database), Arc::clone(&self.waiting));
                    // A task of its own, because other callers wait for it: it must not end when this caller is
                    // dropped.
                    tokio::spawn(async move {
                        let group = take_group(&waiting);
                        if !group.is_empty() {
                            run_group(&database, group).await;
                        }
                        drop(turn);
                    });
                }
            }
        }
    }
}

fn lost() -> WriteResult {
    Ok(Err(SqlFailure::new(FailureClass::Other, "the writing task ended early")))
}

fn take_group(waiting: &Mutex<VecDeque<PendingWrite>>) -> Vec<PendingWrite> {
    let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
    let mut group = Vec::new();
    let mut bytes = 0;
    while group.len() < usize::from(LARGEST_GROUP) && bytes < GROUP_BYTES {
        let Some(next) = waiting.pop_front() else { break };
        // The caller was dropped before its write began.
        if next.tell.is_closed() {
            continue;
        }
        bytes += next.change.size;
        if !group.is_empty() && bytes > GROUP_BYTES {
            waiting.push_front(next);
            break;
        }
        group.push(next);
    }
    group
}

async fn run_group(database: &Database, group: Vec<PendingWrite>) {
    let creates = group.iter().any(|waiting| waiting.change.creates);
    let is_short = matches!(group.as_slice(), [only] if only.change.size <= SHORT_DOCUMENT);
    let prepared = match is_short {
        true => prepare(group),
        false => match tokio::task::spawn_blocking(|| prepare(group)).await {
            Ok(prepared) => prepared,
            Err(_) => return,
        },
    };
    let (steps, tellers) = prepared;
    if steps.is_empty() {
        return;
    }
    let steps = Arc::new(steps);
    match database.write(Arc::clone(&steps), creates).await {
        Ok(outcomes) => {
            for (tell, outcome) in tellers.into_iter().zip(outcomes) {
                let _ = tell.send(Ok(Ok(outcome)));
            }
        }
        Err(failure) if steps.len() > 1 && failure.class.may_be_of_one() => {
            for (tell, step) in tellers.into_iter().zip(steps.iter()) {
                let result = database.write(Arc::new(vec![step.clone()]), creates).await;
                let outcome = result.map(|outcomes| outcomes.into_iter().next().unwrap_or(StepOutcome::Changed(0)));
                let _ = tell.send(Ok(outcome));
            }
        }
        Err(failure) => {
            for tell in tellers {
                let _ = tell.send(Ok(Err(failure.clone())));
            }
        }
    }
}

/// Makes the statements of a group, and tells those callers whose statements cannot be made. May block.
fn prepare(group: Vec<PendingWrite>) -> (Vec<WriteStep>, Vec<oneshot::Sender<WriteResult>>) {
    let mut steps = Vec::with_capacity(group.len());
    let mut tellers = Vec::with_capacity(group.len());
    for PendingWrite { change, tell } in group {
        match (change.prepare)() {
            Ok(step) => {
                steps.push(step);
                tellers.push(tell);
            }
            // A caller that was dropped needs no result, here and below.
            Err(error) => drop(tell.send(Err(error))),
        }
    }
    (steps, tellers)
}
