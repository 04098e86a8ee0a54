//! Building values from a stream.

use std::io::Read;

use super::text::JsonText;
use super::{JsonError, JsonErrorKind, JsonKind, JsonReader, JsonValue};

impl<R: Read> JsonReader<R> {
    /// The next value if it is small by nature; null for an array or an object, which is skipped.
    ///
    /// # Errors
    /// If it is not valid.
    pub fn scalar_or_null(&mut self) -> Result<JsonValue, JsonError> {
        if matches!(self.peek()?, JsonKind::Array | JsonKind::Object) {
            self.skip()?;
            return Ok(JsonValue::Null);
        }
        self.value()
    }

    /// The next value, built. Memory grows with it.
    ///
    /// # Errors
    /// If it is not valid.
    pub fn value(&mut self) -> Result<JsonValue, JsonError> {
        self.value_within(u64::MAX)
    }

    /// The next value, built from at most `limit` bytes of text.
    ///
    /// # Errors
    /// If it is not valid, or longer. It is read hardly further than the limit.
    pub fn value_within(&mut self, limit: u64) -> Result<JsonValue, JsonError> {
        let start = self.offset();
        let depth = self.depth();
        // The open arrays and objects, each with the key of its next member.
        let mut open: Vec<(JsonValue, JsonText)> = Vec::new();
        loop {
            if self.offset() - start > limit {
                let message = format!("the value is longer than {limit} bytes, the limit");
                return Err(JsonError::new(JsonErrorKind::TooLong, self.position(), message));
            }
            let mut value = match self.peek()? {
                JsonKind::Object => {
                    self.begin_object()?;
                    JsonValue::Object(Vec::new())
                }
                JsonKind::Array => {
                    self.begin_array()?;
                    JsonValue::Array(Vec::new())
                }
                JsonKind::String => JsonValue::String(self.string()?),
                JsonKind::Number => JsonValue::Number(self.number()?),
                JsonKind::Bool => JsonValue::Bool(self.bool()?),
                JsonKind::Null => {
                    self.null()?;
                    JsonValue::Null
                }
            };
            // The value belongs to the innermost open one, unless it was opened just now.
            if self.depth() > depth + open.len() {
                open.push((value, JsonText::from_raw("")));
            } else {
                let Some((parent, key)) = open.last_mut() else { return Ok(value) };
                attach(parent, key, value);
            }
            loop {
                if self.next_member()? {
                    if let Some((JsonValue::Object(_), key)) = open.last_mut() {
                        *key = self.key();
                    }
                    break;
                }
                match open.pop() {
                    Some((closed, _)) => value = closed,
                    None => return Ok(JsonValue::Null), // Nothing closes that was not opened.
                }
                value.shrink();
                let Some((parent, key)) = open.last_mut() else { return Ok(value) };
                attach(parent, key, value);
            }
        }
    }
}

fn attach(parent: &mut JsonValue, key: &mut JsonText, value: JsonValue) {
    match parent {
        JsonValue::Object(members) => members.push((std::mem::replace(key, JsonText::from_raw("")), value)),
        JsonValue::Array(elements) => elements.push(value),
        _ => {}
    }
}
