//! Tags cut into parts, for databases that have no index on all words of a text: there is an index on the first part, one on
//! the second, and so on.
//!
//! A part is what stands between two commas with a space after them, without its quotation marks. Mostly it is one tag,
//! however its value is written; where a comma stands in a tag, it is a piece of one.

use crate::result::json::JsonValue;
use crate::store::sql::tags_json::pair_text;

/// How many parts of a result's tags have an index. The last of these indexes also holds the results with more parts, under
/// a sign of their own.
pub(super) const PARTS: usize = 8;

/// Characters of a result's tags above which their parts are in no index but the last, as if they were more: to find the
/// parts takes time that grows with their length.
pub(super) const LONGEST: usize = 2_000;

/// The part that a tag begins with.
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
