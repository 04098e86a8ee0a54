//! The format of `_index.json`.

use std::fmt;

use bytes::{Buf as _, Bytes};

use crate::error::{Error, ErrorKind, Result};
use crate::result::json::{JsonText, JsonValue};
use crate::result::{Entry, Layout, RunId, Tags, tags_from_json, tags_to_json};
use crate::store::objects::backend::Reference;

/// Start of an index that holds nothing beyond the catalog: a line of 31 spaces. JSON readers skip it, and Python drops
/// it because it rewrites the whole file with each change.
const COVERED: &[u8] = b"                               \n";

/// Number of bytes at the start that tell whether an index is covered.
pub(super) const BEGINNING: u64 = 32;

/// The members of the index, in order: run ids and their facts.
pub(super) type Members = Vec<(JsonText, JsonValue)>;

/// Returns whether an index with this start was written by a process that knew that the catalog covers it.
pub(super) fn is_covered(beginning: &[u8]) -> bool {
    beginning.starts_with(COVERED)
}

/// Parses the members of an index.
///
/// # Errors
/// [`Read`](ErrorKind::Read) if not a JSON object.
pub(super) fn parse(content: &Bytes) -> Result<Members> {
    let broken = |message: &str| {
        Error::new(ErrorKind::Read, message).with_hint("rebuild it with `truthound-store reindex --python-index`")
    };
    match JsonValue::parse(content.clone().reader()) {
        Ok(JsonValue::Object(members)) => Ok(members),
        Ok(_) => Err(broken("not a JSON object")),
        Err(error) => Err(broken(&format!("invalid JSON ({error})"))),
    }
}

/// Formats the index as Python does. `new_version` is a random number that gives the index a new version, for backends
/// that derive versions from the content alone.
pub(super) fn text(members: Members, covered: bool, new_version: Option<u32>) -> Vec<u8> {
    let mut content = if covered { COVERED.to_vec() } else { Vec::new() };
    // Writing to memory cannot fail.
    drop(JsonValue::Object(members).write(Layout::Pretty, &mut content));
    if let Some(random) = new_version {
        // White space after the value, which JSON readers ignore.
        content.extend((0..32).map(|bit| if random >> bit & 1 == 0 { b' ' } else { b'\n' }));
    }
    content
}

/// Returns the facts of a result with a document of this name, in the format of the index.
pub(super) fn value(entry: &Entry, document: &dyn fmt::Display, reference: Reference) -> JsonValue {
    let reference = match reference {
        Reference::File => "file",
        Reference::Key => "key",
        Reference::BlobName => "blob_name",
    };
    JsonValue::object([
        ("data_asset", JsonValue::from(entry.data_asset.as_str())),
        ("run_time", JsonValue::from(entry.run_time.to_python_iso())),
        ("status", JsonValue::from(entry.status.name())),
        (reference, JsonValue::from(document.to_string())),
        ("tags", tags_to_json(&entry.tags)),
    ])
}

/// Returns the entry in a member of the index, or `None` if the member is incomplete.
pub(super) fn entry(key: &JsonText, value: &JsonValue) -> Option<Entry> {
    let run_id = key.is_exact().then(|| RunId::new(key.to_str_lossy()).ok()).flatten()?;
    let run_time = value.get("run_time")?.as_str()?.parse().ok()?;
    let data_asset = value.get("data_asset")?.as_str()?.into_owned();
    let status = value.get("status")?.as_str()?.parse().ok()?;
    let tags = match value.get("tags") {
        None | Some(JsonValue::Null) => Tags::new(),
        Some(tags @ JsonValue::Object(_)) => tags_from_json(tags),
        Some(_) => return None,
    };
    Some(Entry { run_id, run_time, data_asset, status, tags, revision: None })
}
