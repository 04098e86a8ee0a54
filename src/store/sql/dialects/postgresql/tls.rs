//! Encryption by libpq's `sslmode`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::client::WebPkiServerVerifier;
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::store::sql::dialects::certificates::{
    AcceptedCertificate, CertificateVerifier, from_file, issuers, untrusted, unusable,
};
use crate::store::sql::failure::SqlFailure;

/// The `sslmode`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum PostgresqlSslMode {
    /// Never.
    Disable,
    /// If the server rejects the user without encryption.
    Allow,
    /// If the server supports it.
    #[default]
    Prefer,
    /// Always, without verifying the server.
    Require,
    /// Always, to a server with a certificate from a known issuer.
    VerifyCa,
    /// Always, to a server with a certificate from a known issuer for its host name.
    VerifyFull,
}

impl PostgresqlSslMode {
    /// Returns the mode of this name.
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
    /// The file with trusted issuers, or `system`.
    pub(super) root: Option<PathBuf>,
    /// The client certificate.
    pub(super) certificate: Option<PathBuf>,
    /// The key of the client certificate.
    pub(super) key: Option<PathBuf>,
}

impl PostgresqlTls {
    /// Sets the effective mode. As in libpq, `require` verifies the issuer if a file of issuers is named, and the
    /// system's issuers, who sign certificates for any host, imply a check of the host name.
    pub(super) fn settle(&mut self, mode: Option<PostgresqlSslMode>) {
        self.mode = match (mode, &self.root) {
            (None, Some(root)) if root == Path::new("system") => PostgresqlSslMode::VerifyFull,
            (Some(PostgresqlSslMode::Require), Some(_)) => PostgresqlSslMode::VerifyCa,
            (mode, _) => mode.unwrap_or_default(),
        };
    }

    /// Returns the TLS connector. Reads the certificate files.
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
                let issuers = Arc::new(issuers(self.file_of_issuers())?);
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
            None => builder.with_root_certificates(issuers(self.file_of_issuers())?),
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

    /// The file with trusted issuers; `None` for the system's.
    pub(super) fn file_of_issuers(&self) -> Option<&Path> {
        self.root.as_deref().filter(|path| *path != Path::new("system"))
    }
}
