//! From the options of a profile to an open bucket.

use std::sync::{Arc, Mutex};

use http::{HeaderMap, HeaderName, HeaderValue};
use object_store::aws::{AmazonS3Builder, AwsCredential};
use object_store::{Attribute, Attributes, BackoffConfig, ClientOptions, RetryConfig, TagSet};
use url::Url;

use super::client::{S3Client, S3Protocol};
use super::credential_provider::{AwsCredentialSource, S3CredentialProvider, checked};
use super::inspection::S3Inspection;
use super::options::{S3Options, ServerSideEncryption};
use super::place::S3Place;
use super::shared_config::SharedConfig;
use super::store::S3Bucket;
use super::tiers::S3StorageClasses;
use crate::error::{Error, ErrorKind, Result};
use crate::result::{DocumentLimit, Layout};
use crate::store::contract::{Notices, StoreContext};
use crate::store::objects::ObjectResultStore;
use crate::store::objects::backend::{Backend, Listing, Reference, Writes};
use crate::store::objects::endpoint::{check_encrypted, check_endpoint};
use crate::store::objects::foreign_names::ForeignNames;
use crate::store::objects::http::connector::SharedConnector;
use crate::store::objects::http::settings::ConnectionSettings;
use crate::store::objects::http::transport::HttpTransport;
use crate::store::objects::layout::KeyLayout;
use crate::store::objects::options::{header, insert_metadata, seconds};

/// Opens the store in a bucket, without asking whether that exists.
///
/// # Errors
/// [`Usage`](ErrorKind::Usage) for options that cannot be sent, [`Denied`](ErrorKind::Denied) for static credentials
/// that cannot be.
pub(super) fn open(options: &S3Options, context: StoreContext) -> Result<ObjectResultStore> {
    let keys = KeyLayout::in_cloud(&options.prefix, &options.namespace, options.use_compression)?;
    let shared = SharedConfig::load(options.aws_profile.as_deref(), options.access_key_id.is_none())?;
    let endpoint = endpoint(options, &shared)?;
    let client = Arc::new(client(options, shared, endpoint.as_ref(), &context.notices)?);
    let retry = RetryConfig {
        backoff: BackoffConfig::default(),
        max_retries: 5,
        retry_timeout: seconds(options.retry_timeout),
    };
    let s3 = AmazonS3Builder::new()
        .with_bucket_name(&options.bucket)
        // The endpoint includes the bucket, and the client signs.
        .with_endpoint(&client.protocol.place.url)
        .with_virtual_hosted_style_request(true)
        .with_skip_signature(true)
        .with_client_options(ClientOptions::new().with_allow_http(true))
        .with_http_connector(SharedConnector(Arc::clone(&client)))
        .with_retry(retry)
        // Not every server supports bulk deletes, and unlike single deletes they are billed.
        .with_disable_bulk_delete(true)
        .build()
        .map_err(|error| Error::usage(format!("cannot use the bucket `{}`", options.bucket)).with_source(error))?;
    let foreign = Arc::<ForeignNames>::default();
    let bucket = Arc::new(S3Bucket { s3, client: Arc::clone(&client), foreign: Arc::clone(&foreign) });
    let location = options.location_at(endpoint.as_ref().map(|(url, _)| url.as_str()));
    let backend = Backend {
        name: "s3",
        location: location.clone(),
        removal: Some(Arc::clone(&bucket) as _),
        store: bucket,
        inspection: Some(Arc::new(S3Inspection::new(
            Arc::clone(&client),
            keys.clone(),
            endpoint.as_ref().map(|(url, _)| url.as_str()),
            options,
        ))),
        keys,
        limit: DocumentLimit::new(options.max_document_size),
        attributes: attributes(options)?,
        describe: None,
        tags: tags(options),
        layout: Layout::Pretty,
        python_index: options.python_index,
        time_zone: options.time_zone.zone()?,
        redaction: options.redact,
        reference: Reference::Key,
        listing: Listing::Flat,
        // The version of an object is a hash of its content.
        writes: Writes {
            conditional_parts: true,
            versions_repeat: true,
            requests_repeat: true,
            conditions_of_server: true,
        },
        tiers: Some(Arc::new(S3StorageClasses { client, location })),
        search: None,
        sweep: None,
        foreign,
    };
    Ok(ObjectResultStore::new(backend, context))
}

fn client(
    options: &S3Options,
    shared: SharedConfig,
    endpoint: Option<&(Url, &str)>,
    notices: &Notices,
) -> Result<S3Client> {
    let region = options.region.as_deref();
    let place = S3Place::new(&options.bucket, region, endpoint.map(|(url, _)| url), options.force_path_style);
    let address = endpoint.map_or_else(|| "`region`".to_owned(), |(_, setting)| format!("`{setting}`"));
    if let Some((_, setting)) = endpoint.filter(|_| options.endpoint_url.is_none()) {
        notices.source("endpoint_url", setting);
    }
    let settings = ConnectionSettings::new(seconds(options.connect_timeout), address)
        .with_issuers(shared.ca_bundle)
        .traced_by(notices);
    let transport = Arc::new(HttpTransport::new(settings));
    let limit = seconds(options.retry_timeout);
    if options.access_key_id.is_some() {
        notices.source("credentials", "the options access_key_id and secret_access_key");
    }
    let credentials = S3CredentialProvider::new(credential_source(options)?, Arc::clone(&transport), limit);
    let protocol = S3Protocol { credentials, place, encryption: encryption(options)?, preconditions: Mutex::default() };
    Ok(S3Client::new(protocol, transport, limit))
}

/// The options' own endpoint, or that of AWS's environment and files, with the setting that names it.
fn endpoint(options: &S3Options, shared: &SharedConfig) -> Result<Option<(Url, &'static str)>> {
    let of_options = options.endpoint_url.clone().map(|url| (url, "endpoint_url"));
    let Some((text, setting)) = of_options.or_else(|| shared.endpoint.clone()) else { return Ok(None) };
    let url = check_endpoint(setting, &text)?;
    check_encrypted(setting, &url, options.allow_http)?;
    options.check_host_style(&url)?;
    Ok(Some((url, setting)))
}

fn credential_source(options: &S3Options) -> Result<AwsCredentialSource> {
    if let (Some(key_id), Some(secret_key)) = (&options.access_key_id, &options.secret_access_key) {
        let credential = AwsCredential {
            key_id: key_id.expose().to_owned(),
            secret_key: secret_key.expose().to_owned(),
            token: options.session_token.as_ref().map(|token| token.expose().to_owned()).filter(|it| !it.is_empty()),
        };
        let credential = checked(credential);
        let credential = credential
            .map_err(|known| known.explain(ErrorKind::Denied, format!("cannot sign in to `{}`", options.bucket)))?;
        return Ok(AwsCredentialSource::Options(Arc::new(credential)));
    }
    Ok(options.aws_profile.clone().map_or(AwsCredentialSource::Chain, AwsCredentialSource::Profile))
}

fn encryption(options: &S3Options) -> Result<HeaderMap> {
    let mut headers = HeaderMap::new();
    let name = match options.server_side_encryption {
        None => return Ok(headers),
        Some(ServerSideEncryption::Aes256) => "AES256",
        Some(ServerSideEncryption::AwsKms) => "aws:kms",
    };
    headers.insert(HeaderName::from_static("x-amz-server-side-encryption"), HeaderValue::from_static(name));
    if let Some(key) = &options.kms_key_id {
        let name = HeaderName::from_static("x-amz-server-side-encryption-aws-kms-key-id");
        headers.insert(name, header("kms_key_id", key)?);
    }
    Ok(headers)
}

fn attributes(options: &S3Options) -> Result<Attributes> {
    let mut attributes = Attributes::new();
    attributes.insert(Attribute::ContentType, "application/json".into());
    if options.use_compression {
        attributes.insert(Attribute::ContentEncoding, "gzip".into());
    }
    header("storage_class", &options.storage_class)?;
    if options.storage_class != "STANDARD" {
        attributes.insert(Attribute::StorageClass, options.storage_class.clone().into());
    }
    insert_metadata(&mut attributes, "x-amz-meta-", &options.metadata)?;
    Ok(attributes)
}

fn tags(options: &S3Options) -> TagSet {
    let mut tags = TagSet::default();
    for (key, value) in &options.tags {
        tags.push(key, value);
    }
    tags
}
