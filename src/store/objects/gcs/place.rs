//! Where a bucket is, and the addresses of Google's two interfaces to it.

use bytes::Bytes;
use http::{HeaderMap, Method};
use object_store::client::{HttpRequest, HttpRequestBody};
use object_store::path::Path;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::error::ErrorKind;
use crate::store::objects::known::Known;

/// Where a bucket is.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) bucket: String,
    /// The server's address, without a slash at its end.
    pub(super) base: String,
}

impl Place {
    /// The address of an object in the JSON API, to which more may be added.
    pub(super) fn object(&self, path: &Path) -> String {
        format!("{}/storage/v1/{}", self.base, self.inner(path))
    }

    /// The address by which `path` is rewritten onto itself.
    pub(super) fn rewrite(&self, path: &Path) -> String {
        format!("{}/rewriteTo/{}", self.object(path), self.inner(path))
    }

    /// The address at which resumable uploads begin.
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

/// A request for the wire.
pub(super) fn request(
    method: Method,
    address: &str,
    query: &[(&str, &str)],
    headers: HeaderMap,
    body: Bytes,
) -> Result<HttpRequest, Known> {
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
    let mark = if query.is_empty() { "" } else { "?" };
    let uri = format!("{address}{mark}{query}").parse();
    let uri = uri.map_err(|error| Known::new(ErrorKind::Usage, format!("no address: {error}")))?;
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
    fn names_are_one_segment_of_an_address() {
        let place = Place { bucket: "my.bucket".to_owned(), base: "https://storage.googleapis.com".to_owned() };
        let object = "https://storage.googleapis.com/storage/v1/b/my%2Ebucket/o/a%2Fb%20c";
        assert_eq!(place.object(&Path::from("a/b c")), object);
        assert_eq!(place.rewrite(&Path::from("a/b c")), format!("{object}/rewriteTo/b/my%2Ebucket/o/a%2Fb%20c"));
    }
}
