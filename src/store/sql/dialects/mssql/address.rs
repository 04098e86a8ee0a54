//! Maps a connection URL, by its parts or as one ODBC connection string, to the settings of the driver.

use std::path::PathBuf;
use std::time::Duration;

use super::odbc;
use super::tls::{MssqlEncryption, MssqlTrust};
use crate::error::{Error, Result};
use crate::secret::Secret;
use crate::store::sql::dialects::server::{CONNECT_TIMEOUT, bad_parameter};
use crate::store::sql::url::DatabaseUrl;

/// SQL Server's default port.
const PORT: u16 = 1433;

/// The address of a database.
#[derive(Clone, Debug)]
pub(super) struct MssqlAddress {
    /// The server's name or address.
    pub(super) host: String,
    /// The server's port.
    pub(super) port: u16,
    /// The database; `None` for the user's default.
    pub(super) database: Option<String>,
    /// A user of SQL Server's own authentication.
    pub(super) user: String,
    /// The user's password.
    pub(super) password: Secret,
    /// How to encrypt.
    pub(super) encryption: MssqlEncryption,
    /// How to verify the server.
    pub(super) trust: MssqlTrust,
    /// Whether a read-only replica may serve the connection.
    pub(super) reads_only: bool,
    /// The application name in the server's list of sessions.
    pub(super) application: String,
    /// The connect timeout.
    pub(super) timeout: Duration,
}

impl MssqlAddress {
    /// Parses the address in `url`.
    ///
    /// # Errors
    /// [`Usage`](crate::error::ErrorKind::Usage) for unknown or unsupported parameters: a parameter must not be ignored
    /// silently.
    pub(super) fn from_url(url: &DatabaseUrl) -> Result<Self> {
        let mut draft = MssqlAddressBuilder::default();
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

    /// Returns the canonical address, without secrets.
    pub(super) fn name(&self) -> String {
        let database = self.database.as_deref().unwrap_or_default();
        format!("mssql://{}@{}:{}/{database}", self.user, self.host, self.port)
    }
}

/// Collects the parts of an address.
#[derive(Default)]
struct MssqlAddressBuilder {
    host: Option<String>,
    port: Option<u16>,
    database: Option<String>,
    user: Option<String>,
    password: Option<Secret>,
    encrypt: EncryptKeyword,
    trusts_anybody: bool,
    root: Option<PathBuf>,
    name: Option<String>,
    reads_only: bool,
    application: Option<String>,
    timeout: Option<Duration>,
}

/// The values of `Encrypt`.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum EncryptKeyword {
    Optional,
    // The default of ODBC since version 18.
    #[default]
    Mandatory,
    Strict,
}

impl MssqlAddressBuilder {
    /// Takes a keyword of ODBC, of SQLAlchemy's other drivers, or of this program.
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
                    "yes" | "true" | "1" | "mandatory" => EncryptKeyword::Mandatory,
                    "no" | "false" | "0" | "optional" => EncryptKeyword::Optional,
                    "strict" => EncryptKeyword::Strict,
                    _ => return Err(bad_parameter("Encrypt", "yes (mandatory), no (optional) or strict")),
                }
            }
            "trustservercertificate" => self.trusts_anybody = yes("TrustServerCertificate", value)?,
            "hostnameincertificate" => self.name = Some(text()),
            "sslrootcert" => self.root = Some(PathBuf::from(value)),
            "trustedconnection" if yes("Trusted_Connection", value)? => return Err(windows()),
            "integratedsecurity" => return Err(windows()),
            "authentication" if !value.is_empty() && !value.eq_ignore_ascii_case("SqlPassword") => {
                return Err(Error::usage("the connection URL asks for an unsupported `Authentication`")
                    .with_hint("use a user of the database's own with its password: Authentication=SqlPassword"));
            }
            "applicationintent" => self.reads_only = value.eq_ignore_ascii_case("ReadOnly"),
            "app" | "appname" | "applicationname" => self.application = Some(text()),
            "connecttimeout" | "connectiontimeout" | "logintimeout" | "timeout" => {
                let seconds: u64 = value.parse().map_err(|_| bad_parameter("timeout", "a whole number of seconds"))?;
                // As in ODBC, 0 means no limit; a day is close enough.
                self.timeout = Some(Duration::from_secs(if seconds == 0 { 86_400 } else { seconds }));
            }
            known if WITHOUT_EFFECT.contains(&known) => {}
            // The name is not repeated: it may be part of a password that was not percent-encoded.
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

    /// Parses a server in ODBC's form: `tcp:host,1433`, or `.` for this machine.
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
        // `np:`, `lpc:` and `(localdb)` are local protocols of Windows.
        if host.is_empty() || !is_name || host.starts_with("np:") || host.starts_with("lpc:") {
            return Err(bad_parameter("Server", "HOST or HOST,PORT"));
        }
        self.host = Some(host.to_owned());
        Ok(())
    }

    fn finish(self) -> Result<MssqlAddress> {
        let form = "write it as mssql+pyodbc://user:password@host:1433/database";
        let user = self.user.ok_or_else(|| {
            Error::usage("the connection URL names no user, and Windows authentication is not supported")
                .with_hint(form)
        })?;
        let strict = self.encrypt == EncryptKeyword::Strict;
        let has_issuer = self.root.is_some();
        Ok(MssqlAddress {
            host: self.host.ok_or_else(|| Error::usage("the connection URL names no server").with_hint(form))?,
            port: self.port.unwrap_or(PORT),
            database: self.database.filter(|database| !database.is_empty()),
            user,
            password: self.password.unwrap_or_else(|| Secret::from(String::new())),
            encryption: if strict { MssqlEncryption::Strict } else { MssqlEncryption::Negotiated },
            trust: MssqlTrust {
                // In strict mode ODBC verifies the certificate regardless of other keywords.
                anybody: !strict && (self.trusts_anybody || (self.encrypt == EncryptKeyword::Optional && !has_issuer)),
                root: self.root,
                name: self.name,
            },
            reads_only: self.reads_only,
            application: self.application.unwrap_or_else(|| "truthound-store".to_owned()),
            timeout: self.timeout.unwrap_or(CONNECT_TIMEOUT),
        })
    }
}

/// Keywords without effect: they concern the driver manager, types that do not occur here, or the default behavior.
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
    Error::usage("the connection URL asks for Windows authentication, which is not supported")
        .with_hint("use a user of SQL Server's own with its password, in the place of Trusted_Connection")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(url: &str) -> Result<MssqlAddress> {
        MssqlAddress::from_url(&DatabaseUrl::parse(url).unwrap())
    }

    #[test]
    fn a_url_of_pyodbc_is_taken_apart() {
        let MssqlAddress { host, port, database, user, password, encryption, trust, timeout, .. } = address(
            "mssql+pyodbc://me:s%40cret@db.example.com/results?driver=ODBC+Driver+18+for+SQL+Server&Encrypt=yes\
             &TrustServerCertificate=no&timeout=9",
        )
        .unwrap();
        assert_eq!((host.as_str(), port, database.as_deref()), ("db.example.com", 1433, Some("results")));
        assert_eq!((user.as_str(), password.expose()), ("me", "s@cret"));
        assert_eq!((encryption, trust.anybody, timeout), (MssqlEncryption::Negotiated, false, Duration::from_secs(9)));
    }

    #[test]
    fn the_other_drivers_mean_the_same() {
        for url in ["mssql+pymssql://u:p@h:1444/d", "mssql://u:p@h:1444/d", "mssql+aioodbc://u:p@h:1444/d"] {
            let address = address(url).unwrap();
            assert_eq!(address.name(), "mssql://u@h:1444/d", "{url}");
            assert!(!address.trust.anybody);
        }
    }

    #[test]
    fn a_whole_odbc_connection_string_is_taken() {
        let MssqlAddress { host, port, database, user, password, timeout, .. } = address(
            "mssql+pyodbc:///?odbc_connect=Driver%3D%7BODBC+Driver+18+for+SQL+Server%7D%3BServer%3Dtcp%3Ax.database.windows.net\
             %2C1434%3BDatabase%3Dd%3BUid%3Du%3BPwd%3D%7Bp%7D%7D%3B1%7D%3BEncrypt%3Dyes%3BTrustServerCertificate%3Dno\
             %3BConnection+Timeout%3D30%3B",
        )
        .unwrap();
        assert_eq!((host.as_str(), port, database.as_deref()), ("x.database.windows.net", 1434, Some("d")));
        assert_eq!((user.as_str(), password.expose(), timeout.as_secs()), ("u", "p};1", 30));
    }

    #[test]
    fn the_modes_of_encryption_decide_whose_certificate_is_taken() {
        for (query, encryption, anybody) in [
            ("", MssqlEncryption::Negotiated, false),
            ("?Encrypt=mandatory", MssqlEncryption::Negotiated, false),
            ("?encrypt=TRUE&TrustServerCertificate=yes", MssqlEncryption::Negotiated, true),
            ("?Encrypt=no", MssqlEncryption::Negotiated, true),
            ("?Encrypt=optional&sslrootcert=/ca.pem", MssqlEncryption::Negotiated, false),
            ("?Encrypt=strict", MssqlEncryption::Strict, false),
            ("?Encrypt=strict&TrustServerCertificate=yes", MssqlEncryption::Strict, false),
        ] {
            let address = address(&format!("mssql+pyodbc://u:p@h/d{query}")).unwrap();
            assert_eq!((address.encryption, address.trust.anybody), (encryption, anybody), "{query}");
        }
    }

    #[test]
    fn what_cannot_be_done_is_said() {
        for (url, words) in [
            ("mssql+pyodbc://h/d?Trusted_Connection=yes", "Windows authentication"),
            ("mssql+pyodbc://h/d", "names no user"),
            ("mssql+pyodbc://u:p@h%5CSQLEXPRESS/d", "instance"),
            ("mssql+pyodbc:///?odbc_connect=SERVER%3Dh%5CSQLEXPRESS%3BUID%3Du%3BPWD%3Dp", "instance"),
            ("mssql+pyodbc://u:p@my_source", "data source"),
            ("mssql+pyodbc://u:p@h/d?Authentication=ActiveDirectoryMsi", "`Authentication`"),
            ("mssql+pyodbc://u:p@h/d?Encrypt=perhaps", "`Encrypt`"),
            ("mssql+pyodbc:///?odbc_connect=UID%3Du%3BPWD%3Dp", "names no server"),
            ("mssql+pyodbc:///?odbc_connect=SERVER%3D%28localdb%29%3BUID%3Du", "`Server`"),
        ] {
            let error = address(url).unwrap_err();
            assert!(error.to_string().contains(words) && error.hint().is_some(), "{url}: {error}");
        }
    }

    #[test]
    fn what_is_not_understood_is_refused_without_repeating_it() {
        for url in [
            "mssql://u:p@h/d?Encript=hunter2",
            "mssql://u:p@h/d?hunter2=x",
            "mssql://u:p@h/d?timeout=hunter2",
            "mssql://u:p@h/d?TrustServerCertificate=hunter2",
            "mssql:///?odbc_connect=SERVER%3Dh%3BUID%3Du%3BPWD%3Dp%3Bhunter2",
            "mssql:///?odbc_connect=SERVER%3Dh%3BUID%3Du%3BPWD%3D%7Bhunter2",
        ] {
            let error = address(url).unwrap_err();
            assert!(error.hint().is_some() && !format!("{error:?}").contains("hunter2"), "{error:?}");
        }
    }

    #[test]
    fn a_debug_form_shows_no_password() {
        for url in ["mssql://u:hunter2@h/d", "mssql:///?odbc_connect=SERVER%3Dh%3BUID%3Du%3BPWD%3Dhunter2"] {
            let address = address(url).unwrap();
            let shown = format!("{address:?} {}", address.name());
            assert!(!shown.contains("hunter2"), "{shown}");
        }
    }
}
