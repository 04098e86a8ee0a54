//! Faults between client and server: no result that was reported as saved is lost, none is duplicated.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::thread;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::runtime::Runtime;
use truthound_store::store::contract::{Query, SaveMode};

use crate::engine::{BOTH, Engine, Server, Session, configure, document, end_all, id, room, store};
use crate::proxy::Proxy;
use crate::services::mariadb;
use crate::services::process::block_on;
use crate::support::{Room, stored};

crate::cases![
    "faults" on BOTH =>
    a_server_that_crashes_in_the_middle_of_a_bulk_save_loses_nothing_that_was_reported,
    a_save_whose_answer_is_lost_is_there_once,
    a_save_if_absent_whose_answer_is_lost_is_not_taken_for_somebody_elses,
    a_delete_whose_answer_is_lost_is_reported_as_done,
    deadlocks_lose_nothing,
    a_server_with_too_many_connections_exits_4_with_its_reason,
    a_connection_that_becomes_free_is_waited_for,
    after_five_outages_the_breaker_opens_for_all_processes_and_closes_again,
];

fn ids(room: &Room) -> Vec<String> {
    room.run(["list", "--ids"]).succeeds().lines().map(str::to_owned).collect()
}

fn a_server_that_crashes_in_the_middle_of_a_bulk_save_loses_nothing_that_was_reported(engine: Engine) {
    let mut server = engine.start(&[]);
    let room = room(&server.url(""), "[profiles.default.pooling]\nmax_retries = 20\n");
    let mut lines = String::new();
    for number in 0..4_000 {
        writeln!(lines, "{}", stored(&format!("run-{number}")).text()).unwrap();
    }
    room.write("all.jsonl", lines);
    let mut process = room.start(["save", "all.jsonl"]).spawn();
    // Each failure is reported there; the pipe must be read so that the process does not block.
    let errors = process.stderr.take().unwrap();
    let errors = thread::spawn(move || std::io::read_to_string(errors).unwrap());
    let mut reported = BTreeSet::new();
    let mut output = std::io::BufReader::new(process.stdout.take().unwrap());
    let mut line = String::new();
    // Once the first ones are reported, the work is under way.
    while reported.len() < 100 && std::io::BufRead::read_line(&mut output, &mut line).unwrap() > 0 {
        reported.insert(line.trim().to_owned());
        line.clear();
    }
    server.crash();
    let mut rest = String::new();
    let reader = thread::spawn(move || {
        std::io::Read::read_to_string(&mut output, &mut rest).unwrap();
        rest
    });
    thread::sleep(Duration::from_millis(200));
    server.resume();
    let status = process.wait().unwrap();
    reported.extend(reader.join().unwrap().lines().map(str::to_owned));
    let errors = errors.join().unwrap();
    assert!(matches!(status.code(), Some(0 | 4)), "{status:?}: {errors:.1000}");
    assert!(status.code() != Some(0) || reported.len() == 4_000, "{}", reported.len());
    room.run(["pool-status", "--reset-breaker"]).succeeds();
    let there = ids(&room);
    let distinct: BTreeSet<_> = there.iter().cloned().collect();
    assert_eq!(distinct.len(), there.len());
    assert!(reported.is_subset(&distinct), "{:?} are lost", reported.difference(&distinct).take(5).collect::<Vec<_>>());
    // Repeating the command saves everything, once.
    room.run(["save", "all.jsonl"]).succeeds();
    assert_eq!(ids(&room).len(), 4_000);
}

/// Words that only a commit sends.
fn commit(engine: Engine) -> &'static str {
    if engine == Engine::Mariadb { "\u{3}COMMIT" } else { "COMMIT" }
}

/// Returns a room with a profile that goes through a proxy to a place where `first` is stored.
pub(crate) fn by_proxy(engine: Engine, more: &str) -> (Room, Proxy) {
    let url = engine.place().url;
    let room = room(&url, "");
    room.save(&stored("first"));
    let port = url.rsplit(':').next().unwrap().split('/').next().unwrap().parse().unwrap();
    let proxy = Proxy::before(port);
    let clear = if engine == Engine::Mariadb { "&ssl_mode=DISABLED" } else { "" };
    let url = url.replacen(&format!(":{port}/"), &format!(":{}/", proxy.port), 1);
    configure(&room, &format!("{url}{clear}"), more);
    (room, proxy)
}

fn a_save_whose_answer_is_lost_is_there_once(engine: Engine) {
    let (room, proxy) = by_proxy(engine, "");
    proxy.cut_after("marked asset");
    room.start(["save", "-"]).input(stored("run-1").of("marked asset").text()).run().succeeds();
    assert_eq!(proxy.cuts(), 1);
    assert_eq!(room.run(["list", "--asset", "marked asset", "--ids"]).succeeds(), "run-1\n");
    assert_eq!(ids(&room).len(), 2);
}

fn a_save_if_absent_whose_answer_is_lost_is_not_taken_for_somebody_elses(engine: Engine) {
    let (room, proxy) = by_proxy(engine, "");
    proxy.cut_after(commit(engine));
    room.start(["save", "--if-absent", "-"]).input(stored("run-1").text()).run().succeeds();
    assert_eq!(proxy.cuts(), 1);
    // A second one counts as another client's, even if it is identical.
    room.start(["save", "--if-absent", "-"]).input(stored("run-1").text()).run().fails_with(7);
    // So does one that no lost reply concerns.
    proxy.cut_after(commit(engine));
    let other = stored("run-1").of("another").text();
    room.start(["save", "--if-absent", "-"]).input(other).run().fails_with(7);
    assert_eq!(room.run(["list", "--asset", "another", "--count"]).succeeds(), "0\n");
}

fn a_delete_whose_answer_is_lost_is_reported_as_done(engine: Engine) {
    let (room, proxy) = by_proxy(engine, "");
    proxy.cut_after(commit(engine));
    room.run(["delete", "first"]).succeeds();
    assert_eq!((proxy.cuts(), ids(&room).len()), (1, 0));
    proxy.cut_after(commit(engine));
    room.run(["delete", "first"]).fails_with(3);
}

/// Several writers of the same results, each in its own order and in large transactions.
fn write_the_same_in_different_orders(url: &str) {
    let results = 40;
    block_on(async {
        let stores: Vec<_> = (0..4).map(|_| store(url, "max_retries = 50\nretry_base_delay = 0.02")).collect();
        stores[0].save(&document("run-0", 100), SaveMode::Overwrite).await.unwrap();
        for round in 0..5 {
            let writers = stores.iter().enumerate().map(|(writer, store)| async move {
                let order = (0..results).map(|n| if writer % 2 == 0 { n } else { results - 1 - n });
                let documents: Vec<_> =
                    order.map(|n| document(&format!("run-{n}"), 200 + 10 * writer + round)).collect();
                for saved in join_all(documents.iter().map(|document| store.save(document, SaveMode::Overwrite))).await
                {
                    saved.unwrap();
                }
            });
            join_all(writers).await;
        }
        assert_eq!(stores[0].count(&Query::default()).await.unwrap(), results);
        for n in 0..results {
            assert!(stores[0].get(&id(&format!("run-{n}"))).await.is_ok());
        }
    });
}

fn deadlocks_lose_nothing(engine: Engine) {
    write_the_same_in_different_orders(&engine.place().url);
}

/// Connections, with the runtime that keeps them open.
struct Held {
    sessions: Vec<Session>,
    runtime: Runtime,
}

/// Starts a server with few connections and takes all of them.
fn exhausted(engine: Engine) -> (Server, Held) {
    let server = match engine {
        Engine::Postgresql => {
            engine.start(&["max_connections=6", "superuser_reserved_connections=0", "max_wal_senders=0"])
        }
        // MySQL has no extra port with separate connections.
        Engine::Mariadb if mariadb::is_mysql() => engine.start(&["--max-connections=10"]),
        Engine::Mariadb => engine.start(&["--max-connections=10", "--extra-max-connections=1"]),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let sessions = runtime.block_on(async {
        let mut sessions = Vec::new();
        while let Some(session) = engine.try_connect(server.port()).await {
            sessions.push(session);
        }
        sessions
    });
    (server, Held { sessions, runtime })
}

fn a_server_with_too_many_connections_exits_4_with_its_reason(engine: Engine) {
    let (server, held) = exhausted(engine);
    let room = room(&server.url(""), "[profiles.default.pooling]\nmax_retries = 1\n");
    for command in [&["list"][..], &["delete", "run-1"]] {
        let said = room.run(command).fails_with(4);
        assert!(said.to_lowercase().contains("too many") && said.contains("max_connections"), "{said}");
    }
    drop(held);
}

fn a_connection_that_becomes_free_is_waited_for(engine: Engine) {
    let (server, held) = exhausted(engine);
    let room = room(&server.url(""), "[profiles.default.pooling]\nmax_retries = 100\n");
    let mut process = room.start(["list", "--count"]).spawn();
    thread::sleep(Duration::from_millis(300));
    assert!(process.try_wait().unwrap().is_none());
    held.runtime.block_on(end_all(held.sessions));
    let output = process.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "0\n", "{}", String::from_utf8_lossy(&output.stderr));
}

fn after_five_outages_the_breaker_opens_for_all_processes_and_closes_again(engine: Engine) {
    let mut server = engine.start(&[]);
    let pooling = "[profiles.default.pooling]\nrecovery_timeout = 1\n";
    let room = room(&server.url(""), pooling);
    room.save(&stored("run-1"));
    server.crash();
    for _ in 0..5 {
        let said = room.run(["list"]).fails_with(4);
        assert!(said.contains("Connection refused"), "{said}");
    }
    let said = room.run(["list"]).fails_with(4);
    assert!(said.contains("the circuit breaker is open") && said.contains("--reset-breaker"), "{said}");
    server.resume();
    thread::sleep(Duration::from_millis(1_100));
    for _ in 0..3 {
        assert_eq!(ids(&room), ["run-1"]);
    }
    let status = room.run(["pool-status", "--format", "json"]).json();
    assert_eq!(status["circuit_state"], "CLOSED", "{status}");
    assert_eq!(status["metrics"]["circuit_breaker"]["opens"], 1, "{status}");
}

pub(crate) mod of_postgresql {
    use super::{Engine, write_the_same_in_different_orders};

    crate::cases!["faults" on &[Engine::Postgresql] => serialization_failures_are_tried_again];

    fn serialization_failures_are_tried_again(engine: Engine) {
        let url = engine.place().url;
        // Every connection asks for the strictest isolation.
        let url = url.replacen("options=-c", "options=-cdefault_transaction_isolation%3Dserializable%20-c", 1);
        write_the_same_in_different_orders(&url);
    }
}
