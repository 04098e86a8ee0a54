//! Commands that a real server refuses, because a password or a key is wrong.

use std::fs;

use crate::support::{Room, stored};

/// Checks that every command of a profile with this wrong secret ends with 8, and that neither an output nor a file shows it.
pub(crate) fn refused_without_showing(room: &Room, secret: &str) {
    let commands: [&[&str]; 7] =
        [&["list"], &["get", "run-1"], &["save", "-"], &["delete", "run-1"], &["verify"], &["doctor"], &["profiles"]];
    for command in commands {
        for more in [&["-vv"][..], &["-vv", "-f", "json"]] {
            let run = room.start(command.iter().chain(more)).input(stored("run-1").text());
            let outcome = run.env("AWS_EC2_METADATA_DISABLED", "true").run();
            let expected = if command == ["profiles"] { 0 } else { 8 };
            assert_eq!(outcome.code(), Some(expected), "{command:?}\n{outcome}");
            assert!(!outcome.to_string().contains(secret), "{command:?}\n{outcome}");
        }
    }
    let mut directories = vec![room.home(), room.root().join("tmp")];
    while let Some(directory) = directories.pop() {
        for item in fs::read_dir(directory).unwrap().map(|item| item.unwrap().path()) {
            match item.is_dir() {
                true => directories.push(item),
                false => assert!(!String::from_utf8_lossy(&fs::read(&item).unwrap()).contains(secret), "{item:?}"),
            }
        }
    }
}
