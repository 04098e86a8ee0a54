//! Where a bucket is: its server, its region, and what is learned of both on the way.

use std::sync::{PoisonError, RwLock};

use http::Uri;
use http::uri::Authority;
use url::Url;

use super::credential_provider::S3CredentialProvider;
use super::names::{fits_host, is_region};
use crate::error::ErrorKind;
use crate::secret::shown_name;
use crate::store::objects::service_error::ServiceError;

/// The region to ask first for a bucket in an unknown region. Amazon's answer names the bucket's region.
const ANYWHERE: &str = "us-east-1";

/// Where a bucket is.
#[derive(Debug)]
pub(super) struct S3Place {
    pub(super) bucket: String,
    /// The address of the bucket; with Amazon, its host is put together for each region.
    pub(super) url: String,
    /// Whether the server is Amazon's, and then whether the bucket is a part of the host.
    amazon: Option<bool>,
    known: RwLock<Found>,
}

/// The region and the host found so far.
#[derive(Debug, Default)]
struct Found {
    region: Option<String>,
    /// Where the server has pointed.
    host: Option<Authority>,
}

impl S3Place {
    /// The place of `bucket`, at Amazon's or at `endpoint`.
    pub(super) fn new(bucket: &str, region: Option<&str>, endpoint: Option<&Url>, path_style: Option<bool>) -> Self {
        // Amazon's certificate covers one label before its own name, and the names of old buckets are no host names.
        let in_path = path_style.unwrap_or(endpoint.is_some() || bucket.contains('.') || !fits_host(bucket));
        let url = match endpoint {
            None if in_path => format!("https://s3.amazonaws.com/{bucket}"),
            None => format!("https://{bucket}.s3.amazonaws.com"),
            Some(endpoint) => {
                let base = endpoint.as_str().trim_end_matches('/');
                match (in_path, base.split_once("://")) {
                    (false, Some((scheme, rest))) => format!("{scheme}://{bucket}.{rest}"),
                    _ => format!("{base}/{bucket}"),
                }
            }
        };
        let known = Found { region: region.map(str::to_owned), host: None };
        Self { bucket: bucket.to_owned(), url, amazon: endpoint.is_none().then_some(!in_path), known: known.into() }
    }

    /// The region to sign for.
    pub(super) async fn region(&self, credentials: &S3CredentialProvider) -> Result<String, ServiceError> {
        if let Some(region) = self.read(|known| known.region.clone()) {
            return Ok(region);
        }
        let found = credentials.region().await.unwrap_or_else(|| ANYWHERE.to_owned());
        if !is_region(&found) {
            let message = format!("the region `{}` cannot be one", shown_name(&found));
            return Err(
                ServiceError::new(ErrorKind::Usage, message).hint("correct AWS_REGION, or `region` in the profile")
            );
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        Ok(known.region.get_or_insert(found).clone())
    }

    /// The address of a request that was made for [`url`](Self::url), in `region`.
    pub(super) fn here(&self, uri: &Uri, region: &str) -> Result<Uri, ServiceError> {
        let host = self.read(|known| known.host.clone());
        let host = match (host, self.amazon) {
            (Some(host), _) => host,
            (None, None) => return Ok(uri.clone()),
            (None, Some(bucket_first)) => {
                let end = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
                let bucket = if bucket_first { format!("{}.", self.bucket) } else { String::new() };
                Authority::try_from(format!("{bucket}s3.{region}.{end}"))
                    .map_err(|error| ServiceError::new(ErrorKind::Usage, format!("no address: {error}")))?
            }
        };
        let mut parts = uri.clone().into_parts();
        parts.authority = Some(host);
        let no_address = |reason: String| ServiceError::new(ErrorKind::Usage, format!("no address: {reason}"));
        let address = Uri::from_parts(parts).map_err(|error| no_address(error.to_string()))?;
        // `object_store` assumes it when it signs: a `Uri` may be no `Url`.
        Url::parse(&address.to_string()).map_err(|error| no_address(error.to_string()))?;
        Ok(address)
    }

    /// Takes note that the bucket is in another region. Says whether that is news.
    pub(super) fn move_to(&self, region: &str) -> bool {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let is_news = is_region(region) && known.region.as_deref() != Some(region);
        if is_news {
            known.region = Some(region.to_owned());
            known.host = None;
        }
        is_news
    }

    /// Takes note of a redirect. Says whether it leads to a place that may be told as much as this one: the same server, or
    /// another of Amazon's.
    pub(super) fn follow(&self, location: &str) -> bool {
        let (Ok(from), Ok(to)) = (Url::parse(&self.url), Url::parse(location)) else { return false };
        let of_amazon: fn(&Url) -> bool = |url| {
            let is_theirs = |host: &str| host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.com.cn");
            url.scheme() == "https" && url.host_str().is_some_and(is_theirs)
        };
        let is_trusted = from.origin() == to.origin() || of_amazon(&from) && of_amazon(&to);
        if !is_trusted || !to.username().is_empty() || to.password().is_some() {
            return false;
        }
        let Some(host) = location.parse::<Uri>().ok().and_then(|uri| uri.authority().cloned()) else { return false };
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let is_news = known.host.as_ref() != Some(&host);
        known.host = Some(host);
        is_news
    }

    fn read<T>(&self, what: impl FnOnce(&Found) -> T) -> T {
        what(&self.known.read().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(place: &S3Place, region: &str) -> String {
        place.here(&format!("{}/k", place.url).parse().unwrap(), region).unwrap().to_string()
    }

    #[test]
    fn a_bucket_is_addressed_by_host_at_amazon_and_by_path_elsewhere() {
        let minio = Url::parse("http://127.0.0.1:9000/").unwrap();
        let local = Url::parse("http://localhost:9000").unwrap();
        for (bucket, endpoint, path_style, expected) in [
            ("b", None, None, "https://b.s3.eu-west-1.amazonaws.com/k"),
            ("b.c", None, None, "https://s3.eu-west-1.amazonaws.com/b.c/k"),
            ("b", None, Some(true), "https://s3.eu-west-1.amazonaws.com/b/k"),
            ("b", Some(&minio), None, "http://127.0.0.1:9000/b/k"),
            ("b", Some(&local), Some(false), "http://b.localhost:9000/k"),
            ("MyBucket", None, None, "https://s3.eu-west-1.amazonaws.com/MyBucket/k"),
            ("old_bucket", None, None, "https://s3.eu-west-1.amazonaws.com/old_bucket/k"),
        ] {
            let place = S3Place::new(bucket, None, endpoint, path_style);
            assert_eq!(host(&place, "eu-west-1"), expected);
        }
        assert_eq!(
            host(&S3Place::new("b", None, None, None), "cn-north-1"),
            "https://b.s3.cn-north-1.amazonaws.com.cn/k"
        );
    }

    #[test]
    fn a_redirect_is_followed_to_amazon_or_the_same_server_only() {
        let amazon = S3Place::new("b", None, None, None);
        assert!(amazon.follow("https://b.s3-us-west-2.amazonaws.com/k"));
        assert!(!amazon.follow("https://b.s3-us-west-2.amazonaws.com/k"), "a circle");
        for strange in ["https://example.com/k", "http://b.s3.amazonaws.com/k", "https://amazonaws.com.example/k", "/k"]
        {
            assert!(!S3Place::new("b", None, None, None).follow(strange), "{strange}");
        }
        let here = Url::parse("http://127.0.0.1:1").unwrap();
        assert!(S3Place::new("b", None, Some(&here), None).follow("http://127.0.0.1:1/b/other"));
        for strange in
            ["http://127.0.0.1:2/b/k", "https://127.0.0.1:1/k", "http://localhost:1/k", "http://u@127.0.0.1:1/k"]
        {
            assert!(!S3Place::new("b", None, Some(&here), None).follow(strange), "{strange}");
        }
    }
}
