//! A connection held for the statements of one count or list, and the snapshot on it.

use std::time::Duration;

use tokio::runtime::Handle;

use super::driver::SnapshotKind;
use super::failure::{FailureClass, SqlFailure};
use super::pool::PooledConnection;
use super::statement::{SqlRow, Statement};

/// How long the end of a snapshot may take before the connection is closed instead.
const END_TIMEOUT: Duration = Duration::from_secs(5);

/// A connection that reads for one caller. Dropped, it goes back to the pool without its snapshot.
pub(super) struct ReadConnection {
    /// None once it is given back.
    lease: Option<PooledConnection>,
    snapshot: Option<SnapshotKind>,
    /// Whether a snapshot was asked for, and may be there.
    may_have_snapshot: bool,
}

impl ReadConnection {
    /// A reader on a connection of the pool.
    pub(super) fn new(lease: PooledConnection) -> Self {
        Self { lease: Some(lease), snapshot: None, may_have_snapshot: false }
    }

    /// Runs a statement that changes nothing.
    pub(super) async fn read(&mut self, statement: Statement) -> Result<Vec<SqlRow>, SqlFailure> {
        self.lease()?.read(statement).await
    }

    /// Begins a snapshot, in which all that follows is read.
    pub(super) async fn begin_snapshot(&mut self) -> Result<(), SqlFailure> {
        self.may_have_snapshot = true;
        let snapshot = self.lease()?.begin_snapshot().await?;
        self.snapshot = Some(snapshot);
        Ok(())
    }

    /// The snapshot, if one was begun.
    pub(super) fn snapshot(&self) -> Option<SnapshotKind> {
        self.snapshot
    }

    /// Gives the connection back, without its snapshot.
    pub(super) async fn end(mut self) {
        if let (true, Some(lease)) = (self.may_have_snapshot, self.lease.take()) {
            end_snapshot(lease).await;
        }
    }

    fn lease(&mut self) -> Result<&mut PooledConnection, SqlFailure> {
        self.lease.as_mut().ok_or_else(|| SqlFailure::new(FailureClass::ConnectionLost, "the connection is gone"))
    }
}

impl Drop for ReadConnection {
    fn drop(&mut self) {
        // A list that was broken off. Without a snapshot the connection goes back as it is; without a runtime it is closed.
        if let (true, Some(lease)) = (self.may_have_snapshot, self.lease.take())
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn(end_snapshot(lease));
        }
    }
}

/// Ends a snapshot. Where that fails the connection counts as broken, and is closed.
async fn end_snapshot(mut lease: PooledConnection) {
    let _ = tokio::time::timeout(END_TIMEOUT, lease.end_snapshot()).await;
}
