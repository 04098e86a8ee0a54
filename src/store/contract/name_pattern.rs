//! Patterns of names.

use std::fmt;

/// A pattern of names, in which `*` stands for any number of characters and `[*]` for the character `*`. All others stand for
/// themselves.
///
/// `[*]` is how shells and Python's `fnmatch` write it too. A backslash would not do: names may be paths of Windows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamePattern {
    /// The texts before, between and after the asterisks: at least one.
    texts: Vec<String>,
}

impl NamePattern {
    /// Parses a pattern.
    pub fn parse(pattern: &str) -> Self {
        let mut texts = vec![String::new()];
        let mut rest = pattern;
        while let Some(position) = rest.find('*') {
            let (before, after) = rest.split_at(position);
            let after = after.strip_prefix('*').unwrap_or(after);
            let literal = before.strip_suffix('[').zip(after.strip_prefix(']'));
            if let Some(text) = texts.last_mut() {
                text.push_str(literal.map_or(before, |(before, _)| before));
                if literal.is_some() {
                    text.push('*');
                }
            }
            rest = literal.map_or(after, |(_, after)| after);
            if literal.is_none() {
                texts.push(String::new());
            }
        }
        if let Some(text) = texts.last_mut() {
            text.push_str(rest);
        }
        Self { texts }
    }

    /// The pattern of the names that begin with `prefix`.
    pub fn prefix(prefix: &str) -> Self {
        Self { texts: vec![prefix.to_owned(), String::new()] }
    }

    /// The only name that matches, if there is no more than one.
    pub fn name(&self) -> Option<&str> {
        match self.texts.as_slice() {
            [name] => Some(name),
            _ => None,
        }
    }

    /// Whether `name` matches, by code points.
    pub fn matches(&self, name: &str) -> bool {
        let [first, between @ .., last] = self.texts.as_slice() else { return self.name() == Some(name) };
        let Some(mut rest) = name.strip_prefix(first.as_str()).and_then(|rest| rest.strip_suffix(last.as_str())) else {
            return false;
        };
        between.iter().all(|text| match rest.find(text.as_str()) {
            Some(position) => {
                rest = rest.get(position + text.len()..).unwrap_or_default();
                true
            }
            None => false,
        })
    }

    /// The pattern in the language of a database: with `any` for an asterisk, and each character that `special` says means
    /// something there written as it says.
    pub fn translated(&self, any: &str, special: impl Fn(char) -> Option<String>) -> String {
        let written = |text: &String| {
            let written = text.chars().map(|letter| special(letter).unwrap_or_else(|| letter.to_string()));
            written.collect::<String>()
        };
        self.texts.iter().map(written).collect::<Vec<_>>().join(any)
    }
}

impl fmt::Display for NamePattern {
    /// The pattern as [`parse`](Self::parse) reads it.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.translated("*", |letter| (letter == '*').then(|| "[*]".to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn matches(pattern: &str, name: &str) -> bool {
        NamePattern::parse(pattern).matches(name)
    }

    #[test]
    fn an_asterisk_stands_for_any_number_of_characters() {
        for (pattern, matching, others) in [
            ("orders_*", &["orders_", "orders_eu", "orders_*"][..], &["orders", "Orders_eu", "my orders_eu"][..]),
            ("*.csv", &[".csv", "a.csv", "a.csv.csv"], &["a.csv2", "csv"]),
            ("a*b*c", &["abc", "a-b-c", "abcbc"], &["ac", "acb", "ab"]),
            ("a*a", &["aa", "aba"], &["a"]),
            ("*", &["", "x"], &[]),
            ("**", &["", "x"], &[]),
            ("größe*", &["größe", "größe ü"], &["grosse"]),
            ("a?[b]_%\\*", &["a?[b]_%\\", "a?[b]_%\\x"], &["axb_%\\", "a?bx%\\"]),
        ] {
            for name in matching {
                assert!(matches(pattern, name), "{pattern} {name}");
            }
            for name in others {
                assert!(!matches(pattern, name), "{pattern} {name}");
            }
        }
    }

    #[test]
    fn an_asterisk_in_brackets_stands_for_itself() {
        assert_eq!(NamePattern::parse("a[*]b").name(), Some("a*b"));
        assert_eq!(NamePattern::parse("a[[*]]b").name(), Some("a[*]b"));
        assert_eq!(NamePattern::parse("a[b]").name(), Some("a[b]"));
        assert_eq!(NamePattern::parse("a[*b").name(), None);
        assert!(matches("[*]*", "*x") && !matches("[*]*", "x*"));
    }

    proptest! {
        #[test]
        fn a_name_with_its_asterisks_in_brackets_is_the_only_one_that_matches(name in "[a*\\[\\]é_%]{0,8}") {
            let written = name.replace('*', "[*]");
            let pattern = NamePattern::parse(&written);
            prop_assert_eq!(pattern.name(), Some(name.as_str()));
            prop_assert_eq!(pattern.to_string(), written);
        }

        #[test]
        fn a_pattern_comes_back_from_its_text(pattern in "[a*\\[\\]]{0,8}") {
            let parsed = NamePattern::parse(&pattern);
            prop_assert_eq!(NamePattern::parse(&parsed.to_string()), parsed);
        }
    }
}
