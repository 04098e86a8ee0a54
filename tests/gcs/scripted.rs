//! A server that answers as a test says. It knows one listing, which is empty.

use serde_json::json;

use crate::server::{self, Keeps};
pub(crate) use crate::server::{Answer, Request, text};
use crate::support::Room;

/// An error of the XML API, which reads.
pub(crate) fn xml_error(status: u16, code: &str) -> Answer {
    let body = format!("<Error><Code>{code}</Code><Message>scripted</Message></Error>");
    Answer::Respond(status, Vec::new(), body.into_bytes())
}

/// An error of the JSON API, which does everything else.
pub(crate) fn error(status: u16, message: &str) -> Answer {
    let body = json!({"error": {"code": status, "message": message, "errors": [{"reason": "scripted"}]}});
    Answer::Respond(status, Vec::new(), body.to_string().into_bytes())
}

/// A list without objects.
pub(crate) const EMPTY_LIST: &str = r#"{"kind": "storage#objects"}"#;

/// Whether a request asks for a list.
pub(crate) fn is_list(request: &Request) -> bool {
    request.is("GET", "/storage/v1/b/bucket/o?")
}

/// A bucket in which there is nothing.
#[derive(Default)]
pub(crate) struct Empty;

/// Google Cloud Storage with one empty bucket.
pub(crate) type Scripted = server::Scripted<Empty>;

impl Keeps for Empty {
    fn answer(&mut self, request: &Request) -> Answer {
        match request.target.starts_with("/bucket/") {
            _ if is_list(request) => text(EMPTY_LIST),
            true => xml_error(404, "NoSuchKey"),
            false => error(404, "No such object"),
        }
    }
}

impl Scripted {
    /// A room whose profile is this bucket, with more options.
    pub(crate) fn room(&self, more: &str) -> Room {
        let room = Room::new();
        let endpoint = self.address();
        room.write(
            "truthound-store.toml",
            format!(
                "default_profile = 'gcs'\n[profiles.gcs]\nbackend = 'gcs'\nbucket = 'bucket'\n\
                 endpoint_url = '{endpoint}'\npython_index = 'never'\n{more}\n"
            ),
        );
        room
    }
}
