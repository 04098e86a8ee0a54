//! Who we are, by AWS's own rules: `aws-config` over our own HTTP client, asked when the first request needs it.

use std::error::Error as _;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider};
use aws_config::provider_config::ProviderConfig;
use aws_config::timeout::TimeoutConfig;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials as _, Result as Provided};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_types::region::Region;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use object_store::aws::AwsCredential;
use tokio::sync::Mutex;

use crate::error::ErrorKind;
use crate::store::objects::known::Known;
use crate::store::objects::web::{Reading, Web, Worth};

/// A credential that ends within this time is replaced before it is used.
const MARGIN: Duration = Duration::from_secs(60);

/// Where credentials come from.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// The options of the profile.
    Options(Arc<AwsCredential>),
    /// A profile of AWS's own files.
    Profile(String),
    /// What AWS's tools would find: environment, files, web identity, container, instance.
    Chain,
}

/// Credentials, kept until they end.
#[derive(Debug)]
pub(super) struct Credentials {
    source: Source,
    web: Arc<Web>,
    limit: Duration,
    kept: Mutex<Option<(Arc<AwsCredential>, Option<SystemTime>)>>,
}

impl Credentials {
    pub(super) fn new(source: Source, web: Arc<Web>, limit: Duration) -> Self {
        Self { source, web, limit, kept: Mutex::new(None) }
    }

    /// The region that AWS's environment or files name.
    pub(super) async fn region(&self) -> Option<String> {
        let profile = match &self.source {
            Source::Profile(name) => Some(name.clone()),
            Source::Options(_) | Source::Chain => None,
        };
        // What is named for this run goes before what files say; a profile that is named for this store, before both.
        let environment = ["AWS_REGION", "AWS_DEFAULT_REGION"].iter().find_map(|name| std::env::var(name).ok());
        let environment = environment.filter(|region| !region.is_empty());
        let mut files = ProfileFileRegionProvider::builder().configure(&ProviderConfig::without_region());
        if let Some(profile) = &profile {
            files = files.profile_name(profile);
        }
        let files = files.build();
        let of_files = || async {
            use aws_config::meta::region::ProvideRegion as _;
            files.region().await.map(|region| region.to_string())
        };
        match (environment, profile) {
            (Some(region), None) => Some(region),
            (environment, _) => of_files().await.or(environment),
        }
    }

    /// What requests in `region` are signed with.
    pub(super) async fn get(&self, region: &str) -> Result<Arc<AwsCredential>, Known> {
        if let Source::Options(credential) = &self.source {
            return Ok(Arc::clone(credential));
        }
        let mut kept = self.kept.lock().await;
        if let Some((credential, end)) = &*kept
            && end.is_none_or(|end| end > SystemTime::now() + MARGIN)
        {
            return Ok(Arc::clone(credential));
        }
        let found = tokio::time::timeout(self.limit, self.find(region)).await;
        let found = found
            .map_err(|_| Known::new(ErrorKind::Denied, "nobody answers who could give credentials").hint(NEXT_STEP))?;
        let found = found.map_err(|error| self.explain(&error))?;
        let credential = checked(AwsCredential {
            key_id: found.access_key_id().to_owned(),
            secret_key: found.secret_access_key().to_owned(),
            token: found.session_token().map(str::to_owned),
        })?;
        let credential = Arc::new(credential);
        *kept = Some((Arc::clone(&credential), found.expiry()));
        Ok(credential)
    }

    /// Forgets what the server has refused. Says whether there may be something better.
    pub(super) async fn renew(&self) -> bool {
        *self.kept.lock().await = None;
        !matches!(self.source, Source::Options(_))
    }

    async fn find(&self, region: &str) -> Provided {
        let timeouts = TimeoutConfig::builder().operation_timeout(self.limit).build();
        let config = ProviderConfig::without_region()
            .with_region(Some(Region::new(region.to_owned())))
            .with_timeout_config(timeouts)
            .with_http_client(Sdk(Arc::clone(&self.web)));
        match &self.source {
            Source::Profile(name) => {
                let provider = ProfileFileCredentialsProvider::builder().configure(&config).profile_name(name).build();
                provider.provide_credentials().await
            }
            Source::Options(_) | Source::Chain => {
                let chain = DefaultCredentialsChain::builder().configure(config);
                let chain = chain.region(Region::new(region.to_owned())).build().await;
                chain.provide_credentials().await
            }
        }
    }

    fn explain(&self, error: &CredentialsError) -> Known {
        let what = match (&self.source, error) {
            (Source::Profile(name), _) => format!("the AWS profile `{name}` gives no credentials"),
            (_, CredentialsError::CredentialsNotLoaded(_)) => "there are no AWS credentials".to_owned(),
            _ => "AWS credentials cannot be got".to_owned(),
        };
        let mut causes: Vec<String> = Vec::new();
        let mut next = error.source();
        while let Some(cause) = next {
            let text = cause.to_string();
            if !causes.iter().any(|said| said.contains(&text)) {
                causes.push(text);
            }
            next = cause.source();
        }
        let known = Known::new(ErrorKind::Denied, std::iter::once(what).chain(causes).collect::<Vec<_>>().join(": "));
        let message = known.message.to_lowercase();
        // SSO's portal knows no token that has ended.
        let says_sso = message.contains("sso") || message.contains("unauthorizedexception");
        known.hint(if says_sso { "sign in with `aws sso login`, and try again" } else { NEXT_STEP })
    }
}

const NEXT_STEP: &str = "give `access_key_id` and `secret_access_key` or `aws_profile` in the profile, set \
     AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign in with `aws sso login`; docs/s3.md lists all ways";

/// A credential that can be put into a header: `object_store` takes that for granted.
pub(super) fn checked(credential: AwsCredential) -> Result<AwsCredential, Known> {
    let AwsCredential { key_id, secret_key, token } = &credential;
    let is_printable = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_graphic());
    if is_printable(key_id) && is_printable(secret_key) && token.as_deref().is_none_or(is_printable) {
        return Ok(credential);
    }
    let message = "the AWS credentials are empty, or hold a space or a line break";
    Err(Known::new(ErrorKind::Denied, message).hint("look for a stray line break in the file or variable"))
}

/// Our HTTP client, as the SDK asks for one.
#[derive(Clone, Debug)]
struct Sdk(Arc<Web>);

impl HttpClient for Sdk {
    fn http_connector(&self, settings: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        let patience = match (settings.connect_timeout(), settings.read_timeout()) {
            (None, None) => Duration::from_secs(10),
            (connect, read) => connect.unwrap_or_default() + read.unwrap_or_default(),
        };
        SharedHttpConnector::new(SdkConnector { web: Arc::clone(&self.0), patience })
    }
}

#[derive(Debug)]
struct SdkConnector {
    web: Arc<Web>,
    patience: Duration,
}

impl HttpConnector for SdkConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (web, patience) = (Arc::clone(&self.web), self.patience);
        HttpConnectorFuture::new(async move {
            let method = Method::from_bytes(request.method().as_bytes());
            let method = method.map_err(|error| ConnectorError::user(error.into()))?;
            let mut headers = HeaderMap::new();
            for (name, value) in request.headers() {
                if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                    headers.append(name, value);
                }
            }
            let body = Bytes::copy_from_slice(request.body().bytes().unwrap_or_default());
            let answer = tokio::time::timeout(patience, async {
                let answer = web.send(method, request.uri(), headers, &[body], patience, Reading::Whole).await;
                let (head, body) = answer
                    .map_err(|silence| match silence.worth {
                        Worth::Patience => ConnectorError::timeout(silence.known.into()),
                        _ => ConnectorError::io(silence.known.into()),
                    })?
                    .into_parts();
                let body = body.bytes().await.map_err(|error| ConnectorError::io(error.into()))?;
                Ok::<_, ConnectorError>((head, body))
            });
            let (head, body) = answer.await.map_err(|error| ConnectorError::timeout(error.into()))??;
            let status = head.status.as_u16().try_into();
            let status = status.map_err(|_| ConnectorError::other("no status".into(), None))?;
            let mut response = HttpResponse::new(status, SdkBody::from(body));
            for (name, value) in &head.headers {
                if let Ok(value) = value.to_str() {
                    response.headers_mut().append(name.as_str().to_owned(), value.to_owned());
                }
            }
            Ok(response)
        })
    }
}
