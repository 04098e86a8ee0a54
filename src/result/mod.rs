//! Validation results: their documents, the formats that `save` reads, and the checks in a stored result.

mod body;
mod checks;
mod chunk_reader;
mod convert;
mod describe;
mod digest;
mod document;
mod entry;
mod examine;
mod facts;
mod formats;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
pub mod gzip;
mod input;
pub mod json;
mod layout;
mod limits;
mod overrides;
mod problem;
mod run_instant;
mod run_time;
mod statistics;
mod summary;
mod tags;
mod time_zone;
mod unreadable;
mod utc_reading;

pub use body::{Body, BodyReader};
pub use checks::{Check, CheckKey, CheckOutcome, CheckReader, ResultFacts};
pub use chunk_reader::ChunkReader;
pub use describe::{describe, find_run_time};
pub use digest::{DigestHasher, DocumentDigest};
pub use document::Document;
pub use entry::{Entry, RunId, Status};
pub use examine::{ExaminedDocument, examine};
pub use input::{InputDocuments, InputSource, documents};
pub use layout::Layout;
pub use overrides::Overrides;
pub use run_instant::RunInstant;
pub use run_time::{InvalidRunTime, RunTime};
pub use statistics::Statistics;
pub use summary::{Summary, summarize};
pub use tags::{Tags, tags_from_json, tags_to_json};
pub use time_zone::{ClockReadings, NoTimeZone, TimeZone};
pub use utc_reading::UtcReading;
