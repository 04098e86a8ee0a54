//! The credential provider chain where the profile has no credential, in the order of Azure's `DefaultAzureCredential`
//! (<https://learn.microsoft.com/azure/developer/python/sdk/authentication/credential-chains>). It is used when the first
//! request needs it. `object_store` talks to the token servers.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use object_store::azure::{AzureConfigKey, AzureCredential, AzureCredentialProvider, MicrosoftAzureBuilder};
use object_store::client::{
    ClientOptions, HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpService,
};
use object_store::{BackoffConfig, RetryConfig};
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

use super::command_line::AzureCommandLine;
use crate::error::ErrorKind;
use crate::secret::{read_text, shown_path};
use crate::store::objects::endpoint::is_safe;
use crate::store::objects::http::request::body_pieces;
use crate::store::objects::http::transport::{HttpTransport, ReadMode};
use crate::store::objects::service_error::{ServiceError, root_cause};

/// Timeout for the instance metadata service, which exists only on Azure VMs.
const PROBE: Duration = Duration::from_secs(1);

/// The instance metadata service of Azure VMs.
const IMDS: &str = "http://169.254.169.254";

/// A second refusal within this time is final: the provider may cache the refused token and return it again.
const FRESH: Duration = Duration::from_secs(60);

const NEXT_STEP: &str = "give `account_key`, `sas_token` or `connection_string` in the profile, set AZURE_TENANT_ID, \
     AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or sign in with `az login`; docs/azure.md lists all ways";

/// The credential of the profile, or of the provider chain.
#[derive(Debug)]
pub(super) struct AzureCredentialChain {
    of_profile: Option<Arc<AzureCredential>>,
    transport: Arc<HttpTransport>,
    limit: Duration,
    cached: Mutex<CachedToken>,
}

/// The provider that has succeeded, and its last token.
#[derive(Debug, Default)]
struct CachedToken {
    /// It renews its tokens before they expire.
    provider: Option<TokenProvider>,
    token: Option<Arc<AzureCredential>>,
    /// When the last token was discarded because the server had refused it.
    refreshed: Option<Instant>,
}

/// A source of tokens.
#[derive(Debug)]
enum TokenProvider {
    Service(AzureCredentialProvider),
    CommandLine(AzureCommandLine),
}

/// One link of the provider chain.
struct ChainLink {
    name: &'static str,
    /// The variables, or the service, that it takes its token from.
    source: &'static str,
    /// Whether the environment configures it, so that the chain ends with it.
    is_configured: bool,
    provider: TokenProvider,
    /// The hint where it provides no token.
    next_step: &'static str,
}

impl AzureCredentialChain {
    pub(super) fn new(of_profile: Option<AzureCredential>, transport: Arc<HttpTransport>, limit: Duration) -> Self {
        Self { of_profile: of_profile.map(Arc::new), transport, limit, cached: Mutex::default() }
    }

    /// The credential for the next request.
    pub(super) async fn get(&self) -> Result<Arc<AzureCredential>, ServiceError> {
        if let Some(credential) = &self.of_profile {
            return Ok(Arc::clone(credential));
        }
        let mut cached = self.cached.lock().await;
        if let Some(provider) = &mut cached.provider {
            let credential = self.ask(provider).await.map_err(|why| none(why.kind, &why.message, NEXT_STEP))?;
            return Ok(cached.remember(credential));
        }
        let mut causes = Vec::new();
        for mut link in self.chain()? {
            let why = match self.ask(&mut link.provider).await {
                Ok(credential) => {
                    self.transport.tell_source("credentials", &format!("{} ({})", link.name, link.source));
                    cached.provider = Some(link.provider);
                    return Ok(cached.remember(credential));
                }
                Err(why) => why,
            };
            let cause = format!("{}: {}", link.name, why.message);
            if link.is_configured {
                return Err(none(why.kind, &cause, link.next_step));
            }
            causes.push(cause);
        }
        Err(denied(&causes.join("; ")))
    }

    /// Discards a token that the server has refused. Returns whether another one can be obtained.
    pub(super) async fn refresh(&self, refused: &Arc<AzureCredential>) -> bool {
        let mut cached = self.cached.lock().await;
        if cached.token.as_ref().is_some_and(|token| Arc::ptr_eq(token, refused)) {
            if cached.refreshed.is_some_and(|when| when.elapsed() < FRESH) {
                return false;
            }
            *cached = CachedToken { refreshed: Some(Instant::now()), ..CachedToken::default() };
        }
        // If the refused token is not the cached one, a concurrent request has refreshed it already.
        self.of_profile.is_none()
    }

    async fn ask(&self, provider: &mut TokenProvider) -> Result<Arc<AzureCredential>, ServiceError> {
        let token = match provider {
            TokenProvider::CommandLine(command_line) => command_line.token(self.limit).await?,
            TokenProvider::Service(provider) => {
                let token = tokio::time::timeout(self.limit, provider.get_credential()).await;
                token
                    .map_err(|_| ServiceError::new(ErrorKind::Connection, "the token server does not answer"))?
                    .map_err(|error| {
                        ServiceError::new(ServiceError::under(&error).and_then(|known| known.kind), line(&error))
                    })?
            }
        };
        match &*token {
            AzureCredential::BearerToken(token) if token.chars().any(|c| !c.is_ascii_graphic()) || token.is_empty() => {
                Err(ServiceError::new(None, "the token is empty, or holds a space or a line break"))
            }
            _ => Ok(token),
        }
    }

    /// The token provider of `object_store` that `builder` configures.
    fn service(
        &self,
        builder: MicrosoftAzureBuilder,
        kind: &str,
        timeout: Duration,
    ) -> Result<TokenProvider, ServiceError> {
        // Account and container are required, and have no effect on tokens.
        let retry = RetryConfig { backoff: BackoffConfig::default(), max_retries: 3, retry_timeout: self.limit };
        let store = builder
            .with_config(AzureConfigKey::CredentialType, kind)
            .with_account("account")
            .with_container_name("container")
            .with_http_connector(UnsignedConnector {
                transport: Arc::clone(&self.transport),
                timeout: timeout.min(self.limit),
            })
            .with_retry(retry)
            .build()
            .map_err(|error| denied(&line(&error)))?;
        Ok(TokenProvider::Service(Arc::clone(store.credentials())))
    }

    /// The links that the environment configures, in the order in which they are tried.
    fn chain(&self) -> Result<Vec<ChainLink>, ServiceError> {
        // https://learn.microsoft.com/azure/developer/python/sdk/authentication/credential-chains#how-to-customize-defaultazurecredential
        let wanted = variable("AZURE_TOKEN_CREDENTIALS").unwrap_or_default().to_ascii_lowercase();
        let is_wanted = |name: &str, group: &str| wanted.is_empty() || wanted == name || wanted == group;
        let authority = variable("AZURE_AUTHORITY_HOST").map(|host| host.trim_end_matches('/').to_owned());
        if authority.as_deref().is_some_and(|host| !Url::parse(host).is_ok_and(|url| is_safe(&url))) {
            return Err(denied("refusing to send credentials to AZURE_AUTHORITY_HOST, which is not an https:// URL"));
        }
        let identified = || {
            let mut builder = MicrosoftAzureBuilder::new();
            if let Some(host) = &authority {
                builder = builder.with_authority_host(host);
            }
            Some(builder.with_client_id(variable("AZURE_CLIENT_ID")?).with_tenant_id(variable("AZURE_TENANT_ID")?))
        };
        let mut links = Vec::new();
        if is_wanted("environmentcredential", "prod")
            && let (Some(builder), Some(secret)) = (identified(), variable("AZURE_CLIENT_SECRET"))
        {
            links.push(ChainLink {
                name: "client secret",
                source: "environment variables AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET",
                is_configured: true,
                provider: self.service(builder.with_client_secret(secret), "client_secret", self.limit)?,
                next_step: "check AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET: secrets expire",
            });
        }
        if is_wanted("workloadidentitycredential", "prod")
            && let (Some(builder), Some(file)) = (identified(), variable("AZURE_FEDERATED_TOKEN_FILE"))
        {
            // `object_store` would wait for a FIFO, and its error would show what may be the token itself.
            read_text(Path::new(&file))
                .map_err(|error| denied(&format!("AZURE_FEDERATED_TOKEN_FILE {}: {error}", shown_path(&file))))?;
            links.push(ChainLink {
                name: "workload identity",
                source: "environment variable AZURE_FEDERATED_TOKEN_FILE",
                is_configured: true,
                provider: self.service(builder.with_federated_token_file(file), "workload_identity", self.limit)?,
                next_step: "check AZURE_FEDERATED_TOKEN_FILE, and that the application trusts the issuer of the token in it",
            });
        }
        if is_wanted("managedidentitycredential", "prod") {
            let of_service = variable("IDENTITY_ENDPOINT").filter(|_| variable("IDENTITY_HEADER").is_some());
            let is_configured = of_service.is_some() || wanted == "managedidentitycredential";
            let of_pod = variable("AZURE_POD_IDENTITY_AUTHORITY_HOST");
            let source = match (&of_service, &of_pod) {
                (Some(_), _) => "environment variable IDENTITY_ENDPOINT",
                (None, Some(_)) => "environment variable AZURE_POD_IDENTITY_AUTHORITY_HOST",
                (None, None) => "the instance metadata service",
            };
            let endpoint = of_service.unwrap_or_else(|| {
                let host = of_pod.unwrap_or_else(|| IMDS.to_owned());
                format!("{}/metadata/identity/oauth2/token", host.trim_end_matches('/'))
            });
            let mut builder = MicrosoftAzureBuilder::new().with_msi_endpoint(endpoint);
            if let Some(id) = variable("AZURE_CLIENT_ID") {
                builder = builder.with_client_id(id);
            }
            let timeout = if is_configured { self.limit } else { PROBE };
            links.push(ChainLink {
                name: "managed identity",
                source,
                is_configured,
                provider: self.service(builder, "managed_identity", timeout)?,
                next_step: "give this machine an identity, or name one of several with AZURE_CLIENT_ID",
            });
        }
        if is_wanted("azureclicredential", "dev") {
            links.push(ChainLink {
                name: "Azure CLI",
                source: "the session of `az login`",
                is_configured: wanted == "azureclicredential",
                provider: TokenProvider::CommandLine(AzureCommandLine::default()),
                next_step: "sign in with `az login`",
            });
        }
        match links.is_empty() {
            true => Err(denied("AZURE_TOKEN_CREDENTIALS leaves no credential that is supported here")),
            false => Ok(links),
        }
    }
}

impl CachedToken {
    fn remember(&mut self, credential: Arc<AzureCredential>) -> Arc<AzureCredential> {
        self.token = Some(Arc::clone(&credential));
        credential
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}

fn denied(why: &str) -> ServiceError {
    none(None, why, NEXT_STEP)
}

/// The error for a chain that ends without a token. An unreachable token server has a kind of its own: the credentials may
/// be correct.
fn none(kind: Option<ErrorKind>, why: &str, next_step: &str) -> ServiceError {
    let kind = kind.unwrap_or(ErrorKind::Denied);
    ServiceError::new(kind, format!("cannot find Azure credentials: {why}")).hint(next_step)
}

/// The root cause of an error in one line of at most 500 characters.
fn line(error: &object_store::Error) -> String {
    let text = ServiceError::under(error).map_or_else(|| root_cause(error), ToString::to_string);
    let words: Vec<_> = text.split_whitespace().collect();
    words.join(" ").chars().take(500).collect()
}

/// The HTTP transport without signatures, for requests to token servers.
#[derive(Clone, Debug)]
struct UnsignedConnector {
    transport: Arc<HttpTransport>,
    timeout: Duration,
}

#[async_trait]
impl HttpService for UnsignedConnector {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let (head, body) = request.into_parts();
        let body = body_pieces(body).await;
        let response = self.transport.send(head, &body, self.timeout, ReadMode::Buffered).await;
        response.map_err(|failure| HttpError::new(HttpErrorKind::Unknown, failure.error))
    }
}

impl HttpConnector for UnsignedConnector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}
