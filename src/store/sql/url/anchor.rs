//! Relative paths in a connection URL: SQLite's file, and the files of certificates and keys.

use std::path::Path;

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, percent_decode_str, percent_encode};

use super::dialect::Dialect;

/// The parameters of all drivers that name a file.
const FILES: [&str; 6] = ["sslrootcert", "sslcert", "sslkey", "ssl_ca", "ssl_cert", "ssl_key"];

/// The characters of a directory that mean something else in a URL.
const DIRECTORY: &AsciiSet = &CONTROLS.add(b'%').add(b'?').add(b'#');

/// `url` with its relative paths below `directory`, which is absolute. A text that is no URL stays as it is.
pub(in crate::store::sql) fn anchored_url(url: &str, directory: &Path) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let Some(Ok(dialect)) = Dialect::from_scheme(scheme) else { return url.to_owned() };
    let (place, query) = rest.split_once('?').map_or((rest, None), |(place, query)| (place, Some(query)));
    let place = match dialect {
        Dialect::Sqlite => anchored_file(place, query.unwrap_or_default(), directory),
        _ => place.to_owned(),
    };
    let query = query.map(|query| query.split('&').map(|pair| anchored_pair(pair, directory)).collect::<Vec<_>>());
    match query {
        Some(query) => format!("{scheme}://{place}?{}", query.join("&")),
        None => format!("{scheme}://{place}"),
    }
}

fn anchored_file(place: &str, query: &str, directory: &Path) -> String {
    let has = |name: &str, is: fn(&str) -> bool| {
        query.split('&').filter_map(|pair| pair.split_once('=')).any(|(key, value)| key == name && is(value))
    };
    let written = place.strip_prefix('/').unwrap_or_default();
    // SQLite's own form of a path, which SQLAlchemy passes on with `uri=true` only.
    let (form, path) = match written.strip_prefix("file:") {
        Some(path) if has("uri", |_| true) => ("file:", path),
        _ => ("", written),
    };
    let is_memory = matches!(path, "" | ":memory:") || has("mode", |mode| mode == "memory");
    if is_memory || path.starts_with("${") || is_absolute(path) {
        return place.to_owned();
    }
    format!("/{form}{}/{path}", percent_encode(directory.as_os_str().as_encoded_bytes(), DIRECTORY))
}

fn anchored_pair(pair: &str, directory: &Path) -> String {
    let Some((name, value)) = pair.split_once('=') else { return pair.to_owned() };
    let is_file = FILES.iter().any(|file| file.eq_ignore_ascii_case(name));
    // `sslrootcert=system` stands for the system's issuers.
    if !is_file || matches!(value, "" | "system") || value.starts_with("${") || is_absolute(value) {
        return pair.to_owned();
    }
    format!("{name}={}%2F{value}", percent_encode(directory.as_os_str().as_encoded_bytes(), NON_ALPHANUMERIC))
}

fn is_absolute(encoded: &str) -> bool {
    Path::new(&*percent_decode_str(encoded).decode_utf8_lossy()).is_absolute()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::store::sql::url::DatabaseUrl;

    #[test]
    fn relative_paths_begin_in_the_directory() {
        for (url, anchored) in [
            ("sqlite:///.truthound/store.db", "sqlite:////a b%3F%25/.truthound/store.db"),
            ("sqlite:///x.db?timeout=2", "sqlite:////a b%3F%25/x.db?timeout=2"),
            ("sqlite:///file:x.db?uri=true", "sqlite:///file:/a b%3F%25/x.db?uri=true"),
            ("sqlite:///file:x.db", "sqlite:////a b%3F%25/file:x.db"),
            (
                "postgresql://u:p@h/db?sslmode=verify-full&sslrootcert=ca.pem",
                "postgresql://u:p@h/db?sslmode=verify-full&sslrootcert=%2Fa%20b%3F%25%2Fca.pem",
            ),
        ] {
            assert_eq!(anchored_url(url, Path::new("/a b?%")), anchored);
        }
        let url = DatabaseUrl::parse(&anchored_url("sqlite:///x%23.db", Path::new("/a b?%#"))).unwrap();
        assert_eq!(url.database(), Some("/a b?%#/x#.db"));
    }

    #[test]
    fn everything_else_stays_as_it_is() {
        for url in [
            "sqlite:////abs/x.db",
            "sqlite://",
            "sqlite:///",
            "sqlite:///:memory:",
            "sqlite:///file:x?mode=memory&uri=true",
            "sqlite:///%2Fabs/x.db",
            "postgresql://u:p@h/db?sslrootcert=system",
            "mysql://h/db?ssl_ca=/etc/ca.pem&charset=utf8mb4",
            "${DATABASE_URL}",
            "sqlite:///${DIRECTORY}/x.db",
            "hunter2",
        ] {
            assert_eq!(anchored_url(url, Path::new("/d")), url);
        }
    }
}
