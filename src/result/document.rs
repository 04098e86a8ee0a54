//! A validation result, ready to be stored.

use crate::result::{Body, Entry};

/// One validation result, ready to be stored.
#[derive(Clone, Debug)]
pub struct Document {
    /// The facts that `list` shows.
    pub entry: Entry,
    /// The bytes to store: UTF-8 JSON in Python's dialect, without a byte order mark.
    pub body: Body,
}
