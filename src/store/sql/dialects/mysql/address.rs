//! Maps a connection URL to the settings of the driver. The parameters are those of SQLAlchemy with PyMySQL,
//! mysqlclient and MariaDB's connector.

use std::path::PathBuf;
use std::time::Duration;

use mysql_async::{Opts, OptsBuilder, SslOpts};

use super::tls::{MysqlSslMode, MysqlTlsParameters};
use crate::error::{Error, Result};
use crate::store::sql::dialects::server::{CONNECT_TIMEOUT, Variables, bad_parameter, password_of};
use crate::store::sql::url::DatabaseUrl;
use crate::tls::system_certificates;

/// Parameters without effect: the connection is always UTF-8, and the pool has its own timeouts.
const WITHOUT_EFFECT: [&str; 7] =
    ["autocommit", "charset", "local_infile", "read_timeout", "use_unicode", "write_timeout", "collation"];

/// Settings of every session. Values that do not fit are refused, not truncated; missing rows are not locked; ids of
/// any length are compared to their end.
const SESSION: &str = "SET SESSION sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES'), SESSION max_sort_length = 4096, \
                       SESSION autocommit = 1; SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED";

/// The address of a database.
#[derive(Clone, Debug)]
pub(super) struct MysqlAddress {
    /// All settings except encryption.
    plain: Opts,
    /// Settings of encryption.
    tls: SslOpts,
    /// The file of trusted issuers, if the URL names one.
    pub(super) ca: Option<PathBuf>,
    /// Whether to encrypt.
    pub(super) mode: MysqlSslMode,
    /// The connect timeout.
    pub(super) timeout: Duration,
    /// The variable with the password, if the URL has none.
    pub(super) password_variable: Option<&'static str>,
}

/// The variable of MySQL's programs with a password.
const PASSWORD: &str = "MYSQL_PWD";

impl MysqlAddress {
    /// Parses the address in `url`. Without a password there, it is that of `MYSQL_PWD`.
    ///
    /// # Errors
    /// [`Usage`](crate::error::ErrorKind::Usage) for unknown parameters and invalid values: a parameter must not be
    /// ignored silently.
    pub(super) fn from_url(url: &DatabaseUrl, variables: &Variables<'_>) -> Result<Self> {
        let of_environment = if url.has_password() { None } else { password_of(PASSWORD, variables) };
        let mut builder = OptsBuilder::default()
            .ip_or_hostname(url.host().unwrap_or("localhost"))
            .tcp_port(url.port().unwrap_or(3306))
            .user(url.username())
            .pass(url.password().or(of_environment.as_ref()).map(|password| password.expose()))
            .db_name(url.database())
            .prefer_socket(false)
            .client_found_rows(true)
            .tcp_keepalive(Some(Duration::from_secs(60)))
            // The driver asks for the server's limit of sent packets; received ones have no limit.
            .max_allowed_packet(Some(1 << 30))
            .wait_timeout(Some(28_800))
            .init(vec![SESSION]);
        let mut asked = MysqlTlsParameters::default();
        let mut timeout = CONNECT_TIMEOUT;
        for (name, value) in url.parameters() {
            match name {
                "user" => builder = builder.user(Some(value)),
                "password" | "passwd" => builder = builder.pass(Some(value)),
                "host" => builder = builder.ip_or_hostname(value),
                "port" => builder = builder.tcp_port(value.parse().map_err(|_| bad_parameter(name, "a number"))?),
                "db" | "database" => builder = builder.db_name(Some(value)),
                "unix_socket" => builder = builder.socket(Some(value)),
                "connect_timeout" => {
                    timeout = Duration::from_secs(
                        value.parse().map_err(|_| bad_parameter(name, "a whole number of seconds"))?,
                    );
                }
                _ if asked.take(name, value)? || WITHOUT_EFFECT.contains(&name) => {}
                // The name is not repeated: it may be part of a password that was not percent-encoded.
                _ => {
                    return Err(Error::usage("the connection URL has a parameter that is not known for MySQL")
                        .with_hint(
                            "known are charset, connect_timeout, database, host, password, port, ssl_ca, ssl_cert, \
                         ssl_check_hostname, ssl_disabled, ssl_key, ssl_mode, ssl_verify_cert, ssl_verify_identity, \
                         unix_socket and user",
                        ));
                }
            }
        }
        let (mode, tls, ca) = asked.settle()?;
        let password_variable = of_environment.map(|_| PASSWORD);
        Ok(Self { plain: builder.into(), tls, ca, mode, timeout, password_variable })
    }

    /// Returns the options of a connection, encrypted or not.
    pub(super) fn options(&self, is_encrypted: bool) -> Opts {
        let tls = is_encrypted.then(|| self.tls());
        OptsBuilder::from_opts(self.plain.clone()).ssl_opts(tls).into()
    }

    /// Settings of encryption, with the system's issuers where the URL names none and the issuer is verified. Without
    /// certificates of the system, the library trusts Mozilla's. Reads certificates.
    fn tls(&self) -> SslOpts {
        let tls = self.tls.clone();
        let is_verified = matches!(self.mode, MysqlSslMode::VerifyCa | MysqlSslMode::VerifyIdentity);
        if !is_verified || !tls.root_certs().is_empty() {
            return tls;
        }
        let (issuers, are_all) = system_certificates();
        let issuers = issuers.iter().map(|issuer| issuer.to_vec().into()).collect();
        tls.with_root_certs(issuers).with_disable_built_in_roots(are_all)
    }

    /// Returns the options for a server with a certificate for `name`.
    pub(super) fn options_for(&self, name: String) -> Opts {
        let tls = self.tls().with_danger_tls_hostname_override(Some(name));
        OptsBuilder::from_opts(self.plain.clone()).ssl_opts(tls).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(url: &str) -> Result<MysqlAddress> {
        MysqlAddress::from_url(&DatabaseUrl::parse(url).unwrap(), &|_| None)
    }

    #[test]
    fn what_stands_in_the_url_and_after_it_is_taken() {
        let address = address("mysql+pymysql://me:s%40cret@db:3307/results?charset=utf8mb4&connect_timeout=2").unwrap();
        let options = address.options(false);
        assert_eq!((options.user(), options.pass(), options.db_name()), (Some("me"), Some("s@cret"), Some("results")));
        assert_eq!((options.ip_or_hostname(), options.tcp_port()), ("db", 3307));
        assert_eq!((address.timeout, address.mode), (Duration::from_secs(2), MysqlSslMode::Preferred));
        assert!(options.ssl_opts().is_none() && address.options(true).ssl_opts().is_some());
    }

    #[test]
    fn encryption_is_as_strict_as_was_asked_for() {
        for (parameters, mode) in [
            ("", MysqlSslMode::Preferred),
            ("ssl_mode=DISABLED", MysqlSslMode::Disabled),
            ("ssl_disabled=true", MysqlSslMode::Disabled),
            ("ssl_mode=required", MysqlSslMode::Required),
            ("ssl_mode=VERIFY_CA&ssl_ca=/ca.pem", MysqlSslMode::VerifyCa),
            ("ssl_ca=/ca.pem", MysqlSslMode::VerifyIdentity),
            ("ssl_ca=/ca.pem&ssl_check_hostname=false", MysqlSslMode::VerifyCa),
            ("ssl_verify_cert=true", MysqlSslMode::VerifyIdentity),
            ("ssl_verify_identity=true", MysqlSslMode::VerifyIdentity),
        ] {
            assert_eq!(address(&format!("mysql://u@h/d?{parameters}")).unwrap().mode, mode, "{parameters}");
        }
    }

    #[test]
    fn a_password_of_the_environment_is_for_a_url_without_one() {
        let variables = |name: &str| (name == "MYSQL_PWD").then(|| "p@ss:w/rd".into());
        for (url, password) in
            [("mysql://u@h/d", "p@ss:w/rd"), ("mysql://u:own@h/d", "own"), ("mysql://u@h/d?passwd=own", "own")]
        {
            let address = MysqlAddress::from_url(&DatabaseUrl::parse(url).unwrap(), &variables).unwrap();
            assert_eq!(address.options(false).pass(), Some(password), "{url}");
        }
    }

    #[test]
    fn what_is_not_understood_is_refused_without_repeating_it() {
        for parameters in
            ["hunter2=x", "ssl_mode=hunter2", "ssl_disabled=true&ssl_mode=REQUIRED", "ssl_key=/k", "ssl_cipher=hunter2"]
        {
            let error = address(&format!("mysql://u:p@h/d?{parameters}")).unwrap_err();
            assert!(error.hint().is_some() && !format!("{error:?}").contains("hunter2"), "{error:?}");
        }
    }
}
