//! `--store`: a store without a profile.

use insta::assert_snapshot;

use crate::support::{Room, stored};

#[test]
fn a_directory_or_a_sqlite_file_is_a_store_without_a_profile() {
    let room = Room::with_disk_profile("");
    for address in ["./results", "sqlite:results.db", "sqlite:///results.db"] {
        room.start(["save", "-", "--store", address]).input(stored("run-1").text()).run().succeeds();
        assert_eq!(room.run(["--store", address, "list", "--ids"]).succeeds(), "run-1\n", "{address}");
        assert_eq!(room.run(["list", "--ids", "--store", address, "-n", "other"]).succeeds(), "", "{address}");
    }
    assert_eq!(room.names_in("results/default/validations"), ["_catalog", "run-1.json"]);
    assert!(room.work().join("results.db").is_file());
    assert_eq!(room.run(["list", "--ids"]).succeeds(), "");
    let absolute = room.work().join("results");
    assert_eq!(room.run(["list", "--ids", "--store", absolute.to_str().unwrap()]).succeeds(), "run-1\n");
    assert_snapshot!(room.run(["get", "run-2", "--store", "./results"]), @"
    --- stderr ---
    error: result `run-2` not found in ./results/default/validations
    hint: `truthound-store --store ./results list` shows the stored results
    --- exit status 3 ---
    ");
}

#[test]
fn an_address_that_no_backend_takes_is_refused_with_those_that_one_takes() {
    let room = Room::new();
    assert_snapshot!(room.run(["list", "--store", "ftp://me:hunter2@host/x"]), @"
    --- stderr ---
    error: `ftp://******` is not the address of a store
    hint: write sqlite:FILE, postgresql://USER@HOST/DATABASE, mysql://USER@HOST/DATABASE, mssql://USER@HOST/DATABASE, s3://BUCKET/PREFIX, gs://BUCKET/PREFIX, az://CONTAINER/PREFIX, abfss://CONTAINER@ACCOUNT.dfs.core.windows.net/PREFIX, ./DIRECTORY
    --- exit status 2 ---
    ");
    assert_snapshot!(room.run(["list", "--store", "results"]), @"
    --- stderr ---
    error: `******` is not the address of a store
    hint: write sqlite:FILE, postgresql://USER@HOST/DATABASE, mysql://USER@HOST/DATABASE, mssql://USER@HOST/DATABASE, s3://BUCKET/PREFIX, gs://BUCKET/PREFIX, az://CONTAINER/PREFIX, abfss://CONTAINER@ACCOUNT.dfs.core.windows.net/PREFIX, ./DIRECTORY
    --- exit status 2 ---
    ");
    for address in ["s3:///x", "s3://bucket?region=x", "gs://B?x", "az://container/x", "abfss://c@/x", "sqlite:", ""] {
        room.run(["list", "--store", address]).fails_with(2);
    }
}

#[test]
fn the_command_line_chooses_between_a_store_and_a_profile_before_the_environment_does() {
    let room = Room::with_disk_profile("");
    room.save(&stored("of-profile"));
    room.start(["save", "-", "--store", "./other"]).input(stored("of-store").text()).run().succeeds();
    let list = ["list", "--ids"];
    let with_store = [&list[..], &["--store", "./other"]].concat();
    assert_eq!(room.start(with_store).env("TRUTHOUND_STORE_PROFILE", "disk").run().succeeds(), "of-store\n");
    let with_profile = [&list[..], &["-p", "disk"]].concat();
    assert_eq!(room.start(with_profile).env("TRUTHOUND_STORE_STORE", "./other").run().succeeds(), "of-profile\n");
    assert_eq!(room.start(list).env("TRUTHOUND_STORE_STORE", "./other").run().succeeds(), "of-store\n");
    let both = room.start(list).env("TRUTHOUND_STORE_STORE", "./other").env("TRUTHOUND_STORE_PROFILE", "disk").run();
    assert!(both.fails_with(2).contains("TRUTHOUND_STORE_STORE and TRUTHOUND_STORE_PROFILE are both set"));
    assert_snapshot!(room.run(["list", "--store", "./other", "-p", "disk"]), @"
    --- stderr ---
    error: the argument '--store' cannot be used with '--profile'

    Usage: truthound-store [OPTIONS] <COMMAND>

    For more information, try '--help'.
    --- exit status 2 ---
    ");
}

#[test]
fn doctor_checks_a_store_without_a_profile() {
    let room = Room::new();
    let shown = room.run(["doctor", "--store", "./results", "-f", "json"]).json();
    assert_eq!(shown[0]["profile"], "--store", "{shown}");
}

#[test]
fn a_store_in_a_cloud_is_named_by_bucket_and_prefix() {
    let room = Room::new();
    let shown = |address: &str, variables: &[(&str, &str)]| {
        let mut run = room.start(["doctor", "--policy", "-v", "--store", address]);
        for (name, value) in variables {
            run = run.env(name, *value);
        }
        let outcome = run.run();
        let said = format!("{}{}", outcome.stdout(), outcome.stderr());
        assert!(!said.contains("hunter2"), "{said}");
        said
    };
    assert!(shown("s3://my-bucket/results/of/ci", &[]).contains("my-bucket/results/of/ci/"));
    assert!(shown("gs://my-bucket", &[]).contains("my-bucket"));
    let azure = shown("abfss://my-container@myaccount.dfs.core.windows.net/results", &[]);
    assert!(azure.contains("myaccount") && azure.contains("my-container"), "{azure}");
    let key = ("AZURE_STORAGE_KEY", "aHVudGVyMg==");
    let azure = shown("az://my-container/results", &[("AZURE_STORAGE_ACCOUNT", "other"), key]);
    assert!(azure.contains("other") && azure.contains("my-container"), "{azure}");
}
