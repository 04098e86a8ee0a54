//! Encryption as libpq's `sslmode` has it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::store::sql::dialects::certificates::{
    AcceptedCertificate, CertificateVerifier, from_file, issuers, issuers_of_the_system, untrusted, unusable,
};
use crate::store::sql::failure::SqlFailure;

/// The `sslmode`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum PostgresqlSslMode {
    /// Never.
    Disable,
    /// Where the server does not take the user without.
    Allow,
    /// Where the server can.
    #[default]
    Prefer,
    /// Always, to whoever answers.
    Require,
    /// Always, to a server whose certificate has a known issuer.
    VerifyCa,
    /// Always, to a server whose certificate has a known issuer and names the host.
    VerifyFull,
}

impl PostgresqlSslMode {
    /// The mode of that name.
    pub(super) fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "disable" => Self::Disable,
            "allow" => Self::Allow,
            "prefer" => Self::Prefer,
            "require" => Self::Require,
            "verify-ca" => Self::VerifyCa,
            "verify-full" => Self::VerifyFull,
            _ => return None,
        })
    }
}

/// Whether and how to encrypt.
#[derive(Clone, Debug, Default)]
pub(super) struct PostgresqlTls {
    /// The `sslmode`.
    pub(super) mode: PostgresqlSslMode,
    /// The certificates of issuers, or `system`.
    pub(super) root: Option<PathBuf>,
    /// The certificate to sign in with.
    pub(super) certificate: Option<PathBuf>,
    /// Its key.
    pub(super) key: Option<PathBuf>,
}

impl PostgresqlTls {
    /// Takes the mode that was asked for. As in libpq, `require` checks the issuer where the file of issuers is named, and
    /// the issuers of the system, which vouch for everybody's servers, go with the host's name.
    pub(super) fn settle(&mut self, mode: Option<PostgresqlSslMode>) {
        self.mode = match (mode, &self.root) {
            (None, Some(root)) if root == Path::new("system") => PostgresqlSslMode::VerifyFull,
            (Some(PostgresqlSslMode::Require), Some(_)) => PostgresqlSslMode::VerifyCa,
            (mode, _) => mode.unwrap_or_default(),
        };
    }

    /// How to shake hands. Reads the files.
    ///
    /// # Errors
    /// [`Untrusted`](crate::store::sql::failure::FailureClass::Untrusted), naming the file that cannot be used.
    pub(super) fn connector(&self) -> Result<MakeRustlsConnect, SqlFailure> {
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| untrusted(error.to_string()))?;
        let taken = match self.mode {
            PostgresqlSslMode::VerifyFull => None,
            PostgresqlSslMode::VerifyCa => {
                let issuers = Arc::new(self.issuers()?);
                let verifier = WebPkiServerVerifier::builder_with_provider(issuers, Arc::clone(&provider)).build();
                Some(AcceptedCertificate::AnyName(verifier.map_err(|error| untrusted(error.to_string()))?))
            }
            PostgresqlSslMode::Disable
            | PostgresqlSslMode::Allow
            | PostgresqlSslMode::Prefer
            | PostgresqlSslMode::Require => Some(AcceptedCertificate::Any),
        };
        let builder = match taken {
            Some(taken) => {
                builder.dangerous().with_custom_certificate_verifier(Arc::new(CertificateVerifier { provider, taken }))
            }
            None => builder.with_root_certificates(self.issuers()?),
        };
        let config = match (&self.certificate, &self.key) {
            (None, None) => builder.with_no_client_auth(),
            (Some(certificate), Some(key)) => {
                let chain = from_file(certificate)?;
                let key = PrivateKeyDer::from_pem_file(key).map_err(|error| unusable(key, error))?;
                builder.with_client_auth_cert(chain, key).map_err(|error| untrusted(error.to_string()))?
            }
            _ => return Err(untrusted("`sslcert` and `sslkey` go together")),
        };
        Ok(MakeRustlsConnect::new(config))
    }

    fn issuers(&self) -> Result<RootCertStore, SqlFailure> {
        match &self.root {
            Some(path) if path != Path::new("system") => issuers(path, &from_file(path)?),
            _ => issuers_of_the_system(),
        }
    }
}
