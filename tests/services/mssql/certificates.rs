//! Certificates: an authority, and the TLS configurations of servers with certificates from it.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, SupportedProtocolVersion};

/// A certificate authority.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// Its own certificate, in PEM format.
    pub(crate) pem: String,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut parameters = CertificateParams::new(Vec::new()).unwrap();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = parameters.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(parameters, key), pem }
    }

    /// Returns the TLS configuration of a server with this host name or address.
    pub(crate) fn server(&self, name: &str) -> Tls {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &self.issuer).unwrap();
        config(certificate.der(), &key)
    }
}

/// Returns the TLS configuration of a server with a self-signed certificate, and the certificate in PEM format.
pub(crate) fn self_made(name: &str) -> (Tls, String) {
    let mut parameters = CertificateParams::new(vec![name.to_owned()]).unwrap();
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let certificate = parameters.self_signed(&key).unwrap();
    (config(certificate.der(), &key), certificate.pem())
}

/// The TLS configuration of a server.
#[derive(Clone)]
pub(crate) struct Tls {
    /// Inside TDS packets. TLS 1.2, because in later versions the server cannot tell where the handshake ends.
    pub(crate) packed: Arc<ServerConfig>,
    /// From the first byte on.
    pub(crate) strict: Arc<ServerConfig>,
}

fn config(certificate: &CertificateDer<'static>, key: &KeyPair) -> Tls {
    let versions = |versions: &[&'static SupportedProtocolVersion]| {
        ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_protocol_versions(versions)
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
            .unwrap()
    };
    let mut strict = versions(rustls::ALL_VERSIONS);
    strict.alpn_protocols = vec![b"tds/8.0".to_vec()];
    Tls { packed: Arc::new(versions(&[&rustls::version::TLS12])), strict: Arc::new(strict) }
}
