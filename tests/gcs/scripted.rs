//! A server that answers as a test says. It knows one listing, which is empty.

use crate::server::Server;
pub(crate) use crate::server::{Answer, Request, text};
use crate::support::Room;

/// An error as the XML API sends it.
pub(crate) fn error(status: u16, code: &str) -> Answer {
    let body = format!("<Error><Code>{code}</Code><Message>scripted</Message></Error>");
    Answer::Respond(status, Vec::new(), body.into_bytes())
}

/// A running server, until the process ends.
pub(crate) struct Scripted {
    server: Server,
}

impl Scripted {
    /// Starts a server that answers what `script` says, and with an empty listing where that says nothing.
    pub(crate) fn start(mut script: impl FnMut(&Request) -> Option<Answer> + Send + 'static) -> Self {
        let empty = "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>";
        let server = Server::start(move |request| {
            let is_list = request.target.contains("list-type=2");
            script(request).unwrap_or_else(|| if is_list { text(empty) } else { error(404, "NoSuchKey") })
        });
        Self { server }
    }

    pub(crate) fn address(&self) -> String {
        self.server.address()
    }

    /// The requests since the last time.
    pub(crate) fn take(&self) -> Vec<Request> {
        self.server.take()
    }

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
