//! Building a value out of a stream.

use std::io::Read;

use super::text::Text;
use super::{Error, Kind, Reader, Value};

impl<R: Read> Reader<R> {
    /// The next value, built. Memory grows with it.
    ///
    /// # Errors
    /// If it is not valid.
    pub fn value(&mut self) -> Result<Value, Error> {
        let depth = self.depth();
        // The arrays and objects that are open, each with the key that it stands under.
        let mut open: Vec<(Value, Text)> = Vec::new();
        loop {
            let mut value = match self.peek()? {
                Kind::Object => {
                    self.begin_object()?;
                    Value::Object(Vec::new())
                }
                Kind::Array => {
                    self.begin_array()?;
                    Value::Array(Vec::new())
                }
                Kind::String => Value::String(self.string()?),
                Kind::Number => Value::Number(self.number()?),
                Kind::Bool => Value::Bool(self.bool()?),
                Kind::Null => {
                    self.null()?;
                    Value::Null
                }
            };
            // What has just been read belongs to what is open, unless it was opened just now.
            if self.depth() > depth + open.len() {
                open.push((value, Text::from_raw("")));
            } else {
                let Some((parent, key)) = open.last_mut() else { return Ok(value) };
                attach(parent, key, value);
            }
            loop {
                if self.next_member()? {
                    if let Some((Value::Object(_), key)) = open.last_mut() {
                        *key = self.key();
                    }
                    break;
                }
                match open.pop() {
                    Some((closed, _)) => value = closed,
                    None => return Ok(Value::Null), // Nothing closes that was not opened.
                }
                value.shrink();
                let Some((parent, key)) = open.last_mut() else { return Ok(value) };
                attach(parent, key, value);
            }
        }
    }
}

fn attach(parent: &mut Value, key: &mut Text, value: Value) {
    match parent {
        Value::Object(members) => members.push((std::mem::replace(key, Text::from_raw("")), value)),
        Value::Array(elements) => elements.push(value),
        _ => {}
    }
}
