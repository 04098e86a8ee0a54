//! The validation result: what is known of one, its document, and recognising what `save` is given.

mod body;
mod chunk_reader;
pub mod codec;
mod convert;
mod describe;
mod entry;
mod facts;
mod input;
pub mod json;
mod overrides;
mod run_time;

pub use body::{Body, BodyReader};
pub use chunk_reader::ChunkReader;
pub use describe::{FailedCheck, Statistics, Summary, describe, summarize};
pub use entry::{Entry, RunId, Status, Tags};
pub use input::{Documents, Source, documents};
pub use overrides::Overrides;
pub use run_time::{InvalidRunTime, RunTime};

/// One validation result, ready to be stored.
#[derive(Clone, Debug)]
pub struct Document {
    /// What the document says of itself, as it will be listed.
    pub entry: Entry,
    /// The bytes to store: UTF-8 JSON in Python's dialect, without a byte order mark.
    pub body: Body,
}

/// How a document that we write ourselves is laid out; one that is stored as it came is never touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Two spaces a level, as Python's `json.dumps(indent=2)`.
    Pretty,
    /// On one line, as Python's `json.dumps`.
    Compact,
}
