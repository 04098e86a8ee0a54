//! Encryption as libpq's `sslmode` has it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::store::sql::driver::{Failure, FailureClass};

/// The `sslmode`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Mode {
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

impl Mode {
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
pub(super) struct Encryption {
    /// The `sslmode`.
    pub(super) mode: Mode,
    /// The certificates of issuers, or `system`.
    pub(super) root: Option<PathBuf>,
    /// The certificate to sign in with.
    pub(super) certificate: Option<PathBuf>,
    /// Its key.
    pub(super) key: Option<PathBuf>,
}

impl Encryption {
    /// Takes the mode that was asked for. As in libpq, `require` checks the issuer where the file of issuers is named, and
    /// the issuers of the system, which vouch for everybody's servers, go with the host's name.
    pub(super) fn settle(&mut self, mode: Option<Mode>) {
        self.mode = match (mode, &self.root) {
            (None, Some(root)) if root == Path::new("system") => Mode::VerifyFull,
            (Some(Mode::Require), Some(_)) => Mode::VerifyCa,
            (mode, _) => mode.unwrap_or_default(),
        };
    }

    /// How to shake hands. Reads the files.
    ///
    /// # Errors
    /// [`Untrusted`](FailureClass::Untrusted), naming the file that cannot be used.
    pub(super) fn connector(&self) -> Result<MakeRustlsConnect, Failure> {
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| untrusted(error.to_string()))?;
        let builder = match self.mode {
            Mode::VerifyFull => builder.with_root_certificates(self.issuers()?),
            Mode::VerifyCa => {
                let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(self.issuers()?), provider)
                    .build()
                    .map_err(|error| untrusted(error.to_string()))?;
                builder.dangerous().with_custom_certificate_verifier(Arc::new(AnyName(verifier)))
            }
            Mode::Disable | Mode::Allow | Mode::Prefer | Mode::Require => {
                builder.dangerous().with_custom_certificate_verifier(Arc::new(Anybody(provider)))
            }
        };
        let config = match (&self.certificate, &self.key) {
            (None, None) => builder.with_no_client_auth(),
            (Some(certificate), Some(key)) => {
                let chain = certificates(certificate)?;
                let key = PrivateKeyDer::from_pem_file(key).map_err(|error| unreadable(key, error))?;
                builder.with_client_auth_cert(chain, key).map_err(|error| untrusted(error.to_string()))?
            }
            _ => return Err(untrusted("`sslcert` and `sslkey` go together")),
        };
        Ok(MakeRustlsConnect::new(config))
    }

    fn issuers(&self) -> Result<RootCertStore, Failure> {
        let mut issuers = RootCertStore::empty();
        match &self.root {
            Some(path) if path != Path::new("system") => {
                for certificate in certificates(path)? {
                    issuers.add(certificate).map_err(|error| unreadable(path, error))?;
                }
            }
            _ => {
                issuers.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
                if issuers.is_empty() {
                    return Err(untrusted("the system has no certificates of issuers, and `sslrootcert` names none"));
                }
            }
        }
        Ok(issuers)
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let certificates: Vec<_> =
        CertificateDer::pem_file_iter(path).and_then(Iterator::collect).map_err(|error| unreadable(path, error))?;
    if certificates.is_empty() {
        return Err(untrusted(format!("{} holds no certificate", path.display())));
    }
    Ok(certificates)
}

fn unreadable(path: &Path, error: impl std::fmt::Display) -> Failure {
    untrusted(format!("{} cannot be used: {error}", path.display()))
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

/// Takes every certificate of a known issuer, whatever host it names.
#[derive(Debug)]
struct AnyName(Arc<WebPkiServerVerifier>);

impl ServerCertVerifier for AnyName {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        match self.0.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
            // The name is looked at last, once the issuer is found to be good.
            Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            result => result,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}
