//! A cloud, as far as the shared cases have to know it.

use crate::Subject;
use crate::server::{Answer, Keeps, Request, Scripted};
use crate::support::Room;

/// How a cloud is reached, and how its requests and responses look.
pub(crate) trait Cloud: Keeps {
    /// The name of the backend.
    const NAME: &'static str;
    /// The subjects and cases of this cloud alone.
    const SUBJECTS: &'static [Subject];
    /// A complete and empty list.
    const WHOLE_LIST: &'static str;
    /// Response headers that a document needs, beside ETag and time.
    const DOCUMENT_HEADERS: &'static [(&'static str, &'static str)];
    /// The response header with the token by which a writer recognizes its own document.
    const TOKEN_HEADER: &'static str;

    /// The options of a profile with the server at `address` and credentials.
    fn profile(address: &str) -> String;

    /// Whether a request asks for a list.
    fn is_list(request: &Request) -> bool;

    /// The token of a request that writes a document, or completes its upload.
    fn token(request: &Request) -> Option<String>;

    /// An error that the service gives while it is overloaded.
    fn busy() -> Answer;

    /// The service's refusal of a caller without the permission.
    fn denied() -> Answer;

    /// Whether a request sends a part of a large document, the last one included.
    fn is_part(request: &Request) -> bool;

    /// Whether a request makes a document of its parts.
    fn is_completion(request: &Request) -> bool;

    /// The condition of a large upload, if this is the request that carries it.
    fn upload_condition(request: &Request) -> Option<Condition>;

    /// Stores another document under the name of which a part arrives.
    fn store_rival(&mut self, part: &Request);

    /// Whether parts are kept that nothing removes by itself, and that are billed.
    fn has_parts(&self) -> bool;

    /// Whether there is neither an object nor such a part.
    fn is_empty(&self) -> bool;
}

/// What must be there for a write to succeed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    /// Nothing.
    Absent,
    /// The version that was read before.
    Version,
}

impl Condition {
    /// The condition in the headers of a request.
    pub(crate) fn of_headers(request: &Request) -> Option<Self> {
        match (request.header("if-none-match"), request.header("if-match")) {
            ("*", _) => Some(Self::Absent),
            (_, "") => None,
            _ => Some(Self::Version),
        }
    }
}

/// A room with the profile of a cloud for the server at `address`, and more options.
pub(crate) fn room_at<Service: Cloud>(address: &str, more: &str) -> Room {
    let room = Room::new();
    let (name, profile) = (Service::NAME, Service::profile(address));
    room.write(
        "truthound-store.toml",
        format!("default_profile = '{name}'\n[profiles.{name}]\nbackend = '{name}'\n{profile}\n{more}\n"),
    );
    room
}

/// A room with the profile of a cloud for this server, and more options.
pub(crate) fn room<Service: Cloud>(server: &Scripted<Service>, more: &str) -> Room {
    room_at::<Service>(&server.address(), more)
}

/// The first byte that a request asks for, unless it asks for all.
pub(crate) fn range_start(request: &Request) -> Option<usize> {
    let range = [request.header("range"), request.header("x-ms-range")].concat();
    range.strip_prefix("bytes=")?.split('-').next()?.parse().ok()
}

/// The response headers of a document.
pub(crate) fn document_headers<Service: Cloud>() -> Vec<(&'static str, String)> {
    let common = [("etag", "\"1\""), ("last-modified", "Mon, 02 Mar 2026 10:00:00 GMT")];
    common.iter().chain(Service::DOCUMENT_HEADERS).map(|(name, value)| (*name, (*value).to_owned())).collect()
}
