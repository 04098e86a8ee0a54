//! Secrets that are planted wherever one can stand. None is ever shown: not in an output, a state file, or to a program
//! that a configuration runs. And the permissions of the files that hold data.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::{Room, stored};

/// The secret, as no name or option has it.
const SECRET: &str = "PLANTEDpw7x9";

/// The options of every backend that takes a secret, in every place and form. Nothing listens at port 1.
const PLACES: &[&str] = &[
    "backend = 'database'\nconnection_url = 'postgresql://ann:{}@127.0.0.1:1/db?connect_timeout=1'\n{pool}",
    "backend = 'database'\nconnection_url = 'postgresql://ann@127.0.0.1:1/db?password={}'\n{pool}",
    "backend = 'database'\nconnection_url = 'mysql+pymysql://ann:{}@127.0.0.1:1/db'\n{pool}",
    "backend = 'database'\nconnection_url = 'mssql+pyodbc://ann:{}@127.0.0.1:1/db?driver=x'\n{pool}",
    "backend = 'database'\nconnection_url = 'mssql+pyodbc:///?odbc_connect=Server%3D127.0.0.1,1%3BUID%3Dann%3BPWD%3D{}'\n{pool}",
    "backend = 'database'\nconnection_url = 'postgresql://ann@127.0.0.1:1/db?connect_timeout=1'\npassword = '{}'\n{pool}",
    "backend = 'database'\nconnection_url = 'mysql://ann:{}@127.0.0.1:1/db'\npassword = '{}'\n{pool}",
    "backend = 'database'\nconnection_url = 'sqlite:///x.db'\npassword = '{}'\n",
    "backend = 'database'\nconnection_url = 'sqlite:///no/such/x.db?key={}'\n",
    "backend = 'database'\nconnection_url = '{}'\n",
    "backend = 'database'\nconnection_url_file = '{}'\n",
    "backend = 'database'\nconnection_url_file = 'postgresql://ann:{}@h/db'\n",
    "backend = 'database'\nconnection_url_file = 'secret'\n{pool}",
    "backend = 'database'\nconnection_url_command = ['cat', 'secret']\n{pool}",
    "backend = 'database'\nconnection_url_command = ['{}']\n",
    "backend = 'database'\nconnection_url_command = 'vault read {}'\n",
    "backend = 'database'\nconnection_url_command = ['sh', '-c', 'echo {} >&2; exit 1']\n",
    "backend = 'database'\nconnection_url_command = ['sh', '-c', 'echo {}']\n",
    "backend = 's3'\nbucket = 'bkt'\nendpoint_url = 'http://127.0.0.1:1'\naccess_key_id = '{}'\nsecret_access_key = '{}'\n\
     session_token = '{}'\n{retry}",
    "backend = 's3'\nbucket = 'bkt'\nendpoint_url = 'http://ann:{}@127.0.0.1:1'\n{retry}",
    "backend = 's3'\nbucket = 'bkt'\nendpoint_url = 'http://127.0.0.1:1/?key={}'\n{retry}",
    "backend = 's3'\nbucket = 'bkt'\naccess_key_id = 'k'\nsecret_access_key_file = '{}/{}'\n{retry}",
    "backend = 's3'\nbucket = 'bkt'\nsecret_key = '{}'\n{retry}",
    "backend = 's3'\nbucket = '{\"key\": \"{}\"}'\n{retry}",
    "backend = 'gcs'\nbucket = 'bkt'\nendpoint_url = 'http://127.0.0.1:1'\ncredentials_path = '{\"private_key\": \"{}\"}'\n{retry}",
    "backend = 'gcs'\nbucket = 'bkt'\nendpoint_url = 'http://127.0.0.1:1'\ncredentials_path = 'account.json'\n{retry}",
    "backend = 'gcs'\nbucket = 'bkt'\ncredentials_json = '{\"private_key\": \"{}\"}'\n",
    "backend = 'gcs'\nbucket = 'bkt'\nendpoint_url = 'http://ann:{}@127.0.0.1:1'\n{retry}",
    "backend = 'azure'\ncontainer = 'con'\nconnection_string = 'BlobEndpoint=http://127.0.0.1:1/acc;AccountName=acc;AccountKey={key}'\n{retry}",
    "backend = 'azure'\ncontainer = 'con'\nconnection_string = 'BlobEndpoint=http://ann:{}@127.0.0.1:1/acc;AccountName=acc;AccountKey={key}'\n{retry}",
    "backend = 'azure'\ncontainer = 'con'\nconnection_string = 'AccountName={}#;AccountKey={key}'\n{retry}",
    "backend = 'azure'\ncontainer = 'con'\nconnection_string = '{}'\n{retry}",
    "backend = 'azure'\ncontainer = 'con'\naccount_url = 'http://127.0.0.1:1/acc?sv=1&sig={}'\n{retry}",
    "backend = 'azure'\ncontainer = 'con'\naccount_url = 'http://127.0.0.1:1/acc'\nsas_token = 'sv=1&sig={}'\n{retry}",
    "backend = 'azure'\ncontainer = 'con'\naccount_url = 'http://127.0.0.1:1/acc'\naccount_key = '{}!'\n{retry}",
    "backend = 'azure'\ncontainer = 'con'\naccount_name = 'acc'\naccount_key_file = '{}='\n{retry}",
];

/// Mistakes that are added to a profile: none, and those that show a line of it.
const MISTAKES: &[&str] = &["", "no_such_option = '{}'\n", "namespace = 3\n", "'{} = \n"];

/// A profile without a password.
const POSTGRESQL: &str = "backend = 'database'\nconnection_url = 'postgresql://ann@127.0.0.1:1/db?connect_timeout=1'\n[profiles.p.pooling]\nmax_retries = 0\n";

fn filled(text: &str) -> String {
    // A key that is base64, with the secret in it.
    let key = format!("{SECRET}AAAA");
    let pool = "[profiles.p.pooling]\nmax_retries = 0\n";
    text.replace("{}", SECRET)
        .replace("{key}", &key)
        .replace("{pool}", pool)
        .replace("{retry}", "retry_timeout = 0.001\n")
}

/// Every file below `directory`, with its content.
fn contents(directory: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for item in fs::read_dir(directory).into_iter().flatten() {
        let path = item.unwrap().path();
        if path.is_dir() {
            found.extend(contents(&path));
        } else {
            found.push((path.clone(), fs::read(path).unwrap()));
        }
    }
    found
}

fn assert_nothing_left(room: &Room) {
    for (path, content) in contents(&room.home()).into_iter().chain(contents(&room.root().join("tmp"))) {
        assert!(!String::from_utf8_lossy(&content).contains(SECRET), "{}", path.display());
    }
}

#[test]
fn no_planted_secret_is_shown_whatever_fails() {
    let mut runs = 0;
    let room = Room::new();
    room.write("secret", filled("postgresql://ann:{}@127.0.0.1:1/db"));
    room.write(
        "account.json",
        filled(
            "\u{feff}{\"type\": \"service_account\", \"private_key\": \"{}\", \
                                      \"private_key_id\": \"{}\", \"client_email\": \"a@b\"}",
        ),
    );
    for place in PLACES {
        for mistake in MISTAKES {
            // The mistake belongs to the profile, before its tables.
            let profile = match place.split_once("{pool}") {
                Some((before, after)) => format!("{before}{mistake}{{pool}}{after}"),
                None => format!("{place}{mistake}"),
            };
            room.write("truthound-store.toml", filled(&format!("[profiles.p]\n{profile}")));
            let commands: &[&[&str]] = match *mistake {
                "" => &[
                    &["list", "-vv"],
                    &["get", "run-1", "-vv", "-f", "json"],
                    &["profiles", "-vv"],
                    &["pool-status", "-vv"],
                ],
                _ => &[&["list", "-vv", "-f", "json"], &["profiles"]],
            };
            for command in commands {
                let outcome = room.start(*command).env("AWS_EC2_METADATA_DISABLED", "true").run();
                let shown = outcome.to_string();
                assert!(!shown.contains(SECRET), "{profile}\n{command:?}\n{shown}");
                assert!(!shown.contains("this is a bug"), "{profile}\n{command:?}\n{shown}");
                runs += 1;
            }
        }
        assert_nothing_left(&room);
    }
    println!("{runs} runs with planted secrets");
}

#[test]
fn no_planted_secret_of_the_environment_is_shown() {
    let mut runs = 0;
    for (options, variable, value) in [
        ("backend = 'gcs'\nbucket = 'bkt'\n{retry}", "GOOGLE_APPLICATION_CREDENTIALS", "{\"private_key\": \"{}\"}"),
        ("backend = 'gcs'\nbucket = 'bkt'\n{retry}", "GOOGLE_APPLICATION_CREDENTIALS", "{}"),
        ("backend = 'gcs'\nbucket = 'bkt'\n{retry}", "STORAGE_EMULATOR_HOST", "http://ann:{}@127.0.0.1:1"),
        ("backend = 's3'\nbucket = 'bkt'\n{retry}", "AWS_ENDPOINT_URL", "http://ann:{}@127.0.0.1:1"),
        ("backend = 's3'\nbucket = 'bkt'\n{retry}", "AWS_PROFILE", "{\"key\": \"{}\"}"),
        ("backend = 's3'\nbucket = 'bkt'\n{keys}{retry}", "AWS_REGION", "https://ann:{}@h"),
        ("backend = 's3'\nbucket = 'bkt'\n{keys}{retry}", "AWS_CA_BUNDLE", "-----BEGIN {}"),
        ("backend = 's3'\nbucket = 'bkt'\n{keys}{retry}", "HTTPS_PROXY", "http://ann:{}@127.0.0.1:1"),
        ("backend = 's3'\nbucket = 'bkt'\n{keys}{retry}", "HTTPS_PROXY", "{}://x"),
        ("backend = 'memory'\n", "TRUTHOUND_STORE_CONFIG", "[profiles.x]\nconnection_url = 'postgresql://u:{}@h'"),
        ("backend = 'memory'\n", "TRUTHOUND_STORE_PROFILE", "postgresql://u:{}@h"),
        ("backend = 'memory'\n", "TRUTHOUND_STORE_STORE", "postgresql://ann:{}@127.0.0.1:1/d?connect_timeout=1"),
        ("backend = 'memory'\n", "TRUTHOUND_STORE_STORE", "mysql://ann@127.0.0.1:1/d?password={}"),
        ("backend = 'memory'\n", "TRUTHOUND_STORE_STORE", "ftp://ann:{}@h"),
        ("backend = 'memory'\n", "TRUTHOUND_STORE_STORE", "{}"),
        ("backend = 'memory'\n", "TRUTHOUND_STORE_STORE", "abfss://con@acc:{}/x"),
        (POSTGRESQL, "PGPASSWORD", "{}"),
        (POSTGRESQL, "PGPASSFILE", "{}"),
    ] {
        let room = Room::new();
        let keys = "access_key_id = 'k'\nsecret_access_key = 's'\nregion = 'us-east-1'\n";
        let keys = if variable == "AWS_REGION" { keys.replace("region = 'us-east-1'\n", "") } else { keys.to_owned() };
        room.write("truthound-store.toml", filled(&format!("[profiles.p]\n{options}")).replace("{keys}", &keys));
        for format in ["table", "json"] {
            let run = room.start(["list", "-vv", "-f", format]).env("AWS_EC2_METADATA_DISABLED", "true");
            let outcome = run.env("NO_GCE_CHECK", "true").env(variable, filled(value)).run();
            let shown = outcome.to_string();
            assert!(!shown.contains(SECRET), "{variable}\n{shown}");
            assert!(outcome.code().is_some_and(|code| code > 1), "{variable}\n{shown}");
            runs += 1;
        }
        assert_nothing_left(&room);
    }
    println!("{runs} runs with secrets in the environment");
}

#[cfg(unix)]
#[test]
fn a_program_is_told_no_secret_of_the_configuration() {
    let room = Room::new();
    room.write(
        "tell",
        "#!/bin/sh\n{ env; tr '\\0' ' ' < /proc/$$/cmdline; tr '\\0' ' ' < /proc/$PPID/cmdline; } > seen\necho {}\n",
    );
    assert!(Command::new("chmod").arg("755").arg(room.work().join("tell")).status().unwrap().success());
    room.write(
        "truthound-store.toml",
        filled(
            "[profiles.p]\nbackend = 's3'\nbucket = 'bkt'\nendpoint_url = 'http://127.0.0.1:1'\naccess_key_id = '{}'\n\
                secret_access_key_command = ['./tell']\nsession_token = '{}'\n{retry}",
        ),
    );
    let shown = room.run(["list", "-vv"]).fails_with(4);
    let seen = String::from_utf8(room.read("seen")).unwrap();
    assert!(seen.contains("HOME=") && !seen.contains(SECRET) && !shown.contains(SECRET), "{seen}");
}

/// The modes of all files and directories below `directory` that the program has made, with their names.
#[cfg(unix)]
fn modes(room: &Room, umask: &str, arguments: &[&str]) -> Vec<(String, u32)> {
    use std::os::unix::fs::PermissionsExt as _;

    let script = format!("umask {umask}; exec \"$0\" \"$@\"");
    let mut command = Command::new("sh");
    command.args(["-c", &script, env!("CARGO_BIN_EXE_truthound-store")]).args(arguments).current_dir(room.work());
    command.env_clear().env("PATH", "/usr/bin:/bin").env("HOME", room.home()).env("TMPDIR", room.root().join("tmp"));
    let status = command.output().unwrap().status;
    assert!(matches!(status.code(), Some(0 | 4)), "{arguments:?} ends with {status}");
    let mut found = Vec::new();
    let mut directories = vec![room.work(), room.home()];
    while let Some(directory) = directories.pop() {
        for item in fs::read_dir(directory).unwrap() {
            let path = item.unwrap().path();
            let mode = path.metadata().unwrap().permissions().mode() & 0o777;
            if path.is_dir() {
                directories.push(path.clone());
            }
            let name = path.strip_prefix(room.root()).unwrap().to_str().unwrap().to_owned();
            if !name.ends_with(".toml") && name != "work/a.json" {
                found.push((name, mode));
            }
        }
    }
    found
}

#[cfg(unix)]
#[test]
fn files_that_hold_data_or_state_follow_the_umask() {
    let mut looked = 0;
    for (umask, others) in [("077", 0o077), ("027", 0o027)] {
        for profile in ["disk", "sqlite", "down"] {
            let room = Room::with_disk_profile(
                "python_index = \"always\"\n[profiles.sqlite]\nbackend = \"database\"\n\
                 [profiles.down]\nbackend = \"database\"\nconnection_url = \"postgresql://u:p@127.0.0.1:1/db\"\n\
                 [profiles.down.pooling]\nmax_retries = 0\n",
            );
            room.write("a.json", stored("run-1").text());
            let made = modes(&room, umask, &["save", "a.json", "-p", profile]);
            assert!(!made.is_empty(), "{profile}");
            for (name, mode) in made {
                assert_eq!(mode & others, 0, "{name} has mode {mode:o} under umask {umask}");
                looked += 1;
            }
        }
    }
    println!("{looked} files and directories");
}
