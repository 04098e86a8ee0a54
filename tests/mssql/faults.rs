//! Faults and retries.

use crate::rooms::Rooms as _;
use crate::server::{Reply, Request, Server};
use crate::support::{Outcome, Room, Stored, stored};

/// A server that answers `times` batches that contain `part` with `reply`, and executes the rest.
fn failing(times: usize, part: &'static str, reply: Reply) -> Server {
    let mut left = times;
    Server::scripted(move |request| {
        if left > 0 && request.is_batch(part) {
            left -= 1;
            return reply;
        }
        Reply::Go
    })
}

fn save(room: &Room, result: &Stored, more: &[&str]) -> Outcome {
    room.start(["save", "-"].iter().chain(more)).input(result.text()).run()
}

#[test]
fn the_victim_of_a_deadlock_is_tried_again() {
    let server = failing(2, "UPDATE", Reply::Error(1205, 13, "Transaction was deadlocked."));
    let room = server.room();
    save(&room, &stored("a"), &[]).succeeds();
    assert_eq!(room.run(["list", "--ids"]).succeeds(), "a\n");
}

#[test]
fn of_several_saves_all_are_tried_again_and_none_twice() {
    let server = failing(1, "INSERT", Reply::Error(1205, 13, "Transaction was deadlocked."));
    let room = server.room();
    let documents: Vec<_> = ["a", "b", "c"].map(|run_id| stored(run_id).text()).into();
    room.start(["save", "-"]).input(documents.join("\n")).run().succeeds();
    assert_eq!(room.run(["list", "--ids"]).succeeds(), "a\nb\nc\n");
}

#[test]
fn a_deadlock_without_end_is_told() {
    let server = failing(usize::MAX, "UPDATE", Reply::Error(1205, 13, "Transaction was deadlocked."));
    let told = save(&server.room(), &stored("a"), &[]).fails_with(6);
    assert!(told.contains("Transaction was deadlocked. (error 1205)"), "{told}");
    assert_eq!(server.batches("UPDATE").len(), 4);
}

#[test]
fn a_database_that_moves_is_waited_for() {
    let mut left = 2;
    let server = Server::scripted(move |request| match request {
        Request::SignIn(..) if left > 0 => {
            left -= 1;
            Reply::Error(40_613, 14, "Database 'results' is not currently available.")
        }
        _ => Reply::Go,
    });
    let room = server.room();
    save(&room, &stored("a"), &[]).succeeds();
    assert_eq!(server.connections(), 3);
}

#[test]
fn a_database_that_moves_in_the_middle_is_found_again() {
    let error = "The service has encountered an error processing your request.";
    let server = failing(1, "UPDATE", Reply::Error(40_197, 20, error));
    let room = server.room();
    save(&room, &stored("a"), &[]).succeeds();
    assert_eq!(room.run(["list", "--ids"]).succeeds(), "a\n");
    assert_eq!(server.connections(), 3, "of an error as grave as that the connection is gone");
}

#[test]
fn a_connection_that_breaks_before_the_save_is_replaced() {
    let server = failing(1, "UPDATE", Reply::Drop);
    let room = server.room();
    save(&room, &stored("a"), &[]).succeeds();
    assert_eq!(room.run(["list", "--count"]).succeeds(), "1\n");
}

#[test]
fn a_save_whose_answer_is_lost_is_saved_once() {
    for more in [&[][..], &["--if-absent"]] {
        let server = failing(1, "INSERT", Reply::DropAfter);
        let room = server.room();
        // The table exists, so the lost reply is that of the row.
        save(&room, &stored("z"), &[]).succeeds();
        save(&room, &stored("a"), more).succeeds();
        assert_eq!(room.run(["list", "--count"]).succeeds(), "2\n", "{more:?}");
    }
}

#[test]
fn a_removal_whose_answer_is_lost_is_no_missing_result() {
    for part in ["DELETE", "COMMIT TRANSACTION; SET"] {
        let server = failing(1, part, Reply::DropAfter);
        let room = server.room();
        save(&room, &stored("a"), &[]).succeeds();
        room.run(["delete", "a"]).succeeds();
        assert_eq!(room.run(["list", "--count"]).succeeds(), "0\n", "{part}");
    }
}

#[test]
fn a_read_whose_connection_breaks_is_read_again() {
    let server = failing(1, "THEN data_json END", Reply::Drop);
    let room = server.room();
    save(&room, &stored("a"), &[]).succeeds();
    assert_eq!(room.run(["get", "a"]).succeeds(), stored("a").text());
}

#[test]
fn a_query_without_a_result_is_no_empty_store() {
    let server = failing(usize::MAX, "FROM [validation_results]", Reply::Silence);
    let room = server.room();
    for (arguments, code) in [(&["list"][..], 5), (&["list", "--count"], 5), (&["get", "a"], 5), (&["delete", "a"], 6)]
    {
        let told = room.run(arguments).fails_with(code);
        assert!(told.contains("the server has not "), "{arguments:?}: {told}");
    }
}

#[test]
fn what_no_repetition_mends_is_not_repeated() {
    for (number, severity, code) in [(102, 15, 6), (229, 14, 8), (1105, 17, 6), (2628, 16, 6)] {
        let server = failing(usize::MAX, "UPDATE", Reply::Error(number, severity, "no"));
        let told = save(&server.room(), &stored("a"), &[]).fails_with(code);
        assert!(told.contains(&format!("no (error {number})")), "{told}");
        assert_eq!(server.batches("UPDATE").len(), 1, "{number}");
    }
}

#[test]
fn a_lock_that_others_hold_is_told() {
    let server = failing(usize::MAX, "UPDATE", Reply::Error(1222, 16, "Lock request time out period exceeded."));
    let told = save(&server.room(), &stored("a"), &[]).fails_with(6);
    assert!(told.contains("Lock request time out") && told.contains("hint: "), "{told}");
}

#[test]
fn a_table_that_somebody_else_makes_meanwhile_is_used() {
    let error = "There is already an object named 'validation_results' in the database.";
    let server = failing(1, "CREATE TABLE", Reply::ErrorAfter(2714, 16, error));
    let room = server.room();
    save(&room, &stored("a"), &[]).succeeds();
    assert_eq!(room.run(["list", "--ids"]).succeeds(), "a\n");
}

#[test]
fn a_table_may_not_have_to_be_made() {
    let server = Server::start();
    let room = server.room_with("&sslrootcert=ca.pem", "create_tables = false");
    let told = save(&room, &stored("a"), &[]).fails_with(4);
    assert!(told.contains("Invalid object name") && told.contains("create_tables"), "{told}");
    assert!(server.batches("CREATE").is_empty());
}

#[test]
fn a_server_that_breaks_off_the_greeting_is_told() {
    let server = Server::scripted(|request| match request {
        Request::SignIn(..) => Reply::Drop,
        Request::Batch(..) => Reply::Go,
    });
    let told = server.room().run(["list"]).fails_with(4);
    assert!(told.contains("does not answer as SQL Server does"), "{told}");
}

#[test]
fn a_database_too_old_for_tags_is_not_taken_for_an_empty_store() {
    let server = failing(usize::MAX, "OPENJSON", Reply::Error(208, 16, "Invalid object name 'openjson'."));
    let room = server.room();
    save(&room, &stored("a"), &[]).succeeds();
    let told = room.run(["list", "--tag", "env=prod"]).fails_with(5);
    assert!(told.contains("compatibility level 130"), "{told}");
}

#[test]
fn a_server_that_falls_silent_is_given_up_with_the_reason() {
    for (part, arguments) in
        [("THEN data_json END", &["get", "a"][..]), ("ORDER BY", &["list"]), ("UPDATE", &["save", "-"])]
    {
        let server = failing(usize::MAX, part, Reply::Hang);
        let room = server.room_with("&sslrootcert=ca.pem", "[profiles.server.pooling]\nresponse_timeout = 0.3");
        let told = room.start(arguments).input(stored("a").text()).run().fails_with(4);
        assert!(told.contains("the server has not answered for 0.3 s"), "{part}: {told}");
    }
}
