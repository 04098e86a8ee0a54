//! A row that does not fit into Python's table on MySQL is refused without touching another result.

use crate::engine::{Engine, Place, room};
use crate::services::mariadb;
use crate::support::{Room, stored};

crate::cases![
    "table_of_python" on &[Engine::Mariadb] =>
    ids_that_it_takes_for_one_are_never_mixed_up,
    namespaces_that_it_takes_for_one_are_never_mixed_up,
    a_document_of_more_than_64_kilobytes_is_refused_with_the_reason,
    times_are_listed_in_whole_seconds_and_documents_keep_theirs,
    pages_follow_each_other_whatever_indexes_there_are,
];

fn place(engine: Engine) -> (Place, Room) {
    let place = engine.place();
    mariadb::make_table_of_python(&place.name);
    let room = room(&place.url, "");
    (place, room)
}

fn ids_that_it_takes_for_one_are_never_mixed_up(engine: Engine) {
    let (_place, room) = place(engine);
    room.save(&stored("run-a").of("first"));
    // MySQL's default collation ignores control characters, MariaDB's ignores trailing spaces.
    let same = if mariadb::is_mysql() { "run-a\u{7f}" } else { "run-a " };
    for other in ["run-A", "run-á", same] {
        let said = room.start(["save", "-"]).input(stored(other).of("second").text()).run().fails_with(7);
        assert!(said.contains("differ only in case") && said.contains("table_prefix"), "{said}");
        room.run(["get", other]).fails_with(3);
        room.run(["delete", other]).fails_with(3);
    }
    assert_eq!(room.run(["list", "--asset", "first", "--ids"]).succeeds(), "run-a\n");
    assert_eq!(room.run(["list", "--asset", "FIRST", "--ids"]).succeeds(), "");
    assert_eq!(room.run(["list", "--count"]).succeeds(), "1\n");
}

fn namespaces_that_it_takes_for_one_are_never_mixed_up(engine: Engine) {
    let (_place, room) = place(engine);
    for (namespace, run_id) in [("a", "one"), ("A", "two"), ("á", "three")] {
        room.start(["save", "-n", namespace, "-"]).input(stored(run_id).text()).run().succeeds();
    }
    assert_eq!(room.run(["list", "-n", "a", "--ids"]).succeeds(), "one\n");
    assert_eq!(room.run(["list", "-n", "A", "--ids"]).succeeds(), "two\n");
    room.run(["delete", "-n", "a", "two"]).fails_with(3);
}

fn a_document_of_more_than_64_kilobytes_is_refused_with_the_reason(engine: Engine) {
    let (_place, room) = place(engine);
    for padding in ["x", "ü", "🦀"] {
        let document =
            stored("large").text().replacen('{', &format!("{{\"padding\":\"{}\",", padding.repeat(70_000)), 1);
        let said = room.start(["save", "-"]).input(document).run().fails_with(6);
        assert!(said.contains("64 KB") && said.contains("LONGTEXT"), "{said}");
    }
    room.save(&stored("small"));
    assert_eq!(room.run(["list", "--ids"]).succeeds(), "small\n");
}

fn times_are_listed_in_whole_seconds_and_documents_keep_theirs(engine: Engine) {
    let (_place, room) = place(engine);
    room.save(&stored("run-1").at("2026-03-01T12:00:00.25"));
    let listed = room.run(["list", "--format", "json"]).json();
    assert_eq!(listed[0]["run_time"], "2026-03-01T12:00:00Z");
    assert_eq!(room.run(["get", "run-1"]).json()["run_time"], "2026-03-01T12:00:00.25");
}

fn pages_follow_each_other_whatever_indexes_there_are(engine: Engine) {
    let (_place, room) = place(engine);
    let many = (0..600).map(|n| {
        let result = stored(&format!("run-{n}")).at(&format!("2026-03-01T{:02}:{:02}:00", n / 60, n % 60));
        result.ended("failure").of("one").text() + "\n"
    });
    room.start(["save", "-"]).input(many.collect::<String>()).run().succeeds();
    for filters in [vec![], vec!["--asset", "one"], vec!["--status", "failure"]] {
        let listed = room.run([vec!["list", "--ids"], filters].concat()).succeeds();
        assert_eq!(listed.lines().count(), 600);
    }
}
