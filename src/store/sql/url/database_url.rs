//! Parses connection URLs, as SQLAlchemy writes them.

use percent_encoding::percent_decode_str;

use super::dialect::Dialect;
use crate::error::{Error, Result};
use crate::secret::Secret;

/// A parsed SQLAlchemy URL. Debug and the [masked](Self::masked) form show no secret.
#[derive(Clone, Debug)]
pub struct DatabaseUrl {
    dialect: Dialect,
    pub(super) scheme: String,
    pub(super) username: Option<String>,
    pub(super) password: Option<Secret>,
    host: Option<String>,
    port: Option<u16>,
    database: Option<Secret>,
    pub(super) query: Vec<(Secret, Secret)>,
}

impl DatabaseUrl {
    /// Parses a URL like `sqlalchemy.make_url`, except that a password may contain `@`.
    ///
    /// # Errors
    /// [`Usage`](crate::error::ErrorKind::Usage), without repeating anything after `://`.
    pub fn parse(text: &str) -> Result<Self> {
        let (scheme, rest) = text.split_once("://").ok_or_else(not_a_url)?;
        let dialect = Dialect::from_scheme(scheme).unwrap_or_else(|| Err(not_a_url()))?;
        let mut url = Self {
            dialect,
            scheme: scheme.to_ascii_lowercase(),
            username: None,
            password: None,
            host: None,
            port: None,
            database: None,
            query: Vec::new(),
        };
        if dialect == Dialect::Sqlite {
            // The rest is the path; `sqlite://` alone is an in-memory database.
            let path = match rest.strip_prefix('/') {
                Some(path) => path,
                None if rest.is_empty() || rest.starts_with('?') => rest,
                None => return Err(sqlite_with_host()),
            };
            let (path, query) = split_query(path);
            url.database = decode(path)?.map(Secret::from);
            url.query = parse_query(query)?;
            return Ok(url);
        }
        let (userinfo, rest) = split_userinfo(rest)?;
        if let Some(userinfo) = userinfo {
            let (username, password) = match userinfo.split_once(':') {
                Some((username, password)) => (username, Some(password)),
                None => (userinfo, None),
            };
            url.username = decode(username)?;
            url.password = password.map(decode).transpose()?.flatten().map(Secret::from);
        }
        let (place, query) = split_query(rest);
        let (authority, database) = match place.split_once('/') {
            Some((authority, database)) => (authority, decode(database)?),
            None => (place, None),
        };
        (url.host, url.port) = parse_authority(authority)?;
        url.database = database.map(Secret::from);
        url.query = parse_query(query)?;
        Ok(url)
    }

    /// Returns the dialect.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Whether SQLAlchemy would use this driver: `mssql+pyodbc` names `pyodbc`.
    #[cfg(feature = "mssql")]
    pub(in crate::store::sql) fn is_for(&self, driver: &str) -> bool {
        self.scheme.split_once('+').is_some_and(|(_, named)| named == driver)
    }

    /// Returns the user.
    pub fn username(&self) -> Option<&str> {
        self.username.as_deref()
    }

    /// Returns the password.
    pub fn password(&self) -> Option<&Secret> {
        self.password.as_ref()
    }

    /// Whether a password is in the URL, before the host or among the parameters.
    pub(in crate::store::sql) fn has_password(&self) -> bool {
        let names = ["odbc_connect", "passwd", "password", "pwd"];
        let is_password = |name: &Secret| names.iter().any(|known| known.eq_ignore_ascii_case(name.expose()));
        self.password.is_some() || self.query.iter().any(|(name, _)| is_password(name))
    }

    /// Returns the URL with this password.
    #[must_use]
    pub(in crate::store::sql) fn with_password(self, password: Secret) -> Self {
        Self { password: Some(password), ..self }
    }

    /// Returns the host name or address; an IPv6 address without brackets.
    pub fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }

    /// Returns the port.
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// Returns the name of the database, or SQLite's path.
    pub fn database(&self) -> Option<&str> {
        self.database.as_ref().map(Secret::expose)
    }

    /// Returns the value of a query parameter; the last one wins.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().rev().find(|(key, _)| key.expose() == name).map(|(_, value)| value.expose())
    }

    /// Returns all query parameters in order.
    #[cfg(feature = "sql")]
    pub(in crate::store::sql) fn parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        self.query.iter().map(|(name, value)| (name.expose(), value.expose()))
    }
}

/// Splits off `user:password@`. The last `@` ends it, so a raw `@` or `/` belongs to the password. With another `@`
/// after the `?` the end of the password is ambiguous, and a wrong guess would show the rest of it.
fn split_userinfo(text: &str) -> Result<(Option<&str>, &str)> {
    let (before_query, query) = split_query(text);
    if before_query.contains(':') && query.contains('@') {
        return Err(Error::usage("the connection URL holds an `@` after the `?`")
            .with_hint("percent-encode `@` as %40 and `?` as %3F, in the password and after the `?`"));
    }
    Ok(match before_query.rfind('@') {
        Some(at) if !before_query.starts_with('/') => (text.get(..at), text.get(at + 1..).unwrap_or_default()),
        _ => (None, text),
    })
}

fn split_query(text: &str) -> (&str, &str) {
    text.split_once('?').unwrap_or((text, ""))
}

fn parse_authority(authority: &str) -> Result<(Option<String>, Option<u16>)> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']').ok_or_else(|| bad_part("host"))?;
            let is_address = host.bytes().all(|byte| byte.is_ascii_hexdigit() || b":.%".contains(&byte));
            if !is_address {
                return Err(bad_part("host"));
            }
            (host, if port.is_empty() { "" } else { port.strip_prefix(':').ok_or_else(|| bad_part("host"))? })
        }
        None => {
            let (host, port) = authority.split_once(':').unwrap_or((authority, ""));
            let is_name = host.chars().all(|letter| letter.is_alphanumeric() || "-._%,".contains(letter));
            if !is_name {
                return Err(bad_part("host")
                    .with_hint("percent-encode special characters of the user name and the password: `@` is %40"));
            }
            (host, port)
        }
    };
    let port = if port.is_empty() { None } else { Some(port.parse().map_err(|_| bad_part("port"))?) };
    Ok(((!host.is_empty()).then(|| host.to_owned()), port))
}

fn parse_query(query: &str) -> Result<Vec<(Secret, Secret)>> {
    let mut parameters = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let key = decode(&key.replace('+', " "))?.unwrap_or_default();
        let value = decode(&value.replace('+', " "))?.unwrap_or_default();
        parameters.push((Secret::from(key), Secret::from(value)));
    }
    Ok(parameters)
}

/// Decodes percent-encoding; `None` for an empty text.
fn decode(text: &str) -> Result<Option<String>> {
    if text.is_empty() {
        return Ok(None);
    }
    let decoded = percent_decode_str(text).decode_utf8().map_err(|_| {
        Error::usage("the connection URL is percent-encoded wrongly").with_hint("percent-encode it as UTF-8")
    })?;
    Ok(Some(decoded.into_owned()))
}

fn bad_part(part: &str) -> Error {
    Error::usage(format!("the {part} in the connection URL is not valid"))
        .with_hint("write it as postgresql://user:password@host:5432/database")
}

fn not_a_url() -> Error {
    Error::usage("the connection URL is not one that SQLAlchemy takes")
        .with_hint("write it as sqlite:///file.db or postgresql://user:password@host:5432/database")
}

fn sqlite_with_host() -> Error {
    Error::usage("the connection URL of SQLite names a host")
        .with_hint("write sqlite:///relative/file.db, sqlite:////absolute/file.db or sqlite:///:memory:")
}
