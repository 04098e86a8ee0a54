//! Encryption by MySQL's `ssl_mode` and PyMySQL's parameters.

use std::path::PathBuf;

use mysql_async::{ClientIdentity, SslOpts};

use crate::error::Result;
use crate::store::sql::dialects::server::bad_parameter;

/// Whether and how to encrypt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MysqlSslMode {
    /// Never.
    Disabled,
    /// If the server supports it.
    Preferred,
    /// Always, without verifying the server.
    Required,
    /// Always, to a server with a certificate from a known issuer.
    VerifyCa,
    /// Always, to a server with a certificate from a known issuer for its host name.
    VerifyIdentity,
}

/// The encryption parameters of a URL.
#[derive(Default)]
pub(super) struct MysqlTlsParameters {
    mode: Option<MysqlSslMode>,
    ca: Option<PathBuf>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
    check_hostname: Option<bool>,
    check_issuer: Option<bool>,
    is_disabled: Option<bool>,
}

impl MysqlTlsParameters {
    /// Takes a parameter, if it concerns encryption.
    pub(super) fn take(&mut self, name: &str, value: &str) -> Result<bool> {
        match name {
            "ssl_mode" | "ssl-mode" => {
                let mode = match value.to_ascii_uppercase().as_str() {
                    "DISABLED" => MysqlSslMode::Disabled,
                    "PREFERRED" => MysqlSslMode::Preferred,
                    "REQUIRED" => MysqlSslMode::Required,
                    "VERIFY_CA" => MysqlSslMode::VerifyCa,
                    "VERIFY_IDENTITY" => MysqlSslMode::VerifyIdentity,
                    _ => return Err(bad_parameter(name, "DISABLED, PREFERRED, REQUIRED, VERIFY_CA, VERIFY_IDENTITY")),
                };
                self.mode = Some(mode);
            }
            "ssl_ca" => self.ca = Some(PathBuf::from(value)),
            "ssl_cert" => self.certificate = Some(PathBuf::from(value)),
            "ssl_key" => self.key = Some(PathBuf::from(value)),
            "ssl_check_hostname" | "ssl_verify_identity" => self.check_hostname = Some(flag(name, value)?),
            "ssl_verify_cert" => self.check_issuer = Some(flag(name, value)?),
            "ssl_disabled" => self.is_disabled = Some(flag(name, value)?),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Returns the effective mode, the options, and the file of issuers if one is named. As in PyMySQL, naming an issuer or asking for a check means that the
    /// issuer is verified, and the host name too unless that is switched off.
    pub(super) fn settle(self) -> Result<(MysqlSslMode, SslOpts, Option<PathBuf>)> {
        let wants_check = self.ca.is_some() || self.check_issuer == Some(true) || self.check_hostname == Some(true);
        let implied = match (wants_check, self.check_issuer, self.check_hostname) {
            (true, Some(false), _) => MysqlSslMode::Required,
            (true, _, Some(false)) => MysqlSslMode::VerifyCa,
            (true, ..) => MysqlSslMode::VerifyIdentity,
            (false, ..) if self.certificate.is_some() || self.is_disabled == Some(false) => MysqlSslMode::Required,
            (false, ..) => MysqlSslMode::Preferred,
        };
        let mode = match (self.mode, self.is_disabled) {
            (Some(MysqlSslMode::Disabled) | None, Some(true)) => MysqlSslMode::Disabled,
            (Some(_), Some(true)) => {
                return Err(bad_parameter("ssl_disabled", "false where `ssl_mode` asks for encryption"));
            }
            (Some(mode), _) => mode,
            (None, _) => implied,
        };
        let mut tls = SslOpts::default()
            .with_danger_accept_invalid_certs(matches!(mode, MysqlSslMode::Preferred | MysqlSslMode::Required))
            .with_danger_skip_domain_validation(mode != MysqlSslMode::VerifyIdentity);
        if let Some(ca) = self.ca.clone() {
            tls = tls.with_root_certs(vec![ca.into()]).with_disable_built_in_roots(true);
        }
        match (self.certificate, self.key) {
            (None, None) => {}
            (Some(certificate), Some(key)) => {
                tls = tls.with_client_identity(Some(ClientIdentity::new(certificate.into(), key.into())));
            }
            _ => return Err(bad_parameter("ssl_cert", "a file, together with `ssl_key`")),
        }
        Ok((mode, tls, self.ca))
    }
}

fn flag(name: &str, value: &str) -> Result<bool> {
    match value.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err(bad_parameter(name, "true or false")),
    }
}
