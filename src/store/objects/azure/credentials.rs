//! Who we are, where the profile does not say: Azure's own chain, in the order of its `DefaultAzureCredential`
//! (<https://learn.microsoft.com/azure/developer/python/sdk/authentication/credential-chains>), asked when the first
//! request needs it. `object_store` speaks to those who give tokens.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use object_store::azure::{AzureCredential, AzureCredentialProvider, MicrosoftAzureBuilder};
use object_store::client::{
    ClientOptions, HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpService,
};
use object_store::{BackoffConfig, RetryConfig};
use tokio::sync::Mutex;
use url::Url;

use crate::error::ErrorKind;
use crate::store::objects::known::Known;
use crate::store::objects::web::{Web, is_loopback, pieces};

/// How long the address is waited for that only machines of Azure have.
const PROBE: Duration = Duration::from_secs(1);

/// Where machines of Azure ask who they are.
const IMDS: &str = "http://169.254.169.254";

const NEXT_STEP: &str = "Give `account_key`, `sas_token` or `connection_string` in the profile, set AZURE_TENANT_ID, \
     AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or sign in with `az login`; docs/azure.md lists all ways";

/// Credentials, kept until they end.
#[derive(Debug)]
pub(super) struct Credentials {
    of_profile: Option<Arc<AzureCredential>>,
    web: Arc<Web>,
    limit: Duration,
    /// Who has given a token, and renews it before it ends.
    kept: Mutex<Option<AzureCredentialProvider>>,
}

/// One way to a token.
struct Way {
    name: &'static str,
    /// Whether it was asked for by name, so that no other is tried in its place.
    is_meant: bool,
    builder: MicrosoftAzureBuilder,
    patience: Duration,
}

impl Credentials {
    pub(super) fn new(of_profile: Option<AzureCredential>, web: Arc<Web>, limit: Duration) -> Self {
        Self { of_profile: of_profile.map(Arc::new), web, limit, kept: Mutex::new(None) }
    }

    /// What requests are signed with.
    pub(super) async fn get(&self) -> Result<Arc<AzureCredential>, Known> {
        if let Some(credential) = &self.of_profile {
            return Ok(Arc::clone(credential));
        }
        let mut kept = self.kept.lock().await;
        if let Some(provider) = &*kept {
            return self.ask(provider).await.map_err(|why| denied(&why));
        }
        let mut causes = Vec::new();
        for way in self.ways()? {
            let (name, is_meant) = (way.name, way.is_meant);
            let provider = self.provider(way)?;
            match self.ask(&provider).await {
                Ok(credential) => {
                    *kept = Some(provider);
                    return Ok(credential);
                }
                Err(why) => causes.push(format!("{name}: {why}")),
            }
            if is_meant {
                break;
            }
        }
        Err(denied(&causes.join("; ")))
    }

    /// Forgets what the server has refused. Says whether there may be something better.
    pub(super) async fn renew(&self) -> bool {
        *self.kept.lock().await = None;
        self.of_profile.is_none()
    }

    async fn ask(&self, provider: &AzureCredentialProvider) -> Result<Arc<AzureCredential>, String> {
        let given = tokio::time::timeout(self.limit, provider.get_credential()).await;
        let given = given.map_err(|_| "nobody answers".to_owned())?.map_err(|error| line(&error))?;
        match &*given {
            AzureCredential::BearerToken(token) if token.chars().any(|c| !c.is_ascii_graphic()) || token.is_empty() => {
                Err("the token is empty, or holds a space or a line break".to_owned())
            }
            _ => Ok(given),
        }
    }

    fn provider(&self, way: Way) -> Result<AzureCredentialProvider, Known> {
        // Account and container are of no matter here.
        let retry = RetryConfig { backoff: BackoffConfig::default(), max_retries: 3, retry_timeout: self.limit };
        let store = way
            .builder
            .with_account("account")
            .with_container_name("container")
            .with_http_connector(Bare { web: Arc::clone(&self.web), patience: way.patience.min(self.limit) })
            .with_retry(retry)
            .build()
            .map_err(|error| denied(&line(&error)))?;
        Ok(Arc::clone(store.credentials()))
    }

    /// The ways that the environment shows, the first to be tried first.
    fn ways(&self) -> Result<Vec<Way>, Known> {
        let wanted = variable("AZURE_TOKEN_CREDENTIALS").unwrap_or_default().to_ascii_lowercase();
        let is_wanted = |name: &str, group: &str| wanted.is_empty() || wanted == name || wanted == group;
        let is_named = |name: &str| wanted == name;
        let authority = variable("AZURE_AUTHORITY_HOST").map(|host| host.trim_end_matches('/').to_owned());
        if authority.as_deref().is_some_and(|host| !is_safe(host)) {
            return Err(denied("AZURE_AUTHORITY_HOST would be spoken to in clear over a network"));
        }
        let identified = || {
            let mut builder = MicrosoftAzureBuilder::new();
            if let Some(host) = &authority {
                builder = builder.with_authority_host(host);
            }
            Some(builder.with_client_id(variable("AZURE_CLIENT_ID")?).with_tenant_id(variable("AZURE_TENANT_ID")?))
        };
        let mut ways = Vec::new();
        if is_wanted("environmentcredential", "prod")
            && let (Some(builder), Some(secret)) = (identified(), variable("AZURE_CLIENT_SECRET"))
        {
            let builder = builder.with_client_secret(secret).with_config(kind_key(), "client_secret");
            ways.push(Way { name: "client secret", is_meant: true, builder, patience: self.limit });
        }
        if is_wanted("workloadidentitycredential", "prod")
            && let (Some(builder), Some(file)) = (identified(), variable("AZURE_FEDERATED_TOKEN_FILE"))
        {
            let builder = builder.with_federated_token_file(file).with_config(kind_key(), "workload_identity");
            ways.push(Way { name: "workload identity", is_meant: true, builder, patience: self.limit });
        }
        if is_wanted("managedidentitycredential", "prod") {
            let of_service = variable("IDENTITY_ENDPOINT").filter(|_| variable("IDENTITY_HEADER").is_some());
            let is_meant = of_service.is_some() || is_named("managedidentitycredential");
            let endpoint = of_service.unwrap_or_else(|| {
                let host = variable("AZURE_POD_IDENTITY_AUTHORITY_HOST").unwrap_or_else(|| IMDS.to_owned());
                format!("{}/metadata/identity/oauth2/token", host.trim_end_matches('/'))
            });
            let mut builder =
                MicrosoftAzureBuilder::new().with_msi_endpoint(endpoint).with_config(kind_key(), "managed_identity");
            if let Some(id) = variable("AZURE_CLIENT_ID") {
                builder = builder.with_client_id(id);
            }
            let patience = if is_meant { self.limit } else { PROBE };
            ways.push(Way { name: "managed identity", is_meant, builder, patience });
        }
        if is_wanted("azureclicredential", "dev") {
            let builder = MicrosoftAzureBuilder::new().with_use_azure_cli(true).with_config(kind_key(), "azure_cli");
            ways.push(Way { name: "Azure CLI", is_meant: false, builder, patience: self.limit });
        }
        match ways.is_empty() {
            true => Err(denied("AZURE_TOKEN_CREDENTIALS leaves none that is known here")),
            false => Ok(ways),
        }
    }
}

fn kind_key() -> object_store::azure::AzureConfigKey {
    object_store::azure::AzureConfigKey::CredentialType
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}

/// Whether a secret may be sent there.
fn is_safe(address: &str) -> bool {
    Url::parse(address).is_ok_and(|url| url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url)))
}

fn denied(why: &str) -> Known {
    Known::new(ErrorKind::Denied, format!("there are no Azure credentials: {why}")).hint(NEXT_STEP)
}

/// An error as one line of moderate length; where the network failed, what the network said.
fn line(error: &object_store::Error) -> String {
    let text = Known::under(error).map_or_else(|| error.to_string(), ToString::to_string);
    let words: Vec<_> = text.split_whitespace().collect();
    words.join(" ").chars().take(500).collect()
}

/// Our HTTP client without a signature, for those who give tokens.
#[derive(Clone, Debug)]
struct Bare {
    web: Arc<Web>,
    patience: Duration,
}

#[async_trait]
impl HttpService for Bare {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let (head, body) = request.into_parts();
        let body = pieces(body).await;
        let answer = self.web.send(head.method, &head.uri.to_string(), head.headers, &body, self.patience).await;
        answer.map_err(|silence| HttpError::new(HttpErrorKind::Unknown, silence.known))
    }
}

impl HttpConnector for Bare {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}
