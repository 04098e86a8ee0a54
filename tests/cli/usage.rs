//! The command line: help, version, and usage errors.

use insta::assert_snapshot;

use crate::support::{Room, stored};

const COMMANDS: [&str; 11] = [
    "save",
    "get",
    "list",
    "delete",
    "set-tier",
    "pool-status",
    "reindex",
    "verify",
    "doctor",
    "profiles",
    "completions",
];

#[test]
fn the_version_is_printed() {
    let version = Room::new().run(["--version"]).succeeds();
    assert_eq!(version, format!("truthound-store {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_verbose_version_tells_how_the_binary_was_built() {
    for words in [&["--version", "--verbose"][..], &["--verbose", "--version"], &["-vV"]] {
        let version = Room::new().run(words).succeeds();
        let (first, rest) = version.split_once('\n').unwrap();
        assert_eq!(first, format!("truthound-store {}", env!("CARGO_PKG_VERSION")), "{words:?}");
        let names: Vec<&str> = rest.lines().map(|line| line.split_once(": ").unwrap().0).collect();
        assert_eq!(names, ["commit", "target", "features", "sqlite"], "{words:?}");
        assert!(rest.contains("features: azure filesystem gcs memory mssql mysql postgres s3 sqlite\n"), "{rest}");
        assert!(rest.contains("sqlite: 3."), "{rest}");
    }
}

#[test]
fn nothing_typed_shows_the_help_and_is_wrong_usage() {
    let room = Room::new();
    let said = room.run::<&str>([]).fails_with(2);
    for command in COMMANDS {
        assert!(said.contains(&format!("\n  {command} ")), "{command} is not in {said}");
    }
}

#[test]
fn a_mistyped_command_or_option_is_said_with_the_nearest() {
    let room = Room::new();
    assert_snapshot!(room.run(["lsit"]), @"
    --- stderr ---
    error: unrecognized subcommand 'lsit'

      tip: some similar subcommands exist: 'ls', 'list'

    Usage: truthound-store [OPTIONS] <COMMAND>

    For more information, try '--help'.
    --- exit status 2 ---
    ");
    assert_snapshot!(room.run(["list", "--aset", "x"]), @"
    --- stderr ---
    error: unexpected argument '--aset' found

      tip: a similar argument exists: '--asset'

    Usage: truthound-store list --asset <NAME>

    For more information, try '--help'.
    --- exit status 2 ---
    ");
}

/// The help texts of all commands, in one snapshot.
#[test]
fn the_help_of_every_command_is_as_agreed() {
    let room = Room::new();
    let mut pages = room.run(["--help"]).succeeds();
    for command in COMMANDS {
        pages.push_str(&format!("\n=== {command} ===\n"));
        pages.push_str(&room.run([command, "--help"]).succeeds());
    }
    assert_snapshot!("help", pages);
}

#[test]
fn every_command_has_examples() {
    let room = Room::new();
    for command in COMMANDS {
        let help = room.run([command, "--help"]).succeeds();
        assert!(help.contains(&format!("truthound-store {command}")) && help.contains("Examples:"), "{help}");
    }
}

#[test]
fn the_format_can_come_from_the_environment() {
    let room = Room::new();
    assert_eq!(room.start(["list"]).env("TRUTHOUND_STORE_FORMAT", "json").run().succeeds(), "[]\n");
    assert_snapshot!(room.start(["list"]).env("TRUTHOUND_STORE_FORMAT", "yaml").run(), @"
    --- stderr ---
    error: invalid value 'yaml' for '--format <FORMAT>'
      [possible values: table, json, jsonl, markdown, junit, github, gitlab, csv, openlineage, parquet, prometheus]

      tip: the value comes from the environment variable TRUTHOUND_STORE_FORMAT

    For more information, try '--help'.
    --- exit status 2 ---
    ");
}

#[test]
fn quiet_and_verbose_exclude_each_other() {
    assert_snapshot!(Room::new().run(["list", "-q", "-v"]), @"
    --- stderr ---
    error: the argument '--quiet' cannot be used with '--verbose...'

    Usage: truthound-store list --quiet

    For more information, try '--help'.
    --- exit status 2 ---
    ");
}

#[test]
fn verbose_says_which_profile_is_used() {
    assert_snapshot!(Room::new().run(["list", "-v"]), @"
    --- stderr ---
    profile default (built in): namespace `default` of sqlite:///.truthound/store.db
    no results in namespace `default` of sqlite:///.truthound/store.db
    ");
}

/// A CI template that sets a variable to nothing means an unset variable.
#[test]
fn an_empty_environment_variable_counts_as_not_set() {
    let room = Room::new();
    room.save(&stored("run-1"));
    for name in ["PROFILE", "CONFIG", "NAMESPACE", "FORMAT"] {
        let said = room.start(["list", "--ids"]).env(&format!("TRUTHOUND_STORE_{name}"), "").run().succeeds();
        assert_eq!(said, "run-1\n", "{name}");
    }
}
