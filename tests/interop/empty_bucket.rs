//! A Google Cloud Storage server with one empty bucket, for tests that check the requests of a command.

use crate::server::{self, Answer, Keeps, Request, text};
use crate::support::Room;

/// A bucket without objects.
#[derive(Default)]
pub(crate) struct Empty;

/// Google Cloud Storage with one empty bucket.
pub(crate) type Scripted = server::Scripted<Empty>;

impl Keeps for Empty {
    const HEADERS: &'static [(&'static str, &'static str)] = &[];

    fn answer(&mut self, request: &Request) -> Answer {
        match request.is("GET", "/storage/v1/b/bucket/o?") {
            true => text(r#"{"kind": "storage#objects"}"#),
            false => Answer::Respond(404, Vec::new(), b"<Error><Code>NoSuchKey</Code></Error>".to_vec()),
        }
    }
}

impl Scripted {
    /// A room with a profile for this bucket, without Python's index.
    pub(crate) fn room(&self) -> Room {
        let room = Room::new();
        let endpoint = self.address();
        room.write(
            "truthound-store.toml",
            format!(
                "default_profile = 'gcs'\n[profiles.gcs]\nbackend = 'gcs'\nbucket = 'bucket'\n\
                 endpoint_url = '{endpoint}'\npython_index = 'never'\n"
            ),
        );
        room
    }
}
