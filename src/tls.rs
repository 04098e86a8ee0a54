//! The certificates of issuers that TLS connections trust.

use std::path::Path;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

/// The variables that take the place of the system's issuers.
const VARIABLES: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

/// The system's trusted issuers, or Mozilla's where the system has none, as in a container from scratch. `SSL_CERT_FILE` and
/// `SSL_CERT_DIR` take the place of the system's.
///
/// # Errors
/// The reason, in words, if a variable names certificates and none can be read.
pub fn trusted_issuers() -> Result<RootCertStore, String> {
    issuers_or_mozillas(rustls_native_certs::load_native_certs().certs, issuers_variable())
}

/// The certificates of the system's trusted issuers, without those that cannot be parsed, and whether only these are trusted:
/// without any on the system, Mozilla's are.
#[cfg(feature = "mysql")]
pub fn system_certificates() -> (Vec<CertificateDer<'static>>, bool) {
    let mut certificates = rustls_native_certs::load_native_certs().certs;
    certificates.retain(|certificate| RootCertStore::empty().add(certificate.clone()).is_ok());
    let is_complete = !certificates.is_empty() || issuers_variable().is_some();
    (certificates, is_complete)
}

/// Says how many issuers are trusted and where they come from: those in a file, or those of [`trusted_issuers`].
///
/// # Errors
/// As [`trusted_issuers`] and [`issuers_in`].
pub fn describe_issuers(file: Option<&Path>) -> Result<String, String> {
    if let Some(file) = file {
        return Ok(format!("trusted issuers: {}, from {}", issuers_in(file)?.len(), file.display()));
    }
    let certificates = rustls_native_certs::load_native_certs().certs;
    let are_of_mozilla = RootCertStore::empty().add_parsable_certificates(certificates.iter().cloned()).0 == 0;
    let count = issuers_or_mozillas(certificates, issuers_variable())?.len();
    if are_of_mozilla {
        return Ok(format!("trusted issuers: {count}, from Mozilla's list, because this system has none"));
    }
    let places: Vec<_> = VARIABLES
        .into_iter()
        .filter_map(|name| Some(format!("{} ({name})", std::env::var_os(name)?.to_string_lossy())))
        .collect();
    let place = if issuers_variable().is_some() { places.join(" and ") } else { place_of_the_system() };
    Ok(format!("trusted issuers: {count}, from {place}"))
}

/// The variable that takes the place of the system's issuers, if one does.
pub fn issuers_variable() -> Option<&'static str> {
    VARIABLES.into_iter().find(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

/// The file and the directories in which the system keeps its issuers.
#[cfg(all(unix, not(target_os = "macos")))]
fn place_of_the_system() -> String {
    let found = openssl_probe::probe();
    let places: Vec<_> = found.cert_file.iter().chain(&found.cert_dir).map(|path| path.display().to_string()).collect();
    places.join(" and ")
}

#[cfg(not(all(unix, not(target_os = "macos"))))]
fn place_of_the_system() -> String {
    "the system's store of certificates".to_owned()
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

/// The certificates in a file.
///
/// # Errors
/// The reason, in words, if it cannot be read or has none.
pub fn certificates_in(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
    let certificates = certificates.map_err(|error| error.to_string())?;
    if certificates.is_empty() { Err("it holds no certificate".to_owned()) } else { Ok(certificates) }
}

/// The issuers whose certificates are in a file. Certificates that no server can be verified with are left out.
///
/// # Errors
/// The reason, in words, if the file cannot be read or has no issuer.
pub fn issuers_in(path: &Path) -> Result<RootCertStore, String> {
    let mut issuers = RootCertStore::empty();
    let (added, _) = issuers.add_parsable_certificates(certificates_in(path)?);
    if added == 0 { Err("it holds no certificate of an issuer".to_owned()) } else { Ok(issuers) }
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
