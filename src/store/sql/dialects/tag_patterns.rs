//! Tags as text, for databases whose own JSON refuses some of what Python writes: `NaN`, `\u0000`, half a surrogate pair.
//!
//! Python's `json.dumps` and we write tags in one form only, so that a pair of a key and a value is one text.

use crate::result::Layout;
use crate::result::json::JsonValue;
use crate::store::sql::tags_json::pair_text;

/// Any value of a tag that is no string.
const SCALAR: &str = r#"[^" ,{}\[\]]+"#;

/// How the parts of a regular expression repeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quantifier {
    /// As it must be, for engines that know no other.
    #[cfg_attr(not(feature = "postgres"), allow(dead_code, reason = "PostgreSQL's alone"))]
    Plain,
    /// Without ever trying less, so that long tags take no memory.
    Possessive,
}

/// The texts of a pair: that of the value as a string, and that of the value as it is where it is JSON itself.
pub(super) fn pairs(key: &str, value: &str) -> Vec<String> {
    let mut pairs = vec![pair_text(key, &JsonValue::from(value))];
    if let Ok(scalar @ (JsonValue::Null | JsonValue::Bool(_) | JsonValue::Number(_))) = JsonValue::parse_str(value)
        && scalar.to_text(Layout::Compact) == value
    {
        pairs.push(pair_text(key, &scalar));
    }
    pairs
}

/// The regular expression that a column of tags matches if it holds one of `pairs`: PostgreSQL, PCRE and ICU read it alike.
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
