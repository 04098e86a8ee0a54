//! `doctor`.

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
