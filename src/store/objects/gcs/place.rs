//! Where a bucket is, and the addresses of Google's two interfaces to it.

use bytes::Bytes;
use http::{HeaderMap, Method};
use object_store::client::{HttpRequest, HttpRequestBody};
use object_store::path::Path;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::error::ErrorKind;
use crate::store::objects::service_error::ServiceError;

/// Where a bucket is.
#[derive(Debug)]
pub(super) struct GcsPlace {
    pub(super) bucket: String,
    /// The server's address, without a slash at its end.
    pub(super) base: String,
}

impl GcsPlace {
    /// The address of an object in the JSON API, to which more may be added.
    pub(super) fn object(&self, path: &Path) -> String {
        format!("{}/storage/v1/{}", self.base, self.inner(path))
    }

    /// The URL that rewrites `path` onto itself.
    pub(super) fn rewrite(&self, path: &Path) -> String {
        format!("{}/rewriteTo/{}", self.object(path), self.inner(path))
    }

    /// The address of the bucket in the JSON API.
    pub(super) fn resource(&self) -> String {
        format!("{}/storage/v1/b/{}", self.base, encoded(&self.bucket))
    }

    /// The address of the list of objects in the JSON API.
    pub(super) fn objects(&self) -> String {
        format!("{}/storage/v1/b/{}/o", self.base, encoded(&self.bucket))
    }

    /// The address in the JSON API of the content that has this address in the XML API. Unlike the XML API, Google's JSON
    /// API sends no metadata along.
    pub(super) fn media(&self, xml: &str) -> String {
        let start = format!("{}/{}/", self.base, encoded(&self.bucket));
        let (object, query) = xml.split_once('?').unwrap_or((xml, ""));
        let and = if query.is_empty() { "" } else { "&" };
        let object = object.strip_prefix(&start).unwrap_or_default();
        format!("{}/{object}?alt=media{and}{query}", self.objects())
    }

    /// The address at which uploads begin.
    pub(super) fn uploads(&self) -> String {
        format!("{}/upload/storage/v1/b/{}/o", self.base, encoded(&self.bucket))
    }

    fn inner(&self, path: &Path) -> String {
        format!("b/{}/o/{}", encoded(&self.bucket), encoded(path.as_ref()))
    }
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// A request to either API.
pub(super) fn request(
    method: Method,
    address: &str,
    query: &[(&str, &str)],
    headers: HeaderMap,
    body: Bytes,
) -> Result<HttpRequest, ServiceError> {
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
    let mark = if query.is_empty() { "" } else { "?" };
    let uri = format!("{address}{mark}{query}").parse();
    let uri = uri.map_err(|error| ServiceError::new(ErrorKind::Usage, format!("no address: {error}")))?;
    let mut request = HttpRequest::new(HttpRequestBody::from(body));
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    *request.headers_mut() = headers;
    Ok(request)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_that_means_something_in_an_address_is_encoded() {
        let place = GcsPlace { bucket: "b".to_owned(), base: String::new() };
        for (name, encoded) in [
            ("a/b", "a%2Fb"),
            ("50%", "50%25"),
            ("a%2Fb", "a%252Fb"),
            ("a#b?c&d=e", "a%23b%3Fc%26d%3De"),
            ("a+b c;d", "a%2Bb%20c%3Bd"),
            ("größe/日本", "gr%C3%B6%C3%9Fe%2F%E6%97%A5%E6%9C%AC"),
        ] {
            let path = Path::parse(name).unwrap();
            assert_eq!(place.object(&path), format!("/storage/v1/b/b/o/{encoded}"), "{name}");
            let asked = request(Method::GET, "http://h/o", &[("name", name)], HeaderMap::new(), Bytes::new()).unwrap();
            let query = asked.uri().query().unwrap().as_bytes();
            assert_eq!(url::form_urlencoded::parse(query).collect::<Vec<_>>(), [("name".into(), name.into())]);
        }
    }

    #[test]
    fn names_are_one_segment_of_an_address() {
        let place = GcsPlace { bucket: "my.bucket".to_owned(), base: "https://storage.googleapis.com".to_owned() };
        let object = "https://storage.googleapis.com/storage/v1/b/my%2Ebucket/o/a%2Fb%20c";
        assert_eq!(place.object(&Path::from("a/b c")), object);
        assert_eq!(place.rewrite(&Path::from("a/b c")), format!("{object}/rewriteTo/b/my%2Ebucket/o/a%2Fb%20c"));
        let xml = "https://storage.googleapis.com/my%2Ebucket/a%2Fb%20c";
        assert_eq!(place.media(xml), format!("{object}?alt=media"));
        assert_eq!(place.media(&format!("{xml}?generation=1")), format!("{object}?alt=media&generation=1"));
    }
}
