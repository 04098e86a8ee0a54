//! From the options of a profile to an open container.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use object_store::azure::MicrosoftAzureBuilder;
use object_store::{Attribute, Attributes, BackoffConfig, ClientOptions, RetryConfig, TagSet};

use super::client::{AzureClient, AzureProtocol};
use super::credential_provider::AzureCredentialChain;
use super::inspection::AzureInspection;
use super::options::AzureOptions;
use super::place::AzurePlace;
use super::store::AzureContainer;
use super::tiers::AzureAccessTiers;
use crate::error::{Error, Result};
use crate::result::{DocumentLimit, Entry, Layout};
use crate::store::contract::StoreContext;
use crate::store::objects::ObjectResultStore;
use crate::store::objects::backend::{Backend, Listing, Reference, Writes};
use crate::store::objects::foreign_names::ForeignNames;
use crate::store::objects::http::connector::SharedConnector;
use crate::store::objects::http::settings::ConnectionSettings;
use crate::store::objects::http::transport::HttpTransport;
use crate::store::objects::layout::KeyLayout;
use crate::store::objects::options::{header, header_text, insert_metadata, seconds};
use crate::store::options::StoreOptions as _;

/// The longest name of a data asset that a blob's metadata holds.
const LONGEST_ASSET: usize = 2048;

/// Opens the store in a container, without asking whether that exists.
///
/// # Errors
/// [`Usage`](crate::error::ErrorKind::Usage) for options that cannot be sent,
/// [`Denied`](crate::error::ErrorKind::Denied) for keys and signatures that cannot be.
pub(super) fn open(options: &AzureOptions, context: StoreContext) -> Result<ObjectResultStore> {
    let keys = KeyLayout::in_cloud(&options.prefix, &options.namespace, options.use_compression)?;
    let (place, credential) = AzurePlace::new(options)?;
    let limit = seconds(options.retry_timeout);
    let settings = ConnectionSettings::new(seconds(options.connect_timeout), format!("`{}`", place.option))
        .traced_by(&context.notices);
    let transport = Arc::new(HttpTransport::new(settings));
    let credential = credential.map(|(credential, option)| {
        context.notices.source("credentials", &format!("the option {option}"));
        credential
    });
    let credentials = AzureCredentialChain::new(credential, Arc::clone(&transport), limit);
    let protocol = AzureProtocol { credentials, place, lacks_start_from: AtomicBool::new(false) };
    let client = Arc::new(AzureClient::new(protocol, transport, limit));
    let azure = MicrosoftAzureBuilder::new()
        .with_account(&client.protocol.place.account)
        .with_container_name(&client.protocol.place.container)
        .with_endpoint(client.protocol.place.endpoint.clone())
        // The client signs.
        .with_skip_signature(true)
        .with_client_options(ClientOptions::new().with_allow_http(true))
        .with_http_connector(SharedConnector(Arc::clone(&client)))
        .with_retry(RetryConfig { backoff: BackoffConfig::default(), max_retries: 5, retry_timeout: limit })
        .build()
        .map_err(|error| {
            Error::usage(format!("cannot use the container `{}`", options.container)).with_source(error)
        })?;
    let foreign = Arc::<ForeignNames>::default();
    let container = Arc::new(AzureContainer { azure, client: Arc::clone(&client), foreign: Arc::clone(&foreign) });
    let location = options.location(&|_| None);
    let backend = Backend {
        name: "azure",
        location: location.clone(),
        removal: Some(Arc::clone(&container) as _),
        store: container,
        inspection: Some(Arc::new(AzureInspection { client: Arc::clone(&client), keys: keys.clone() })),
        keys,
        limit: DocumentLimit::new(options.max_document_size),
        attributes: attributes(options)?,
        describe: Some(describe),
        tags: TagSet::default(),
        layout: Layout::Pretty,
        python_index: options.python_index,
        time_zone: options.time_zone.zone()?,
        redaction: options.redact,
        reference: Reference::BlobName,
        listing: Listing::Flat,
        // The version of a blob is a time, and never repeats.
        writes: Writes {
            conditional_parts: true,
            versions_repeat: false,
            requests_repeat: true,
            conditions_of_server: true,
        },
        tiers: Some(Arc::new(AzureAccessTiers { client, location })),
        search: None,
        sweep: None,
        foreign,
    };
    Ok(ObjectResultStore::new(backend, context))
}

/// The attributes of new documents. No content encoding: truthound's own store decompresses a blob that has one twice, and
/// fails.
fn attributes(options: &AzureOptions) -> Result<Attributes> {
    let mut attributes = Attributes::new();
    header("content_type", &options.content_type)?;
    attributes.insert(Attribute::ContentType, options.content_type.clone().into());
    if let Some(tier) = &options.access_tier {
        header("access_tier", tier)?;
        attributes.insert(Attribute::StorageClass, tier.clone().into());
    }
    insert_metadata(&mut attributes, "x-ms-meta-", &options.metadata)?;
    Ok(attributes)
}

/// The metadata that truthound's own store sets on a blob (`AzureBlobStore.save` in `truthound/stores/backends/azure_blob.py`).
/// Azure takes 8 KiB of metadata: an asset that alone needs a quarter of that is left out, as is one without a name.
fn describe(entry: &Entry) -> Vec<(&'static str, String)> {
    let asset = Some(header_text(&entry.data_asset)).filter(|asset| !asset.is_empty() && asset.len() <= LONGEST_ASSET);
    let asset = asset.map(|asset| ("data_asset", asset));
    let facts = [("run_time", entry.run_time.to_python_iso()), ("status", entry.status.name().to_owned())];
    asset.into_iter().chain(facts).collect()
}
