//! Documents that are uploaded in parts: conditionally, visible only when they are complete, and without leftover
//! parts.

use crate::cloud::{Cloud, Condition, room};
use crate::server::{Answer, Scripted, large};
use crate::support::Room;

crate::shared_cases![
    a_large_document_is_created_or_replaced_under_a_condition,
    an_upload_that_fails_leaves_nothing_behind,
    the_slower_of_two_creators_leaves_nothing_behind_and_reports_that_the_result_exists,
    a_completion_with_a_lost_response_has_happened,
    #[cfg(unix)]
    an_upload_that_is_interrupted_leaves_nothing_behind,
];

/// A room with a document that needs more than one part.
fn large_room<Service: Cloud>(server: &Scripted<Service>) -> Room {
    let room = room(server, "use_compression = false");
    room.write("large.json", large());
    room
}

fn a_large_document_is_created_or_replaced_under_a_condition<Service: Cloud>() {
    let server = Scripted::<Service>::plain();
    let room = large_room(&server);
    room.run(["save", "--if-absent", "large.json"]).succeeds();
    let condition = || server.take().iter().find_map(Service::upload_condition);
    assert_eq!(condition(), Some(Condition::Absent));
    assert_eq!(room.run(["get", "large"]).succeeds().as_bytes(), room.read("large.json"));
    room.run(["save", "large.json"]).succeeds();
    assert_eq!(condition(), Some(Condition::Version));
    room.run(["save", "--if-absent", "large.json"]).fails_with(7);
}

fn an_upload_that_fails_leaves_nothing_behind<Service: Cloud>() {
    let mut sent = 0;
    let server = Scripted::<Service>::start(move |request, _| {
        sent += i32::from(Service::is_part(request));
        (sent == 2 && Service::is_part(request)).then(Service::denied)
    });
    large_room(&server).run(["save", "large.json"]).fails_with(8);
    assert!(server.state.lock().unwrap().is_empty());
}

fn the_slower_of_two_creators_leaves_nothing_behind_and_reports_that_the_result_exists<Service: Cloud>() {
    let server = Scripted::<Service>::start(|request, state| {
        if Service::is_part(request) {
            state.store_rival(request);
        }
        None
    });
    large_room(&server).run(["save", "--if-absent", "large.json"]).fails_with(7);
    assert!(!server.state.lock().unwrap().has_parts());
}

fn a_completion_with_a_lost_response_has_happened<Service: Cloud>() {
    let mut is_lost = false;
    let server = Scripted::<Service>::start(move |request, state| {
        if is_lost || !Service::is_completion(request) {
            return None;
        }
        is_lost = true;
        state.answer(request);
        Some(Answer::Close)
    });
    let room = large_room(&server);
    room.run(["save", "--if-absent", "large.json"]).succeeds();
    assert_eq!(room.run(["get", "large"]).succeeds().as_bytes(), room.read("large.json"));
    room.run(["save", "--if-absent", "large.json"]).fails_with(7);
}

#[cfg(unix)]
fn an_upload_that_is_interrupted_leaves_nothing_behind<Service: Cloud>() {
    let mut sent = 0;
    let server = Scripted::<Service>::start(move |request, _| {
        sent += i32::from(Service::is_part(request));
        (sent == 2 && Service::is_part(request)).then_some(Answer::Silence)
    });
    let room = large_room(&server);
    let mut running = room.start(["save", "large.json"]).spawn();
    while server.seen().iter().filter(|request| Service::is_part(request)).count() < 2 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let kill = std::process::Command::new("kill").args(["-INT", &running.id().to_string()]).status().unwrap();
    assert!(kill.success());
    assert_eq!(running.wait().unwrap().code(), Some(130));
    assert!(server.state.lock().unwrap().is_empty());
    assert!(!server.take().iter().any(Service::is_completion));
}
