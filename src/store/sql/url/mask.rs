//! Masks the secrets in a database's URL.

use std::fmt;

use super::database_url::DatabaseUrl;
use super::dialect::Dialect;
use crate::secret::{MASK, Secret, mask_unparsed_url};

/// How much of a query parameter may be shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shown {
    /// Name and value.
    Value,
    /// The name only; the value is a secret.
    Name,
}

/// The parameters that may be shown. Any other is masked as a whole: each driver has its own names for passwords and
/// tokens, and a name may be part of a password that was not percent-encoded.
const PARAMETERS: [(&str, Shown); 34] = [
    ("application_name", Shown::Value),
    ("cache", Shown::Value),
    ("charset", Shown::Value),
    ("check_same_thread", Shown::Value),
    ("client_encoding", Shown::Value),
    ("connect_timeout", Shown::Value),
    ("driver", Shown::Value),
    ("encrypt", Shown::Value),
    ("immutable", Shown::Value),
    ("isolation_level", Shown::Value),
    ("key", Shown::Name),
    ("mode", Shown::Value),
    ("nolock", Shown::Value),
    ("odbc_connect", Shown::Name),
    ("passwd", Shown::Name),
    ("password", Shown::Name),
    ("pwd", Shown::Name),
    ("ssl_ca", Shown::Value),
    ("ssl_cert", Shown::Value),
    ("ssl_key", Shown::Name),
    ("ssl_mode", Shown::Value),
    ("ssl_verify_cert", Shown::Value),
    ("ssl_verify_identity", Shown::Value),
    ("sslcert", Shown::Value),
    ("sslkey", Shown::Name),
    ("sslmode", Shown::Value),
    ("sslpassword", Shown::Name),
    ("sslrootcert", Shown::Value),
    ("target_session_attrs", Shown::Value),
    ("timeout", Shown::Value),
    ("token", Shown::Name),
    ("trustservercertificate", Shown::Value),
    ("uri", Shown::Value),
    ("vfs", Shown::Value),
];

/// Masks the secrets in a SQLAlchemy URL. A text that cannot be parsed is shown as `scheme://******`.
pub fn masked_url(text: &str) -> String {
    DatabaseUrl::parse(text).map_or_else(|_| mask_unparsed_url(text), |url| url.masked())
}

impl DatabaseUrl {
    /// Returns the URL with its secrets masked.
    pub fn masked(&self) -> String {
        let mut text = format!("{}://", self.scheme);
        match (&self.username, &self.password) {
            (Some(username), Some(_)) if is_user_name(username) => text.push_str(&format!("{username}:{MASK}@")),
            // Without a password, the user name may contain both: the `:` between them is easily forgotten.
            (Some(_), _) => text.push_str(&format!("{MASK}@")),
            (None, Some(_)) => text.push_str(&format!(":{MASK}@")),
            (None, None) => {}
        }
        match self.host() {
            Some(host) if host.contains(':') => text.push_str(&format!("[{host}]")),
            Some(host) => text.push_str(host),
            None => {}
        }
        if let Some(port) = self.port() {
            text.push_str(&format!(":{port}"));
        }
        if let Some(database) = self.database() {
            text.push('/');
            // A database on a server with one of these characters in its name is far rarer than a password that was
            // split at the wrong place.
            let is_doubtful = self.dialect() != Dialect::Sqlite && database.contains(['@', ':', '/', '=', '&']);
            text.push_str(if is_doubtful { MASK } else { database });
        }
        let mut separator = '?';
        for (name, value) in &self.query {
            text.push(separator);
            separator = '&';
            push_parameter(&mut text, name.expose(), value);
        }
        text
    }
}

fn push_parameter(text: &mut String, name: &str, value: &Secret) {
    let lowercase = name.to_ascii_lowercase();
    match PARAMETERS.iter().find(|(known, _)| *known == lowercase) {
        Some((_, Shown::Value)) => text.push_str(&format!("{name}={}", value.expose())),
        Some((_, Shown::Name)) => text.push_str(&format!("{name}={MASK}")),
        None => text.push_str(MASK),
    }
}

/// Whether `text` can be a user name, `${NAME}` included, and not part of a password that was split at the wrong place.
fn is_user_name(text: &str) -> bool {
    text.chars().all(|character| character.is_alphanumeric() || "_-.${}".contains(character))
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.masked())
    }
}
