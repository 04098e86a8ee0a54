//! Test certificates, made with openssl.

use std::path::PathBuf;

use tempfile::TempDir;

use crate::services::process::run;

/// An issuer of certificates.
pub(crate) struct Issuer {
    directory: TempDir,
}

impl Issuer {
    /// Creates an issuer with this name.
    pub(crate) fn new(name: &str) -> Self {
        let issuer = Self { directory: tempfile::tempdir().unwrap() };
        issuer.openssl(&[
            "req",
            "-x509",
            "-nodes",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-days",
            "2",
            "-subj",
            &format!("/CN={name}"),
            "-addext",
            "keyUsage=critical,keyCertSign",
            "-keyout",
            "issuer.key",
            "-out",
            "issuer.crt",
        ]);
        issuer
    }

    /// Returns the issuer's own certificate.
    pub(crate) fn certificate(&self) -> PathBuf {
        self.path("issuer.crt")
    }

    /// Issues the certificate and the key of a server or user with this name.
    pub(crate) fn issue(&self, name: &str) -> (PathBuf, PathBuf) {
        let file = |ending: &str| format!("{name}.{ending}");
        std::fs::write(self.path(&file("ext")), format!("subjectAltName=DNS:{name}\n")).unwrap();
        self.openssl(&[
            "req",
            "-nodes",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-subj",
            &format!("/CN={name}"),
            "-keyout",
            &file("key"),
            "-out",
            &file("csr"),
        ]);
        self.openssl(&[
            "x509",
            "-req",
            "-days",
            "2",
            "-CA",
            "issuer.crt",
            "-CAkey",
            "issuer.key",
            "-CAcreateserial",
            "-in",
            &file("csr"),
            "-extfile",
            &file("ext"),
            "-out",
            &file("crt"),
        ]);
        (self.path(&file("crt")), self.path(&file("key")))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn openssl(&self, arguments: &[&str]) {
        let inside = |argument: &str| {
            let is_file = [".crt", ".key", ".csr", ".ext"].iter().any(|ending| argument.ends_with(ending));
            if is_file { self.path(argument).display().to_string() } else { argument.to_owned() }
        };
        let mut command = vec!["openssl".to_owned()];
        command.extend(arguments.iter().map(|argument| inside(argument)));
        run(&command);
    }
}
