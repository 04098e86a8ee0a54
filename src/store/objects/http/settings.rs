//! How a cloud's HTTP client connects: timeouts, proxies, trusted issuers of certificates.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};
use url::Url;

use super::proxy::Proxies;
use crate::error::ErrorKind;
use crate::secret::shown_path;
use crate::store::contract::Notices;
use crate::store::objects::service_error::{ServiceError, root_cause};
use crate::tls::{describe_issuers, issuers_in, issuers_variable, trusted_issuers};

/// How a client connects.
#[derive(Clone, Debug)]
pub(in crate::store::objects) struct ConnectionSettings {
    connect_timeout: Duration,
    /// Where the address comes from, for hints: "`account_url`".
    pub(super) address: String,
    /// A file of issuers to trust instead of the system's, and the setting that names it.
    issuers: Option<(PathBuf, &'static str)>,
    pub(super) proxies: Arc<Proxies>,
    /// The receiver of requests, if the user wants to see them.
    pub(super) trace: Option<Notices>,
}

impl ConnectionSettings {
    /// Gives up connecting after `connect_timeout`. `address` says where the server's address comes from, for hints.
    pub(in crate::store::objects) fn new(connect_timeout: Duration, address: impl Into<String>) -> Self {
        let proxies = Arc::new(Proxies::new(|name| std::env::var(name).ok()));
        Self { connect_timeout, address: address.into(), issuers: None, proxies, trace: None }
    }

    /// Tells `notices` of every request, and where the settings come from, if the user wants to see them.
    pub(in crate::store::objects) fn traced_by(mut self, notices: &Notices) -> Self {
        self.trace = notices.are_detailed().then(|| notices.clone());
        for (value, variable) in self.proxies.variables() {
            notices.source(value, &format!("environment variable {variable}"));
        }
        let of_issuers = self.issuers.as_ref().map(|(_, setting)| (*setting).to_owned());
        let of_issuers = of_issuers.or_else(|| issuers_variable().map(|name| format!("environment variable {name}")));
        if let Some(place) = of_issuers {
            notices.source("trusted issuers", &place);
        }
        self
    }

    /// Trusts the issuers in this file alone; the second is the setting that names it.
    #[cfg(feature = "s3")]
    pub(in crate::store::objects) fn with_issuers(mut self, issuers: Option<(PathBuf, &'static str)>) -> Self {
        self.issuers = issuers;
        self
    }

    /// Which issuers are trusted, for `doctor`. Reads certificates.
    ///
    /// # Errors
    /// The reason why none can be read.
    pub(super) fn describe_issuers(&self) -> Result<String, String> {
        let described = describe_issuers(self.issuers.as_ref().map(|(path, _)| path.as_path()));
        described.map_err(|reason| self.name_issuers(&reason))
    }

    /// A text about the issuers, with the setting and the file that name them.
    fn name_issuers(&self, text: &str) -> String {
        match &self.issuers {
            None => text.to_owned(),
            Some((path, setting)) => format!("{setting} {}: {text}", shown_path(&path.to_string_lossy())),
        }
    }

    /// The issuers whose certificates a server may have. Reads certificates.
    pub(super) fn issuers(&self) -> Result<RootCertStore, ServiceError> {
        let issuers = match &self.issuers {
            None => trusted_issuers(),
            Some((path, _)) => issuers_in(path),
        };
        issuers.map_err(|reason| {
            let reason = self.name_issuers(&reason);
            ServiceError::new(ErrorKind::Usage, reason).hint("name a file of certificates in the form PEM")
        })
    }

    /// A client that connects so and trusts `issuers`.
    pub(super) fn client(&self, issuers: RootCertStore) -> Result<reqwest::Client, ServiceError> {
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let builder = builder.map_err(|error| ServiceError::new(ErrorKind::Other, error.to_string()))?;
        let proxies = Arc::clone(&self.proxies);
        let proxy = reqwest::Proxy::custom(move |url: &Url| proxies.route(url).and_then(|proxy| proxy.url().cloned()));
        let client = reqwest::Client::builder()
            .connect_timeout(self.connect_timeout)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("truthound-store/", env!("CARGO_PKG_VERSION")))
            .http1_only()
            .tcp_nodelay(true)
            .tls_backend_preconfigured(builder.with_root_certificates(issuers).with_no_client_auth())
            .no_proxy()
            .proxy(proxy)
            .build();
        client.map_err(|error| {
            ServiceError::new(ErrorKind::Other, format!("cannot create an HTTP client: {}", root_cause(&error)))
        })
    }
}
