//! Maps a connection URL to the settings of the driver. The parameters are those of libpq.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{ChannelBinding, TargetSessionAttrs};

use super::password_file::{PasswordFile, SOCKETS};
use super::tls::{PostgresqlSslMode, PostgresqlTls};
use crate::error::{Error, Result};
use crate::store::contract::Notices;
use crate::store::sql::dialects::server::{CONNECT_TIMEOUT, Variables, bad_parameter, password_of};
use crate::store::sql::url::DatabaseUrl;

/// Parameters without effect: the encoding is always UTF-8, and GSSAPI is not used.
const WITHOUT_EFFECT: [&str; 5] =
    ["client_encoding", "fallback_application_name", "gssencmode", "krbsrvname", "sslcompression"];

/// The address of a database.
#[derive(Clone, Debug)]
pub(super) struct PostgresqlAddress {
    /// All settings except encryption.
    pub(super) config: Config,
    /// Settings of encryption.
    pub(super) encryption: PostgresqlTls,
    /// The connect timeout.
    pub(super) timeout: Duration,
    /// The file of passwords, if no other place has one.
    pub(super) password_file: Option<PasswordFile>,
    /// The variable with the password, if no other place has one.
    pub(super) password_variable: Option<&'static str>,
}

/// The variable of libpq with a password.
const PASSWORD: &str = "PGPASSWORD";

impl PostgresqlAddress {
    /// Parses the address in `url`. Without a password there, it is that of `PGPASSWORD`, or else of the password file.
    ///
    /// # Errors
    /// [`Usage`](crate::error::ErrorKind::Usage) for parameters that libpq does not have and for invalid values: a
    /// parameter must not be ignored silently.
    pub(super) fn from_url(url: &DatabaseUrl, variables: &Variables<'_>) -> Result<Self> {
        let mut address = Self {
            config: Config::new(),
            encryption: PostgresqlTls::default(),
            timeout: CONNECT_TIMEOUT,
            password_file: None,
            password_variable: None,
        };
        address.config.application_name("truthound-store").keepalives_idle(Duration::from_secs(60));
        if let Some(user) = url.username() {
            address.config.user(user);
        }
        if let Some(password) = url.password() {
            address.config.password(password.expose());
        }
        if let Some(database) = url.database() {
            address.config.dbname(database);
        }
        if let Some(host) = url.host() {
            address.add_hosts(host, url.port())?;
        }
        let mut mode = None;
        let mut passfile = None;
        for (name, value) in url.parameters() {
            if name == "passfile" {
                passfile = Some(value);
            } else if name == "sslmode" {
                mode =
                    Some(PostgresqlSslMode::parse(value).ok_or_else(|| {
                        bad_parameter(name, "disable, allow, prefer, require, verify-ca, verify-full")
                    })?);
            } else {
                address.set(name, value)?;
            }
        }
        address.encryption.settle(mode);
        if address.config.get_password().is_none() {
            match password_of(PASSWORD, variables) {
                Some(password) => {
                    address.config.password(password.expose());
                    address.password_variable = Some(PASSWORD);
                }
                None => address.password_file = PasswordFile::find(passfile, variables),
            }
        }
        // The name for the handshake of encryption.
        if address.config.get_hosts().is_empty() {
            for host in address.config.get_hostaddrs().to_vec() {
                address.config.host(host.to_string());
            }
        }
        if address.config.get_hosts().is_empty() && address.config.get_hostaddrs().is_empty() {
            address.config.host(if Path::new(SOCKETS).is_dir() { SOCKETS } else { "localhost" });
        }
        Ok(address)
    }

    /// Returns the address with the password of the password file, if it has one. Reads the file at its first call.
    pub(super) fn with_password(&self, notices: &Notices) -> Cow<'_, Self> {
        let password = self.password_file.as_ref().and_then(|file| file.password(&self.config, notices));
        match password {
            None => Cow::Borrowed(self),
            Some(password) => {
                let mut address = self.clone();
                address.config.password(password.expose());
                Cow::Owned(address)
            }
        }
    }

    fn add_hosts(&mut self, hosts: &str, port: Option<u16>) -> Result<()> {
        for host in hosts.split(',') {
            // SQLAlchemy: ?host=one:5432&host=two:5432.
            let (host, port) = match host.rsplit_once(':') {
                Some((name, digits)) if !name.contains(':') && !name.starts_with('/') => {
                    (name, Some(digits.parse().map_err(|_| bad_parameter("host", "NAME or NAME:PORT"))?))
                }
                _ => (host, port),
            };
            self.config.host(host);
            if let Some(port) = port {
                self.config.port(port);
            }
        }
        Ok(())
    }

    fn set(&mut self, name: &str, value: &str) -> Result<()> {
        let config = &mut self.config;
        match name {
            "user" => drop(config.user(value)),
            "password" => drop(config.password(value)),
            "dbname" => drop(config.dbname(value)),
            "host" => self.add_hosts(value, None)?,
            "hostaddr" => drop(config.hostaddr(value.parse().map_err(|_| bad_parameter(name, "an IP address"))?)),
            "port" => drop(config.port(value.parse().map_err(|_| bad_parameter(name, "a number"))?)),
            "application_name" => drop(config.application_name(value)),
            "options" => drop(config.options(value)),
            // As in libpq, 0 means no limit; a day is close enough.
            "connect_timeout" => match seconds(name, value)? {
                0 => self.timeout = Duration::from_secs(86_400),
                seconds => self.timeout = Duration::from_secs(seconds),
            },
            "keepalives" => drop(config.keepalives(value != "0")),
            "keepalives_idle" => drop(config.keepalives_idle(Duration::from_secs(seconds(name, value)?))),
            "keepalives_interval" => drop(config.keepalives_interval(Duration::from_secs(seconds(name, value)?))),
            "keepalives_count" => {
                config.keepalives_retries(value.parse().map_err(|_| bad_parameter(name, "a number"))?);
            }
            "tcp_user_timeout" => drop(config.tcp_user_timeout(Duration::from_millis(seconds(name, value)?))),
            "target_session_attrs" => {
                let wanted = match value {
                    "any" => TargetSessionAttrs::Any,
                    "read-write" | "primary" => TargetSessionAttrs::ReadWrite,
                    "read-only" | "standby" => TargetSessionAttrs::ReadOnly,
                    _ => return Err(bad_parameter(name, "any, read-write, read-only, primary, standby")),
                };
                config.target_session_attrs(wanted);
            }
            "channel_binding" => {
                let wanted = match value {
                    "disable" => ChannelBinding::Disable,
                    "prefer" => ChannelBinding::Prefer,
                    "require" => ChannelBinding::Require,
                    _ => return Err(bad_parameter(name, "disable, prefer, require")),
                };
                config.channel_binding(wanted);
            }
            "sslrootcert" => self.encryption.root = Some(PathBuf::from(value)),
            "sslcert" => self.encryption.certificate = Some(PathBuf::from(value)),
            "sslkey" => self.encryption.key = Some(PathBuf::from(value)),
            _ if WITHOUT_EFFECT.contains(&name) => {}
            // The name is not repeated: it may be part of a password that was not percent-encoded.
            _ => {
                return Err(Error::usage("the connection URL has a parameter that is not known for PostgreSQL").with_hint(
                    "known are application_name, channel_binding, connect_timeout, dbname, host, hostaddr, keepalives, \
                     keepalives_idle, keepalives_interval, keepalives_count, options, passfile, password, port, sslcert, \
                     sslkey, sslmode, sslrootcert, target_session_attrs, tcp_user_timeout and user",
                ));
            }
        }
        Ok(())
    }
}

fn seconds(name: &str, value: &str) -> Result<u64> {
    value.parse().map_err(|_| bad_parameter(name, "a whole number"))
}

#[cfg(test)]
mod tests {
    use tokio_postgres::config::Host;

    use super::*;

    fn address(url: &str) -> Result<PostgresqlAddress> {
        PostgresqlAddress::from_url(&DatabaseUrl::parse(url).unwrap(), &|_| None)
    }

    #[test]
    fn what_stands_in_the_url_and_after_it_is_taken() {
        let PostgresqlAddress { config, timeout, .. } =
            address("postgresql+psycopg2://me:s%40cret@db:5433/results?connect_timeout=2&application_name=ci").unwrap();
        assert_eq!((config.get_user(), config.get_dbname()), (Some("me"), Some("results")));
        assert_eq!(config.get_password(), Some(&b"s@cret"[..]));
        assert_eq!((config.get_hosts(), config.get_ports()), (&[Host::Tcp("db".to_owned())][..], &[5433][..]));
        assert_eq!((config.get_application_name(), timeout), (Some("ci"), Duration::from_secs(2)));
        let config = address("postgresql:///d?host=/tmp/sockets&user=u&password=p").unwrap().config;
        assert_eq!(config.get_hosts(), [Host::Unix("/tmp/sockets".into())]);
        let config = address("postgresql://me@/d?host=one:5433&host=two:5434").unwrap().config;
        assert_eq!((config.get_hosts().len(), config.get_ports()), (2, &[5433, 5434][..]));
    }

    #[test]
    fn a_password_of_the_environment_is_for_a_url_without_one() {
        let password = |url: &str, value: &str| {
            let variables = |name: &str| (name == "PGPASSWORD").then(|| value.into());
            let address = PostgresqlAddress::from_url(&DatabaseUrl::parse(url).unwrap(), &variables).unwrap();
            address.config.get_password().map(|password| String::from_utf8(password.to_vec()).unwrap())
        };
        assert_eq!(password("postgresql://u@h/d", "p@ss:w/rd").as_deref(), Some("p@ss:w/rd"));
        assert_eq!(password("postgresql://u@h/d", ""), None);
        for url in ["postgresql://u:own@h/d", "postgresql://u@h/d?password=own"] {
            assert_eq!(password(url, "other").as_deref(), Some("own"), "{url}");
        }
    }

    #[test]
    fn what_is_not_understood_is_refused_without_repeating_it() {
        for url in [
            "postgresql://u:p@h/d?sslmod=hunter2",
            "postgresql://u:p@h/d?hunter2=x",
            "postgresql://u:p@h/d?sslmode=hunter2",
            "postgresql://u:p@h/d?connect_timeout=hunter2",
            "postgresql://u:p@h/d?sslcrl=hunter2",
        ] {
            let error = address(url).unwrap_err();
            assert!(error.hint().is_some() && !format!("{error:?}").contains("hunter2"), "{error:?}");
        }
    }

    #[test]
    fn a_debug_form_shows_no_password() {
        let shown = format!("{:?}", address("postgresql://u:hunter2@h/d?password=hunter2").unwrap());
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
