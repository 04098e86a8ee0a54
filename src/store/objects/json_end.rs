//! The end of a JSON document that arrives in pieces.

/// Tells whether the JSON value that has been pushed is complete. Checks brackets and strings only.
#[derive(Debug, Default)]
pub(super) struct JsonEnd {
    depth: u64,
    /// Whether the last byte is inside a string.
    in_string: bool,
    /// Whether the next byte is escaped.
    is_escaped: bool,
    has_begun: bool,
}

impl JsonEnd {
    /// Takes the next bytes of the document.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        for byte in bytes {
            match byte {
                _ if self.is_escaped => self.is_escaped = false,
                b'\\' => self.is_escaped = self.in_string,
                b'"' => self.in_string = !self.in_string,
                b'{' | b'[' if !self.in_string => {
                    self.depth += 1;
                    self.has_begun = true;
                }
                b'}' | b']' if !self.in_string => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
    }

    /// Whether all that was opened is closed.
    pub(super) fn is_reached(&self) -> bool {
        self.has_begun && self.depth == 0 && !self.in_string
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_ends_where_its_first_bracket_is_closed() {
        let document = r#" {"a\"}": [1, "]", {"b": "\\"}], "c": "ü"}"#;
        for end in 0..=document.len() {
            let (start, rest) = document.as_bytes().split_at(end);
            let mut json = JsonEnd::default();
            json.push(start);
            assert_eq!(json.is_reached(), rest.is_empty(), "{}", String::from_utf8_lossy(start));
            json.push(rest);
            assert!(json.is_reached());
        }
    }
}
