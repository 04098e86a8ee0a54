//! Tags split into parts, for databases without a full-text index on all tags: the first part has an index, the second
//! has one, and so on.
//!
//! Parts are separated by a comma and a space and have no quotation marks. Usually a part is one tag; a tag that
//! contains a comma has several parts.

use crate::result::json::JsonValue;
use crate::store::sql::tags_json::pair_text;

/// The number of parts with an index. The last index also contains the results with more parts, under a marker value.
pub(super) const PARTS: usize = 8;

/// The length of tags, in characters, above which only the last index contains a result, as if it had more parts:
/// finding the parts takes time that grows with the length.
pub(super) const LONGEST: usize = 2_000;

/// Returns the first part of a tag.
pub(super) fn first_part(key: &str, value: &str) -> String {
    let mut pair = pair_text(key, &JsonValue::from(value));
    pair.retain(|letter| letter != '"');
    pair.split(", ").next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_ends_where_the_next_one_begins() {
        assert_eq!(first_part("k", "v"), "k: v");
        assert_eq!(first_part("k", "a, b"), "k: a");
        assert_eq!(first_part("k", "a,"), "k: a,");
        assert_eq!(first_part("a, b", "v"), "a");
    }

    #[test]
    fn a_part_is_written_as_in_the_column_but_for_quotation_marks() {
        assert_eq!(first_part("é\"", "\n"), r"\u00e9\: \n");
    }
}
