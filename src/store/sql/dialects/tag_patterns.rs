//! Tags matched as text, for databases with a JSON parser that rejects some of Python's output: `NaN`, `\u0000`, lone
//! surrogates.
//!
//! Python's `json.dumps` and this program write tags in one form only, so a key and its value are always the same text.

use crate::result::Layout;
use crate::result::json::JsonValue;
use crate::store::sql::tags_json::pair_text;

/// Matches any tag value other than a string.
const SCALAR: &str = r#"[^" ,{}\[\]]+"#;

/// The quantifiers of a regular expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quantifier {
    /// Greedy, for engines without possessive quantifiers.
    #[cfg_attr(not(feature = "postgres"), allow(dead_code, reason = "PostgreSQL's alone"))]
    Plain,
    /// Possessive: no backtracking, so long tags take no memory.
    Possessive,
}

/// Returns the texts of a tag: its value as a string, and, if the value is a JSON scalar, the value itself.
pub(super) fn pairs(key: &str, value: &str) -> Vec<String> {
    let mut pairs = vec![pair_text(key, &JsonValue::from(value))];
    if let Ok(scalar @ (JsonValue::Null | JsonValue::Bool(_) | JsonValue::Number(_))) = JsonValue::parse_str(value)
        && scalar.to_text(Layout::Compact) == value
    {
        pairs.push(pair_text(key, &scalar));
    }
    pairs
}

/// Returns the regular expression that matches tags with one of `pairs`, in the common syntax of PostgreSQL, PCRE and
/// ICU.
pub(super) fn pattern(pairs: &[String], quantifier: Quantifier) -> String {
    let any = if quantifier == Quantifier::Possessive { "*+" } else { "*" };
    let string = format!(r#""[^"\\]{any}(?:\\.[^"\\]{any}){any}""#);
    let wanted: Vec<_> = pairs.iter().map(|pair| literal(pair)).collect();
    format!(r"^\{{(?:{string}: (?:{string}|{SCALAR}), )*(?:{})(?:, |\}})", wanted.join("|"))
}

fn literal(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() * 2);
    for letter in text.chars() {
        if !letter.is_ascii_alphanumeric() && letter != ' ' {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_is_json_stands_for_a_text_and_for_itself() {
        assert_eq!(pairs("k", "v"), [r#""k": "v""#]);
        assert_eq!(pairs("k", "1.0"), [r#""k": "1.0""#, r#""k": 1.0"#]);
        assert_eq!(pairs("k", "null"), [r#""k": "null""#, r#""k": null"#]);
        assert_eq!(pairs("é", "\""), [r#""\u00e9": "\"""#]);
        assert_eq!(pairs("k", "{}"), [r#""k": "{}""#]);
    }

    #[test]
    fn a_number_with_spaces_around_it_stands_for_a_text_alone() {
        assert_eq!(pairs("k", " 1"), [r#""k": " 1""#]);
    }

    #[test]
    fn what_means_something_to_a_regular_expression_is_taken_literally() {
        assert!(pattern(&pairs("a.b", "*"), Quantifier::Plain).ends_with(r#"(?:\"a\.b\"\: \"\*\")(?:, |\})"#));
    }
}
