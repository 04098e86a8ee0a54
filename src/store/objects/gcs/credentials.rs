//! Who we are, by Google's own rules (<https://google.aip.dev/auth/4110>), asked when the first request needs it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use object_store::client::{
    ClientOptions, HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpService,
};
use object_store::gcp::GoogleCloudStorageBuilder;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use url::Url;

use super::failure::Answer;
use super::federation;
use crate::error::ErrorKind;
use crate::store::objects::known::Known;
use crate::store::objects::web::{Reading, Verdict, Web, Worth, is_safe, patience, persist};

/// A token that ends within this time is replaced before it is used.
const MARGIN: Duration = Duration::from_secs(60);

/// How long the metadata server, which is next door if it is there, is given.
const NEXT_DOOR: Duration = Duration::from_secs(5);

/// How long a token lives of which nothing else is said.
const LIFE: u64 = 3600;

/// What a token is for.
pub(super) const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

const NEXT_STEP: &str = "give `credentials_path` in the profile, set GOOGLE_APPLICATION_CREDENTIALS, or sign in with \
     `gcloud auth application-default login`; docs/gcs.md lists all ways";

/// Where tokens come from.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// Nowhere: an emulator asks for none.
    Nobody,
    /// A file that the profile or the environment names.
    File(PathBuf),
    /// The file that `gcloud` writes, or the metadata server.
    StoreContext,
}

/// A token, and how long it is good.
pub(super) struct Token {
    pub(super) text: String,
    pub(super) end: SystemTime,
}

/// Tokens, kept until they end.
#[derive(Debug)]
pub(super) struct Credentials {
    source: Source,
    web: Arc<Web>,
    limit: Duration,
    kept: Mutex<Option<(HeaderValue, SystemTime)>>,
}

impl Credentials {
    pub(super) fn new(source: Source, web: Arc<Web>, limit: Duration) -> Self {
        Self { source, web, limit, kept: Mutex::new(None) }
    }

    /// What goes into the header `Authorization`; nothing without a name.
    pub(super) async fn get(&self) -> Result<Option<HeaderValue>, Known> {
        let mut kept = self.kept.lock().await;
        if let Some((token, end)) = &*kept
            && *end > SystemTime::now() + MARGIN
        {
            return Ok(Some(token.clone()));
        }
        let found = match &self.source {
            Source::Nobody => return Ok(None),
            Source::File(path) => self.of_file(path).await?,
            Source::StoreContext => match of_gcloud().filter(|path| path.exists()) {
                Some(path) => self.of_file(&path).await?,
                None => self.of_machine().await?,
            },
        };
        let mut token = HeaderValue::try_from(format!("Bearer {}", found.text))
            .map_err(|_| Known::new(ErrorKind::Denied, "the token cannot be sent in a header").hint(NEXT_STEP))?;
        token.set_sensitive(true);
        *kept = Some((token.clone(), found.end));
        Ok(Some(token))
    }

    /// Forgets what the server has refused. Says whether there may be something better.
    pub(super) async fn renew(&self) -> bool {
        self.kept.lock().await.take().is_some()
    }

    async fn of_file(&self, path: &Path) -> Result<Token, Known> {
        let wrong = |what: String| {
            Known::new(ErrorKind::Denied, format!("the credentials file {}: {what}", path.display())).hint(NEXT_STEP)
        };
        let text = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
        let json = serde_json::from_slice::<Value>(&text).map_err(|error| wrong(error.to_string()))?;
        let kind = json.get("type").and_then(Value::as_str).unwrap_or_default();
        let token = match kind {
            "service_account" => of_service_account(&json).await,
            "authorized_user" => self.of_user(&json).await,
            "external_account" => federation::token(self, &json).await,
            "" => Err(Known::new(None, "it has no `type`, so it is none of Google's")),
            kind => Err(Known::new(None, format!("credentials of type `{kind}` are not supported"))),
        };
        token.map_err(|known| match known.kind {
            None => wrong(known.message),
            Some(_) => known,
        })
    }

    /// <https://google.aip.dev/auth/4113>
    async fn of_user(&self, json: &Value) -> Result<Token, Known> {
        let address = json.get("token_uri").and_then(Value::as_str).unwrap_or("https://oauth2.googleapis.com/token");
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", field(json, "client_id")?),
            ("client_secret", field(json, "client_secret")?),
            ("refresh_token", field(json, "refresh_token")?),
        ];
        let answer = self.post_form(address, &form).await;
        let answer = answer.map_err(|known| match known.kind {
            Some(ErrorKind::Connection) => known,
            _ => Known::new(ErrorKind::Denied, format!("Google gives no token: {}", known.message))
                .hint("sign in again with `gcloud auth application-default login`"),
        })?;
        of_answer(&answer)
    }

    /// <https://cloud.google.com/compute/docs/access/authenticate-workloads#applications>
    async fn of_machine(&self) -> Result<Token, Known> {
        let none = |why: &str| Known::new(ErrorKind::Denied, format!("there are no Google credentials{why}"));
        if std::env::var("NO_GCE_CHECK").is_ok_and(|text| text.eq_ignore_ascii_case("true")) {
            return Err(none("").hint(NEXT_STEP));
        }
        let host = ["GCE_METADATA_HOST", "GCE_METADATA_ROOT"].iter().find_map(|name| std::env::var(name).ok());
        let host = host.filter(|host| !host.is_empty()).unwrap_or_else(|| "metadata.google.internal".to_owned());
        let address = format!("http://{host}/computeMetadata/v1/instance/service-accounts/default/token");
        let flavor = (HeaderName::from_static("metadata-flavor"), HeaderValue::from_static("Google"));
        let answer = self.ask(Method::GET, &address, HeaderMap::from_iter([flavor]), String::new(), NEXT_DOOR).await;
        let answer = answer
            .map_err(|known| none(&format!(", and no metadata server gives any: {}", known.message)).hint(NEXT_STEP))?;
        of_answer(&json_of(&answer)?)
    }

    pub(super) async fn post_form(&self, address: &str, form: &[(&str, &str)]) -> Result<Value, Known> {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let kind = (CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        json_of(&self.send_secret(address, HeaderMap::from_iter([kind]), body).await?)
    }

    pub(super) async fn post_json(&self, address: &str, token: &str, body: &Value) -> Result<Value, Known> {
        let bearer = HeaderValue::try_from(format!("Bearer {token}"));
        let bearer = bearer.map_err(|_| Known::new(None, "the token cannot be sent in a header"))?;
        let kind = HeaderValue::from_static("application/json");
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, kind), (http::header::AUTHORIZATION, bearer)]);
        json_of(&self.send_secret(address, headers, body.to_string()).await?)
    }

    async fn send_secret(&self, address: &str, headers: HeaderMap, body: String) -> Result<bytes::Bytes, Known> {
        if !Url::parse(address).is_ok_and(|url| is_safe(&url)) {
            return Err(Known::new(None, "it would have secrets sent to an address that is not https"));
        }
        self.ask(Method::POST, address, headers, body, self.limit).await
    }

    /// Asks a server that gives tokens, as long as that is of use.
    pub(super) async fn ask(
        &self,
        method: Method,
        address: &str,
        headers: HeaderMap,
        body: String,
        limit: Duration,
    ) -> Result<bytes::Bytes, Known> {
        let body = bytes::Bytes::from(body);
        let limit = limit.min(self.limit);
        let answer = persist(limit, || async {
            let sent = std::slice::from_ref(&body);
            let sent = if body.is_empty() { &[] } else { sent };
            let (method, headers, patience) = (method.clone(), headers.clone(), patience(limit));
            let answer = self.web.send(method, address, headers, sent, patience, Reading::Whole).await;
            let response = match answer {
                Ok(response) if response.status().is_success() => return Verdict::Take(response),
                Ok(response) => response,
                Err(silence) => return silence.into(),
            };
            let (parts, body) = response.into_parts();
            let body = body.bytes().await.unwrap_or_default();
            let answer = Answer::new(parts.status, parts.headers, body);
            let known = answer.explain("");
            match answer.is_transient() {
                true => Verdict::Later(known, answer.retry_after(), Worth::Patience),
                false => Verdict::Fail(Known { kind: Some(ErrorKind::Denied), ..known }.hint(NEXT_STEP)),
            }
        });
        let body = answer.await?.into_body().bytes().await;
        body.map_err(|error| Known::new(ErrorKind::Connection, error.to_string()))
    }

    /// How long anything here may take.
    pub(super) fn limit(&self) -> Duration {
        self.limit
    }
}

/// A token that the account signs itself: nobody has to be asked. `object_store` signs.
async fn of_service_account(json: &Value) -> Result<Token, Known> {
    // Only the key: what else `object_store` reads from such a file could lead elsewhere.
    let key = json!({
        "private_key": field(json, "private_key")?,
        "private_key_id": field(json, "private_key_id")?,
        "client_email": field(json, "client_email")?,
    });
    let end = SystemTime::now() + Duration::from_secs(LIFE);
    let unusable = |_| Known::new(None, "its `private_key` is not a key");
    let signer = GoogleCloudStorageBuilder::new()
        .with_bucket_name("none")
        .with_service_account_key(key.to_string())
        .with_http_connector(Nowhere)
        .build()
        .map_err(unusable)?;
    let credential = signer.credentials().get_credential().await.map_err(unusable)?;
    Ok(Token { text: credential.bearer.clone(), end })
}

/// No network: signing needs none.
#[derive(Debug)]
struct Nowhere;

#[async_trait]
impl HttpService for Nowhere {
    async fn call(&self, _: HttpRequest) -> Result<HttpResponse, HttpError> {
        Err(HttpError::new(HttpErrorKind::Unknown, Known::new(None, "nobody is asked")))
    }
}

impl HttpConnector for Nowhere {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(Self))
    }
}

/// The file of `gcloud auth application-default login`.
fn of_gcloud() -> Option<PathBuf> {
    let filled = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let directory = filled("CLOUDSDK_CONFIG").or_else(|| match cfg!(windows) {
        true => Some(filled("APPDATA")?.join("gcloud")),
        false => Some(filled("HOME")?.join(".config/gcloud")),
    })?;
    Some(directory.join("application_default_credentials.json"))
}

/// A text that must be there. Its content is never told.
pub(super) fn field<'a>(json: &'a Value, name: &str) -> Result<&'a str, Known> {
    let text = json.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    text.ok_or_else(|| Known::new(None, format!("it has no `{name}`")))
}

pub(super) fn json_of(body: &[u8]) -> Result<Value, Known> {
    serde_json::from_slice(body).map_err(|_| Known::new(ErrorKind::Denied, "what should be a token is not JSON"))
}

/// The token of an OAuth answer.
pub(super) fn of_answer(json: &Value) -> Result<Token, Known> {
    let missing = || Known::new(ErrorKind::Denied, "the server that gives tokens gave none").hint(NEXT_STEP);
    let text = json.get("access_token").and_then(Value::as_str).ok_or_else(missing)?;
    let life = json.get("expires_in").and_then(Value::as_u64).unwrap_or(LIFE);
    let end = SystemTime::now().checked_add(Duration::from_secs(life)).ok_or_else(missing)?;
    Ok(Token { text: text.to_owned(), end })
}
