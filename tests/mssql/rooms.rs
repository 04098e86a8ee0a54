//! Rooms with a profile for a scripted server.

use crate::server::Server;
use crate::support::Room;

/// Creates rooms for a server.
pub(crate) trait Rooms {
    /// Returns a room with a profile for this server.
    fn room(&self) -> Room;

    /// Returns a room with a profile for this server, with more URL parameters and options.
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

/// Returns a room with a profile for `url`, with the certificate of an issuer in `ca.pem`.
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
