//! A failure of which a backend knows more than `object_store` can say.

use std::error::Error as StdError;
use std::fmt;
use std::io;

use crate::error::{Error, ErrorKind};

/// What failed in a server's own words, of what kind it is, and what to do about it.
#[derive(Clone, Debug)]
pub(super) struct Known {
    /// Its kind; nothing where that depends on what was being done.
    pub(super) kind: Option<ErrorKind>,
    /// What the server, or the network, says.
    pub(super) message: String,
    /// The next thing to try.
    pub(super) hint: Option<String>,
}

impl Known {
    /// A failure of `kind`.
    pub(super) fn new(kind: impl Into<Option<ErrorKind>>, message: impl Into<String>) -> Self {
        Self { kind: kind.into(), message: message.into(), hint: None }
    }

    /// Adds the next thing to try.
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The failure that lies somewhere under `error`.
    pub(super) fn under<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a Self> {
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(known) = error.downcast_ref::<Self>() {
                return Some(known);
            }
            // `source` of an `io::Error` leaves out the error that was put into it.
            let within = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
            next = within.map(|within| within as &(dyn StdError + 'static)).or_else(|| error.source());
        }
        None
    }

    /// The error that says `message` because of this; `fallback` is its kind where this has none.
    pub(super) fn explain(&self, fallback: ErrorKind, message: impl Into<String>) -> Error {
        let error = Error::new(self.kind.unwrap_or(fallback), message).with_source(self.clone());
        match &self.hint {
            Some(hint) => error.with_hint(hint),
            None => error,
        }
    }
}

impl fmt::Display for Known {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl StdError for Known {}
