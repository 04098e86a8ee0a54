//! Addresses without the secrets in them.

use crate::secret::MASK;

/// Whether `text` is `${NAME}` and nothing else; a default might hold a secret.
fn is_reference(text: &str) -> bool {
    let name = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    name.is_some_and(is_word)
}

fn is_word(text: &str) -> bool {
    text.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
}

/// `address` without user, password, parameters and fragment.
pub(super) fn bare_address(address: &str) -> String {
    if is_reference(address) {
        return address.to_owned();
    }
    let Some((scheme, rest)) = address.split_once("://") else { return MASK.to_owned() };
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let rest = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    format!("{scheme}://{rest}")
}

/// `line` with the user and password of every address in it masked.
pub(super) fn credentials_in_addresses(line: &str) -> String {
    let mut safe = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("://") {
        safe.push_str(before);
        safe.push_str("://");
        let end = after.find(['"', '\'']).unwrap_or(after.len());
        let (address, behind) = after.split_at(end);
        match address.rsplit_once('@') {
            Some((_, host)) => {
                safe.push_str(MASK);
                safe.push('@');
                safe.push_str(host);
            }
            None => safe.push_str(address),
        }
        rest = behind;
    }
    safe.push_str(rest);
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_in_a_line_loses_its_credentials() {
        let line = r#"endpoint_url = "http://u:hunt@er2@h:9000/x" # c"#;
        assert_eq!(credentials_in_addresses(line), r#"endpoint_url = "http://******@h:9000/x" # c"#);
    }
}
