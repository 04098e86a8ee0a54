//! Whose certificate a server may show, for the drivers that shake hands through rustls.

use std::fmt::Display;
use std::path::Path;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, RootCertStore, SignatureScheme};

use crate::store::sql::failure::{FailureClass, SqlFailure};

/// The certificates in a file.
///
/// # Errors
/// [`Untrusted`](FailureClass::Untrusted), naming the file, if there are none that can be read.
pub(super) fn from_file(path: &Path) -> Result<Vec<CertificateDer<'static>>, SqlFailure> {
    let certificates: Vec<_> =
        CertificateDer::pem_file_iter(path).and_then(Iterator::collect).map_err(|error| unusable(path, error))?;
    if certificates.is_empty() {
        return Err(untrusted(format!("{} holds no certificate", path.display())));
    }
    Ok(certificates)
}

/// Certificates of a file, as those of issuers.
///
/// # Errors
/// [`Untrusted`](FailureClass::Untrusted), naming the file.
pub(super) fn issuers(path: &Path, certificates: &[CertificateDer<'static>]) -> Result<RootCertStore, SqlFailure> {
    let mut issuers = RootCertStore::empty();
    for certificate in certificates {
        issuers.add(certificate.clone()).map_err(|error| unusable(path, error))?;
    }
    Ok(issuers)
}

/// The issuers that the system knows.
///
/// # Errors
/// [`Untrusted`](FailureClass::Untrusted) if it knows none.
pub(super) fn issuers_of_the_system() -> Result<RootCertStore, SqlFailure> {
    let mut issuers = RootCertStore::empty();
    issuers.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if issuers.is_empty() {
        return Err(untrusted("the system has no certificates of issuers, and `sslrootcert` names none"));
    }
    Ok(issuers)
}

/// That a file cannot be used.
pub(super) fn unusable(path: &Path, error: impl Display) -> SqlFailure {
    untrusted(format!("{} cannot be used: {error}", path.display()))
}

/// That nobody is trusted so.
pub(super) fn untrusted(reason: impl Into<String>) -> SqlFailure {
    SqlFailure::new(FailureClass::Untrusted, reason)
}

/// Whose certificate is taken, other than that of a known issuer with the host's name.
#[derive(Debug)]
pub(super) enum AcceptedCertificate {
    /// Anybody's: whoever has its key answers.
    Any,
    /// That of a known issuer, whatever host it names.
    #[cfg(feature = "postgres")]
    AnyName(Arc<WebPkiServerVerifier>),
    /// With the host's name: one of these, of a server that vouches for itself, or that of an issuer among them.
    #[cfg(feature = "mssql")]
    Named(Vec<CertificateDer<'static>>, Arc<WebPkiServerVerifier>),
}

/// Takes the certificates that it is told to.
#[derive(Debug)]
pub(super) struct CertificateVerifier {
    /// What knows ciphers.
    pub(super) provider: Arc<CryptoProvider>,
    /// Whose certificate is taken.
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
                    // The name is looked at last, once the issuer is found to be good.
                    Err(rustls::Error::InvalidCertificate(NotValidForName | NotValidForNameContext { .. })) => {
                        Ok(ServerCertVerified::assertion())
                    }
                    result => result,
                }
            }
            #[cfg(feature = "mssql")]
            AcceptedCertificate::Named(certificates, issuers) => {
                // As an issuer the certificate of such a server would not do.
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
