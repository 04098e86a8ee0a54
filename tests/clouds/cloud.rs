//! The interface of a cloud that the shared cases use.

use crate::Subject;
use crate::server::{Answer, Keeps, Request, Scripted};
use crate::support::Room;

/// The profile of a cloud, and the format of its requests and responses.
pub(crate) trait Cloud: Clone + Keeps {
    /// The name of the backend.
    const NAME: &'static str;
    /// The subjects and cases for this cloud only.
    const SUBJECTS: &'static [Subject];
    /// A complete and empty list.
    const WHOLE_LIST: &'static str;
    /// Response headers that a document needs, in addition to ETag and time.
    const DOCUMENT_HEADERS: &'static [(&'static str, &'static str)];
    /// The response header with the token that tells a writer its own document.
    const TOKEN_HEADER: &'static str;

    /// The method of a request that writes an object.
    const WRITE: &'static str;
    /// The methods of the requests of `set-tier`.
    const SET_TIER: &'static [&'static str];
    /// A tier of another cloud.
    const FOREIGN_TIER: &'static str;
    /// The words of a hint that tell how to create the bucket or container.
    const HOW_TO_CREATE: &'static str;
    /// The words of a hint that tell which permissions are needed.
    const PERMISSIONS: &'static str;
    /// The status and the code of each response to credentials that the service refuses.
    const REFUSED_CREDENTIALS: &'static [(u16, &'static str)];

    /// The options of a profile for the server at `address`, with credentials.
    fn profile(address: &str) -> String;

    /// A complete list of objects with these names.
    fn list_of(names: &[&str]) -> String;

    /// Lists with one name that say that more follows, and never get there.
    fn lists_without_end() -> Vec<String>;

    /// The options of profiles for the server at `address` whose requests hold secrets: SECRET, SIGNATURE or c2VjcmV0.
    fn profiles_with_secrets(address: &str) -> Vec<String> {
        vec![Self::profile(address)]
    }

    /// Whether a request asks for a list.
    fn is_list(request: &Request) -> bool;

    /// The token of a request that writes a document, or completes its upload.
    fn token(request: &Request) -> Option<String>;

    /// An error of the service.
    fn error(status: u16, code: &str) -> Answer;

    /// The error that the service returns when the bucket or container does not exist.
    fn no_bucket() -> Answer;

    /// The error that the service returns while it is overloaded.
    fn busy() -> Answer;

    /// The error that the service returns to a caller without the permission.
    fn denied() -> Answer;

    /// Whether a request sends a part of a large document, including the last one.
    fn is_part(request: &Request) -> bool;

    /// Whether a request assembles a document from its parts.
    fn is_completion(request: &Request) -> bool;

    /// The condition of a large upload, if this request carries it.
    fn upload_condition(request: &Request) -> Option<Condition>;

    /// Stores another document under the key of an uploaded part.
    fn store_rival(&mut self, part: &Request);

    /// Whether there are parts that the service bills and does not remove by itself.
    fn has_parts(&self) -> bool;

    /// Whether there are neither objects nor such parts.
    fn is_empty(&self) -> bool;
}

/// The condition of a write.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    /// No object exists.
    Absent,
    /// The object has the version that was read before.
    Version,
}

impl Condition {
    /// Returns the condition in the headers of a request.
    pub(crate) fn of_headers(request: &Request) -> Option<Self> {
        match (request.header("if-none-match"), request.header("if-match")) {
            ("*", _) => Some(Self::Absent),
            (_, "") => None,
            _ => Some(Self::Version),
        }
    }
}

/// A room with a profile for the server at `address`, and more options.
pub(crate) fn room_at<Service: Cloud>(address: &str, more: &str) -> Room {
    let room = Room::new();
    let (name, profile) = (Service::NAME, Service::profile(address));
    room.write(
        "truthound-store.toml",
        format!("default_profile = '{name}'\n[profiles.{name}]\nbackend = '{name}'\n{profile}\n{more}\n"),
    );
    room
}

/// A room with a profile for this server, and more options.
pub(crate) fn room<Service: Cloud>(server: &Scripted<Service>, more: &str) -> Room {
    room_at::<Service>(&server.address(), more)
}

/// The methods of requests, in their order.
pub(crate) fn methods(requests: &[Request]) -> Vec<&str> {
    requests.iter().map(|request| request.method.as_str()).collect()
}

/// Returns the first byte of the requested range; `None` if the request has no range.
pub(crate) fn range_start(request: &Request) -> Option<usize> {
    let range = [request.header("range"), request.header("x-ms-range")].concat();
    range.strip_prefix("bytes=")?.split('-').next()?.parse().ok()
}

/// The response headers of a document.
pub(crate) fn document_headers<Service: Cloud>() -> Vec<(&'static str, String)> {
    let common = [("etag", "\"1\""), ("last-modified", "Mon, 02 Mar 2026 10:00:00 GMT")];
    common
        .iter()
        .chain(Service::DOCUMENT_HEADERS)
        .chain(Service::HEADERS)
        .map(|(name, value)| (*name, (*value).to_owned()))
        .collect()
}
