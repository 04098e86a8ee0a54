//! A server that answers as a test says. It knows one listing, which is empty.

use crate::server::{self, Keeps};
pub(crate) use crate::server::{Answer, Request, text};
use crate::support::Room;

/// An error as the XML API sends it.
pub(crate) fn error(status: u16, code: &str) -> Answer {
    let body = format!("<Error><Code>{code}</Code><Message>scripted</Message></Error>");
    Answer::Respond(status, Vec::new(), body.into_bytes())
}

/// A bucket in which there is nothing.
#[derive(Default)]
pub(crate) struct Empty;

/// Google Cloud Storage with one empty bucket.
pub(crate) type Scripted = server::Scripted<Empty>;

impl Keeps for Empty {
    fn answer(&mut self, request: &Request) -> Answer {
        match request.target.contains("list-type=2") {
            true => text("<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"),
            false => error(404, "NoSuchKey"),
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
