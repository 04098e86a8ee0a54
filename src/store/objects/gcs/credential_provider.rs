//! Google's Application Default Credentials (<https://google.aip.dev/auth/4110>), used when the first request needs them.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use http::{HeaderMap, HeaderName, HeaderValue};
use object_store::client::{
    ClientOptions, HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpService,
};
use object_store::gcp::GoogleCloudStorageBuilder;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::federation;
use super::token_client::{DEFAULT_LIFETIME, GoogleToken, NEXT_STEP, TokenClient, oauth_token, parse_json, required};
use crate::error::ErrorKind;
use crate::secret::{read_text, shown_name, shown_path};
use crate::store::objects::http::transport::HttpTransport;
use crate::store::objects::service_error::ServiceError;

/// A token that expires within this time is replaced before it is used.
const MARGIN: Duration = Duration::from_secs(60);

/// Retry timeout for the metadata server, which is on the same host if there is one.
const METADATA_TIMEOUT: Duration = Duration::from_secs(5);

/// The source of tokens.
#[derive(Clone, Debug)]
pub(super) enum GoogleCredentialSource {
    /// No token: emulators need none.
    Anonymous,
    /// A credentials file that the profile or the environment names.
    File {
        /// The file.
        path: PathBuf,
        /// The option or the variable that names it.
        setting: &'static str,
    },
    /// The file that `gcloud` writes, or the metadata server.
    Default,
}

/// Provides tokens, and caches them until they expire.
#[derive(Debug)]
pub(super) struct GcsCredentialProvider {
    source: GoogleCredentialSource,
    client: TokenClient,
    cached: Mutex<Option<(HeaderValue, SystemTime)>>,
}

impl GcsCredentialProvider {
    pub(super) fn new(source: GoogleCredentialSource, transport: Arc<HttpTransport>, limit: Duration) -> Self {
        Self { source, client: TokenClient::new(transport, limit), cached: Mutex::new(None) }
    }

    /// Whose the token is and when it ends, as far as that is known.
    pub(super) async fn description(&self) -> String {
        let end = self.cached.lock().await.as_ref().and_then(|(_, end)| jiff::Timestamp::try_from(*end).ok());
        let end = end.map(|end| format!(", until {end:.0}")).unwrap_or_default();
        let file = match &self.source {
            GoogleCredentialSource::File { path, .. } => Some(path.clone()),
            GoogleCredentialSource::Default => gcloud_file().filter(|path| path.exists()),
            GoogleCredentialSource::Anonymous => None,
        };
        let Some(file) = file else { return format!("a token of the metadata server{end}") };
        let content = std::fs::read(&file).ok().and_then(|text| serde_json::from_slice::<Value>(&text).ok());
        let owner = content.as_ref().and_then(|content| content.get("client_email")?.as_str());
        format!("a token for {} by {}{end}", owner.unwrap_or("a user or a federated identity"), file.display())
    }

    /// The header `Authorization`; nothing for anonymous access.
    pub(super) async fn get(&self) -> Result<Option<HeaderValue>, ServiceError> {
        let mut cached = self.cached.lock().await;
        if let Some((token, expiry)) = &*cached
            && *expiry > SystemTime::now() + MARGIN
        {
            return Ok(Some(token.clone()));
        }
        let found = match &self.source {
            GoogleCredentialSource::Anonymous => return Ok(None),
            GoogleCredentialSource::File { path, setting } => {
                self.tell_source(&format!("{}, which {setting} names", shown_path(&path.to_string_lossy())));
                self.file_token(path).await?
            }
            GoogleCredentialSource::Default => match gcloud_file().filter(|path| path.exists()) {
                Some(path) => {
                    let shown = shown_path(&path.to_string_lossy());
                    self.tell_source(&format!("{shown}, of `gcloud auth application-default login`"));
                    self.file_token(&path).await?
                }
                None => {
                    let (host, place) = metadata_server();
                    let token = self.metadata_server_token(&host).await?;
                    self.tell_source(&place);
                    token
                }
            },
        };
        let mut token = HeaderValue::try_from(format!("Bearer {}", found.text)).map_err(|_| {
            ServiceError::new(ErrorKind::Denied, "the token cannot be sent in a header").hint(NEXT_STEP)
        })?;
        token.set_sensitive(true);
        *cached = Some((token.clone(), found.expiry));
        Ok(Some(token))
    }

    fn tell_source(&self, place: &str) {
        self.client.transport.tell_source("credentials", place);
    }

    /// Discards the cached token, which the server has refused. Returns whether another one can be obtained.
    pub(super) async fn refresh(&self) -> bool {
        self.cached.lock().await.take().is_some()
    }

    async fn file_token(&self, path: &Path) -> Result<GoogleToken, ServiceError> {
        let invalid = |reason: String| {
            // A CI server's variable may hold the key itself instead of the path of its file.
            let message = format!("the credentials file {}: {reason}", shown_path(&path.to_string_lossy()));
            ServiceError::new(ErrorKind::Denied, message).hint(NEXT_STEP)
        };
        let text = read_text(path).map_err(|error| invalid(error.to_string()))?;
        let json = serde_json::from_str::<Value>(&text).map_err(|error| invalid(error.to_string()))?;
        let kind = json.get("type").and_then(Value::as_str).unwrap_or_default();
        let token = match kind {
            "service_account" => service_account_token(&json).await,
            "authorized_user" => self.user_token(&json).await,
            "external_account" => federation::token(&self.client, &json).await,
            "" => Err(ServiceError::new(None, "it has no `type`, so it is not a file of Google's")),
            kind => {
                Err(ServiceError::new(None, format!("credentials of type `{}` are not supported", shown_name(kind))))
            }
        };
        token.map_err(|error| match error.kind {
            None => invalid(error.message),
            Some(_) => error,
        })
    }

    /// Exchanges a refresh token: <https://google.aip.dev/auth/4113>.
    async fn user_token(&self, json: &Value) -> Result<GoogleToken, ServiceError> {
        let url = json.get("token_uri").and_then(Value::as_str).unwrap_or("https://oauth2.googleapis.com/token");
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", required(json, "client_id")?),
            ("client_secret", required(json, "client_secret")?),
            ("refresh_token", required(json, "refresh_token")?),
        ];
        let response = self.client.post_form(url, &form).await;
        let response = response.map_err(|error| match error.kind {
            Some(ErrorKind::Connection) => error,
            _ => ServiceError::new(ErrorKind::Denied, format!("Google issues no token: {}", error.message))
                .hint("sign in again with `gcloud auth application-default login`"),
        })?;
        oauth_token(&response)
    }

    /// <https://cloud.google.com/compute/docs/access/authenticate-workloads#applications>
    async fn metadata_server_token(&self, host: &str) -> Result<GoogleToken, ServiceError> {
        let missing = |reason: &str| {
            ServiceError::new(ErrorKind::Denied, format!("cannot find Google credentials{reason}")).hint(NEXT_STEP)
        };
        if std::env::var("NO_GCE_CHECK").is_ok_and(|text| text.eq_ignore_ascii_case("true")) {
            return Err(missing(""));
        }
        let url = format!("http://{host}/computeMetadata/v1/instance/service-accounts/default/token");
        let flavor = (HeaderName::from_static("metadata-flavor"), HeaderValue::from_static("Google"));
        let response = self.client.get_within(&url, HeaderMap::from_iter([flavor]), METADATA_TIMEOUT).await;
        let response =
            response.map_err(|error| missing(&format!(", and no metadata server gives any: {}", error.message)))?;
        oauth_token(&parse_json(&response)?)
    }
}

/// A token that the service account signs itself, without a request. `object_store` signs it.
async fn service_account_token(json: &Value) -> Result<GoogleToken, ServiceError> {
    // Only the key: `object_store` would follow other fields of the file to other servers.
    let key = json!({
        "private_key": required(json, "private_key")?,
        "private_key_id": required(json, "private_key_id")?,
        "client_email": required(json, "client_email")?,
    });
    let expiry = SystemTime::now() + Duration::from_secs(DEFAULT_LIFETIME);
    let unusable = |_| ServiceError::new(None, "its `private_key` is not a key");
    let signer = GoogleCloudStorageBuilder::new()
        .with_bucket_name("none")
        .with_service_account_key(key.to_string())
        .with_http_connector(OfflineConnector)
        .build()
        .map_err(unusable)?;
    let credential = signer.credentials().get_credential().await.map_err(unusable)?;
    Ok(GoogleToken { text: credential.bearer.clone(), expiry })
}

/// Refuses every request: signing needs none.
#[derive(Debug)]
struct OfflineConnector;

#[async_trait]
impl HttpService for OfflineConnector {
    async fn call(&self, _: HttpRequest) -> Result<HttpResponse, HttpError> {
        let error = ServiceError::new(None, "signing a token sends no requests");
        Err(HttpError::new(HttpErrorKind::Unknown, error))
    }
}

impl HttpConnector for OfflineConnector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(Self))
    }
}

/// The host of the metadata server, and how it is told.
fn metadata_server() -> (String, String) {
    let filled = |name: &'static str| Some((name, std::env::var(name).ok().filter(|host| !host.is_empty())?));
    match ["GCE_METADATA_HOST", "GCE_METADATA_ROOT"].into_iter().find_map(filled) {
        Some((name, host)) => (host, format!("the metadata server (environment variable {name})")),
        None => ("metadata.google.internal".to_owned(), "the metadata server".to_owned()),
    }
}

/// The file of `gcloud auth application-default login`.
fn gcloud_file() -> Option<PathBuf> {
    let filled = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let directory = filled("CLOUDSDK_CONFIG").or_else(|| match cfg!(windows) {
        true => Some(filled("APPDATA")?.join("gcloud")),
        false => Some(filled("HOME")?.join(".config/gcloud")),
    })?;
    Some(directory.join("application_default_credentials.json"))
}
