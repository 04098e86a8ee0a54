//! A connection held for the statements of one count or list, with its snapshot.

use std::time::Duration;

use tokio::runtime::Handle;

use super::driver::SnapshotKind;
use super::failure::{FailureClass, SqlFailure};
use super::pool::PooledConnection;
use super::statement::{SqlRow, Statement};

/// How long ending a snapshot may take before the connection is closed instead.
const END_TIMEOUT: Duration = Duration::from_secs(5);

/// A connection used by one reader. When dropped, it returns to the pool without its snapshot.
pub(super) struct ReadConnection {
    /// `None` once it has been returned.
    lease: Option<PooledConnection>,
    snapshot: Option<SnapshotKind>,
    /// Whether a snapshot was requested and may be open.
    may_have_snapshot: bool,
}

impl ReadConnection {
    /// Returns a reader on a connection of the pool.
    pub(super) fn new(lease: PooledConnection) -> Self {
        Self { lease: Some(lease), snapshot: None, may_have_snapshot: false }
    }

    /// Runs a read-only statement.
    pub(super) async fn read(&mut self, statement: Statement) -> Result<Vec<SqlRow>, SqlFailure> {
        self.lease()?.read(statement).await
    }

    /// Begins a snapshot for all following reads.
    pub(super) async fn begin_snapshot(&mut self) -> Result<(), SqlFailure> {
        self.may_have_snapshot = true;
        let snapshot = self.lease()?.begin_snapshot().await?;
        self.snapshot = Some(snapshot);
        Ok(())
    }

    /// Returns the snapshot, if one has begun.
    pub(super) fn snapshot(&self) -> Option<SnapshotKind> {
        self.snapshot
    }

    /// Ends the snapshot and returns the connection to the pool.
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
        // The list was abandoned. Without a snapshot the connection returns as it is; without a runtime it is closed.
        if let (true, Some(lease)) = (self.may_have_snapshot, self.lease.take())
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn(end_snapshot(lease));
        }
    }
}

/// Ends a snapshot. If that fails, the connection counts as broken and is closed.
async fn end_snapshot(mut lease: PooledConnection) {
    let _ = tokio::time::timeout(END_TIMEOUT, lease.end_snapshot()).await;
}
