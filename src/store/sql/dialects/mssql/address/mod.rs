//! Where a server is and how to sign in, from the URL: by its parts, or as one ODBC connection string.

use std::path::PathBuf;
use std::time::Duration;

use super::odbc;
use super::tls::Trust;
use crate::error::{Error, Result};
use crate::secret::Secret;
use crate::store::sql::dialects::{CONNECT_TIMEOUT, bad_parameter};
use crate::store::sql::url::DatabaseUrl;

/// SQL Server's own port.
const PORT: u16 = 1433;

/// How to encrypt. There is no way not to: what ODBC calls `optional` is taken where every server gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encryption {
    /// After the first packets, as all versions of the server do.
    Negotiated,
    /// From the first byte on: TDS 8.0, SQL Server 2022 and Azure SQL.
    Strict,
}

/// How to reach a database.
#[derive(Clone, Debug)]
pub(super) struct Address {
    /// The server's name or address.
    pub(super) host: String,
    /// Its port.
    pub(super) port: u16,
    /// The database; the user's own where none is named.
    pub(super) database: Option<String>,
    /// The user, of SQL Server's own.
    pub(super) user: String,
    /// The user's password.
    pub(super) password: Secret,
    /// How to encrypt.
    pub(super) encryption: Encryption,
    /// Whose certificate to take.
    pub(super) trust: Trust,
    /// Whether a replica for readers will do.
    pub(super) reads_only: bool,
    /// What to be called in the server's list of sessions.
    pub(super) application: String,
    /// How long to wait until the connection can be used.
    pub(super) timeout: Duration,
}

impl Address {
    /// The address that `url` means.
    ///
    /// # Errors
    /// [`Usage`](crate::error::ErrorKind::Usage) for what no driver knows, or what this one cannot do: what is asked for and
    /// not understood must not be left out silently.
    pub(super) fn from_url(url: &DatabaseUrl) -> Result<Self> {
        let mut draft = Draft::default();
        if let Some(connection) = url.parameter("odbc_connect") {
            for (keyword, value) in odbc::pairs(connection)? {
                draft.set(&keyword, value.expose())?;
            }
        } else if let Some(host) = url.host() {
            if url.database().is_none() && url.is_for("pyodbc") {
                return Err(Error::usage("the connection URL names a data source of ODBC, or no database")
                    .with_hint("write the server and the database: mssql+pyodbc://user:password@host:1433/database"));
            }
            draft.server(host)?;
            draft.port = url.port().or(draft.port);
            draft.database = url.database().map(str::to_owned);
            draft.user = url.username().map(str::to_owned);
            draft.password = url.password().cloned();
        }
        for (keyword, value) in url.parameters().filter(|(keyword, _)| *keyword != "odbc_connect") {
            draft.set(keyword, value)?;
        }
        draft.finish()
    }

    /// The database's own name, without a secret.
    pub(super) fn name(&self) -> String {
        let database = self.database.as_deref().unwrap_or_default();
        format!("mssql://{}@{}:{}/{database}", self.user, self.host, self.port)
    }
}

/// An address that is still being put together.
#[derive(Default)]
struct Draft {
    host: Option<String>,
    port: Option<u16>,
    database: Option<String>,
    user: Option<String>,
    password: Option<Secret>,
    encrypt: Encrypt,
    trusts_anybody: bool,
    root: Option<PathBuf>,
    name: Option<String>,
    reads_only: bool,
    application: Option<String>,
    timeout: Option<Duration>,
}

/// What `Encrypt` says.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Encrypt {
    Optional,
    // As in ODBC since version 18.
    #[default]
    Mandatory,
    Strict,
}

impl Draft {
    /// Takes a keyword of ODBC, of SQLAlchemy's other drivers, or of ours.
    fn set(&mut self, keyword: &str, value: &str) -> Result<()> {
        let plain: String = keyword.chars().filter(|letter| !" _".contains(*letter)).collect();
        let text = || value.to_owned();
        match plain.to_ascii_lowercase().as_str() {
            "server" | "addr" | "address" => self.server(value)?,
            "port" => self.port = Some(value.parse().map_err(|_| bad_parameter(keyword, "a number"))?),
            "database" => self.database = Some(text()),
            "uid" | "user" => self.user = Some(text()),
            "pwd" | "password" => self.password = Some(Secret::from(text())),
            "encrypt" => {
                self.encrypt = match value.to_ascii_lowercase().as_str() {
                    "yes" | "true" | "1" | "mandatory" => Encrypt::Mandatory,
                    "no" | "false" | "0" | "optional" => Encrypt::Optional,
                    "strict" => Encrypt::Strict,
                    _ => return Err(bad_parameter("Encrypt", "yes (mandatory), no (optional) or strict")),
                }
            }
            "trustservercertificate" => self.trusts_anybody = yes("TrustServerCertificate", value)?,
            "hostnameincertificate" => self.name = Some(text()),
            "sslrootcert" => self.root = Some(PathBuf::from(value)),
            "trustedconnection" if yes("Trusted_Connection", value)? => return Err(windows()),
            "integratedsecurity" => return Err(windows()),
            "authentication" if !value.is_empty() && !value.eq_ignore_ascii_case("SqlPassword") => {
                return Err(Error::usage("the connection URL asks for an `Authentication` that is not built")
                    .with_hint("use a user of the database's own with its password: Authentication=SqlPassword"));
            }
            "applicationintent" => self.reads_only = value.eq_ignore_ascii_case("ReadOnly"),
            "app" | "appname" | "applicationname" => self.application = Some(text()),
            "connecttimeout" | "connectiontimeout" | "logintimeout" | "timeout" => {
                let seconds: u64 = value.parse().map_err(|_| bad_parameter("timeout", "a whole number of seconds"))?;
                // As in ODBC 0 stands for no limit; a day does.
                self.timeout = Some(Duration::from_secs(if seconds == 0 { 86_400 } else { seconds }));
            }
            known if WITHOUT_EFFECT.contains(&known) => {}
            // Its name is not repeated: it may be a part of a password that was not percent-encoded.
            _ => {
                return Err(Error::usage("the connection URL has a parameter that is not known for SQL Server")
                    .with_hint(
                        "known are ApplicationIntent, Authentication, connect_timeout, Database, Encrypt, \
                     HostNameInCertificate, odbc_connect, Port, PWD, Server, sslrootcert, TrustServerCertificate, \
                     Trusted_Connection, UID, and what is about ODBC alone",
                    ));
            }
        }
        Ok(())
    }

    /// Takes a server as ODBC writes it: `tcp:host,1433`, `.` for this machine.
    fn server(&mut self, text: &str) -> Result<()> {
        let text = text.replace("%5C", "\\").replace("%5c", "\\");
        let text = text.strip_prefix("tcp:").unwrap_or(&text);
        if text.contains('\\') {
            return Err(Error::usage("the connection URL names an instance of SQL Server, whose port is not known")
                .with_hint("write the instance's port in its place: HOST:PORT in a URL, SERVER=HOST,PORT for ODBC"));
        }
        let (host, port) = text.split_once(',').map_or((text, None), |(host, port)| (host, Some(port)));
        if let Some(port) = port {
            self.port = Some(port.trim().parse().map_err(|_| bad_parameter("Server", "HOST or HOST,PORT"))?);
        }
        let host = host.trim().trim_start_matches('[').trim_end_matches(']');
        let host = if [".", "(local)"].contains(&host) { "localhost" } else { host };
        let is_name = host.chars().all(|letter| letter.is_alphanumeric() || "-._:%".contains(letter));
        // `np:`, `lpc:` and `(localdb)` are ways inside Windows.
        if host.is_empty() || !is_name || host.starts_with("np:") || host.starts_with("lpc:") {
            return Err(bad_parameter("Server", "HOST or HOST,PORT"));
        }
        self.host = Some(host.to_owned());
        Ok(())
    }

    fn finish(self) -> Result<Address> {
        let form = "write it as mssql+pyodbc://user:password@host:1433/database";
        let user = self.user.ok_or_else(|| {
            Error::usage("the connection URL names no user, and Windows' own sign-in is not built").with_hint(form)
        })?;
        let strict = self.encrypt == Encrypt::Strict;
        let has_issuer = self.root.is_some();
        Ok(Address {
            host: self.host.ok_or_else(|| Error::usage("the connection URL names no server").with_hint(form))?,
            port: self.port.unwrap_or(PORT),
            database: self.database.filter(|database| !database.is_empty()),
            user,
            password: self.password.unwrap_or_else(|| Secret::from(String::new())),
            encryption: if strict { Encryption::Strict } else { Encryption::Negotiated },
            trust: Trust {
                // In strict mode ODBC looks at the certificate whatever else is said.
                anybody: !strict && (self.trusts_anybody || (self.encrypt == Encrypt::Optional && !has_issuer)),
                root: self.root,
                name: self.name,
            },
            reads_only: self.reads_only,
            application: self.application.unwrap_or_else(|| "truthound-store".to_owned()),
            timeout: self.timeout.unwrap_or(CONNECT_TIMEOUT),
        })
    }
}

/// What is about the driver manager, about types that do not occur here, or about what is done in any case.
const WITHOUT_EFFECT: [&str; 27] = [
    "ansinpw",
    "authentication",
    "autotranslate",
    "charset",
    "connectretrycount",
    "connectretryinterval",
    "description",
    "driver",
    "ipaddresspreference",
    "keepalive",
    "keepaliveinterval",
    "language",
    "longasmax",
    "marsconnection",
    "multisubnetfailover",
    "net",
    "network",
    "persistsecurityinfo",
    "querylogon",
    "quotedid",
    "regional",
    "statslogon",
    "tdsversion",
    "transparentnetworkipresolution",
    "trustedconnection",
    "usefmtonly",
    "wsid",
];

fn yes(keyword: &str, value: &str) -> Result<bool> {
    match value.to_ascii_lowercase().as_str() {
        "yes" | "true" | "1" | "sspi" => Ok(true),
        "no" | "false" | "0" | "" => Ok(false),
        _ => Err(bad_parameter(keyword, "yes or no")),
    }
}

fn windows() -> Error {
    Error::usage("the connection URL asks for Windows' own sign-in, which is not built")
        .with_hint("use a user of SQL Server's own with its password, in the place of Trusted_Connection")
}

#[cfg(test)]
mod tests;
