//! An error of a storage service, with the kind and the hint that `object_store`'s own errors cannot carry.

use std::error::Error as StdError;
use std::fmt;
use std::io;

use crate::error::{Error, ErrorKind};

/// An error in the words of the server or the network, with its kind and the next step.
#[derive(Clone, Debug)]
pub(super) struct ServiceError {
    /// The kind; `None` where it depends on the operation that failed.
    pub(super) kind: Option<ErrorKind>,
    /// The words of the server or the network.
    pub(super) message: String,
    /// The next step.
    pub(super) hint: Option<String>,
}

impl ServiceError {
    /// An error without a hint.
    pub(super) fn new(kind: impl Into<Option<ErrorKind>>, message: impl Into<String>) -> Self {
        Self { kind: kind.into(), message: message.into(), hint: None }
    }

    /// Adds the next step.
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Finds the service error among `error` and its sources.
    pub(super) fn under<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a Self> {
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(found) = error.downcast_ref::<Self>() {
                return Some(found);
            }
            // `source` of an `io::Error` skips the error that it wraps.
            let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
            next = wrapped.map(|wrapped| wrapped as &(dyn StdError + 'static)).or_else(|| error.source());
        }
        None
    }

    /// The error of the store with `message` and this error as its source. `fallback` is its kind where this one has none.
    pub(super) fn explain(&self, fallback: ErrorKind, message: impl Into<String>) -> Error {
        let error = Error::new(self.kind.unwrap_or(fallback), message).with_source(self.clone());
        match &self.hint {
            Some(hint) => error.with_hint(hint),
            None => error,
        }
    }
}

/// The text of the innermost source of `error`, which is the specific one.
#[cfg(any(feature = "azure", feature = "gcs", feature = "s3"))]
pub(super) fn root_cause(error: &(dyn std::error::Error + 'static)) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

impl fmt::Display for ServiceError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl StdError for ServiceError {}
