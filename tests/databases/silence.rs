//! A server that stops answering after it has let the client in.

use std::time::Duration;

use crate::engine::{BOTH, Engine};
use crate::faults::by_proxy;
use crate::support::stored;

crate::cases![
    "silence" on BOTH =>
    a_server_that_falls_silent_is_given_up_with_the_reason,
    a_save_that_is_never_answered_is_given_up,
    an_answer_that_comes_slowly_is_read_to_its_end,
];

const BRIEF: &str = "[profiles.default.pooling]\nresponse_timeout = 0.3\n";

fn a_server_that_falls_silent_is_given_up_with_the_reason(engine: Engine) {
    for command in [&["list"][..], &["list", "--count"], &["get", "first"]] {
        let (room, proxy) = by_proxy(engine, BRIEF);
        proxy.hush_after("validation_results");
        let said = room.run(command).fails_with(4);
        assert!(said.contains("the server has not answered for 0.3 s"), "{said}");
        assert!(said.contains("`response_timeout`"), "{said}");
    }
}

fn a_save_that_is_never_answered_is_given_up(engine: Engine) {
    for command in [&["save", "-"][..], &["save", "--if-absent", "-"]] {
        let (room, proxy) = by_proxy(engine, BRIEF);
        proxy.hush_after("INSERT");
        let said = room.start(command).input(stored("run-1").text()).run().fails_with(4);
        assert!(said.contains("the server has not answered for 0.3 s"), "{said}");
    }
}

fn an_answer_that_comes_slowly_is_read_to_its_end(engine: Engine) {
    let (room, proxy) = by_proxy(engine, "[profiles.default.pooling]\nresponse_timeout = 0.5\n");
    let document = stored("large").text();
    let padded = document.replacen('{', &format!("{{\"padding\": \"{}\", ", "y".repeat(1 << 20)), 1);
    room.start(["save", "-"]).input(padded.clone()).run().succeeds();
    // The proxy passes on 64 KB at a time, so all takes longer than the limit.
    proxy.pause_before_each_piece(Duration::from_millis(50));
    assert_eq!(room.run(["get", "large"]).succeeds().len(), padded.len());
}

pub(crate) mod of_postgresql {
    use super::{Duration, Engine, by_proxy, stored};

    /// Long enough that a busy machine does not look silent between two bytes.
    const PATIENT: &str = "[profiles.default.pooling]\nresponse_timeout = 2.0\n";

    /// Short enough for that, and long enough that the answer, which has some 50 bytes, is not complete in twice that time.
    const PAUSE: Duration = Duration::from_millis(300);

    crate::cases!["silence" on &[Engine::Postgresql] => a_server_that_trickles_is_given_up_with_the_reason];

    fn a_server_that_trickles_is_given_up_with_the_reason(engine: Engine) {
        for (words, command) in [("validation_results", &["list"][..]), ("INSERT", &["save", "-"])] {
            let (room, proxy) = by_proxy(engine, PATIENT);
            proxy.trickle_after(words, PAUSE);
            let said = room.start(command).input(stored("run-1").text()).run().fails_with(4);
            assert!(said.contains("the server answers too slowly"), "{said}");
            assert!(said.contains("`response_timeout`"), "{said}");
        }
    }
}
