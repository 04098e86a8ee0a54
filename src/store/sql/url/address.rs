//! The addresses of databases on the command line.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, CONTROLS, percent_encode};

use super::dialect::Dialect;

/// The characters of a path that mean something else in a URL.
const PATH: &AsciiSet = &CONTROLS.add(b'%').add(b'?').add(b'#');

/// The URL of an address that is one, or that is the path of a SQLite file: `sqlite:PATH`. `None` if it names no database.
pub(in crate::store::sql) fn url_of_address(address: &str) -> Option<Cow<'_, str>> {
    if let Some((scheme, _)) = address.split_once("://") {
        return matches!(Dialect::from_scheme(scheme), Some(Ok(_))).then_some(Cow::Borrowed(address));
    }
    let path = address.strip_prefix("sqlite:").filter(|path| !path.is_empty())?;
    Some(Cow::Owned(format!("sqlite:///{}", percent_encode(path.as_bytes(), PATH))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sql::url::DatabaseUrl;

    #[test]
    fn an_address_is_a_url_or_the_path_of_a_sqlite_file() {
        for (address, file) in [
            ("sqlite:store.db", "store.db"),
            ("sqlite:/data/a b?%#.db", "/data/a b?%#.db"),
            ("sqlite:///store.db", "store.db"),
            ("sqlite::memory:", ":memory:"),
        ] {
            let url = DatabaseUrl::parse(&url_of_address(address).unwrap()).unwrap();
            assert_eq!(url.database(), Some(file), "{address}");
        }
        assert_eq!(url_of_address("postgresql+psycopg2://h/d").unwrap(), "postgresql+psycopg2://h/d");
        for address in ["s3://bucket", "sqlite:", "store.db", "oracle://h/d", "postgresql:x"] {
            assert_eq!(url_of_address(address), None, "{address}");
        }
    }
}
