//! Certificates: an authority, and servers that it vouches for.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, SupportedProtocolVersion};

/// Who vouches for servers.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// Its own certificate, as a file holds it.
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

    /// How a server with that name, or address, answers.
    pub(crate) fn server(&self, name: &str) -> Tls {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &self.issuer).unwrap();
        config(certificate.der(), &key)
    }
}

/// How a server answers that vouches for itself, and its certificate, as a file holds it.
pub(crate) fn self_made(name: &str) -> (Tls, String) {
    let mut parameters = CertificateParams::new(vec![name.to_owned()]).unwrap();
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let certificate = parameters.self_signed(&key).unwrap();
    (config(certificate.der(), &key), certificate.pem())
}

/// How a server encrypts.
#[derive(Clone)]
pub(crate) struct Tls {
    /// Inside packets: TLS 1.2, for in later versions nobody can tell where the handshake ends.
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
