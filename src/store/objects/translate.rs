//! Translates the errors of `object_store` into those of this crate.

use std::error::Error as StdError;
use std::io;

use super::disk_problem::DiskProblem;
use super::service_error::ServiceError;
use crate::error::{BoxError, Error, ErrorKind};

/// The operation that failed. The same failure has another kind in another operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// One object was read.
    Read,
    /// Names were listed.
    List,
    /// Something was written or removed.
    Write,
}

/// Translates `error`: finds its kind and hint. `message` names the operation and the object.
pub(super) fn translate(error: object_store::Error, access: Access, message: impl Into<String>) -> Error {
    use object_store::Error as Failure;
    let fallback = match access {
        Access::Read => ErrorKind::Read,
        Access::List => ErrorKind::Connection,
        Access::Write => ErrorKind::Write,
    };
    if let Some(known) = ServiceError::under(&error) {
        return known.explain(fallback, message);
    }
    let (kind, source): (ErrorKind, BoxError) = match error {
        // The bucket or directory of the store is missing. Callers handle a missing result themselves.
        Failure::NotFound { source, .. } if access == Access::Read => (ErrorKind::NotFound, source),
        Failure::NotFound { source, .. } => (ErrorKind::Connection, source),
        Failure::PermissionDenied { source, .. } | Failure::Unauthenticated { source, .. } => {
            (ErrorKind::Denied, source)
        }
        Failure::AlreadyExists { source, .. } => (ErrorKind::AlreadyExists, source),
        Failure::Precondition { source, .. } | Failure::NotModified { source, .. } => (fallback, source),
        Failure::NotSupported { source } => (ErrorKind::Unsupported, source),
        Failure::Generic { store, source } => {
            let local = store == LOCAL || cause::<io::Error>(source.as_ref()).is_some_and(is_of_the_disk);
            (if local { fallback } else { ErrorKind::Connection }, source)
        }
        Failure::NotImplemented { .. } => (ErrorKind::Unsupported, error.into()),
        other => (fallback, other.into()),
    };
    if let Some(problem) = cause::<DiskProblem>(source.as_ref()) {
        let (kind, hint) = (problem.kind(fallback), problem.hint());
        return Error::new(kind, message).with_source(source).with_hint(hint);
    }
    let (kind, hint) = match cause::<io::Error>(source.as_ref()).map(|error| of_the_disk(error, kind)) {
        Some(known) => known,
        None => (kind, None),
    };
    let error = Error::new(kind, message).with_source(source);
    match hint {
        Some(hint) => error.with_hint(hint),
        None => error,
    }
}

/// The store name in errors of the local disk.
pub(super) const LOCAL: &str = "LocalFileSystem";

/// Whether the disk or the quota is full.
pub(super) fn is_full(error: &object_store::Error) -> bool {
    let reason = cause::<io::Error>(error).map(io::Error::kind);
    matches!(reason, Some(io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded))
}

fn is_of_the_disk(error: &io::Error) -> bool {
    of_the_disk(error, ErrorKind::Other).0 != ErrorKind::Other
}

fn of_the_disk(error: &io::Error, kind: ErrorKind) -> (ErrorKind, Option<&'static str>) {
    match error.kind() {
        io::ErrorKind::PermissionDenied => {
            (ErrorKind::Denied, Some("give this user access to the store's directory, or use another `base_path`"))
        }
        io::ErrorKind::ReadOnlyFilesystem => (ErrorKind::Write, Some("mount it writable, or use another `base_path`")),
        io::ErrorKind::StorageFull => (ErrorKind::Write, Some("free some space, or use another `base_path`")),
        io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            (ErrorKind::Write, Some("free some of the quota, or use another `base_path`"))
        }
        io::ErrorKind::InvalidFilename => {
            (ErrorKind::Write, Some("the file system takes shorter names: use a shorter run id or `base_path`"))
        }
        io::ErrorKind::NotADirectory => {
            (ErrorKind::Connection, Some("something on the store's path is a file: move it away"))
        }
        _ => (kind, None),
    }
}

fn cause<'a, T: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<T>() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_disk_refuses_has_a_kind_and_a_next_step() {
        for (reason, kind) in [
            (io::ErrorKind::PermissionDenied, ErrorKind::Denied),
            (io::ErrorKind::StorageFull, ErrorKind::Write),
            (io::ErrorKind::ReadOnlyFilesystem, ErrorKind::Write),
            (io::ErrorKind::InvalidFilename, ErrorKind::Write),
        ] {
            let source = object_store::Error::Generic { store: LOCAL, source: io::Error::from(reason).into() };
            let error = translate(source, Access::Write, "cannot save");
            assert_eq!(error.kind(), kind);
            assert!(error.hint().is_some());
        }
    }

    #[test]
    fn a_missing_bucket_is_no_missing_result() {
        let missing = || object_store::Error::NotFound { path: "x".to_owned(), source: "NoSuchBucket".into() };
        assert_eq!(translate(missing(), Access::List, "cannot list").kind(), ErrorKind::Connection);
        assert_eq!(translate(missing(), Access::Read, "cannot read").kind(), ErrorKind::NotFound);
    }
}
