//! Whose certificate is taken, and what is spoken.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
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
    /// A file of certificates, of issuers or the server's own; the system's issuers where none is named.
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
        builder.dangerous().with_custom_certificate_verifier(Arc::new(Verifier { provider, named: None }))
    } else if let Some(path) = &trust.root {
        let certificates = named(path)?;
        let mut issuers = RootCertStore::empty();
        for certificate in &certificates {
            issuers.add(certificate.clone()).map_err(|error| unusable(path, &error))?;
        }
        let issuers = WebPkiServerVerifier::builder_with_provider(Arc::new(issuers), Arc::clone(&provider))
            .build()
            .map_err(|error| unusable(path, &error))?;
        let named = Some(Named { certificates, issuers });
        builder.dangerous().with_custom_certificate_verifier(Arc::new(Verifier { provider, named }))
    } else {
        builder.with_root_certificates(issuers_of_the_system()?)
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
    ServerName::try_from(name.to_owned())
        .map_err(|_| untrusted(format!("`{name}` cannot be the name in a certificate")))
}

fn issuers_of_the_system() -> Result<RootCertStore, Failure> {
    let mut issuers = RootCertStore::empty();
    issuers.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if issuers.is_empty() {
        return Err(untrusted("the system has no certificates of issuers, and `sslrootcert` names none"));
    }
    Ok(issuers)
}

fn named(path: &Path) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let certificates: Vec<_> =
        CertificateDer::pem_file_iter(path).and_then(Iterator::collect).map_err(|error| unusable(path, &error))?;
    if certificates.is_empty() {
        return Err(unusable(path, &"it holds no certificate"));
    }
    Ok(certificates)
}

fn unusable(path: &Path, reason: &dyn std::fmt::Display) -> Failure {
    untrusted(format!("{} cannot be used: {reason}", path.display()))
}

fn untrusted(reason: impl Into<String>) -> Failure {
    Failure::new(FailureClass::Untrusted, reason)
}

/// Takes the certificates that were named, and those that they vouch for; every one where none were named.
#[derive(Debug)]
struct Verifier {
    provider: Arc<CryptoProvider>,
    named: Option<Named>,
}

/// Certificates that were named.
#[derive(Debug)]
struct Named {
    certificates: Vec<CertificateDer<'static>>,
    issuers: Arc<WebPkiServerVerifier>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let Some(Named { certificates, issuers }) = &self.named else { return Ok(ServerCertVerified::assertion()) };
        // A server that vouches for itself: as an issuer its certificate would not do.
        if certificates.contains(end_entity) {
            verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
            return Ok(ServerCertVerified::assertion());
        }
        issuers.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
