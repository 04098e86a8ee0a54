//! Stands in for `result::describe` until that is there.

use std::io::Read;

use crate::error::{Error, ErrorKind, Result};
use crate::result::json::Value;
use crate::result::{Entry, RunId, Tags, codec};

pub(super) fn describe(reader: impl Read) -> Result<Entry> {
    let unreadable = || Error::new(ErrorKind::Read, "the stored document is no validation result");
    let value = Value::parse(codec::decompressed(reader)).map_err(|error| unreadable().with_source(error))?;
    let text = |key: &str| value.get(key).and_then(Value::as_str).ok_or_else(unreadable);
    Ok(Entry {
        run_id: RunId::new(text("run_id")?)?,
        run_time: text("run_time")?.parse().map_err(|_| unreadable())?,
        data_asset: text("data_asset")?.into_owned(),
        status: text("status")?.parse().map_err(|_| unreadable())?,
        tags: value.get("tags").and_then(Value::as_object).map_or_else(Tags::new, |tags| {
            tags.iter().map(|(key, value)| (key.to_string(), value.as_str().unwrap_or_default().into_owned())).collect()
        }),
    })
}
