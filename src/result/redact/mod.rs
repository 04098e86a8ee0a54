//! Dropping data from documents that are about to be stored.

mod rules;
#[cfg(test)]
mod tests;
mod text;

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Read, Write as _};
use std::str::FromStr;

use serde::Deserialize;

use self::text::DroppedValues;
use crate::error::Error;
use crate::result::json::{JsonError, JsonKind, JsonReader, JsonText, JsonValue, TextPosition, write};
use crate::result::spool::Spool;
use crate::result::unreadable::unreadable_json;
use crate::result::{Body, Layout};

/// The kinds of data that `save` drops from documents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(from = "Vec<RedactedData>")]
pub struct Redaction {
    /// Whether samples of the data are dropped: values and rows that did not pass, the SQL that finds them, and
    /// quotations of values in messages. Counts stay.
    pub samples: bool,
}

/// One kind of data that can be dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum RedactedData {
    /// Samples of the data.
    Samples,
}

impl RedactedData {
    /// All kinds.
    pub const ALL: [Self; 1] = [Self::Samples];

    /// The name on the command line and in profiles.
    pub fn name(self) -> &'static str {
        match self {
            Self::Samples => "samples",
        }
    }
}

impl fmt::Display for RedactedData {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for RedactedData {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|data| data.name() == text).ok_or_else(|| "only `samples` can be dropped".to_owned())
    }
}

impl From<Vec<RedactedData>> for Redaction {
    fn from(kinds: Vec<RedactedData>) -> Self {
        Self { samples: kinds.contains(&RedactedData::Samples) }
    }
}

impl Redaction {
    /// Whether nothing is dropped.
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }

    /// Everything that either of the two drops.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { samples: self.samples || other.samples }
    }

    /// Whether the stored result `body` holds data that is dropped.
    ///
    /// # Errors
    /// [`Read`](crate::error::ErrorKind::Read) if it cannot be read, or is not JSON.
    pub fn would_change(self, body: &Body) -> Result<bool, Error> {
        if self.samples { has_samples(body).map_err(unreadable_json) } else { Ok(false) }
    }
}

/// Whether [`without_samples`] would drop or change anything of the stored result `body` besides its layout and the record of
/// what was dropped before.
fn has_samples(body: &Body) -> Result<bool, JsonError> {
    let mut counts = redacted(body, Layout::Compact)?.counts;
    // The keys of that record are those of samples.
    for key in keys_dropped_before(body)? {
        if let Some(count) = counts.get_mut(&key) {
            *count = count.saturating_sub(1);
        }
    }
    Ok(counts.values().any(|count| *count > 0))
}

/// The keys in the record that [`without_samples`] leaves in `metadata.redacted`.
fn keys_dropped_before(body: &Body) -> Result<Vec<String>, JsonError> {
    let mut reader = JsonReader::new(body.reader());
    let mut keys = Vec::new();
    reader.begin_object()?;
    while let Some(key) = reader.next_key()?.map(str::to_owned) {
        if key != "metadata" {
            reader.skip()?;
            continue;
        }
        let metadata = reader.value()?;
        let record = metadata.get("redacted").and_then(|redacted| redacted.get("samples"));
        let members = record.and_then(JsonValue::as_object).unwrap_or_default();
        keys.extend(members.iter().map(|(key, _)| key.to_str_lossy().into_owned()));
    }
    Ok(keys)
}

/// The stored result `body` without samples, written in `layout`. `metadata.redacted` lists the members that were dropped,
/// with their number. Memory holds one check at a time, and each of the other members.
///
/// # Errors
/// If the body cannot be read or is not JSON.
pub(super) fn without_samples(body: &Body, layout: Layout) -> Result<Body, JsonError> {
    redacted(body, layout)?.out.into_body().map_err(unwritable)
}

fn redacted(body: &Body, layout: Layout) -> Result<Redactor, JsonError> {
    let mut reader = JsonReader::new(body.reader());
    let mut redactor =
        Redactor { layout, out: Spool::default(), dropped: DroppedValues::default(), counts: BTreeMap::new() };
    redactor.document(&mut reader)?;
    Ok(redactor)
}

fn unwritable(error: io::Error) -> JsonError {
    JsonError::io(TextPosition::START, error)
}

struct Redactor {
    layout: Layout,
    out: Spool,
    /// The values that were dropped, which messages may quote.
    dropped: DroppedValues,
    /// The number of members dropped or changed, by key.
    counts: BTreeMap<String, u64>,
}

impl Redactor {
    fn document<R: Read>(&mut self, reader: &mut JsonReader<R>) -> Result<(), JsonError> {
        reader.begin_object()?;
        self.text("{")?;
        let mut first = true;
        // Written last, because it says what was dropped from the others.
        let mut metadata = JsonValue::Object(Vec::new());
        while let Some(key) = reader.next_key()?.map(str::to_owned) {
            let spelled = reader.key();
            match (key.as_str(), reader.peek()?) {
                ("metadata", _) => {
                    let value = self.redacted_value(reader)?;
                    if value.as_object().is_some() {
                        metadata = value;
                    }
                }
                ("results", JsonKind::Array) => {
                    self.key(&spelled, &mut first)?;
                    self.results(reader)?;
                }
                // The facts that lists show are no samples.
                ("run_id" | "run_time" | "data_asset" | "status" | "tags" | "statistics", _) => {
                    self.key(&spelled, &mut first)?;
                    let value = reader.value()?;
                    self.value(&value, 1)?;
                }
                _ => {
                    let value = self.redacted_value(reader)?;
                    self.key(&spelled, &mut first)?;
                    self.value(&value, 1)?;
                }
            }
        }
        let counts = self.counts.iter().map(|(key, count)| (key.as_str(), JsonValue::from(*count)));
        metadata.set("redacted", JsonValue::object([("samples", JsonValue::object(counts))]));
        self.key(&"metadata".into(), &mut first)?;
        self.value(&metadata, 1)?;
        self.break_line(0)?;
        self.text("}")
    }

    fn results<R: Read>(&mut self, reader: &mut JsonReader<R>) -> Result<(), JsonError> {
        reader.begin_array()?;
        self.text("[")?;
        let mut first = true;
        while reader.next_element()? {
            let check = self.redacted_value(reader)?;
            self.separate(2, first)?;
            self.value(&check, 2)?;
            first = false;
        }
        if !first {
            self.break_line(1)?;
        }
        self.text("]")
    }

    /// The next value without samples, and with messages that do not quote those it had.
    fn redacted_value<R: Read>(&mut self, reader: &mut JsonReader<R>) -> Result<JsonValue, JsonError> {
        let mut value = self.without_members(reader)?;
        self.redact_texts(&mut value);
        Ok(value)
    }

    /// Builds the next value without the members that hold samples. Does not recurse.
    fn without_members<R: Read>(&mut self, reader: &mut JsonReader<R>) -> Result<JsonValue, JsonError> {
        // The open arrays and objects, each with the key of its next member.
        let mut open: Vec<(JsonValue, JsonText)> = Vec::new();
        loop {
            let mut closed = match reader.peek()? {
                JsonKind::Object => {
                    reader.begin_object()?;
                    open.push((JsonValue::Object(Vec::new()), "".into()));
                    None
                }
                JsonKind::Array => {
                    reader.begin_array()?;
                    open.push((JsonValue::Array(Vec::new()), "".into()));
                    None
                }
                _ => Some(reader.value()?),
            };
            loop {
                if let Some(value) = closed.take() {
                    match open.last_mut() {
                        Some((JsonValue::Object(members), key)) => {
                            members.push((std::mem::replace(key, "".into()), value));
                        }
                        Some((parent, _)) => parent.push(value),
                        None => return Ok(value),
                    }
                }
                if self.next_kept_member(reader, &mut open)? {
                    break;
                }
                closed = open.pop().map(|(value, _)| value);
            }
        }
    }

    /// Moves to the next member of the innermost open value that is kept. Returns whether there is one.
    fn next_kept_member<R: Read>(
        &mut self,
        reader: &mut JsonReader<R>,
        open: &mut [(JsonValue, JsonText)],
    ) -> Result<bool, JsonError> {
        let Some((parent, key)) = open.last_mut() else { return Ok(false) };
        if parent.as_object().is_none() {
            return reader.next_element();
        }
        while let Some(next) = reader.next_key()?.map(str::to_owned) {
            if !rules::holds_samples(&next) {
                *key = reader.key();
                return Ok(true);
            }
            *self.counts.entry(next).or_default() += 1;
            self.dropped.read(reader)?;
        }
        Ok(false)
    }

    /// Takes quotations of values out of all messages in a value. Does not recurse.
    fn redact_texts(&mut self, value: &mut JsonValue) {
        let mut left = vec![value];
        while let Some(value) = left.pop() {
            match value {
                JsonValue::Array(elements) => left.extend(elements),
                JsonValue::Object(members) => {
                    for (key, member) in members {
                        let key = key.to_str_lossy();
                        match member.as_str() {
                            Some(text) if rules::is_message(&key) => {
                                if let Some(redacted) = text::redacted(&text, &self.dropped) {
                                    *self.counts.entry(key.into_owned()).or_default() += 1;
                                    *member = redacted.into();
                                }
                            }
                            _ => left.push(member),
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn key(&mut self, key: &JsonText, first: &mut bool) -> Result<(), JsonError> {
        let is_first = std::mem::replace(first, false);
        self.separate(1, is_first)?;
        self.value(&JsonValue::String(key.clone()), 1)?;
        self.text(": ")
    }

    fn value(&mut self, value: &JsonValue, depth: usize) -> Result<(), JsonError> {
        value.write_at(self.layout, depth, &mut self.out).map_err(unwritable)
    }

    fn separate(&mut self, depth: usize, first: bool) -> Result<(), JsonError> {
        write::separate(self.layout, depth, first, &mut self.out).map_err(unwritable)
    }

    fn break_line(&mut self, depth: usize) -> Result<(), JsonError> {
        write::break_line(self.layout, depth, &mut self.out).map_err(unwritable)
    }

    fn text(&mut self, text: &str) -> Result<(), JsonError> {
        self.out.write_all(text.as_bytes()).map_err(unwritable)
    }
}
