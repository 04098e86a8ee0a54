//! The configuration file: whose it must be, where its paths begin, and the programs that tell its secrets.

use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use insta::assert_snapshot;

use crate::support::{Room, stored};

const DISK: &str = "[profiles.disk]\nbackend = \"filesystem\"\nbase_path = \"store\"\n";

/// Runs a program of the system and checks that it succeeds.
#[cfg(unix)]
fn run(program: &str, arguments: &[&str]) {
    assert!(Command::new(program).args(arguments).status().unwrap().success(), "{program} {arguments:?}");
}

#[cfg(unix)]
#[test]
fn a_file_that_others_can_change_is_refused_unless_it_is_named() {
    let room = Room::new();
    room.write("truthound-store.toml", DISK);
    let file = room.work().join("truthound-store.toml").to_str().unwrap().to_owned();
    let directory = room.work().to_str().unwrap().to_owned();
    let list = || room.start(["list"]).in_directory("deep/er").run();
    list().succeeds();
    let mut changes = vec![("chmod", "666", "644", &file), ("chmod", "777", "755", &directory)];
    // Only root can give a file away.
    let user = String::from_utf8(Command::new("id").arg("-u").output().unwrap().stdout).unwrap();
    if user.trim() == "0" {
        changes.extend([("chown", "65534", "0", &file), ("chown", "65534", "0", &directory)]);
    }
    for (program, change, back, path) in changes {
        run(program, &[change, path]);
        let message = list().fails_with(2);
        assert!(message.contains("refusing the configuration") && message.contains("--config"), "{change}: {message}");
        room.run(["list", "--config", &file]).succeeds();
        room.start(["list"]).env("TRUTHOUND_STORE_CONFIG", &*file).run().succeeds();
        run(program, &[back, path]);
    }
    list().succeeds();
    // No one can replace a file of ours in a sticky directory, such as /tmp.
    run("chmod", &["1777", &directory]);
    list().succeeds();
}

#[cfg(unix)]
#[test]
fn the_refusal_of_a_file_says_why_and_what_to_do() {
    let room = Room::new();
    room.write("truthound-store.toml", DISK);
    run("chmod", &["666", room.work().join("truthound-store.toml").to_str().unwrap()]);
    assert_snapshot!(room.run(["profiles"]), @r"
    --- stderr ---
    error: refusing the configuration [room]/work/truthound-store.toml: other users can write it
    hint: a configuration can run programs; name it with --config if you trust it
    --- exit status 2 ---
    ");
}

#[test]
fn relative_paths_in_a_file_begin_in_its_directory() {
    let room = Room::new();
    let sqlite = "[profiles.sqlite]\nbackend = \"database\"\n\
                  [profiles.secret]\nbackend = \"database\"\nconnection_url_file = \"url\"\n\
                  [profiles.program]\nbackend = \"database\"\nconnection_url_command = [\"./tell\"]\n";
    room.write("truthound-store.toml", format!("{DISK}{sqlite}"));
    room.write("url", "sqlite:///from_file.db\n");
    room.write("tell", "#!/bin/sh\necho sqlite:///from_program.db\n");
    #[cfg(unix)]
    run("chmod", &["755", room.work().join("tell").to_str().unwrap()]);
    for (profile, path) in [
        ("disk", "store/default/validations/run-1.json"),
        ("sqlite", ".truthound/store.db"),
        ("secret", "from_file.db"),
        ("program", "from_program.db"),
    ] {
        if cfg!(windows) && profile == "program" {
            continue;
        }
        let save = room.start(["save", "-", "-p", profile]).in_directory("deep/er");
        save.input(stored("run-1").text()).run().succeeds();
        assert!(room.work().join(path).exists(), "{profile}");
        room.start(["get", "run-1", "-p", profile]).run().succeeds();
        room.start(["get", "run-1", "-p", profile, "-c", "../truthound-store.toml"])
            .in_directory("other")
            .run()
            .succeeds();
    }
    assert_eq!(room.names_in("deep/er"), [""; 0]);
    let shown = room.start(["profiles"]).in_directory("deep").run().to_string();
    assert!(shown.contains("[room]/work/store/default") && shown.contains("sqlite:///[room]/work/.truth"), "{shown}");
}

#[test]
fn without_a_file_the_store_is_in_the_working_directory() {
    let room = Room::new();
    room.start(["save", "-"]).in_directory("sub").input(stored("run-1").text()).run().succeeds();
    assert!(room.work().join("sub/.truthound/store.db").exists());
}

#[cfg(unix)]
fn with_command(words: &str) -> Room {
    let room = Room::new();
    room.write(
        "truthound-store.toml",
        format!("[profiles.db]\nbackend = \"database\"\nconnection_url_command = {words}\n"),
    );
    room
}

#[cfg(unix)]
#[test]
fn a_signal_ends_us_and_the_program_that_tells_a_secret() {
    for (signal, repeats) in [("TERM", 3), ("INT", 3)] {
        for _ in 0..repeats {
            let room = with_command("[\"sh\", \"-c\", \"echo $$$$ > pid; sleep 100; true\"]");
            let child = room.start(["list"]).spawn();
            let began = Instant::now();
            let program = loop {
                if let Ok(text) = std::fs::read_to_string(room.work().join("pid"))
                    && let Ok(id) = text.trim().parse::<u32>()
                {
                    break id;
                }
                assert!(began.elapsed() < Duration::from_secs(30), "the program does not start");
                thread::sleep(Duration::from_millis(5));
            };
            run("kill", &["-s", signal, &child.id().to_string()]);
            let output = child.wait_with_output().unwrap();
            assert!(began.elapsed() < Duration::from_secs(30));
            assert_eq!(output.status.code(), Some(130), "{}", String::from_utf8_lossy(&output.stderr));
            // It may take a moment until its parent, `init`, has taken note of it.
            let is_gone = (0..200).any(|_| {
                let state = std::fs::read_to_string(format!("/proc/{program}/stat")).unwrap_or_default();
                let is_gone = !state.contains("(sh)") || state.contains(") Z ");
                if !is_gone {
                    thread::sleep(Duration::from_millis(5));
                }
                is_gone
            });
            assert!(is_gone, "SIG{signal}: the program is left");
        }
    }
}

#[cfg(unix)]
#[test]
fn a_program_that_prints_without_end_is_ended() {
    assert_snapshot!(with_command("[\"cat\", \"/dev/zero\"]").run(["list"]), @r#"
    --- stderr ---
    error: the command of option `connection_url_command` failed in profile `db`: cat prints more than 1 MiB
     --> truthound-store.toml:3:26
      |
    3 | connection_url_command = ["cat", ******]
      |                          ^^^^^^^^^^^^^^^
    --- exit status 2 ---
    "#);
}

#[cfg(unix)]
#[test]
fn the_messages_of_a_failing_program_are_not_shown() {
    let room = with_command("[\"sh\", \"-c\", \"echo PLANTED-SECRET >&2; exit 3\"]");
    let message = room.run(["list", "-vv"]).fails_with(2);
    assert!(!message.contains("PLANTED") && message.contains("exit status: 3"), "{message}");
}

#[cfg(unix)]
#[test]
fn only_regular_files_are_read() {
    let room = Room::new();
    run("mkfifo", &[room.work().join("pipe").to_str().unwrap()]);
    for path in ["pipe", "/dev/zero", "."] {
        let message = room.run(["list", "--config", path]).fails_with(2);
        assert!(message.contains("cannot read the configuration"), "{message}");
        room.write(
            "truthound-store.toml",
            format!("[profiles.db]\nbackend = \"database\"\nconnection_url_file = \"{path}\"\n"),
        );
        let message = room.run(["list"]).fails_with(2);
        assert!(message.contains("cannot read the file of option `connection_url_file`"), "{message}");
    }
    let message = room.run(["list", "--config", "pipe"]).fails_with(2);
    assert!(message.contains("not a regular file"), "{message}");
    std::fs::remove_file(room.work().join("truthound-store.toml")).unwrap();
    run("mkfifo", &[room.work().join("truthound-store.toml").to_str().unwrap()]);
    assert!(room.run(["list"]).fails_with(2).contains("not a regular file"));
}

#[test]
fn the_content_of_a_file_in_the_place_of_its_path_is_not_shown() {
    let room = Room::new();
    let content = "[profiles.x]\nconnection_url = 'postgresql://u:PLANTED@h/db'\n";
    let message = room.start(["list"]).env("TRUTHOUND_STORE_CONFIG", content).run().fails_with(2);
    assert!(!message.contains("PLANTED"), "{message}");
}
