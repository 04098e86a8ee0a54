//! The scripts in `completions/` match the output of the binary, and complete what is in a store, in the shells themselves.
//! A shell that is not installed is ignored, by name; `tests/run` installs them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use std::io::Write as _;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::{env, fs};

use libtest_mimic::{Arguments, Trial};
use tempfile::TempDir;

const FILES: [(&str, &str); 5] = [
    ("bash", "truthound-store.bash"),
    ("elvish", "truthound-store.elv"),
    ("fish", "truthound-store.fish"),
    ("powershell", "_truthound-store.ps1"),
    ("zsh", "_truthound-store"),
];

/// The typed word, and the values that are offered, in their order.
const CASES: [(&str, &[&str]); 24] = [
    ("pool", &["pool-status"]),
    ("list --order-by d", &["data_asset"]),
    ("get --lat", &["--latest"]),
    ("pool-status --rec", &["--recycle"]),
    ("--quiet rm --dry", &["--dry-run"]),
    ("get ", &["run-2026-11-23T10:00", "run-2", "run-1", "it's $(odd)"]),
    ("get run-2", &["run-2026-11-23T10:00", "run-2"]),
    ("get run-1 run-2", &["run-2026-11-23T10:00", "run-2"]),
    ("get run-2026-11-23T10:", &["run-2026-11-23T10:00"]),
    ("delete it", &["it's $(odd)"]),
    ("diff run-2 run-1", &["run-1"]),
    ("diff --against l", &["last-success"]),
    ("list --asset ", &["orders", "orders_[*]", "größe, \"100%\""]),
    ("list --asset o", &["orders", "orders_[*]"]),
    ("list --asset=ord", &["--asset=orders", "--asset=orders_[*]"]),
    ("list --tag ", &["branch=main", "env=prod"]),
    ("list --tag env=p", &["env=prod"]),
    ("get -p ", &["disk", "none", "slow", "cloud"]),
    ("list -p d", &["disk"]),
    ("list -n ", &["default", "nightly", "team/weekly"]),
    ("list -n team/", &["team/weekly"]),
    ("-p none get run", &[]),
    ("get -p slow run", &[]),
    ("set-tier -p cloud run-1 Arc", &["Archive"]),
];

fn main() {
    let of_shell = |shell: &'static str, complete: fn(&Room, &str) -> Vec<String>| {
        let is_missing = Command::new(shell).arg("--version").output().is_err();
        Trial::test(format!("{shell}_completes_options_and_what_is_in_the_store"), move || {
            check(complete);
            Ok(())
        })
        .with_ignored_flag(is_missing)
    };
    let trials = vec![
        Trial::test("the_completion_scripts_are_those_of_this_binary", || {
            scripts();
            Ok(())
        }),
        of_shell("bash", in_bash).with_ignored_flag(!cfg!(target_os = "linux")),
        of_shell("fish", in_fish),
        of_shell("zsh", in_zsh),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

fn scripts() {
    for (shell, file) in FILES {
        let output = Command::new(env!("CARGO_BIN_EXE_truthound-store")).args(["completions", shell]).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("completions").join(file);
        if env::var_os("UPDATE_COMPLETIONS").is_some() {
            fs::write(&path, &output.stdout).unwrap();
        }
        let kept = fs::read(&path).unwrap_or_default();
        assert!(
            kept == output.stdout,
            "completions/{file} is out of date; run UPDATE_COMPLETIONS=1 cargo test --test completions"
        );
    }
}

/// A directory with a store, and with a server that never answers.
struct Room {
    directory: TempDir,
    _silent: TcpListener,
}

impl Room {
    fn new() -> Self {
        let (directory, silent) = (tempfile::tempdir().unwrap(), TcpListener::bind("127.0.0.1:0").unwrap());
        let slow = format!("postgresql://me:hunter2@{}/db", silent.local_addr().unwrap());
        let configuration = format!(
            "default_profile = 'disk'\n[profiles.disk]\nbackend = 'filesystem'\nbase_path = 'store'\n\
             [profiles.none]\nbackend = 'filesystem'\nbase_path = 'none'\n\
             [profiles.slow]\nbackend = 'database'\nconnection_url = '{slow}'\n\
             [profiles.cloud]\nbackend = 's3'\nbucket = 'bucket-1'\nendpoint_url = 'http://{}'\n",
            silent.local_addr().unwrap()
        );
        fs::write(directory.path().join("truthound-store.toml"), configuration).unwrap();
        let room = Self { directory, _silent: silent };
        let mut documents = String::new();
        for (run_id, time, asset, tags) in [
            ("it's $(odd)", "2026-03-01T12:00:00", "größe, \"100%\"", r#"{"env": "prod"}"#),
            ("run-1", "2026-03-02T12:00:00", "orders", "{}"),
            ("run-2", "2026-03-03T12:00:00", "orders_*", "{}"),
            ("run-2026-11-23T10:00", "2026-03-04T12:00:00", "orders", r#"{"branch": "main", "env": "prod"}"#),
            ("\u{1b}]0;x\u{7}", "2026-02-04T12:00:00", "orders", "{}"),
        ] {
            let document = serde_json::json!({
                "run_id": run_id, "run_time": time, "data_asset": asset, "status": "success", "results": [],
                "statistics": {}, "tags": serde_json::from_str::<serde_json::Value>(tags).unwrap(), "metadata": {},
            });
            documents.push_str(&format!("{document}\n"));
        }
        room.save(&documents, "default");
        let last = documents.lines().last().unwrap();
        ["nightly", "team/weekly"].into_iter().for_each(|namespace| room.save(last, namespace));
        room
    }

    fn save(&self, documents: &str, namespace: &str) {
        let mut saving = self.command(env!("CARGO_BIN_EXE_truthound-store"));
        let saving = saving.args(["save", "-", "-n", namespace]).stdin(Stdio::piped()).stdout(Stdio::null());
        let mut saving = saving.spawn().unwrap();
        saving.stdin.take().unwrap().write_all(documents.as_bytes()).unwrap();
        assert!(saving.wait().unwrap().success());
    }

    /// A program in the directory, which finds the binary by its name.
    fn command(&self, program: &str) -> Command {
        let binaries = Path::new(env!("CARGO_BIN_EXE_truthound-store")).parent().unwrap();
        let mut command = Command::new(program);
        command.current_dir(self.directory.path()).env_clear().env("HOME", self.directory.path());
        command.env("PATH", format!("{}:/usr/bin:/bin", binaries.display())).env("LANG", "C.UTF-8");
        command
    }

    /// The lines that a script of a shell prints.
    fn lines(&self, shell: &str, arguments: &[&str], script: &str) -> Vec<String> {
        let output = self.command(shell).args(arguments).args(["-c", script]).output().unwrap();
        let shown = String::from_utf8(output.stdout).unwrap();
        assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        shown.lines().map(str::to_owned).collect()
    }
}

fn check(complete: fn(&Room, &str) -> Vec<String>) {
    let room = Room::new();
    for (typed, expected) in CASES {
        // The shell replaces the word, or the part after its last `=` or `:`.
        let offered = complete(&room, typed);
        assert_eq!(offered, *expected, "{typed}");
    }
}

fn file(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("completions").join(name).display().to_string()
}

/// The offered words, with what bash does not replace, and without bash's quotes.
fn in_bash(room: &Room, typed: &str) -> Vec<String> {
    let line = format!("truthound-store {typed}");
    // As bash breaks the line.
    let mut words: Vec<String> = Vec::new();
    for word in line.split(' ') {
        let mut rest = word;
        loop {
            let end = rest.find(['=', ':']).map_or(rest.len(), |position| position.max(1));
            words.push(rest[..end].to_owned());
            rest = &rest[end..];
            if rest.is_empty() {
                break;
            }
        }
    }
    let last = words.last().unwrap().clone();
    let (current, before) = match last.as_str() {
        "=" | ":" => (String::new(), line.rsplit(' ').next().unwrap().to_owned()),
        last => (last.to_owned(), line.rsplit(' ').next().unwrap().strip_suffix(last).unwrap().to_owned()),
    };
    let words: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    let script = format!(
        "source {}\nCOMP_LINE='{line}' COMP_POINT={} COMP_CWORD={}\nCOMP_WORDS=({})\n\
         _truthound_store truthound-store '{current}' ''\n\
         for offered in \"${{COMPREPLY[@]}}\"; do eval \"printf '%s\\n' $offered\"; done",
        file("truthound-store.bash"),
        line.len(),
        words.len() - 1,
        words.join(" ")
    );
    room.lines("bash", &["--norc"], &script).iter().map(|offered| format!("{before}{offered}")).collect()
}

fn in_fish(room: &Room, typed: &str) -> Vec<String> {
    let script = format!("source {}\ncomplete --do-complete='truthound-store {typed}'", file("truthound-store.fish"));
    let lines = room.lines("fish", &["--no-config"], &script);
    lines.iter().map(|line| line.split('\t').next().unwrap().to_owned()).collect()
}

/// The values that the function hands to zsh's own.
fn in_zsh(room: &Room, typed: &str) -> Vec<String> {
    let words: Vec<String> = typed.split(' ').map(|word| format!("'{word}'")).collect();
    let script = format!(
        "compdef() {{ }}\n_describe() {{ print -rl -- \"${{(@P)3}}\" }}\nsource {}\n\
         words=(truthound-store {})\nCURRENT=$#words\n_truthound-store",
        file("_truthound-store"),
        words.join(" ")
    );
    let value = |line: &String| {
        let end = line.match_indices(':').map(|(position, _)| position).find(|it| !line[..*it].ends_with('\\'));
        line[..end.unwrap_or(line.len())].replace("\\:", ":").replace("\\\\", "\\")
    };
    room.lines("zsh", &["-f"], &script).iter().map(value).collect()
}
