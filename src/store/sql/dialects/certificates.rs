//! TLS certificate verification shared by the drivers that use rustls.

use std::fmt::Display;
use std::path::Path;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, RootCertStore, SignatureScheme};

use crate::store::sql::dialects::server::unusable_file;
use crate::store::sql::failure::{FailureClass, SqlFailure};
use crate::tls::{certificates_in, issuers_in, trusted_issuers};

/// Reads the certificates in a file.
///
/// # Errors
/// [`Untrusted`](FailureClass::Untrusted), naming the file, if it has no readable certificate.
pub(super) fn from_file(path: &Path) -> Result<Vec<CertificateDer<'static>>, SqlFailure> {
    certificates_in(path).map_err(|reason| unusable(path, reason))
}

/// Returns the issuers in a file; without one, the system's trusted issuers, or Mozilla's where the system has none.
///
/// # Errors
/// [`Untrusted`](FailureClass::Untrusted), naming the file, or the variable that names none.
pub(super) fn issuers(path: Option<&Path>) -> Result<RootCertStore, SqlFailure> {
    match path {
        Some(path) => issuers_in(path).map_err(|reason| unusable(path, reason)),
        None => trusted_issuers().map_err(untrusted),
    }
}

/// The failure for a file that cannot be used.
pub(super) fn unusable(path: &Path, error: impl Display) -> SqlFailure {
    untrusted(unusable_file(path, error))
}

/// A failure of verification.
pub(super) fn untrusted(reason: impl Into<String>) -> SqlFailure {
    SqlFailure::new(FailureClass::Untrusted, reason)
}

/// The accepted server certificates, other than those of a known issuer for the right host name.
#[derive(Debug)]
pub(super) enum AcceptedCertificate {
    /// Any certificate: the server's identity is not verified.
    Any,
    /// A certificate from a known issuer, for any host name.
    #[cfg(feature = "postgres")]
    AnyName(Arc<WebPkiServerVerifier>),
    /// A certificate for the right host name: one of these self-signed certificates, or one from an issuer among them.
    #[cfg(feature = "mssql")]
    Named(Vec<CertificateDer<'static>>, Arc<WebPkiServerVerifier>),
}

/// Verifies server certificates by the given rule.
#[derive(Debug)]
pub(super) struct CertificateVerifier {
    /// The cipher implementation.
    pub(super) provider: Arc<CryptoProvider>,
    /// The accepted certificates.
    pub(super) taken: AcceptedCertificate,
}

impl ServerCertVerifier for CertificateVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        match &self.taken {
            AcceptedCertificate::Any => Ok(ServerCertVerified::assertion()),
            #[cfg(feature = "postgres")]
            AcceptedCertificate::AnyName(issuers) => {
                use rustls::CertificateError::{NotValidForName, NotValidForNameContext};
                match issuers.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
                    // rustls checks the name last, after the issuer.
                    Err(rustls::Error::InvalidCertificate(NotValidForName | NotValidForNameContext { .. })) => {
                        Ok(ServerCertVerified::assertion())
                    }
                    result => result,
                }
            }
            #[cfg(feature = "mssql")]
            AcceptedCertificate::Named(certificates, issuers) => {
                // A self-signed server certificate is not valid as its own issuer.
                if certificates.contains(end_entity) {
                    let certificate = rustls::server::ParsedCertificate::try_from(end_entity)?;
                    rustls::client::verify_server_name(&certificate, server_name)?;
                    return Ok(ServerCertVerified::assertion());
                }
                issuers.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
            }
        }
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
