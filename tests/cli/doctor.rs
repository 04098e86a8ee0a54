//! `doctor`.

use std::fs;
use std::path::Path;
use std::process::Command;

use insta::assert_snapshot;

use crate::support::{Room, stored};

#[test]
fn a_disk_that_is_right_has_a_line_per_check() {
    let room = Room::with_disk_profile("");
    room.save(&stored("run-1"));
    let before = room.names_in("store/default/validations");
    let outcome = room.run(["doctor", "--format", "json"]).json();
    let rows = outcome.as_array().unwrap();
    let checks: Vec<_> = rows.iter().map(|row| row["check"].as_str().unwrap()).collect();
    for check in
        ["configuration", "profile", "directory", "list", "create if absent", "compare and swap", "locks", "flush"]
    {
        assert!(checks.contains(&check), "{check}: {checks:?}");
    }
    assert!(rows.iter().all(|row| row["level"] != "failed" && row["profile"] == "disk"), "{rows:?}");
    assert_eq!(
        rows[0]["message"],
        "truthound-store.toml, lines 3 to 5".replace("truthound", &format!("{}/truthound", room.work().display()))
    );
    assert_eq!(room.names_in("store/default/validations"), before);
    let table = room.run(["doctor"]).succeeds();
    assert!(table.lines().skip(1).all(|line| line.starts_with('✓') || line.starts_with('!')), "{table}");
}

#[test]
fn a_profile_that_cannot_be_used_is_a_finding_among_others() {
    let room = Room::new();
    room.write("store", "a file");
    room.write(
        "truthound-store.toml",
        "[profiles.broken]\nbackend = \"filesystem\"\nbase_path = 1\n\n[profiles.file]\nbackend = \"filesystem\"\n\
         base_path = \"store\"\n\n[profiles.memory]\nbackend = \"memory\"\n",
    );
    let outcome = room.run(["doctor", "--all", "--format", "jsonl"]);
    assert_eq!(outcome.code(), Some(2));
    let failed: Vec<_> =
        outcome.stdout().lines().filter(|line| line.contains("\"failed\"")).map(str::to_owned).collect();
    assert!(failed[0].contains("\"broken\"") && failed[0].contains("\"usage\""), "{failed:?}");
    assert!(failed[1..].iter().all(|line| line.contains("\"file\"") && line.contains("\"remedy\":\"")), "{failed:?}");
    assert!(failed.len() > 1, "{failed:?}");
    assert_eq!(room.run(["doctor", "-p", "file"]).code(), Some(4));
    assert_eq!(room.run(["doctor", "-p", "memory"]).code(), Some(0));
}

#[test]
fn a_database_is_checked_without_making_it() {
    let room = Room::new();
    let table = room.run(["doctor"]).succeeds();
    assert!(table.contains("does not exist yet"), "{table}");
    assert!(!room.work().join(".truthound").exists());
    room.save(&stored("run-1"));
    let table = room.run(["doctor"]).succeeds();
    for text in ["INSERT is allowed", "records digests", "write-ahead log", "closed"] {
        assert!(table.contains(text), "{text}: {table}");
    }
    assert_eq!(room.run(["list", "--ids"]).succeeds(), "run-1\n");
}

#[test]
fn the_least_permissions_are_printed() {
    let room = Room::new();
    room.write(
        "truthound-store.toml",
        "[profiles.s3]\nbackend = \"s3\"\nbucket = \"results\"\nprefix = \"a/\"\nserver_side_encryption = \"aws:kms\"\n\
         kms_key_id = \"arn:key\"\n\n[profiles.pg]\nbackend = \"database\"\nconnection_url = \"postgresql://h/d\"\n\n\
         [profiles.disk]\nbackend = \"filesystem\"\nbase_path = \"store\"\n",
    );
    assert_snapshot!(room.run(["doctor", "--policy", "-p", "s3"]), @r#"
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Effect": "Allow",
          "Action": [
            "s3:ListBucket"
          ],
          "Resource": "arn:aws:s3:::results"
        },
        {
          "Effect": "Allow",
          "Action": [
            "s3:GetObject",
            "s3:PutObject",
            "s3:DeleteObject",
            "s3:AbortMultipartUpload",
            "s3:ListMultipartUploadParts"
          ],
          "Resource": "arn:aws:s3:::results/a/default/*"
        },
        {
          "Effect": "Allow",
          "Action": [
            "kms:Decrypt",
            "kms:GenerateDataKey"
          ],
          "Resource": "arn:key"
        }
      ]
    }
    "#);
    assert_snapshot!(room.run(["doctor", "--policy", "--read-only", "-p", "pg"]), @r#"
    GRANT CONNECT ON DATABASE "DATABASE" TO "USER";
    GRANT USAGE ON SCHEMA public TO "USER";
    GRANT SELECT ON "validation_results" TO "USER";
    "#);
    assert_snapshot!(room.run(["doctor", "--policy", "-p", "disk", "--format", "json"]), @r#"
    "read, write and search (rwx) on the directory store/default/validations and all directories below it; until it exists, write and search on the nearest directory above it"
    "#);
}

/// Runs `doctor` without the privileges of root, who may write anywhere. Returns its findings and its exit status.
#[cfg(unix)]
fn diagnosed_by_a_user(room: &Room, arguments: &[&str]) -> (Vec<serde_json::Value>, Option<i32>) {
    let run = room.start(["doctor", "--format", "jsonl"].iter().chain(arguments));
    let is_root = fs::metadata("/proc/self").is_ok_and(|metadata| std::os::unix::fs::MetadataExt::uid(&metadata) == 0);
    let outcome = match is_root {
        true => run.under(&["/usr/bin/setpriv", "--bounding-set=-all", "--inh-caps=-all"]).run(),
        false => run.run(),
    };
    let rows = outcome.stdout().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    (rows, outcome.code())
}

/// The checks that have failed, with their kinds.
fn failed(rows: &[serde_json::Value]) -> Vec<(&str, &str)> {
    let failed = rows.iter().filter(|row| row["level"] == "failed");
    failed.map(|row| (row["check"].as_str().unwrap(), row["kind"].as_str().unwrap())).collect()
}

/// Lets the owner read and search a directory below the working directory, and no more; or everything again.
#[cfg(unix)]
fn lock(room: &Room, directory: &str, is_locked: bool) {
    use std::os::unix::fs::PermissionsExt as _;

    let mode = if is_locked { 0o555 } else { 0o755 };
    fs::set_permissions(room.work().join(directory), fs::Permissions::from_mode(mode)).unwrap();
}

#[cfg(unix)]
#[test]
fn a_directory_that_cannot_be_written_to_is_named_once_and_can_be_checked_for_reading() {
    let room = Room::with_disk_profile("");
    room.save(&stored("run-1"));
    lock(&room, "store/default/validations", true);
    let (rows, code) = diagnosed_by_a_user(&room, &[]);
    assert_eq!((failed(&rows), code), (vec![("write, read and delete", "denied")], Some(8)), "{rows:?}");
    let (rows, code) = diagnosed_by_a_user(&room, &["--read-only"]);
    assert_eq!((failed(&rows), code), (vec![], Some(0)), "{rows:?}");
    lock(&room, "store/default/validations", false);
    let outcome = crate::disk_trouble::in_trouble(&room, "read-only", &["doctor", "--format", "jsonl"]);
    assert_eq!(outcome.code(), Some(6), "{outcome}");
    assert!(outcome.stdout().contains("read-only filesystem"), "{outcome}");
}

#[cfg(unix)]
#[test]
fn a_database_file_that_cannot_be_created_or_written_to_is_named() {
    let room = Room::new();
    fs::create_dir(room.work().join(".truthound")).unwrap();
    lock(&room, ".truthound", true);
    let (rows, code) = diagnosed_by_a_user(&room, &[]);
    assert_eq!((failed(&rows), code), (vec![("rights", "denied")], Some(8)), "{rows:?}");
    lock(&room, ".truthound", false);
    room.save(&stored("run-1"));
    fs::set_permissions(room.work().join(".truthound/store.db"), std::os::unix::fs::PermissionsExt::from_mode(0o444))
        .unwrap();
    let (rows, code) = diagnosed_by_a_user(&room, &[]);
    assert!(failed(&rows).iter().all(|(check, _)| *check == "rights") && failed(&rows).len() == 3, "{rows:?}");
    assert!(matches!(code, Some(6 | 8)), "{code:?}");
}

#[test]
fn the_issuers_of_certificates_are_named_with_their_place() {
    let room = Room::new();
    room.write(
        "truthound-store.toml",
        "[profiles.s3]\nbackend = \"s3\"\nbucket = \"results\"\nregion = \"r\"\naccess_key_id = \"k\"\n\
         secret_access_key = \"s\"\nendpoint_url = \"https://127.0.0.1:1\"\nretry_timeout = 0.001\n",
    );
    let issuer = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap().cert.pem();
    room.write("issuer.pem", issuer);
    let issuer = room.work().join("issuer.pem");
    let certificates = |variable: &str, value: &Path| {
        let run = room.start(["doctor", "--read-only", "--format", "jsonl"]).env(variable, value).run();
        let rows: Vec<serde_json::Value> =
            run.stdout().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let row = rows.iter().find(|row| row["check"] == "certificates").unwrap_or_else(|| panic!("{run}"));
        (row["level"].as_str().unwrap().to_owned(), row["message"].as_str().unwrap().to_owned())
    };
    let ok = |message: String| ("ok".to_owned(), message);
    let place = issuer.display();
    assert_eq!(certificates("SSL_CERT_FILE", &issuer), ok(format!("trusted issuers: 1, from {place} (SSL_CERT_FILE)")));
    assert_eq!(certificates("AWS_CA_BUNDLE", &issuer), ok(format!("trusted issuers: 1, from {place}")));
    for variable in ["SSL_CERT_FILE", "AWS_CA_BUNDLE"] {
        let (level, message) = certificates(variable, Path::new("/dev/null"));
        assert!(level == "failed" && message.contains(variable), "{message}");
    }
    let (level, message) = certificates("UNUSED", Path::new("x"));
    let is_placed = message.contains(", from /") || message.contains(", from Mozilla's list");
    assert!(level == "ok" && is_placed, "{message}");
}

#[cfg(unix)]
#[test]
fn an_interrupted_check_leaves_nothing_behind() {
    let room = Room::with_disk_profile("");
    room.save(&stored("run-1"));
    let before = room.names_in("store/default/validations");
    for _ in 0..4 {
        let mut child = room.start(["doctor"]).spawn();
        let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
        assert!(killed.success());
        // It may have ended before, or been hit before it listens.
        let code = child.wait().unwrap().code();
        assert!(matches!(code, Some(0 | 130) | None), "{code:?}");
        assert_eq!(room.names_in("store/default/validations"), before);
    }
}
