//! Addresses without the secrets in them.

use std::borrow::Cow;

/// What is shown in place of a secret.
pub(super) const MASK: &str = "******";

/// Parameters of a database's address that hold no secret.
const HARMLESS: [&str; 12] = [
    "application_name",
    "cache",
    "charset",
    "connect_timeout",
    "driver",
    "encrypt",
    "mode",
    "sslmode",
    "target_session_attrs",
    "timeout",
    "trustservercertificate",
    "uri",
];

/// A SQLAlchemy address with user, host and database, and every password in it masked.
///
/// Where it is not certain what is a password (it may hold `@`, `:`, `/` and `?` unescaped), more is masked.
pub(super) fn database_address(url: &str) -> String {
    if is_reference(url) {
        return url.to_owned();
    }
    let Some((scheme, rest)) = url.split_once("://") else { return MASK.to_owned() };
    let is_scheme = |character: char| character.is_ascii_alphanumeric() || matches!(character, '+' | '-' | '.' | '_');
    if !scheme.chars().all(is_scheme) {
        return MASK.to_owned();
    }
    let (place, query) = match rest.split_once('?') {
        Some((place, query)) => (place, Some(query)),
        None => (rest, None),
    };
    // An `@` behind the `?`: either the password holds a `?`, or a parameter holds an `@`.
    if query.is_some_and(|query| query.contains('@')) {
        return format!("{scheme}://{MASK}");
    }
    // Parameters where the path should be: the `?` was forgotten.
    if !place.starts_with('/') && place.rsplit('@').next().is_some_and(|path| path.contains(['=', '&'])) {
        return format!("{scheme}://{MASK}");
    }
    let host = place.rsplit_once('@').map_or(place, |(_, host)| host);
    if !is_host(host.split('/').next().unwrap_or_default()) {
        return format!("{scheme}://{MASK}");
    }
    let place = match place.rsplit_once('@') {
        // A user name cannot hold a `:`; where there is none, it may have been forgotten.
        Some((user, host)) => match user.split_once(':') {
            Some((name, _)) if is_name(name) => format!("{name}:{MASK}@{host}"),
            _ => format!("{MASK}@{host}"),
        },
        None => place.to_owned(),
    };
    match query {
        Some(query) => format!("{scheme}://{place}?{}", parameters(query)),
        None => format!("{scheme}://{place}"),
    }
}

/// Whether `text` is `${NAME}` and nothing else; a default might hold a secret.
fn is_reference(text: &str) -> bool {
    let name = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    name.is_some_and(is_word)
}

fn is_name(text: &str) -> bool {
    is_reference(text) || text.chars().all(|character| character.is_alphanumeric() || "_-.".contains(character))
}

/// Whether `text` is a host, or several, with or without a port. What is none may be a password whose `@` was
/// forgotten.
fn is_host(text: &str) -> bool {
    text.split(',').all(|host| {
        let (name, port) = match host.rsplit_once(':') {
            Some((name, port)) if !host.ends_with(']') => (name, port),
            _ => (host, ""),
        };
        let is_address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).is_some_and(|address| {
            address.chars().all(|character| character.is_ascii_hexdigit() || ":.".contains(character))
        });
        (is_address || is_name(name)) && (is_reference(port) || port.chars().all(|digit| digit.is_ascii_digit()))
    })
}

fn is_word(text: &str) -> bool {
    text.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
}

fn parameters(query: &str) -> String {
    let masked = query.split('&').map(|parameter| match parameter.split_once('=') {
        Some((name, _)) if HARMLESS.contains(&name.to_lowercase().as_str()) => Cow::Borrowed(parameter),
        Some((name, _)) if is_word(name) => Cow::Owned(format!("{name}={MASK}")),
        _ => Cow::Borrowed(MASK),
    });
    masked.collect::<Vec<_>>().join("&")
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
    fn passwords_are_masked_wherever_they_stand() {
        for (url, masked) in [
            ("sqlite:///.truthound/store.db", "sqlite:///.truthound/store.db"),
            ("postgresql://app:hunter2@db:5432/x", "postgresql://app:******@db:5432/x"),
            ("postgresql://app:hun@ter:2@db/x", "postgresql://app:******@db/x"),
            ("postgresql://app:hun/ter2@db/x?sslmode=require", "postgresql://app:******@db/x?sslmode=require"),
            ("postgresql://app:hun?ter2@db/x", "postgresql://******"),
            ("mysql+pymysql://db/x?password=hunter2&charset=utf8", "mysql+pymysql://db/x?password=******&charset=utf8"),
            ("postgresql://db/x?hunter2", "postgresql://db/x?******"),
            ("postgresql://app:hunter2db/x", "postgresql://******"),
            ("postgresql://app@db/password=hunter2", "postgresql://******"),
            ("sqlite:////data/env=prod/store.db", "sqlite:////data/env=prod/store.db"),
            ("postgresql://app:hunter2@[::1]:5432/x", "postgresql://app:******@[::1]:5432/x"),
            ("postgresql://apphunter2@db/x", "postgresql://******@db/x"),
            ("postgresql://app'hunter2:@db/x", "postgresql://******@db/x"),
            ("postgresql://ap[hunter2[db/x", "postgresql://******"),
            ("postgresql://one:1,two:2/x", "postgresql://one:1,two:2/x"),
            ("postgresql://db:${PORT}/x", "postgresql://db:${PORT}/x"),
            ("app:hunter2", "******"),
        ] {
            assert_eq!(database_address(url), masked);
        }
    }

    #[test]
    fn an_address_in_a_line_loses_its_credentials() {
        let line = r#"endpoint_url = "http://u:hunt@er2@h:9000/x" # c"#;
        assert_eq!(credentials_in_addresses(line), r#"endpoint_url = "http://******@h:9000/x" # c"#);
    }
}
