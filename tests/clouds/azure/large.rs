//! Documents that are uploaded in blocks: conditionally, and visible only when they are complete.

use super::scripted::{Blob, Scripted, error, large};
use crate::support::{Room, stored};

crate::cases![blocks_that_another_writer_has_swept_away_are_sent_again,];

/// A room with a document that needs more than one block.
fn room(server: &Scripted) -> Room {
    let room = server.room_with_key("use_compression = false");
    room.write("large.json", large());
    room
}

fn theirs() -> Blob {
    Blob { version: 50, tier: "Hot".to_owned(), body: stored("large").of("theirs").text().into_bytes() }
}

/// <https://learn.microsoft.com/rest/api/storageservices/put-block-list#remarks>: a commit discards the blocks of other
/// writers.
fn blocks_that_another_writer_has_swept_away_are_sent_again() {
    let mut swept = false;
    let server = Scripted::start(move |request, blobs| {
        if !swept && request.is("PUT", "comp=blocklist") {
            swept = true;
            let path = request.target.split('?').next().unwrap().to_owned();
            blobs.blocks.remove(&path);
            blobs.stored.insert(path, theirs());
            return Some(error(400, "InvalidBlockList"));
        }
        None
    });
    let room = room(&server);
    room.run(["save", "large.json"]).succeeds();
    assert_eq!(room.run(["get", "large"]).succeeds().as_bytes(), room.read("large.json"));
}
