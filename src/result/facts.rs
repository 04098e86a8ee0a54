//! What a stored result says of itself.

use std::io::Read;

use crate::result::json::{Error, Kind, Position, Reader, Value};
use crate::result::{Entry, Layout, RunId, RunTime, Status, Tags};

/// Something that a document says wrongly or not at all, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) position: Position,
    pub(super) reason: String,
}

impl Problem {
    pub(super) fn new(position: Position, reason: impl Into<String>) -> Self {
        Self { position, reason: reason.into() }
    }
}

/// A value of a document, with its place.
pub(super) type Found<T> = Option<Result<T, Problem>>;

/// The facts of a stored result, as far as they have been read.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) run_id: Found<RunId>,
    pub(super) run_time: Found<RunTime>,
    pub(super) data_asset: Found<String>,
    pub(super) status: Found<Status>,
    pub(super) tags: Found<Tags>,
}

/// The keys that no stored result can do without.
pub(super) const REQUIRED: [&str; 4] = ["run_id", "run_time", "data_asset", "status"];

impl Facts {
    /// Consumes the value of `key` if that is one of the facts, and says whether it is.
    ///
    /// # Errors
    /// If the value is not JSON. One that is not as it should be is kept as a problem.
    pub(super) fn read<R: Read>(&mut self, key: &str, reader: &mut Reader<R>) -> Result<bool, Error> {
        match key {
            "run_id" => {
                self.run_id = Some(string(reader, "run_id", |text| {
                    RunId::new(text).map_err(|_| "`run_id` is empty".to_owned())
                })?);
            }
            "run_time" => {
                self.run_time = Some(string(reader, "run_time", |text| {
                    text.parse().map_err(|error| format!("`run_time` is `{}`, {error}", shortened(&text)))
                })?);
            }
            "data_asset" => self.data_asset = Some(string(reader, "data_asset", Ok)?),
            "status" => {
                self.status = Some(string(reader, "status", |text| {
                    text.parse().map_err(|_| {
                        format!("`status` is `{}`, not success, failure, error or warning", shortened(&text))
                    })
                })?);
            }
            "tags" => self.tags = Some(tags(reader)?),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Which of the required facts are missing.
    pub(super) fn missing(&self) -> Vec<&'static str> {
        let present =
            [self.run_id.is_some(), self.run_time.is_some(), self.data_asset.is_some(), self.status.is_some()];
        REQUIRED.into_iter().zip(present).filter(|(_, present)| !present).map(|(key, _)| key).collect()
    }

    /// All facts together.
    ///
    /// # Errors
    /// The first that is missing or wrong; `start` is where the document begins.
    pub(super) fn into_entry(self, start: Position) -> Result<Entry, Problem> {
        let missing = self.missing();
        let lacks = || Problem::new(start, format!("this looks like a stored result, but {}", are_missing(&missing)));
        if !missing.is_empty() {
            return Err(lacks());
        }
        Ok(Entry {
            run_id: self.run_id.ok_or_else(lacks)??,
            run_time: self.run_time.ok_or_else(lacks)??,
            data_asset: self.data_asset.ok_or_else(lacks)??,
            status: self.status.ok_or_else(lacks)??,
            tags: self.tags.transpose()?.unwrap_or_default(),
        })
    }
}

/// "`a` is missing", "`a`, `b` and `c` are missing".
pub(super) fn are_missing(keys: &[&str]) -> String {
    let quoted = keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>();
    match quoted.split_last() {
        None => "nothing is missing".to_owned(),
        Some((last, [])) => format!("{last} is missing"),
        Some((last, others)) => format!("{} and {last} are missing", others.join(", ")),
    }
}

/// Consumes a value that should be a string.
fn string<R: Read, T>(
    reader: &mut Reader<R>,
    key: &str,
    convert: impl FnOnce(String) -> Result<T, String>,
) -> Result<Result<T, Problem>, Error> {
    let kind = reader.peek()?;
    let position = reader.position();
    if kind != Kind::String {
        reader.skip()?;
        return Ok(Err(Problem::new(position, format!("`{key}` is {}, not a string", kind.name()))));
    }
    let text = reader.string()?;
    if !text.is_exact() {
        let reason = format!("`{key}` is not Unicode: it holds half of a surrogate pair");
        return Ok(Err(Problem::new(position, reason)));
    }
    Ok(convert(text.to_str_lossy().into_owned()).map_err(|reason| Problem::new(position, reason)))
}

fn tags<R: Read>(reader: &mut Reader<R>) -> Result<Result<Tags, Problem>, Error> {
    let kind = reader.peek()?;
    let position = reader.position();
    if !matches!(kind, Kind::Object | Kind::Null) {
        reader.skip()?;
        return Ok(Err(Problem::new(position, format!("`tags` is {}, not an object", kind.name()))));
    }
    Ok(Ok(tags_of(&reader.value()?)))
}

/// The tags that an object stands for: what is no string becomes its JSON text.
pub(super) fn tags_of(value: &Value) -> Tags {
    let members = value.as_object().unwrap_or_default().iter();
    members.map(|(key, value)| (key.to_string(), tag_value(value))).collect()
}

fn tag_value(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_text(Layout::Compact), String::from)
}

/// The beginning of a text, for a message.
pub(super) fn shortened(text: &str) -> String {
    const LIMIT: usize = 60;
    let visible = |character: char| if character.is_control() { char::REPLACEMENT_CHARACTER } else { character };
    let mut shown = text.chars().take(LIMIT).map(visible).collect::<String>();
    if text.chars().nth(LIMIT).is_some() {
        shown.push_str("...");
    }
    shown
}

/// The tags of a document with the caller's among them.
pub(super) fn merged_tags(present: &Value, tags: &Tags) -> Value {
    let mut merged = match present {
        Value::Object(_) => present.clone(),
        _ => Value::Object(Vec::new()),
    };
    for (key, value) in tags {
        merged.set(key, value.as_str());
    }
    merged
}
