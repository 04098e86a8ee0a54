//! The outline of a document: enough of its structure to recognise its format.

use std::io::Read;

use crate::result::json::{JsonError, JsonKind, JsonReader};

/// The keys of a document, two levels deep, with the text of short strings.
///
/// A member is named by its path: `meta` at the top level, `meta.version` in an object, `results[].name` in the objects
/// of an array. The outline is bounded: it looks at the first [`ELEMENTS`] elements of each array and at the first
/// [`INNER_KEYS`] keys of each object, and leaves out longer keys and strings than [`TEXT_BYTES`].
#[derive(Debug, Default)]
pub(in crate::result) struct Outline {
    members: Vec<OutlineMember>,
    /// The first of the members that lie in the top-level value being read.
    inner_start: usize,
    /// The name of the root element, of a document that is XML.
    root_element: Option<String>,
}

#[derive(Debug)]
struct OutlineMember {
    path: String,
    text: Option<String>,
}

/// Elements of an array that the outline looks at.
const ELEMENTS: usize = 16;

/// Keys of an object below the top level, or of the objects of an array together, that the outline holds.
const INNER_KEYS: usize = 64;

/// Longest key and string that the outline holds.
const TEXT_BYTES: usize = 64;

/// Top-level keys that the outline holds. Results have about ten.
const TOP_LEVEL_KEYS: usize = 4_096;

impl Outline {
    /// The outline of an XML document with this root element.
    pub(in crate::result) fn of_markup(root_element: Option<String>) -> Self {
        Self { root_element, ..Self::default() }
    }

    /// The name of the root element without its prefix, if the document is XML.
    pub(in crate::result) fn root_element(&self) -> Option<&str> {
        self.root_element.as_deref()
    }

    /// Whether the document has a member of this path.
    pub(in crate::result) fn has(&self, path: &str) -> bool {
        self.member(path).is_some()
    }

    /// Whether the document has all of these members.
    pub(in crate::result) fn has_all(&self, paths: &[&str]) -> bool {
        paths.iter().all(|path| self.has(path))
    }

    /// The number of these members that the document has.
    pub(in crate::result) fn count(&self, paths: &[&str]) -> usize {
        paths.iter().filter(|path| self.has(path)).count()
    }

    /// The text of a member that is a short string. The facts of a stored result (`run_id`, `run_time`, `data_asset`,
    /// `status`) are kept elsewhere and have no text here.
    pub(in crate::result) fn text(&self, path: &str) -> Option<&str> {
        self.member(path)?.text.as_deref()
    }

    fn member(&self, path: &str) -> Option<&OutlineMember> {
        self.members.iter().find(|member| member.path == path)
    }

    /// Adds a top-level key. Its value may be given to [`read_value`](Self::read_value) next.
    pub(in crate::result) fn begin_member(&mut self, key: &str) {
        let is_wanted = key.len() <= TEXT_BYTES && self.members.len() < TOP_LEVEL_KEYS;
        if is_wanted {
            self.members.push(OutlineMember { path: key.to_owned(), text: None });
        }
        self.inner_start = self.members.len();
    }

    /// Consumes the value of the top-level `key`, and adds what lies directly below.
    pub(in crate::result) fn read_value<R: Read>(
        &mut self,
        key: &str,
        reader: &mut JsonReader<R>,
    ) -> Result<(), JsonError> {
        match reader.peek()? {
            JsonKind::String => {
                let text = reader.short_string(TEXT_BYTES)?;
                if let Some(member) = self.members.last_mut().filter(|member| member.path == key) {
                    member.text = text;
                }
                Ok(())
            }
            JsonKind::Object => self.read_object(&format!("{key}."), reader),
            JsonKind::Array => {
                let mut count = 0;
                reader.begin_array()?;
                while reader.next_element()? {
                    if count < ELEMENTS && reader.peek()? == JsonKind::Object {
                        self.read_object(&format!("{key}[]."), reader)?;
                    } else {
                        reader.skip()?;
                    }
                    count += 1;
                }
                Ok(())
            }
            _ => reader.skip(),
        }
    }

    fn read_object<R: Read>(&mut self, prefix: &str, reader: &mut JsonReader<R>) -> Result<(), JsonError> {
        reader.begin_object()?;
        while let Some(key) = reader.next_key()? {
            let path = (key.len() <= TEXT_BYTES).then(|| format!("{prefix}{key}"));
            let text = match reader.peek()? {
                JsonKind::String => reader.short_string(TEXT_BYTES)?,
                _ => {
                    reader.skip()?;
                    None
                }
            };
            if let Some(path) = path {
                self.add_inner(path, text);
            }
        }
        Ok(())
    }

    /// Adds a key of the element at `index` of the top-level array `key`, for a caller that reads the elements itself.
    pub(in crate::result) fn add_element_key(&mut self, key: &str, index: usize, inner: &str) {
        let is_known = |member: &OutlineMember| {
            member.path.strip_prefix(key).and_then(|rest| rest.strip_prefix("[].")) == Some(inner)
        };
        // Most elements have the same keys.
        let known = self.members.get(self.inner_start..).unwrap_or_default();
        if index < ELEMENTS && inner.len() <= TEXT_BYTES && !known.iter().any(is_known) {
            self.add_inner(format!("{key}[].{inner}"), None);
        }
    }

    fn add_inner(&mut self, path: String, text: Option<String>) {
        let inner = self.members.get(self.inner_start..).unwrap_or_default();
        if inner.len() < INNER_KEYS && inner.iter().all(|member| member.path != path) {
            self.members.push(OutlineMember { path, text });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outline(text: &str) -> Outline {
        let mut outline = Outline::default();
        let mut reader = JsonReader::new(text.as_bytes());
        reader.begin_object().unwrap();
        while let Some(key) = reader.next_key().unwrap().map(str::to_owned) {
            outline.begin_member(&key);
            outline.read_value(&key, &mut reader).unwrap();
        }
        outline
    }

    #[test]
    fn members_are_found_two_levels_deep_by_their_path() {
        let outline = outline(r#"{"a": "x", "b": {"c": "y", "d": {"e": 1}}, "f": [5, {"g": null}, {"h": "z"}]}"#);
        assert_eq!(outline.text("a"), Some("x"));
        assert_eq!(outline.text("b.c"), Some("y"));
        assert!(outline.has_all(&["f[].g", "f[].h"]) && !outline.has("b.d.e") && !outline.has("c"));
        assert_eq!(outline.count(&["a", "b", "x"]), 2);
    }

    #[test]
    fn long_texts_and_many_members_are_left_out() {
        let long = "x".repeat(TEXT_BYTES + 1);
        let keys = (0..1_000).map(|number| format!("\"k{number}\": 1")).collect::<Vec<_>>().join(", ");
        let outline =
            outline(&format!(r#"{{"a": "{long}", "{long}": 1, "b": {{{keys}}}, "c": [{{{keys}}}], "d": 1}}"#));
        assert!(outline.has("a") && outline.text("a").is_none() && !outline.has(&long));
        assert!(outline.has("d"), "top-level keys after large values are seen");
        assert_eq!(outline.members.len(), 4 + 2 * INNER_KEYS);
    }
}
