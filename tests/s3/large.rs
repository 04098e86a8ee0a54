//! Documents that go in parts: with their condition, and without leaving parts behind.

use crate::scripted::{Answer, Scripted, error, large};
use crate::support::Room;

/// A room with a document of more than one part.
fn room(server: &Scripted) -> Room {
    let room = server.room_with_keys("use_compression = false");
    room.write("large.json", large());
    room
}

#[test]
fn a_large_document_is_created_or_replaced_under_a_condition() {
    let server = Scripted::plain();
    let room = room(&server);
    room.run(["save", "--if-absent", "large.json"]).succeeds();
    let completed = |server: &Scripted| {
        let requests = server.take();
        requests.into_iter().find(|request| request.method == "POST" && request.target.contains("uploadId")).unwrap()
    };
    assert_eq!(completed(&server).header("if-none-match"), "*");
    assert_eq!(room.run(["get", "large"]).succeeds().as_bytes(), room.read("large.json"));
    room.run(["save", "large.json"]).succeeds();
    assert!(!completed(&server).header("if-match").is_empty());
    room.run(["save", "--if-absent", "large.json"]).fails_with(7);
}

#[test]
fn an_upload_that_fails_leaves_no_parts() {
    let server = Scripted::start(|request, _| request.is("PUT", "partNumber=2").then(|| error(403, "AccessDenied")));
    room(&server).run(["save", "large.json"]).fails_with(8);
    let objects = server.state.lock().unwrap();
    assert!(objects.uploads.is_empty() && objects.stored.is_empty());
}

#[test]
fn of_two_that_create_the_slower_leaves_no_parts_and_says_that_it_exists() {
    let server = Scripted::start(|request, objects| {
        if request.is("PUT", "partNumber=1") {
            let path = request.target.split('?').next().unwrap().to_owned();
            objects.stored.insert(path, (50, b"theirs".to_vec()));
        }
        None
    });
    room(&server).run(["save", "--if-absent", "large.json"]).fails_with(7);
    assert!(server.state.lock().unwrap().uploads.is_empty());
}

#[test]
fn a_completion_whose_answer_is_lost_has_happened() {
    // What comes second finds no upload.
    let refusing = Scripted::start({
        let mut times = 0;
        move |request, objects| {
            if !request.is("POST", "uploadId") {
                return None;
            }
            times += 1;
            if times > 1 {
                return Some(error(404, "NoSuchUpload"));
            }
            let path = request.target.split('?').next().unwrap().to_owned();
            let body = objects.uploads.remove(&path).unwrap();
            objects.stored.insert(path, (60, body));
            Some(Answer::Close)
        }
    });
    room(&refusing).run(["save", "--if-absent", "large.json"]).succeeds();
}

#[cfg(unix)]
#[test]
fn an_upload_that_is_interrupted_leaves_no_parts() {
    let server = Scripted::start(|request, _| request.is("PUT", "partNumber=2").then_some(Answer::Silence));
    let room = room(&server);
    let mut running = room.start(["save", "large.json"]).spawn();
    while !server.seen().iter().any(|request| request.is("PUT", "partNumber=2")) {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let kill = std::process::Command::new("kill").args(["-INT", &running.id().to_string()]).status().unwrap();
    assert!(kill.success());
    assert_eq!(running.wait().unwrap().code(), Some(130));
    let objects = server.state.lock().unwrap();
    assert!(objects.uploads.is_empty() && objects.stored.is_empty());
}
