//! Encryption and verification of the server.

use std::path::PathBuf;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::client::WebPkiServerVerifier;
use rustls::crypto::ring;
use rustls::pki_types::ServerName;

use crate::store::sql::dialects::certificates::{
    AcceptedCertificate, CertificateVerifier, from_file, issuers, untrusted, unusable,
};
use crate::store::sql::failure::SqlFailure;

/// The ALPN protocol of TDS 8.0.
const STRICT_PROTOCOL: &[u8] = b"tds/8.0";

/// How to encrypt. There is no plaintext mode: ODBC's `optional` encrypts too, which every server supports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MssqlEncryption {
    /// After the prelogin messages, as all versions of the server support.
    Negotiated,
    /// From the first byte on: TDS 8.0, SQL Server 2022 and Azure SQL.
    Strict,
}

/// How to verify the server.
#[derive(Clone, Debug, Default)]
pub(super) struct MssqlTrust {
    /// Accepts any certificate. The connection is encrypted, but a man in the middle is not detected.
    pub(super) anybody: bool,
    /// A file with certificates of issuers or the server's own; `None` for the system's issuers.
    pub(super) root: Option<PathBuf>,
    /// The expected name in the certificate, if it differs from the host.
    pub(super) name: Option<String>,
}

/// Returns the TLS configuration. Reads the certificates of issuers.
///
/// # Errors
/// [`Untrusted`](crate::store::sql::failure::FailureClass::Untrusted), naming the file that cannot be used.
pub(super) fn config(trust: &MssqlTrust, encryption: MssqlEncryption) -> Result<ClientConfig, SqlFailure> {
    let provider = Arc::new(ring::default_provider());
    // Inside TDS 7 packets only TLS 1.2 makes clear which message ends the handshake.
    let versions: &[_] = match encryption {
        MssqlEncryption::Negotiated => &[&rustls::version::TLS12],
        MssqlEncryption::Strict => rustls::ALL_VERSIONS,
    };
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(versions)
        .map_err(|error| untrusted(error.to_string()))?;
    let taken = match &trust.root {
        _ if trust.anybody => Some(AcceptedCertificate::Any),
        Some(path) => {
            let certificates = from_file(path)?;
            let issuers = Arc::new(issuers(Some(path))?);
            let verifier = WebPkiServerVerifier::builder_with_provider(issuers, Arc::clone(&provider)).build();
            Some(AcceptedCertificate::Named(certificates, verifier.map_err(|error| unusable(path, error))?))
        }
        None => None,
    };
    let builder = match taken {
        Some(taken) => {
            builder.dangerous().with_custom_certificate_verifier(Arc::new(CertificateVerifier { provider, taken }))
        }
        None => builder.with_root_certificates(issuers(None)?),
    };
    let mut config = builder.with_no_client_auth();
    if encryption == MssqlEncryption::Strict {
        config.alpn_protocols = vec![STRICT_PROTOCOL.to_vec()];
    }
    Ok(config)
}

/// Returns the expected name in the certificate of `host`.
///
/// # Errors
/// [`Untrusted`](crate::store::sql::failure::FailureClass::Untrusted) for a name that no certificate can contain.
pub(super) fn expected_name(trust: &MssqlTrust, host: &str) -> Result<ServerName<'static>, SqlFailure> {
    let name = trust.name.as_deref().unwrap_or(host);
    ServerName::try_from(name.to_owned())
        .map_err(|_| untrusted(format!("`{name}` cannot be the name in a certificate")))
}
