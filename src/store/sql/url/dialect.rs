//! The databases that a URL can name.

use crate::error::{Error, Result};

/// One line per database: its variant, its name in `pool-status`, its name in messages, and its schemes in SQLAlchemy's
/// URLs.
macro_rules! dialects {
    ($($(#[$doc:meta])* $variant:ident $name:literal $title:literal [$($scheme:literal),+];)+) => {
        /// The databases that a URL can name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Dialect {
            $($(#[$doc])* $variant,)+
        }

        impl Dialect {
            /// Each scheme with its database.
            const SCHEMES: &'static [(&'static str, Self)] = &[$($(($scheme, Self::$variant)),+),+];

            /// Returns the name in `pool-status`: `sqlite`, `postgresql`, `mysql` or `mssql`.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            /// Returns the name for messages.
            pub fn title(self) -> &'static str {
                match self {
                    $(Self::$variant => $title,)+
                }
            }
        }
    };
}

dialects! {
    /// A file or memory.
    Sqlite "sqlite" "SQLite" ["sqlite"];
    /// PostgreSQL.
    Postgresql "postgresql" "PostgreSQL" ["postgresql", "postgres"];
    /// MySQL and MariaDB.
    Mysql "mysql" "MySQL" ["mysql", "mariadb"];
    /// Microsoft SQL Server.
    Mssql "mssql" "SQL Server" ["mssql"];
}

impl Dialect {
    /// Returns the database of a URL's scheme, which may name a Python driver after a `+`. `None` for a text that
    /// cannot be a scheme: it may be part of a password, and must not be repeated.
    pub(super) fn from_scheme(scheme: &str) -> Option<Result<Self>> {
        if scheme.len() > 40 || !scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+_".contains(&byte)) {
            return None;
        }
        let lowercase = scheme.to_ascii_lowercase();
        let name = lowercase.split('+').next().filter(|name| !name.is_empty())?;
        let known = Self::SCHEMES.iter().find(|(known, _)| *known == name);
        Some(known.map(|(_, dialect)| *dialect).ok_or_else(|| unknown(name)))
    }
}

fn unknown(name: &str) -> Error {
    let schemes = || Dialect::SCHEMES.iter().map(|(scheme, _)| *scheme);
    let nearest = schemes()
        .map(|known| (strsim::damerau_levenshtein(name, known), known))
        .min()
        .filter(|(distance, _)| *distance <= 3)
        .map(|(_, known)| format!("did you mean `{known}`? "))
        .unwrap_or_default();
    let all: Vec<&str> = schemes().filter(|scheme| *scheme != "postgres").collect();
    Error::usage(format!("the connection URL names an unknown database `{name}`"))
        .with_hint(format!("{nearest}Databases: {}", all.join(", ")))
}
