//! What the options of the object stores must be.

use std::collections::BTreeMap;
use std::net::IpAddr;

use url::{Host, Url};

use super::Places;
use crate::config::problem::{Checked, Problem, nearest};
use crate::store::objects::azure::AzureOptions;
use crate::store::objects::gcs::GcsOptions;
use crate::store::objects::s3::{S3Options, ServerSideEncryption};

/// The storage classes of <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html>.
const S3_CLASSES: [&str; 12] = [
    "STANDARD",
    "STANDARD_IA",
    "ONEZONE_IA",
    "INTELLIGENT_TIERING",
    "GLACIER_IR",
    "GLACIER",
    "DEEP_ARCHIVE",
    "REDUCED_REDUNDANCY",
    "EXPRESS_ONEZONE",
    "OUTPOSTS",
    "SNOW",
    "FSX_OPENZFS",
];

/// The storage classes of <https://cloud.google.com/storage/docs/storage-classes>.
const GCS_CLASSES: [&str; 7] =
    ["STANDARD", "NEARLINE", "COLDLINE", "ARCHIVE", "MULTI_REGIONAL", "REGIONAL", "DURABLE_REDUCED_AVAILABILITY"];

/// The tiers of block blobs.
const AZURE_TIERS: [&str; 4] = ["Hot", "Cool", "Cold", "Archive"];

/// Amazon's limits for the tags of an object.
const MOST_TAGS: usize = 10;
const LONGEST_TAG: usize = 128;
const LONGEST_TAG_VALUE: usize = 256;

pub(super) fn check_s3(options: &mut S3Options, places: &Places<'_>) -> Checked<()> {
    container("bucket", &options.bucket, places)?;
    if let Some(endpoint) = &options.endpoint_url {
        let url = address("endpoint_url", endpoint, places)?;
        if url.scheme() == "http" && !is_loopback(&url) && !options.allow_http {
            return Err(places
                .wrong("endpoint_url", "documents would go over a network in clear")
                .hint("write https://, or allow_http = true"));
        }
    }
    class("storage_class", &mut options.storage_class, &S3_CLASSES, options.endpoint_url.is_some(), places)?;
    filled("region", options.region.as_deref(), places)?;
    filled("aws_profile", options.aws_profile.as_deref(), places)?;
    filled("kms_key_id", options.kms_key_id.as_deref(), places)?;
    if options.kms_key_id.is_some() && options.server_side_encryption != Some(ServerSideEncryption::AwsKms) {
        return Err(Problem::new("option `kms_key_id` has no effect")
            .detail("it needs server_side_encryption = \"aws:kms\"")
            .at(places.of_name("kms_key_id")));
    }
    match (&options.access_key_id, &options.secret_access_key) {
        (Some(_), None) => return Err(places.needs("access_key_id", "secret_access_key")),
        (None, Some(_)) => return Err(places.needs("secret_access_key", "access_key_id")),
        (None, None) if options.session_token.is_some() => {
            return Err(places.needs("session_token", "access_key_id"));
        }
        (Some(_), Some(_)) if options.aws_profile.is_some() => {
            return Err(two_ways("aws_profile", "access_key_id", places));
        }
        _ => {}
    }
    patience(options.retry_timeout, options.connect_timeout, places)?;
    tags(&options.tags, places)?;
    metadata(&options.metadata, |character| character.is_ascii_alphanumeric() || "-_.".contains(character), places)
}

pub(super) fn check_gcs(options: &mut GcsOptions, places: &Places<'_>) -> Checked<()> {
    container("bucket", &options.bucket, places)?;
    if let Some(endpoint) = &options.endpoint_url {
        let url = address("endpoint_url", endpoint, places)?;
        no_token_in_clear("endpoint_url", &url, places)?;
    }
    if let Some(storage_class) = &mut options.storage_class {
        class("storage_class", storage_class, &GCS_CLASSES, options.endpoint_url.is_some(), places)?;
    }
    patience(options.retry_timeout, options.connect_timeout, places)?;
    filled("project", options.project.as_deref(), places)?;
    if options.credentials_path.as_ref().is_some_and(|path| path.as_os_str().is_empty()) {
        return Err(places.wrong("credentials_path", "it is empty"));
    }
    metadata(&options.metadata, |character| character.is_ascii_alphanumeric() || "-_.".contains(character), places)
}

pub(super) fn check_azure(options: &mut AzureOptions, places: &Places<'_>) -> Checked<()> {
    container("container", &options.container, places)?;
    if let Some(tier) = &mut options.access_tier {
        class("access_tier", tier, &AZURE_TIERS, false, places)?;
    }
    filled("account_name", options.account_name.as_deref(), places)?;
    if options.content_type.is_empty() || !options.content_type.chars().all(|it| matches!(it, ' '..='~')) {
        return Err(places.wrong("content_type", "it must be a media type, such as application/json"));
    }
    if let Some(account_url) = &options.account_url {
        let url = parsed("account_url", account_url.expose(), places)?;
        no_token_in_clear("account_url", &url, places)?;
        let is_of_azure = url.domain().is_some_and(|host| host.contains(".blob."));
        if is_of_azure && url.path() != "/" {
            return Err(places
                .wrong("account_url", "it must be the address of the account alone")
                .hint("write the container into `container`, and what follows it into `prefix`"));
        }
    }
    patience(options.retry_timeout, options.connect_timeout, places)?;
    let has_string = options.connection_string.is_some();
    if !has_string && options.account_url.is_none() && options.account_name.is_none() {
        return Err(Problem::new("missing option `account_name`")
            .detail("nothing says which account it is")
            .hint("give one of account_name, account_url, connection_string")
            .at(places.header.clone()));
    }
    // What is left are the credentials of the environment, or none at all: a public container, an emulator.
    match (has_string, options.account_key.is_some(), options.sas_token.is_some()) {
        (true, true, _) => Err(two_ways("connection_string", "account_key", places)),
        (true, _, true) => Err(two_ways("connection_string", "sas_token", places)),
        (_, true, true) => Err(two_ways("account_key", "sas_token", places)),
        _ => metadata(&options.metadata, |character| character.is_ascii_alphanumeric() || character == '_', places),
    }
}

fn patience(retry_timeout: f64, connect_timeout: f64, places: &Places<'_>) -> Checked<()> {
    for (option, seconds) in [("retry_timeout", retry_timeout), ("connect_timeout", connect_timeout)] {
        if !(seconds > 0.0 && seconds <= super::LONGEST_SECONDS) {
            return Err(places.wrong(option, "it must be seconds, more than 0 and at most 1000000000"));
        }
    }
    Ok(())
}

fn two_ways(one: &str, other: &str, places: &Places<'_>) -> Problem {
    let (first, second) = (places.of_name(one), places.of_name(other));
    let later = if first.start > second.start { first } else { second };
    Problem::new(format!("options `{one}` and `{other}` exclude each other"))
        .detail("both say how to sign in")
        .hint("keep one of them")
        .at(later)
}

/// The name of a bucket or container, which is not an address.
fn container(option: &str, name: &str, places: &Places<'_>) -> Checked<()> {
    let problem = |detail: &str| places.wrong(option, detail);
    if name.is_empty() {
        return Err(problem("it is empty"));
    }
    if name.contains("://") || name.contains('/') {
        return Err(problem("it must be a name alone").hint("write what follows the name into `prefix`"));
    }
    if name.chars().any(|character| character.is_whitespace() || character.is_control()) {
        return Err(problem("it holds a space or a control character"));
    }
    Ok(())
}

fn filled(option: &str, value: Option<&str>, places: &Places<'_>) -> Checked<()> {
    match value {
        Some(value) if value.trim().is_empty() => {
            Err(places.wrong(option, "it is empty").hint("leave it out to use what the cloud's own chain finds"))
        }
        _ => Ok(()),
    }
}

/// Writes a known `name` as its cloud does. A server that is not the cloud's own may have classes of its own.
fn class(option: &str, name: &mut String, known: &[&str], is_foreign: bool, places: &Places<'_>) -> Checked<()> {
    if let Some(canonical) = known.iter().find(|known| known.eq_ignore_ascii_case(name)) {
        (*canonical).clone_into(name);
        return Ok(());
    }
    if is_foreign && !name.is_empty() && name.chars().all(|character| character.is_ascii_graphic()) {
        return Ok(());
    }
    let list = known.join(", ");
    let hint = match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`? Known: {list}"),
        None => format!("known: {list}"),
    };
    Err(places.wrong(option, "there is no such name").hint(hint))
}

fn parsed(option: &str, address: &str, places: &Places<'_>) -> Checked<Url> {
    // What `url` says of a broken address does not quote it.
    let url = Url::parse(address).map_err(|error| {
        places.wrong(option, format!("it is no address ({error})")).hint("write https://HOST or http://HOST:PORT")
    })?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(places.wrong(option, "it must begin with https:// or http://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(places.wrong(option, "user and password do not belong into it"));
    }
    Ok(url)
}

fn address(option: &str, address: &str, places: &Places<'_>) -> Checked<Url> {
    let url = parsed(option, address, places)?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err(places.wrong(option, "it must end with the path"));
    }
    Ok(url)
}

/// Whether an address is one of this machine.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        None => false,
    }
}

/// Google and Azure get a token or a signature with every request; over plain HTTP anyone on the way could take it.
fn no_token_in_clear(option: &str, url: &Url, places: &Places<'_>) -> Checked<()> {
    if url.scheme() == "http" && !is_loopback(url) {
        return Err(places
            .wrong(option, "plain HTTP would show the credentials to the network")
            .hint("write https://; http:// is for emulators on this machine"));
    }
    Ok(())
}

fn tags(tags: &BTreeMap<String, String>, places: &Places<'_>) -> Checked<()> {
    if tags.len() > MOST_TAGS {
        return Err(places.wrong("tags", format!("S3 takes at most {MOST_TAGS} tags on an object")));
    }
    for (key, value) in tags {
        let option = format!("tags.{key}");
        if key.is_empty() || key.chars().count() > LONGEST_TAG {
            return Err(places.wrong(&option, format!("the name of a tag has 1 to {LONGEST_TAG} characters")));
        }
        if value.chars().count() > LONGEST_TAG_VALUE {
            return Err(places.wrong(&option, format!("the value of a tag has at most {LONGEST_TAG_VALUE} characters")));
        }
    }
    Ok(())
}

/// The names of metadata become names of HTTP headers.
fn metadata(
    metadata: &BTreeMap<String, String>,
    is_allowed: impl Fn(char) -> bool,
    places: &Places<'_>,
) -> Checked<()> {
    let wrong = metadata.keys().find(|key| key.is_empty() || !key.chars().all(&is_allowed));
    match wrong {
        Some(key) => Err(places.wrong(&format!("metadata.{key}"), "its name cannot be the name of a header")),
        None => Ok(()),
    }
}
