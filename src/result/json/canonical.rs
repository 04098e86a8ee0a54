//! One spelling for values that mean the same.

use super::value::JsonValue;

impl JsonValue {
    /// Sorts the keys of all objects by code point and spells all strings as Python's `json.dumps` does. Numbers keep
    /// their spelling. Two values that differ only in the order of keys or in the spelling of strings become equal in
    /// text.
    pub fn make_canonical(&mut self) {
        let mut left = vec![self];
        while let Some(value) = left.pop() {
            match value {
                Self::String(text) => *text = text.canonical(),
                Self::Array(elements) => left.extend(elements),
                Self::Object(members) => {
                    members.sort_by(|(one, _), (other, _)| one.compare(other));
                    for (key, value) in members {
                        *key = key.canonical();
                        left.push(value);
                    }
                }
                Self::Null | Self::Bool(_) | Self::Number(_) => {}
            }
        }
    }
}
