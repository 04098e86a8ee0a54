//! Parses an ODBC connection string: `KEYWORD=value;KEYWORD={value; with } doubled}};...`.

use crate::error::{Error, Result};
use crate::secret::Secret;

/// Returns the keywords and their values, in order.
///
/// # Errors
/// [`Usage`](crate::error::ErrorKind::Usage), without repeating any input.
pub(super) fn pairs(text: &str) -> Result<Vec<(String, Secret)>> {
    let mut pairs = Vec::new();
    let mut rest = text.trim();
    loop {
        rest = rest.trim_start_matches([';', ' ']);
        if rest.is_empty() {
            return Ok(pairs);
        }
        let (keyword, after) = rest.split_once('=').ok_or_else(malformed)?;
        if keyword.contains([';', '{', '}']) {
            return Err(malformed());
        }
        let value;
        (value, rest) = match after.trim_start().strip_prefix('{') {
            Some(braced) => in_braces(braced)?,
            None => {
                let (value, rest) = after.split_once(';').unwrap_or((after, ""));
                (value.trim().to_owned(), rest)
            }
        };
        pairs.push((keyword.trim().to_owned(), Secret::from(value)));
    }
}

/// Returns the value up to its closing brace, and the text after the semicolon.
fn in_braces(text: &str) -> Result<(String, &str)> {
    let mut value = String::new();
    let mut rest = text;
    loop {
        let (part, after) = rest.split_once('}').ok_or_else(malformed)?;
        value.push_str(part);
        match after.strip_prefix('}') {
            Some(more) => {
                value.push('}');
                rest = more;
            }
            None => {
                let after = after.trim_start();
                let is_end = after.is_empty() || after.starts_with(';');
                return if is_end { Ok((value, after)) } else { Err(malformed()) };
            }
        }
    }
}

fn malformed() -> Error {
    Error::usage("the `odbc_connect` in the connection URL is not an ODBC connection string").with_hint(
        "write KEYWORD=value;KEYWORD=value, and a value with `;` or `}` in it as {value}, its `}` doubled; then percent-encode \
         the whole",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(text: &str) -> Vec<(String, String)> {
        pairs(text).unwrap().into_iter().map(|(keyword, value)| (keyword, value.expose().to_owned())).collect()
    }

    #[test]
    fn values_stand_plain_or_in_braces() {
        let expected = [("A", "1"), ("B b", "x; } y"), ("C", "="), ("D", "")];
        let expected = expected.map(|(keyword, value)| (keyword.to_owned(), value.to_owned()));
        assert_eq!(taken("A=1;B b={x; }} y};;C==;D="), expected);
        assert_eq!(taken("A= 1 ; B b = {x; }} y} ; C==;D=;"), expected);
        assert!(taken("").is_empty());
    }

    proptest::proptest! {
        #[test]
        fn any_value_in_braces_is_taken_as_it_is(value in ".*", other in "[a-z]*") {
            let text = format!("PWD={{{}}};UID={other};", value.replace('}', "}}"));
            let expected = [("PWD".to_owned(), value), ("UID".to_owned(), other)];
            proptest::prop_assert_eq!(taken(&text), expected);
        }

        #[test]
        fn no_text_is_too_strange_to_be_read(text in ".*") {
            let _ = pairs(&text);
        }
    }

    #[test]
    fn what_is_no_pair_is_refused() {
        for text in ["hunter2", "A={hunter2", "A={x}hunter2;", "A=1;hunter2", "hun{ter2=1"] {
            let error = pairs(text).unwrap_err();
            assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        }
    }
}
