//! Servers that lie: pages of other servers, wrong answers to single requests, lists without an end, answers of any
//! length. For each lie: the exit code is right, the command ends, nothing false is said, and no secret is shown.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::cloud::{Cloud, room};
use crate::server::{Answer, Request, Scripted};
use crate::support::{Room, stored};

crate::shared_cases![
    another_server_is_named_whatever_it_answers,
    no_wrong_answer_to_one_request_makes_a_command_say_what_is_not_so,
    a_list_that_never_ends_is_cut_short,
    #[cfg(target_os = "linux")]
    an_answer_of_any_length_takes_little_memory,
    a_secret_that_a_server_repeats_is_masked,
];

/// The page of another server, with the headers of a static file.
fn page(status: u16) -> Answer {
    let headers = [
        ("content-type", "text/html; charset=utf-8"),
        ("etag", "\"60d6-1\""),
        ("last-modified", "Fri, 25 Jun 2021 18:42:07 GMT"),
    ];
    let headers = headers.map(|(name, value)| (name, value.to_owned())).to_vec();
    Answer::Respond(status, headers, b"<!doctype html><html><title>Sign in</title></html>".to_vec())
}

/// Answers of servers that are not the service.
fn strangers() -> Vec<(&'static str, Answer)> {
    let json = vec![("content-type", "application/json".to_owned()), ("etag", "\"1\"".to_owned())];
    let login = vec![("location", "https://login.example.com/?token=SECRET".to_owned())];
    vec![
        ("a page", page(200)),
        ("a page that refuses", page(403)),
        ("a page that finds nothing", page(404)),
        ("nothing", Answer::Respond(200, Vec::new(), Vec::new())),
        ("no content", Answer::Respond(204, Vec::new(), Vec::new())),
        ("JSON", Answer::Respond(200, json, br#"{"status":"ok"}"#.to_vec())),
        ("a redirect to a page", Answer::Respond(302, login, Vec::new())),
        ("another protocol", Answer::Raw(b"SSH-2.0-OpenSSH_9\r\n".to_vec())),
    ]
}

/// A command of each kind that sends requests. `run-1` is stored, `run-2` is not.
const COMMANDS: &[&[&str]] = &[
    &["list", "-f", "json"],
    &["list", "--count"],
    &["get", "run-1"],
    &["save", "run-2.json"],
    &["save", "run-1.json"],
    &["save", "--if-absent", "run-2.json"],
    &["delete", "run-1"],
    &["set-tier", "run-1", "Cool", "--min-size", "0"],
    &["reindex", "--dry-run"],
];

/// A room with the documents that the commands save.
fn room_of_commands<Service: Cloud>(server: &Scripted<Service>, more: &str) -> Room {
    let room = room(server, more);
    for name in ["run-1", "run-2"] {
        room.write(&format!("{name}.json"), stored(name).text());
    }
    room
}

/// Checks that no secret of the profile or of a server is shown.
fn shows_no_secret(text: &str) {
    for secret in ["SECRET", "c2VjcmV0", "Signature=", "SharedKey"] {
        assert!(!text.contains(secret), "{text}");
    }
}

fn another_server_is_named_whatever_it_answers<Service: Cloud>() {
    for (what, answer) in strangers() {
        let server = Scripted::<Service>::lying(move |_, _| Some(answer.clone()));
        let room = room_of_commands(&server, "");
        for command in COMMANDS {
            let message = room.run(*command).fails_with(4);
            let host = server.address().replace("http://", "");
            assert!(message.contains("hint") && message.contains(&host), "{what}, {command:?}: {message}");
            shows_no_secret(&message);
        }
    }
}

fn no_wrong_answer_to_one_request_makes_a_command_say_what_is_not_so<Service: Cloud>() {
    let lies = [page(200), Answer::Respond(200, Vec::new(), Vec::new())];
    let (left, lie) = (Arc::new(AtomicUsize::new(usize::MAX)), Arc::new(std::sync::Mutex::new(lies[0].clone())));
    let (turn, told) = (left.clone(), lie.clone());
    let server = Scripted::<Service>::lying(move |_, _| {
        let before =
            turn.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| Some(left.saturating_sub(1))).unwrap();
        (before == 1).then(|| told.lock().unwrap().clone())
    });
    let room = room_of_commands(&server, "");
    left.store(0, Ordering::SeqCst);
    room.save(&stored("run-1"));
    let saved = server.state.lock().unwrap().clone();
    let honest = || left.store(0, Ordering::SeqCst);
    let mut runs = 0;
    for answer in &lies {
        answer.clone_into(&mut lie.lock().unwrap());
        // A list asks again for an answer that breaks off.
        let is_page = matches!(answer, Answer::Respond(_, _, body) if !body.is_empty());
        let commands = COMMANDS.iter().filter(|command| is_page || ["get", "save", "delete"].contains(&command[0]));
        for command in commands {
            for nth in 1.. {
                honest();
                *server.state.lock().unwrap() = saved.clone();
                server.take();
                left.store(nth, Ordering::SeqCst);
                let outcome = room.run(*command);
                let is_over = left.load(Ordering::SeqCst) > 0;
                honest();
                let text = outcome.to_string();
                shows_no_secret(&text);
                match (outcome.code(), command[0]) {
                    // The request was sent again, or the command does not depend on it.
                    (Some(0), "save") => {
                        let run_id = command.last().unwrap().trim_end_matches(".json");
                        assert_eq!(room.run(["get", run_id]).succeeds(), stored(run_id).text(), "{nth}");
                    }
                    (Some(0), "delete") => drop(room.run(["get", "run-1"]).fails_with(3)),
                    (Some(0), "get") => assert_eq!(text, stored("run-1").text(), "{nth}"),
                    (Some(0), "set-tier") => assert!(!server.take().is_empty()),
                    (Some(0), _) => {}
                    (code, _) => assert_eq!(code, Some(4), "{command:?} {nth}: {answer:?}\n{text}"),
                }
                runs += 1;
                if is_over {
                    break;
                }
            }
        }
    }
    let _ = writeln!(std::io::stderr(), "{}: {runs} runs with one wrong answer", Service::NAME);
}

fn a_list_that_never_ends_is_cut_short<Service: Cloud>() {
    for list in Service::lists_without_end() {
        let server = Scripted::<Service>::start(move |request, _| {
            Service::is_list(request).then(|| Answer::Respond(200, Vec::new(), list.clone().into_bytes()))
        });
        let room = room(&server, "python_index = 'never'");
        for command in [vec!["list"], vec!["list", "--count"], vec!["list", "--limit", "3"], vec!["reindex"]] {
            let message = room.run(command).fails_with(4);
            assert!(message.contains("cuts the list short"), "{message}");
        }
    }
}

/// Runs each command with 600 MB of address space against answers of a terabyte.
#[cfg(target_os = "linux")]
fn an_answer_of_any_length_takes_little_memory<Service: Cloud>() {
    let announced = "content-length: 1000000000000";
    let error = format!("HTTP/1.1 500 Scripted\r\n{announced}\r\n\r\n").into_bytes();
    let list = format!("HTTP/1.1 200 Scripted\r\n{announced}\r\n\r\n<?xml version=\"1.0\"?>").into_bytes();
    let chunked = b"HTTP/1.1 200 Scripted\r\ntransfer-encoding: chunked\r\n\r\nfffffff\r\n".to_vec();
    let head = b"HTTP/1.1 200 Scripted\r\nx: ".to_vec();
    for start in [error, list, chunked, head] {
        let server = Scripted::<Service>::lying(move |_, _| Some(Answer::Endless(start.clone())));
        let room = room_of_commands(&server, "retry_timeout = 0.3");
        for command in
            [vec!["list"], vec!["save", "run-1.json"], vec!["set-tier", "run-1", "Cool"], vec!["delete", "run-1"]]
        {
            let mut limited = std::process::Command::new("/bin/sh");
            limited.env_clear().env("HOME", room.home()).current_dir(room.work());
            limited.args(["-c", "ulimit -v 600000; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_truthound-store")]);
            let outcome = limited.args(&command).output().unwrap();
            let message = String::from_utf8_lossy(&outcome.stderr);
            assert_eq!(outcome.status.code(), Some(4), "{command:?}: {message}");
        }
    }
}

fn a_secret_that_a_server_repeats_is_masked<Service: Cloud>() {
    let repeated = |request: &Request| {
        let headers: String = request.headers.iter().map(|(name, value)| format!("{name}: {value} ")).collect();
        let message = format!("{} {headers}", request.target).replace('&', "&amp;");
        let body = format!("<Error><Code>AccessDenied</Code><Message>{message}</Message></Error>");
        Answer::Respond(403, Vec::new(), body.into_bytes())
    };
    let server = Scripted::<Service>::start(move |request, _| Some(repeated(request)));
    for profile in Service::profiles_with_secrets(&server.address()) {
        let room = room_of_commands(&server, "");
        room.write("truthound-store.toml", format!("[profiles.x]\nbackend = '{}'\n{profile}\n", Service::NAME));
        for command in COMMANDS {
            let message = room.run([&["-p", "x", "-v"], *command].concat()).fails_with(8);
            for secret in ["SECRET", "SIGNATURE", "c2VjcmV0"] {
                assert!(!message.contains(secret), "{message}");
            }
            let sent =
                server.take().iter().map(|request| request.header("authorization").to_owned()).collect::<Vec<_>>();
            let signatures = sent.iter().filter_map(|sent| sent.rsplit([' ', ':', '=']).next());
            for signature in signatures.filter(|signature| signature.len() > 8) {
                assert!(!message.contains(signature), "{message}");
            }
        }
    }
}
