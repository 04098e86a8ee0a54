//! Recognising what `save` is given.

mod documents;
mod splice;
mod survey;
mod tape;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::PathBuf;

pub use documents::{Documents, documents};

/// Where documents are read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A file, gzip or not.
    File(PathBuf),
    /// Standard input, gzip or not.
    Stdin,
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(formatter, "`{}`", path.display()),
            Self::Stdin => formatter.write_str("standard input"),
        }
    }
}
