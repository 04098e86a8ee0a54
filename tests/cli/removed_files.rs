//! A SQLite file that is removed or replaced while the program runs. The program reports a save only if the file at
//! that path contains it.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, Stdio};

use crate::support::{Room, stored};

const FILES: [&str; 3] = ["store.db", "store.db-wal", "store.db-shm"];

/// A running `save -`, while its database file is removed or replaced.
struct Saving<'a> {
    room: &'a Room,
    child: Child,
    input: std::io::PipeWriter,
    output: BufReader<std::process::ChildStdout>,
}

impl<'a> Saving<'a> {
    fn start(room: &'a Room, more: &str) -> Self {
        Self::start_at(room, "store.db", more)
    }

    fn start_at(room: &'a Room, file: &str, more: &str) -> Self {
        configure(room, file, more);
        let (reader, mut input) = std::io::pipe().unwrap();
        write!(input, "{{").unwrap();
        let mut child = room.start(["save", "-"]).input_from(Stdio::from(reader)).spawn();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self { room, child, input, output }
    }

    /// Sends the rest of a document, after its first character, and the first character of the next one: the program
    /// saves a document only once the next one begins. Waits until the save is reported.
    fn save(&mut self, run_id: &str) {
        let text = stored(run_id).text();
        write!(self.input, "{}\n{{", &text[1..]).unwrap();
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        assert_eq!(line.trim_end(), run_id);
    }

    /// Sends the rest of the last document. Returns the exit status and stderr.
    fn end(self, run_id: &str) -> (Option<i32>, String) {
        let Self { mut child, mut input, .. } = self;
        input.write_all(&stored(run_id).text().as_bytes()[1..]).unwrap();
        drop(input);
        let mut told = String::new();
        child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
        (child.wait().unwrap().code(), told)
    }

    fn remove(&self, names: &[&str]) {
        for name in names {
            let _ = fs::remove_file(self.room.work().join(name));
        }
    }
}

fn configure(room: &Room, file: &str, more: &str) {
    let profile = format!("[profiles.p]\nbackend = \"database\"\nconnection_url = \"sqlite:///{file}\"\n{more}");
    room.write("truthound-store.toml", format!("default_profile = \"p\"\n\n{profile}"));
}

fn ids(room: &Room) -> String {
    room.run(["list", "--ids"]).succeeds().trim_end().replace('\n', " ")
}

#[test]
fn what_is_saved_after_the_file_was_removed_is_in_a_new_one() {
    let room = Room::new();
    let mut saving = Saving::start(&room, "");
    saving.save("run-1");
    saving.remove(&FILES);
    saving.save("run-2");
    assert_eq!(ids(&room), "run-2");
    let (code, told) = saving.end("run-3");
    assert_eq!(code, Some(0), "{told}");
    assert_eq!(told.matches("was removed or replaced while it was in use").count(), 1, "{told}");
    assert_eq!(ids(&room), "run-2 run-3");
}

#[test]
fn a_directory_that_is_removed_is_made_again_with_the_file() {
    let room = Room::new();
    let mut saving = Saving::start_at(&room, "deep/store.db", "");
    for n in 0..4 {
        saving.save(&format!("run-{n}"));
        fs::remove_dir_all(room.work().join("deep")).unwrap();
        saving.save(&format!("again-{n}"));
        assert_eq!(ids(&room), format!("again-{n}"));
    }
    assert_eq!(saving.end("last").0, Some(0));
}

#[test]
fn where_no_file_may_be_made_a_removed_one_is_told_and_what_was_under_way_is_not_reported() {
    let room = Room::new();
    configure(&room, "store.db", "");
    room.save(&stored("run-1"));
    let mut saving = Saving::start(&room, "create_tables = false\n");
    saving.save("run-2");
    saving.remove(&FILES);
    let (code, told) = saving.end("run-3");
    assert_eq!(code, Some(4), "{told}");
    assert!(told.contains("`run-3`") && told.contains("create_tables"), "{told}");
    assert!(!room.work().join("store.db").exists());
}

#[test]
fn what_is_saved_after_the_file_was_replaced_is_in_the_one_that_took_its_place() {
    let room = Room::new();
    configure(&room, "store.db", "");
    room.save(&stored("of another"));
    fs::rename(room.work().join("store.db"), room.work().join("other.db")).unwrap();
    let mut saving = Saving::start(&room, "");
    saving.save("run-1");
    saving.remove(&FILES[1..]);
    fs::rename(room.work().join("other.db"), room.work().join("store.db")).unwrap();
    saving.save("run-2");
    let (code, told) = saving.end("run-3");
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("warning: ") && told.contains("store.db was removed or replaced"), "{told}");
    assert_eq!(ids(&room), "of another run-2 run-3");
}

#[test]
fn a_file_that_is_put_where_it_was_is_no_other() {
    let room = Room::new();
    let mut saving = Saving::start(&room, "");
    saving.save("run-1");
    for name in FILES {
        fs::rename(room.work().join(name), room.work().join(format!("{name}.away"))).unwrap();
    }
    for name in FILES {
        fs::rename(room.work().join(format!("{name}.away")), room.work().join(name)).unwrap();
    }
    saving.save("run-2");
    let (code, told) = saving.end("run-3");
    assert_eq!((code, told.as_str()), (Some(0), ""));
    assert_eq!(ids(&room), "run-1 run-2 run-3");
}

#[test]
fn what_is_saved_after_its_log_was_removed_is_in_the_file() {
    for removed in [&FILES[1..2], &FILES[2..], &FILES[1..]] {
        let room = Room::new();
        let mut saving = Saving::start(&room, "");
        saving.save("run-1");
        saving.remove(removed);
        saving.save("run-2");
        // As seen by another process.
        assert_eq!(ids(&room), "run-1 run-2", "{removed:?}");
        let (code, told) = saving.end("run-3");
        assert_eq!(code, Some(0), "{told}");
        assert_eq!(ids(&room), "run-1 run-2 run-3", "{removed:?}");
    }
}

#[test]
fn without_pool_and_retries_it_is_noticed_as_well() {
    let room = Room::new();
    let mut saving = Saving::start(&room, "use_pool_manager = false\n");
    saving.save("run-1");
    saving.remove(&FILES);
    saving.save("run-2");
    assert_eq!(saving.end("run-3").0, Some(0));
    assert_eq!(ids(&room), "run-2 run-3");
}
