//! The lock that makes replacing and removing exclusive among processes.

use std::fs::{File, TryLockError};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use object_store::Result;
use tokio::runtime::Handle;

use super::opening::{careful, create_directories, generic};
use super::optional::lacks_locks;
use crate::store::contract::Notices;
use crate::store::objects::disk_problem::DiskProblem;

/// Name of the lock file in the catalog's directory.
pub(super) const NAME: &str = ".lock";

/// Time after which a process says that it waits.
const PATIENCE: Duration = Duration::from_secs(1);

/// The lock file of a store. It is never removed.
#[derive(Clone)]
pub(super) struct Lock {
    pub(super) path: PathBuf,
    pub(super) waiting: Arc<WaitingNotice>,
}

/// Says once that this process waits for another.
#[derive(Debug)]
pub(super) struct WaitingNotice {
    notices: Notices,
    said: AtomicBool,
}

impl WaitingNotice {
    pub(super) fn new(notices: Notices) -> Self {
        Self { notices, said: AtomicBool::new(false) }
    }

    fn say(&self, lock: &std::path::Path) {
        if !self.said.swap(true, Ordering::Relaxed) {
            self.notices.warn(&format!("waiting for another process that holds the lock `{}`", lock.display()));
        }
    }
}

impl Lock {
    /// Waits for the lock, and says so after a second. It is released when the file is dropped or the process ends.
    /// Call it on a thread of the runtime that may block.
    pub(super) fn hold(&self) -> Result<File> {
        let file = self.open()?;
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(self.failed(error)),
        }
        let (path, waiting) = (self.path.clone(), Arc::clone(&self.waiting));
        let notice = Handle::current().spawn(async move {
            tokio::time::sleep(PATIENCE).await;
            waiting.say(&path);
        });
        let held = loop {
            match file.lock() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                held => break held,
            }
        };
        notice.abort();
        held.map_err(|error| self.failed(error))?;
        Ok(file)
    }

    fn open(&self) -> Result<File> {
        let open = || careful().create(true).truncate(false).write(true).open(&self.path);
        let file = match (open(), self.path.parent()) {
            (Err(error), Some(parent)) if error.kind() == io::ErrorKind::NotFound => {
                create_directories(parent).and_then(|()| open())
            }
            (result, _) => result,
        };
        file.map_err(generic)
    }

    fn failed(&self, source: io::Error) -> object_store::Error {
        if lacks_locks(&source) {
            return generic(DiskProblem::NoLocks { path: self.path.clone(), source });
        }
        generic(source)
    }
}
