//! Whose certificate is taken, and what is spoken.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

use super::address::Encryption;
use crate::store::sql::driver::{Failure, FailureClass};

/// What a TDS 8.0 server is told before anything else.
const STRICT_PROTOCOL: &[u8] = b"tds/8.0";

/// Whose certificate is taken.
#[derive(Clone, Debug, Default)]
pub(super) struct Trust {
    /// Anybody's: what is sent cannot be read on the way, but whoever sits there can answer.
    pub(super) anybody: bool,
    /// The certificates of issuers; the system's where none are named.
    pub(super) root: Option<PathBuf>,
    /// The name that the certificate must have, where it is not that of the host.
    pub(super) name: Option<String>,
}

/// How to shake hands. Reads the certificates of issuers.
///
/// # Errors
/// [`Untrusted`](FailureClass::Untrusted), naming the file that cannot be used.
pub(super) fn config(trust: &Trust, encryption: Encryption) -> Result<ClientConfig, Failure> {
    let provider = Arc::new(ring::default_provider());
    // Inside the packets of TDS 7 the server speaks TLS 1.2: there it is clear which message ends the handshake.
    let versions: &[_] = match encryption {
        Encryption::Negotiated => &[&rustls::version::TLS12],
        Encryption::Strict => rustls::ALL_VERSIONS,
    };
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(versions)
        .map_err(|error| untrusted(error.to_string()))?;
    let builder = if trust.anybody {
        builder.dangerous().with_custom_certificate_verifier(Arc::new(Anybody(provider)))
    } else {
        builder.with_root_certificates(issuers(trust.root.as_deref())?)
    };
    let mut config = builder.with_no_client_auth();
    if encryption == Encryption::Strict {
        config.alpn_protocols = vec![STRICT_PROTOCOL.to_vec()];
    }
    Ok(config)
}

/// The name that the certificate of `host` must have.
///
/// # Errors
/// [`Untrusted`](FailureClass::Untrusted) for what can be in no certificate.
pub(super) fn expected_name(trust: &Trust, host: &str) -> Result<ServerName<'static>, Failure> {
    let name = trust.name.as_deref().unwrap_or(host);
    ServerName::try_from(name.to_owned()).map_err(|_| untrusted(format!("`{name}` cannot be the name in a certificate")))
}

fn issuers(root: Option<&Path>) -> Result<RootCertStore, Failure> {
    let mut issuers = RootCertStore::empty();
    let Some(path) = root else {
        issuers.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if issuers.is_empty() {
            return Err(untrusted("the system has no certificates of issuers, and `sslrootcert` names none"));
        }
        return Ok(issuers);
    };
    let unreadable = |error: &dyn std::fmt::Display| untrusted(format!("{} cannot be used: {error}", path.display()));
    for certificate in CertificateDer::pem_file_iter(path).map_err(|error| unreadable(&error))? {
        let certificate = certificate.map_err(|error| unreadable(&error))?;
        issuers.add(certificate).map_err(|error| unreadable(&error))?;
    }
    if issuers.is_empty() {
        return Err(unreadable(&"it holds no certificate"));
    }
    Ok(issuers)
}

fn untrusted(reason: impl Into<String>) -> Failure {
    Failure::new(FailureClass::Untrusted, reason)
}

/// Takes every certificate: whoever has its key answers.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
