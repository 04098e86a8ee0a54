//! The certificates of issuers that TLS connections trust.

use std::path::Path;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

/// The system's trusted issuers, or Mozilla's where the system has none, as in a container from scratch. `SSL_CERT_FILE` and
/// `SSL_CERT_DIR` take the place of the system's.
///
/// # Errors
/// The reason, in words, if a variable names certificates and none can be read.
pub fn trusted_issuers() -> Result<RootCertStore, String> {
    let is_set = |name: &&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let named = ["SSL_CERT_FILE", "SSL_CERT_DIR"].into_iter().find(is_set);
    issuers_or_mozillas(rustls_native_certs::load_native_certs().certs, named)
}

/// The certificates of the system's trusted issuers, without those that cannot be parsed. Empty where the system has none.
#[cfg(feature = "mysql")]
pub fn system_certificates() -> Vec<CertificateDer<'static>> {
    let mut certificates = rustls_native_certs::load_native_certs().certs;
    certificates.retain(|certificate| RootCertStore::empty().add(certificate.clone()).is_ok());
    certificates
}

/// `named` is the variable that says where `certificates` are.
fn issuers_or_mozillas(certificates: Vec<CertificateDer<'_>>, named: Option<&str>) -> Result<RootCertStore, String> {
    let mut issuers = RootCertStore::empty();
    issuers.add_parsable_certificates(certificates);
    match (issuers.is_empty(), named) {
        (true, Some(name)) => Err(format!("no certificate of an issuer can be read where {name} points to")),
        (true, None) => Ok(webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect()),
        (false, _) => Ok(issuers),
    }
}

/// The issuers whose certificates are in a file.
///
/// # Errors
/// The reason, in words, if it cannot be read or has no certificate.
pub fn issuers_in(path: &Path) -> Result<RootCertStore, String> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
    let certificates = certificates.map_err(|error| error.to_string())?;
    let mut issuers = RootCertStore::empty();
    let (added, _) = issuers.add_parsable_certificates(certificates);
    if added == 0 { Err("it holds no certificate".to_owned()) } else { Ok(issuers) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_certificates_of_the_system_those_of_mozilla_are_trusted() {
        assert!(issuers_or_mozillas(Vec::new(), None).unwrap().len() > 50);
        assert!(issuers_or_mozillas(Vec::new(), Some("SSL_CERT_FILE")).unwrap_err().contains("SSL_CERT_FILE"));
        assert!(issuers_in(Path::new("/dev/null")).is_err());
    }
}
