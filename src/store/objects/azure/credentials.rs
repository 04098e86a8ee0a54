//! Who we are, where the profile does not say: Azure's own chain, in the order of its `DefaultAzureCredential`
//! (<https://learn.microsoft.com/azure/developer/python/sdk/authentication/credential-chains>), asked when the first
//! request needs it. `object_store` speaks to those who give tokens.

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

use super::command_line::CommandLine;
use crate::error::ErrorKind;
use crate::store::objects::known::Known;
use crate::store::objects::web::{Reading, Web, innermost, is_safe, pieces};

/// How long the address is waited for that only machines of Azure have.
const PROBE: Duration = Duration::from_secs(1);

/// Where machines of Azure ask who they are.
const IMDS: &str = "http://169.254.169.254";

/// How long after a refusal another is final: whoever gives tokens may keep the same one as long as it seems good.
const FRESH: Duration = Duration::from_secs(60);

const NEXT_STEP: &str = "give `account_key`, `sas_token` or `connection_string` in the profile, set AZURE_TENANT_ID, \
     AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or sign in with `az login`; docs/azure.md lists all ways";

/// Credentials, kept until they end.
#[derive(Debug)]
pub(super) struct Credentials {
    of_profile: Option<Arc<AzureCredential>>,
    web: Arc<Web>,
    limit: Duration,
    kept: Mutex<Kept>,
}

/// What is kept of those who give tokens.
#[derive(Debug, Default)]
struct Kept {
    /// Who has given the last one, and renews it before it ends.
    giver: Option<Giver>,
    given: Option<Arc<AzureCredential>>,
    /// When the last one was thrown away because the server had refused it.
    renewed: Option<Instant>,
}

/// Who gives tokens.
#[derive(Debug)]
enum Giver {
    Service(AzureCredentialProvider),
    CommandLine(CommandLine),
}

/// One way to a token.
struct Way {
    name: &'static str,
    /// Whether it was asked for by name, so that no other is tried in its place.
    is_meant: bool,
    giver: Giver,
    /// What to do where it gives none.
    next_step: &'static str,
}

impl Credentials {
    pub(super) fn new(of_profile: Option<AzureCredential>, web: Arc<Web>, limit: Duration) -> Self {
        Self { of_profile: of_profile.map(Arc::new), web, limit, kept: Mutex::default() }
    }

    /// What requests are signed with.
    pub(super) async fn get(&self) -> Result<Arc<AzureCredential>, Known> {
        if let Some(credential) = &self.of_profile {
            return Ok(Arc::clone(credential));
        }
        let mut kept = self.kept.lock().await;
        if let Some(giver) = &mut kept.giver {
            let credential = self.ask(giver).await.map_err(|why| none(why.kind, &why.message, NEXT_STEP))?;
            return Ok(kept.take_note(credential));
        }
        let mut causes = Vec::new();
        for mut way in self.ways()? {
            let why = match self.ask(&mut way.giver).await {
                Ok(credential) => {
                    kept.giver = Some(way.giver);
                    return Ok(kept.take_note(credential));
                }
                Err(why) => why,
            };
            let cause = format!("{}: {}", way.name, why.message);
            if way.is_meant {
                return Err(none(why.kind, &cause, way.next_step));
            }
            causes.push(cause);
        }
        Err(denied(&causes.join("; ")))
    }

    /// Forgets what the server has refused. Says whether there may be something better.
    pub(super) async fn renew(&self, refused: &Arc<AzureCredential>) -> bool {
        let mut kept = self.kept.lock().await;
        if kept.given.as_ref().is_some_and(|given| Arc::ptr_eq(given, refused)) {
            if kept.renewed.is_some_and(|when| when.elapsed() < FRESH) {
                return false;
            }
            *kept = Kept { renewed: Some(Instant::now()), ..Kept::default() };
        }
        // If it was another one that was refused, somebody else has renewed it meanwhile.
        self.of_profile.is_none()
    }

    async fn ask(&self, giver: &mut Giver) -> Result<Arc<AzureCredential>, Known> {
        let given = match giver {
            Giver::CommandLine(command_line) => command_line.token(self.limit).await?,
            Giver::Service(provider) => {
                let given = tokio::time::timeout(self.limit, provider.get_credential()).await;
                given
                    .map_err(|_| Known::new(ErrorKind::Connection, "nobody answers"))?
                    .map_err(|error| Known::new(Known::under(&error).and_then(|known| known.kind), line(&error)))?
            }
        };
        match &*given {
            AzureCredential::BearerToken(token) if token.chars().any(|c| !c.is_ascii_graphic()) || token.is_empty() => {
                Err(Known::new(None, "the token is empty, or holds a space or a line break"))
            }
            _ => Ok(given),
        }
    }

    /// The giver of `object_store` that `builder` describes.
    fn service(&self, builder: MicrosoftAzureBuilder, kind: &str, patience: Duration) -> Result<Giver, Known> {
        // Account and container are of no matter here.
        let retry = RetryConfig { backoff: BackoffConfig::default(), max_retries: 3, retry_timeout: self.limit };
        let store = builder
            .with_config(AzureConfigKey::CredentialType, kind)
            .with_account("account")
            .with_container_name("container")
            .with_http_connector(Bare { web: Arc::clone(&self.web), patience: patience.min(self.limit) })
            .with_retry(retry)
            .build()
            .map_err(|error| denied(&line(&error)))?;
        Ok(Giver::Service(Arc::clone(store.credentials())))
    }

    /// The ways that the environment shows, the first to be tried first.
    fn ways(&self) -> Result<Vec<Way>, Known> {
        // https://learn.microsoft.com/azure/developer/python/sdk/authentication/credential-chains#how-to-customize-defaultazurecredential
        let wanted = variable("AZURE_TOKEN_CREDENTIALS").unwrap_or_default().to_ascii_lowercase();
        let is_wanted = |name: &str, group: &str| wanted.is_empty() || wanted == name || wanted == group;
        let authority = variable("AZURE_AUTHORITY_HOST").map(|host| host.trim_end_matches('/').to_owned());
        if authority.as_deref().is_some_and(|host| !Url::parse(host).is_ok_and(|url| is_safe(&url))) {
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
            ways.push(Way {
                name: "client secret",
                is_meant: true,
                giver: self.service(builder.with_client_secret(secret), "client_secret", self.limit)?,
                next_step: "check AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET: secrets end",
            });
        }
        if is_wanted("workloadidentitycredential", "prod")
            && let (Some(builder), Some(file)) = (identified(), variable("AZURE_FEDERATED_TOKEN_FILE"))
        {
            ways.push(Way {
                name: "workload identity",
                is_meant: true,
                giver: self.service(builder.with_federated_token_file(file), "workload_identity", self.limit)?,
                next_step: "check AZURE_FEDERATED_TOKEN_FILE, and that the application trusts who issued the token in it",
            });
        }
        if is_wanted("managedidentitycredential", "prod") {
            let of_service = variable("IDENTITY_ENDPOINT").filter(|_| variable("IDENTITY_HEADER").is_some());
            let is_meant = of_service.is_some() || wanted == "managedidentitycredential";
            let endpoint = of_service.unwrap_or_else(|| {
                let host = variable("AZURE_POD_IDENTITY_AUTHORITY_HOST").unwrap_or_else(|| IMDS.to_owned());
                format!("{}/metadata/identity/oauth2/token", host.trim_end_matches('/'))
            });
            let mut builder = MicrosoftAzureBuilder::new().with_msi_endpoint(endpoint);
            if let Some(id) = variable("AZURE_CLIENT_ID") {
                builder = builder.with_client_id(id);
            }
            let patience = if is_meant { self.limit } else { PROBE };
            ways.push(Way {
                name: "managed identity",
                is_meant,
                giver: self.service(builder, "managed_identity", patience)?,
                next_step: "give this machine an identity, or name one of several with AZURE_CLIENT_ID",
            });
        }
        if is_wanted("azureclicredential", "dev") {
            ways.push(Way {
                name: "Azure CLI",
                is_meant: wanted == "azureclicredential",
                giver: Giver::CommandLine(CommandLine::default()),
                next_step: "sign in with `az login`",
            });
        }
        match ways.is_empty() {
            true => Err(denied("AZURE_TOKEN_CREDENTIALS leaves none that is known here")),
            false => Ok(ways),
        }
    }
}

impl Kept {
    fn take_note(&mut self, credential: Arc<AzureCredential>) -> Arc<AzureCredential> {
        self.given = Some(Arc::clone(&credential));
        credential
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}

fn denied(why: &str) -> Known {
    none(None, why, NEXT_STEP)
}

/// That there are none. Where nobody could be asked, which has a kind of its own, they may be in order.
fn none(kind: Option<ErrorKind>, why: &str, next_step: &str) -> Known {
    let kind = kind.unwrap_or(ErrorKind::Denied);
    Known::new(kind, format!("there are no Azure credentials: {why}")).hint(next_step)
}

/// The reason under an error as one line of moderate length; where the network failed, what the network said.
fn line(error: &object_store::Error) -> String {
    let text = Known::under(error).map_or_else(|| innermost(error), ToString::to_string);
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
        let url = head.uri.to_string();
        let answer = self.web.send(head.method, &url, head.headers, &body, self.patience, Reading::Whole).await;
        answer.map_err(|silence| HttpError::new(HttpErrorKind::Unknown, silence.known))
    }
}

impl HttpConnector for Bare {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}
