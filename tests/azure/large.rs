//! Documents that go in blocks: with their condition, and visible only when they are whole.

use crate::scripted::{Answer, Blob, Keeps as _, Scripted, error, large};
use crate::support::{Room, stored};

/// A room with a document of more than one block.
fn room(server: &Scripted) -> Room {
    let room = server.room_with_key("use_compression = false");
    room.write("large.json", large());
    room
}

fn theirs() -> Blob {
    Blob { version: 50, tier: "Hot".to_owned(), body: stored("large").of("theirs").text().into_bytes() }
}

#[test]
fn a_large_document_is_created_or_replaced_under_a_condition() {
    let server = Scripted::plain();
    let room = room(&server);
    room.run(["save", "--if-absent", "large.json"]).succeeds();
    let committed = |server: &Scripted| {
        let requests = server.take();
        requests.into_iter().find(|request| request.is("PUT", "comp=blocklist")).unwrap()
    };
    assert_eq!(committed(&server).header("if-none-match"), "*");
    assert_eq!(room.run(["get", "large"]).succeeds().as_bytes(), room.read("large.json"));
    room.run(["save", "large.json"]).succeeds();
    assert!(!committed(&server).header("if-match").is_empty());
    room.run(["save", "--if-absent", "large.json"]).fails_with(7);
}

#[test]
fn an_upload_that_fails_leaves_nothing_to_be_seen() {
    let mut sent = 0;
    let server = Scripted::start(move |request, _| {
        sent += i32::from(request.is("PUT", "comp=block&"));
        (sent == 2).then(|| error(403, "AuthorizationPermissionMismatch"))
    });
    let room = room(&server);
    room.run(["save", "large.json"]).fails_with(8);
    assert!(server.state.lock().unwrap().stored.is_empty());
}

#[test]
fn of_two_that_create_the_slower_says_that_it_exists() {
    let server = Scripted::start(|request, blobs| {
        if request.is("PUT", "comp=block&") {
            let path = request.target.split('?').next().unwrap().to_owned();
            blobs.stored.insert(path, theirs());
        }
        None
    });
    room(&server).run(["save", "--if-absent", "large.json"]).fails_with(7);
}

/// <https://learn.microsoft.com/rest/api/storageservices/put-block-list#remarks>: a commit discards the blocks of others.
#[test]
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

#[test]
fn a_commit_whose_answer_is_lost_has_happened() {
    let mut lost = false;
    let server = Scripted::start(move |request, blobs| {
        if lost || !request.is("PUT", "comp=blocklist") {
            return None;
        }
        lost = true;
        blobs.answer(request);
        Some(Answer::Close)
    });
    let room = room(&server);
    room.run(["save", "--if-absent", "large.json"]).succeeds();
    assert_eq!(room.run(["get", "large"]).succeeds().as_bytes(), room.read("large.json"));
    room.run(["save", "--if-absent", "large.json"]).fails_with(7);
}

#[cfg(unix)]
#[test]
fn an_upload_that_is_interrupted_leaves_nothing_to_be_seen() {
    let mut sent = 0;
    let server = Scripted::start(move |request, _| {
        sent += i32::from(request.is("PUT", "comp=block&"));
        (sent == 2).then_some(Answer::Silence)
    });
    let room = room(&server);
    let mut running = room.start(["save", "large.json"]).spawn();
    while server.seen().iter().filter(|request| request.is("PUT", "comp=block&")).count() < 2 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let kill = std::process::Command::new("kill").args(["-INT", &running.id().to_string()]).status().unwrap();
    assert!(kill.success());
    assert_eq!(running.wait().unwrap().code(), Some(130));
    assert!(server.state.lock().unwrap().stored.is_empty());
}
