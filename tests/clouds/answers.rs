//! Answers that HTTP and the services allow, although the service itself sends others; and conditions that a server
//! ignores.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use crate::cloud::{Cloud, document_headers, room, room_at};
use crate::server::{Answer, Request, Scripted, every_command};
use crate::support::stored;

crate::shared_cases![
    a_document_without_a_length_is_read_to_its_proper_end,
    a_document_without_a_length_that_is_cut_is_unreadable,
    the_whole_in_place_of_a_part_is_cut_to_it,
    tls_to_a_server_without_it_is_named,
    a_server_that_ignores_conditions_is_named_once_and_replaces_nothing,
    a_server_that_ignores_conditions_is_named_by_doctor,
    a_foreign_name_hides_no_other_and_is_counted_once,
    an_error_of_set_tier_names_its_result,
];

/// A response with this document and no length: chunked, or until the connection is closed.
fn unmeasured<Service: Cloud>(is_chunked: bool, document: &str) -> Answer {
    let headers = document_headers::<Service>();
    let headers = headers.iter().filter(|(name, _)| !name.ends_with("content-length"));
    let mut text = "HTTP/1.1 200 Scripted\r\n".to_owned();
    headers.for_each(|(name, value)| text.push_str(&format!("{name}: {value}\r\n")));
    match is_chunked {
        true => text.push_str(&format!("transfer-encoding: chunked\r\n\r\n{:x}\r\n{document}\r\n", document.len())),
        false => text.push_str(&format!("connection: close\r\n\r\n{document}")),
    }
    Answer::Raw(text.into_bytes())
}

/// Reads a document from a server that answers with `answer` only.
fn read_from<Service: Cloud>(answer: Answer) -> crate::support::Outcome {
    let server = Scripted::<Service>::start(move |request, _| request.is("GET", "results").then(|| answer.clone()));
    room(&server, "retry_timeout = 0.2").run(["get", "run-1"])
}

fn a_document_without_a_length_is_read_to_its_proper_end<Service: Cloud>() {
    let document = stored("run-1").text();
    assert_eq!(read_from::<Service>(unmeasured::<Service>(false, &document)).succeeds(), document);
    let Answer::Raw(mut chunked) = unmeasured::<Service>(true, &document) else { unreachable!() };
    chunked.extend(b"0\r\n\r\n");
    assert_eq!(read_from::<Service>(Answer::Raw(chunked)).succeeds(), document);
}

fn a_document_without_a_length_that_is_cut_is_unreadable<Service: Cloud>() {
    let document = stored("run-1").text();
    for answer in [
        unmeasured::<Service>(false, &document[..document.len() - 1]),
        unmeasured::<Service>(true, &document),
        unmeasured::<Service>(true, &document[..10]),
    ] {
        drop(read_from::<Service>(answer).fails_with(5));
    }
}

fn the_whole_in_place_of_a_part_is_cut_to_it<Service: Cloud>() {
    let server = Scripted::<Service>::start(|request, state| {
        let mut request = request.clone();
        request.headers.remove("range");
        request.headers.remove("x-ms-range");
        Some(state.answer(&request))
    });
    every_command(&room(&server, "python_index = 'always'"));
}

fn tls_to_a_server_without_it_is_named<Service: Cloud>() {
    for (answer, says) in
        [("HTTP/1.1 400 Bad Request\r\n\r\n", "the server answers without TLS"), ("", "instead of answering with TLS")]
    {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("https://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                let mut connection = connection.unwrap();
                let _ = connection.read(&mut [0; 4096]);
                let _ = connection.write_all(answer.as_bytes());
            }
        });
        let message = room_at::<Service>(&address, "").run(["list"]).fails_with(4);
        assert!(message.contains(says) && message.contains("http://"), "{message}");
    }
}

/// The same request without its condition.
fn unconditional(request: &Request) -> Request {
    let mut request = request.clone();
    request.headers.retain(|name, _| !name.starts_with("if-"));
    request.target = request.target.replace("ifGenerationMatch", "ignored");
    request
}

fn a_server_that_ignores_conditions_is_named_once_and_replaces_nothing<Service: Cloud>() {
    let warning = "ignores the conditions";
    let server = Scripted::<Service>::plain();
    let honest = room(&server, "");
    for name in ["a", "b"] {
        honest.write(&format!("{name}.json"), stored(name).text());
    }
    let said = honest.run(["save", "--if-absent", "a.json", "b.json"]);
    assert!(!said.to_string().contains(warning), "{said}");
    said.succeeds();

    let server = Scripted::<Service>::start(|request, state| Some(state.answer(&unconditional(request))));
    let room = room(&server, "");
    for name in ["a", "b"] {
        room.write(&format!("{name}.json"), stored(name).text());
    }
    let said = room.run(["save", "--if-absent", "a.json", "b.json"]);
    assert_eq!(said.to_string().matches(warning).count(), 1, "{said}");
    said.succeeds();
    room.write("a.json", stored("a").ended("failure").text());
    room.run(["save", "--if-absent", "a.json"]).fails_with(7);
    assert_eq!(room.run(["get", "a"]).succeeds(), stored("a").text());
}

/// A server that lists the objects of `doctor`; the other lists of scripted servers are empty.
fn listing<Service: Cloud>(alter: fn(&Request) -> Request) -> Scripted<Service> {
    const DIRECTORY: &str = "truthound/default/_doctor/";
    let mut names = BTreeSet::new();
    Scripted::<Service>::start(move |request, state| {
        if Service::is_list(request) && request.target.contains("_doctor") {
            let names: Vec<_> = names.iter().map(String::as_str).collect();
            return Some(Answer::Respond(200, Vec::new(), Service::list_of(&names).into_bytes()));
        }
        let target = percent_encoding::percent_decode_str(&request.target).decode_utf8().unwrap();
        if let Some((_, rest)) = target.split_once(DIRECTORY) {
            let end = rest.find(|letter: char| !letter.is_ascii_hexdigit()).unwrap_or(rest.len());
            let name = format!("{DIRECTORY}{}", &rest[..end]);
            match request.method.as_str() {
                "DELETE" => drop(names.remove(&name)),
                method if method == Service::WRITE => drop(names.insert(name)),
                _ => {}
            }
        }
        Some(state.answer(&alter(request)))
    })
}

fn a_server_that_ignores_conditions_is_named_by_doctor<Service: Cloud>() {
    let failed = |server: &Scripted<Service>| {
        let outcome = room(server, "").run(["doctor", "-f", "jsonl"]);
        let rows = outcome.stdout();
        let rows = rows.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        let failed = rows.filter(|row| row["level"] == "failed");
        let checks = failed.map(|row| format!("{}: {}", row["check"], row["message"]).replace('"', ""));
        (checks.collect::<Vec<_>>(), outcome.code())
    };
    assert_eq!(failed(&listing::<Service>(Request::clone)), (vec![], Some(0)));
    let (checks, code) = failed(&listing::<Service>(unconditional));
    let expected =
        ["create if absent: of 8 creations of one object", "compare and swap: of 8 replacements of one version"]
            .map(|what| format!("{what} at once, 8 succeed: conditional writes are not atomic"));
    assert_eq!((checks, code), (expected.to_vec(), Some(9)));
}

fn a_foreign_name_hides_no_other_and_is_counted_once<Service: Cloud>() {
    let names = |request: &Request| match request.target.contains("_catalog") {
        true => vec!["truthound/default/_catalog//x", "truthound/default/_catalog/a\u{9}b"],
        false => vec!["truthound/default/results//x.json.gz", "truthound/default/results/"],
    };
    let server = Scripted::<Service>::start(move |request, _| {
        let list = Service::list_of(&names(request)).into_bytes();
        Service::is_list(request).then(|| Answer::Respond(200, Vec::new(), list))
    });
    let room = room(&server, "");
    for command in [vec!["list"], vec!["list", "--count"], vec!["reindex", "--dry-run"]] {
        let outcome = room.run(command);
        assert_eq!(outcome.to_string().matches("skipped 3 objects").count(), 1, "{outcome}");
        outcome.succeeds();
    }
}

fn an_error_of_set_tier_names_its_result<Service: Cloud>() {
    let is_saved = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let refuses = is_saved.clone();
    let server = Scripted::<Service>::start(move |request, _| {
        let is_write = matches!(request.method.as_str(), "PUT" | "POST");
        (refuses.load(std::sync::atomic::Ordering::SeqCst) && is_write).then(Service::denied)
    });
    let room = room(&server, "");
    room.save(&stored("run-1"));
    is_saved.store(true, std::sync::atomic::Ordering::SeqCst);
    let message = room.run(["-f", "json", "set-tier", "run-1", "Cool", "--min-size", "0"]).fails_with(8);
    let error: serde_json::Value = serde_json::from_str(message.lines().last().unwrap()).unwrap();
    assert_eq!(error["error"]["run_id"], "run-1", "{message}");
}
