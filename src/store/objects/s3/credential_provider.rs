//! AWS's credential provider chain: `aws-config` over this crate's HTTP transport, used when the first request needs it.

use std::error::Error as _;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider};
use aws_config::provider_config::ProviderConfig;
use aws_config::timeout::TimeoutConfig;
use aws_credential_types::Credentials;
use aws_credential_types::credential_feature::AwsCredentialFeature;
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
use crate::secret::shown_name;
use crate::store::objects::http::request::request_head;
use crate::store::objects::http::retry::RetryLimit;
use crate::store::objects::http::transport::{HttpTransport, ReadMode};
use crate::store::objects::service_error::ServiceError;

/// A credential that expires within this time is replaced before it is used.
const MARGIN: Duration = Duration::from_secs(60);

/// The source of credentials.
#[derive(Clone, Debug)]
pub(super) enum AwsCredentialSource {
    /// The options of the profile.
    Options(Arc<AwsCredential>),
    /// A profile in AWS's configuration files.
    Profile(String),
    /// AWS's default chain: environment, files, web identity, container, instance.
    Chain,
}

/// Provides credentials, and caches them until they expire.
#[derive(Debug)]
pub(super) struct S3CredentialProvider {
    source: AwsCredentialSource,
    transport: Arc<HttpTransport>,
    limit: Duration,
    cached: Mutex<Option<(Arc<AwsCredential>, Option<SystemTime>)>>,
}

impl S3CredentialProvider {
    pub(super) fn new(source: AwsCredentialSource, transport: Arc<HttpTransport>, limit: Duration) -> Self {
        Self { source, transport, limit, cached: Mutex::new(None) }
    }

    /// The region that AWS's environment or files name.
    pub(super) async fn region(&self) -> Option<String> {
        let profile = match &self.source {
            AwsCredentialSource::Profile(name) => Some(name.clone()),
            AwsCredentialSource::Options(_) | AwsCredentialSource::Chain => None,
        };
        // The environment goes before the files; an `aws_profile` in the options goes before both.
        let environment = ["AWS_REGION", "AWS_DEFAULT_REGION"].iter().find_map(|name| {
            let region = std::env::var(name).ok().filter(|region| !region.is_empty())?;
            Some((region, format!("environment variable {name}")))
        });
        let mut files = ProfileFileRegionProvider::builder().configure(&ProviderConfig::without_region());
        if let Some(profile) = &profile {
            files = files.profile_name(profile);
        }
        let files = files.build();
        let of_files = || async {
            use aws_config::meta::region::ProvideRegion as _;
            files.region().await.map(|region| (region.to_string(), self.files()))
        };
        let found = match (environment, profile) {
            (Some(found), None) => Some(found),
            (environment, _) => of_files().await.or(environment),
        };
        self.transport.tell_source("region", found.as_ref().map_or("the default, or what the server says", |it| &it.1));
        found.map(|(region, _)| region)
    }

    /// AWS's shared configuration files and the profile there, in words.
    fn files(&self) -> String {
        let of_environment = || std::env::var("AWS_PROFILE").ok().filter(|name| !name.is_empty());
        let profile = match &self.source {
            AwsCredentialSource::Profile(name) => Some(name.clone()),
            AwsCredentialSource::Options(_) | AwsCredentialSource::Chain => of_environment(),
        };
        let name = shown_name(profile.as_deref().unwrap_or("default"));
        format!("the profile `{name}` of AWS's configuration files")
    }

    /// The step of the chain that has provided `credentials`, in words.
    fn step_of(&self, credentials: &Credentials) -> String {
        let features = credentials.get_property::<Vec<AwsCredentialFeature>>();
        let steps = features.into_iter().flatten().filter_map(|feature| match feature {
            AwsCredentialFeature::CredentialsEnvVars => {
                Some("environment variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY".to_owned())
            }
            AwsCredentialFeature::CredentialsProfile => Some(self.files()),
            AwsCredentialFeature::CredentialsProcess => Some("`credential_process`".to_owned()),
            AwsCredentialFeature::CredentialsSso => Some("the session of `aws sso login`".to_owned()),
            AwsCredentialFeature::CredentialsProfileLogin => Some("the session of `aws login`".to_owned()),
            AwsCredentialFeature::CredentialsStsAssumeRole => Some("an assumed role".to_owned()),
            AwsCredentialFeature::CredentialsProfileStsWebIdToken => Some("a web identity token".to_owned()),
            AwsCredentialFeature::CredentialsHttp => Some("the credential endpoint of the container".to_owned()),
            AwsCredentialFeature::CredentialsImds => Some("the instance metadata service".to_owned()),
            _ => None,
        });
        let steps: Vec<String> = steps.collect();
        if steps.is_empty() { "AWS's default chain".to_owned() } else { steps.join(", ") }
    }

    /// The credential for requests in `region`.
    pub(super) async fn get(&self, region: &str) -> Result<Arc<AwsCredential>, ServiceError> {
        if let AwsCredentialSource::Options(credential) = &self.source {
            return Ok(Arc::clone(credential));
        }
        let mut cached = self.cached.lock().await;
        if let Some((credential, end)) = &*cached
            && end.is_none_or(|end| end > SystemTime::now() + MARGIN)
        {
            return Ok(Arc::clone(credential));
        }
        let found = tokio::time::timeout(self.limit, self.find(region)).await;
        let found = found
            .map_err(|_| ServiceError::new(ErrorKind::Denied, "no credential provider answers").hint(NEXT_STEP))?;
        let found = found.map_err(|error| self.explain(&error))?;
        self.transport.tell_source("credentials", &self.step_of(&found));
        let credential = checked(AwsCredential {
            key_id: found.access_key_id().to_owned(),
            secret_key: found.secret_access_key().to_owned(),
            // A profile may have an empty `aws_session_token`, which means none.
            token: found.session_token().filter(|token| !token.is_empty()).map(str::to_owned),
        })?;
        let credential = Arc::new(credential);
        *cached = Some((Arc::clone(&credential), found.expiry()));
        Ok(credential)
    }

    /// When the credential ends, as far as it is known. Some renew themselves.
    pub(super) async fn end(&self) -> Option<SystemTime> {
        self.cached.lock().await.as_ref().and_then(|(_, end)| *end)
    }

    /// Discards the cached credential, which the server has refused. Returns whether another one can be obtained.
    pub(super) async fn refresh(&self) -> bool {
        *self.cached.lock().await = None;
        !matches!(self.source, AwsCredentialSource::Options(_))
    }

    async fn find(&self, region: &str) -> Provided {
        let timeouts = TimeoutConfig::builder().operation_timeout(self.limit).build();
        let config = ProviderConfig::without_region()
            .with_region(Some(Region::new(region.to_owned())))
            .with_timeout_config(timeouts)
            .with_http_client(SdkHttpClient(Arc::clone(&self.transport)));
        match &self.source {
            AwsCredentialSource::Profile(name) => {
                let provider = ProfileFileCredentialsProvider::builder().configure(&config).profile_name(name).build();
                provider.provide_credentials().await
            }
            AwsCredentialSource::Options(_) | AwsCredentialSource::Chain => {
                let chain = DefaultCredentialsChain::builder().configure(config);
                let chain = chain.region(Region::new(region.to_owned())).build().await;
                chain.provide_credentials().await
            }
        }
    }

    fn explain(&self, error: &CredentialsError) -> ServiceError {
        let what = match (&self.source, error) {
            (AwsCredentialSource::Profile(name), _) => {
                format!("the AWS profile `{}` provides no credentials", shown_name(name))
            }
            (_, CredentialsError::CredentialsNotLoaded(_)) => "cannot find AWS credentials".to_owned(),
            _ => "cannot get AWS credentials".to_owned(),
        };
        let mut causes: Vec<String> = Vec::new();
        let mut next = error.source();
        while let Some(cause) = next {
            // The messages of a `credential_process` may hold the secret.
            let text = cause.to_string();
            let text = text.split(" Stderr:").next().unwrap_or_default().to_owned();
            if !causes.iter().any(|said| said.contains(&text)) {
                causes.push(text);
            }
            next = cause.source();
        }
        let known =
            ServiceError::new(ErrorKind::Denied, std::iter::once(what).chain(causes).collect::<Vec<_>>().join(": "));
        let message = known.message.to_lowercase();
        // The SSO portal answers this for a token that has expired.
        let says_sso = message.contains("sso") || message.contains("unauthorizedexception");
        known.hint(if says_sso { "sign in with `aws sso login`, and try again" } else { NEXT_STEP })
    }
}

const NEXT_STEP: &str = "give `access_key_id` and `secret_access_key` or `aws_profile` in the profile, set \
     AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign in with `aws sso login`; docs/s3.md lists all ways";

/// Checks that a credential can be put into a header; `object_store` assumes that.
pub(super) fn checked(credential: AwsCredential) -> Result<AwsCredential, ServiceError> {
    let AwsCredential { key_id, secret_key, token } = &credential;
    let is_printable = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_graphic());
    if is_printable(key_id) && is_printable(secret_key) && token.as_deref().is_none_or(is_printable) {
        return Ok(credential);
    }
    let message = "the AWS credentials are empty, or hold a space or a line break";
    Err(ServiceError::new(ErrorKind::Denied, message).hint("look for a stray line break in the file or variable"))
}

/// The HTTP transport in the form of the HTTP client that the SDK asks for.
#[derive(Clone, Debug)]
struct SdkHttpClient(Arc<HttpTransport>);

impl HttpClient for SdkHttpClient {
    fn http_connector(&self, settings: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        let timeout = match (settings.connect_timeout(), settings.read_timeout()) {
            (None, None) => Duration::from_secs(10),
            (connect, read) => connect.unwrap_or_default() + read.unwrap_or_default(),
        };
        SharedHttpConnector::new(SdkConnector { transport: Arc::clone(&self.0), timeout })
    }
}

#[derive(Debug)]
struct SdkConnector {
    transport: Arc<HttpTransport>,
    timeout: Duration,
}

impl HttpConnector for SdkConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (transport, timeout) = (Arc::clone(&self.transport), self.timeout);
        HttpConnectorFuture::new(async move {
            let method = Method::from_bytes(request.method().as_bytes());
            let method = method.map_err(|error| ConnectorError::user(error.into()))?;
            let mut headers = HeaderMap::new();
            for (name, value) in request.headers() {
                if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                    headers.append(name, value);
                }
            }
            let head = request_head(method, request.uri(), headers);
            let head = head.map_err(|error| ConnectorError::user(error.into()))?;
            let body = Bytes::copy_from_slice(request.body().bytes().unwrap_or_default());
            let response = tokio::time::timeout(timeout, async {
                let response = transport.send(head, &[body], timeout, ReadMode::Buffered).await;
                let (head, body) = response
                    .map_err(|failure| match failure.limit {
                        RetryLimit::Budget => ConnectorError::timeout(failure.error.into()),
                        RetryLimit::Few | RetryLimit::Never => ConnectorError::io(failure.error.into()),
                    })?
                    .into_parts();
                let body = body.bytes().await.map_err(|error| ConnectorError::io(error.into()))?;
                Ok::<_, ConnectorError>((head, body))
            });
            let (head, body) = response.await.map_err(|error| ConnectorError::timeout(error.into()))??;
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
