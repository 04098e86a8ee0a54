//! From the options of a profile to an open bucket.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::{Attribute, Attributes, BackoffConfig, ClientOptions, RetryConfig, TagSet};
use url::Url;

use super::client::{GcsClient, GcsProtocol};
use super::credential_provider::{GcsCredentialProvider, GoogleCredentialSource};
use super::inspection::GcsInspection;
use super::options::GcsOptions;
use super::place::GcsPlace;
use super::store::GcsBucket;
use super::tiers::GcsStorageClasses;
use crate::error::{Error, Result};
use crate::result::{DocumentLimit, Layout};
use crate::store::contract::{Notices, StoreContext};
use crate::store::objects::ObjectResultStore;
use crate::store::objects::backend::{Backend, Listing, Reference, Writes};
use crate::store::objects::endpoint::{check_encrypted, check_endpoint, is_loopback};
use crate::store::objects::foreign_names::ForeignNames;
use crate::store::objects::http::connector::SharedConnector;
use crate::store::objects::http::settings::ConnectionSettings;
use crate::store::objects::http::transport::HttpTransport;
use crate::store::objects::layout::KeyLayout;
use crate::store::objects::options::{header, insert_metadata, seconds};

/// Google's own server.
const GOOGLE: &str = "https://storage.googleapis.com";

/// Opens the store in a bucket, without asking whether that exists.
///
/// # Errors
/// [`Usage`](crate::error::ErrorKind::Usage) for options that cannot be sent.
pub(super) fn open(options: &GcsOptions, context: StoreContext) -> Result<ObjectResultStore> {
    let keys = KeyLayout::in_cloud(&options.prefix, &options.namespace, options.use_compression)?;
    let endpoint = endpoint(options, &context.notices)?;
    let client = Arc::new(client(options, endpoint.as_ref(), &context.notices)?);
    let retry = RetryConfig {
        backoff: BackoffConfig::default(),
        max_retries: 5,
        retry_timeout: seconds(options.retry_timeout),
    };
    let gcs = GoogleCloudStorageBuilder::new()
        .with_bucket_name(&options.bucket)
        .with_base_url(&client.protocol.place.base)
        // The client replaces the token; without one, `object_store` would look for credentials itself.
        .with_bearer_token("placeholder")
        .with_skip_signature(true)
        .with_client_options(ClientOptions::new().with_allow_http(true))
        .with_http_connector(SharedConnector(Arc::clone(&client)))
        .with_retry(retry)
        .build()
        .map_err(|error| Error::usage(format!("cannot use the bucket `{}`", options.bucket)).with_source(error))?;
    let foreign = Arc::<ForeignNames>::default();
    let bucket = Arc::new(GcsBucket { gcs, client: Arc::clone(&client), foreign: Arc::clone(&foreign) });
    let location = options.location_at(endpoint.as_ref().map(Url::as_str));
    let backend = Backend {
        name: "gcs",
        location: location.clone(),
        removal: Some(Arc::clone(&bucket) as _),
        store: bucket,
        inspection: Some(Arc::new(GcsInspection { client: Arc::clone(&client), keys: keys.clone() })),
        keys,
        limit: DocumentLimit::new(options.max_document_size),
        attributes: attributes(options)?,
        describe: None,
        // Google's objects have no tags.
        tags: TagSet::default(),
        layout: Layout::Pretty,
        python_index: options.python_index,
        time_zone: options.time_zone.zone()?,
        redaction: options.redact,
        reference: Reference::BlobName,
        listing: Listing::Flat,
        // The version of an object is a number, and never repeats.
        writes: Writes {
            conditional_parts: true,
            versions_repeat: false,
            requests_repeat: true,
            conditions_of_server: true,
        },
        tiers: Some(Arc::new(GcsStorageClasses { client, location })),
        search: None,
        sweep: None,
        foreign,
    };
    Ok(ObjectResultStore::new(backend, context))
}

fn client(options: &GcsOptions, endpoint: Option<&Url>, notices: &Notices) -> Result<GcsClient> {
    let base = endpoint.map_or(GOOGLE, |url| url.as_str().trim_end_matches('/')).to_owned();
    let settings =
        ConnectionSettings::new(seconds(options.connect_timeout), "`endpoint_url` if there is one").traced_by(notices);
    let transport = Arc::new(HttpTransport::new(settings));
    let limit = seconds(options.retry_timeout);
    let project = options.project.as_deref().map(|project| header("project", project)).transpose()?;
    let source = credential_source(options, endpoint);
    if matches!(source, GoogleCredentialSource::Anonymous) {
        notices.source("credentials", "none: the server is an emulator");
    }
    let protocol = GcsProtocol {
        credentials: GcsCredentialProvider::new(source, Arc::clone(&transport), limit),
        place: GcsPlace { bucket: options.bucket.clone(), base },
        project,
        needs_project: AtomicBool::new(false),
        is_json_only: AtomicBool::new(false),
    };
    Ok(GcsClient::new(protocol, transport, limit))
}

/// The options' own endpoint, or that of Google's libraries' environment, which may leave out the scheme.
fn endpoint(options: &GcsOptions, notices: &Notices) -> Result<Option<Url>> {
    const VARIABLE: &str = "STORAGE_EMULATOR_HOST";
    let of_environment = || std::env::var(VARIABLE).ok().filter(|host| !host.is_empty());
    let (setting, text) = match (&options.endpoint_url, of_environment()) {
        (Some(text), _) => ("endpoint_url", text.clone()),
        (None, Some(text)) if text.contains("://") => (VARIABLE, text),
        (None, Some(text)) => (VARIABLE, format!("http://{text}")),
        (None, None) => return Ok(None),
    };
    let url = check_endpoint(setting, &text)?;
    check_encrypted(setting, &url, options.allow_http)?;
    if setting == VARIABLE {
        notices.source("endpoint_url", &format!("environment variable {VARIABLE}"));
    }
    Ok(Some(url))
}

/// The source of tokens. An emulator, on this machine or over plain HTTP, gets one only from a file that is named for it,
/// and never the user's or the machine's own.
fn credential_source(options: &GcsOptions, endpoint: Option<&Url>) -> GoogleCredentialSource {
    const VARIABLE: &str = "GOOGLE_APPLICATION_CREDENTIALS";
    let of_options = options.credentials_path.clone().map(|path| (path, "credentials_path"));
    let of_environment = || {
        let path = std::env::var_os(VARIABLE).filter(|path| !path.is_empty())?;
        Some((PathBuf::from(path), VARIABLE))
    };
    match of_options.or_else(of_environment) {
        Some((path, setting)) => GoogleCredentialSource::File { path, setting },
        None if endpoint.is_some_and(|url| is_loopback(url) || url.scheme() == "http") => {
            GoogleCredentialSource::Anonymous
        }
        None => GoogleCredentialSource::Default,
    }
}

fn attributes(options: &GcsOptions) -> Result<Attributes> {
    let mut attributes = Attributes::new();
    // No content encoding, even for gzip: with it Google decompresses for some readers, and Python's store then decompresses
    // again.
    attributes.insert(Attribute::ContentType, "application/json".into());
    if let Some(class) = &options.storage_class {
        header("storage_class", class)?;
        attributes.insert(Attribute::StorageClass, class.clone().into());
    }
    insert_metadata(&mut attributes, "x-goog-meta-", &options.metadata)?;
    Ok(attributes)
}
