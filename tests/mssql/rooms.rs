//! Rooms whose profile stores in a scripted server.

use crate::server::Server;
use crate::support::Room;

/// Rooms of a server.
pub(crate) trait Rooms {
    /// A room whose profile stores here.
    fn room(&self) -> Room;

    /// A room whose profile stores here, with more in its URL and in its options.
    fn room_with(&self, query: &str, more: &str) -> Room;
}

impl Rooms for Server {
    fn room(&self) -> Room {
        self.room_with("&sslrootcert=ca.pem", "")
    }

    fn room_with(&self, query: &str, more: &str) -> Room {
        room(&self.url(query), &self.issuer, more)
    }
}

/// A room whose profile stores at `url`, with the certificate of an issuer in `ca.pem`.
pub(crate) fn room(url: &str, issuer: &str, more: &str) -> Room {
    let room = Room::new();
    room.write("ca.pem", issuer);
    room.write(
        "truthound-store.toml",
        format!(
            "default_profile = \"server\"\n\n[profiles.server]\nbackend = \"database\"\nconnection_url = \"{url}\"\n{more}\n"
        ),
    );
    room
}
