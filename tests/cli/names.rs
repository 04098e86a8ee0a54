//! Odd names in every place that takes one. Each run ends with the exit status that it should, and nothing is written
//! outside the namespace.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{Room, stored};

/// Names of every kind that a file system, a database, an address or a terminal may read as something else.
const NAMES: &[&str] = &[
    "plain",
    "Plain",
    "é",
    "e\u{301}",
    "日本語",
    "😀",
    "مرحبا",
    "a\u{202e}b",
    "a\u{200b}b",
    "\u{feff}bom",
    "tab\tbed",
    "line\nbreak",
    "return\rhere",
    "\u{1b}[31mred",
    "\u{85}",
    "it's",
    "say \"so\"",
    "back\\slash",
    "a/b",
    "..",
    ".",
    "../../outside",
    "/absolute",
    "a/../../b",
    "%2e%2e%2f",
    "100%",
    "a%2Fb",
    "a b",
    " lead",
    "trail ",
    "dot.",
    "-dash",
    "--help",
    "~",
    "$HOME",
    "${HOME}",
    "`id`",
    "'; DROP TABLE validation_results; --",
    "*",
    "what?",
    "a#b",
    "a&b=c",
    "a@b",
    "a:b",
    "CON",
    "x.json.gz",
    "_catalog",
    "_index",
    "null",
    "LONG",
];

fn names() -> Vec<String> {
    NAMES.iter().map(|name| if *name == "LONG" { "x".repeat(300) } else { (*name).to_owned() }).collect()
}

/// Every file and directory below `directory`.
fn tree(directory: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    for item in fs::read_dir(directory).unwrap() {
        let path = item.unwrap().path();
        if path.is_dir() {
            found.extend(tree(&path));
        }
        found.insert(path);
    }
    found
}

/// Checks that all that `room` holds is below `allowed`, and that each of these is there.
fn assert_only(room: &Room, allowed: &[&str]) {
    let allowed: Vec<_> = allowed.iter().map(|path| room.root().join(path)).collect();
    let strange: Vec<_> = tree(room.root())
        .into_iter()
        .filter(|path| !allowed.iter().any(|allowed| path.starts_with(allowed) || allowed.starts_with(path)))
        .collect();
    assert!(strange.is_empty(), "{strange:?}");
}

/// Saves a result for every name as run id, as asset and as tag; each is read and listed as it was written.
fn every_name_is_kept(room: &Room, allowed: &[&str]) {
    let mut kept = 0;
    for (number, name) in names().iter().enumerate() {
        room.write(&format!("in/{number}.json"), stored(name).of(name).tagged(name, name).text());
    }
    let outcome = room.run(["save", "in", "--format", "json"]);
    assert!(matches!(outcome.code(), Some(0 | 2)), "{outcome}");
    assert_only(room, allowed);
    let listed = room.run(["list", "--format", "json", "--limit", "1000"]).json();
    let listed: BTreeSet<_> = listed.as_array().unwrap().iter().map(|row| row["run_id"].as_str().unwrap()).collect();
    for name in names() {
        let outcome = room.run(["get", "--", &name]);
        let is_kept = outcome.code() == Some(0);
        assert_eq!(listed.contains(&*name), is_kept, "{name:?}: {outcome}");
        if is_kept {
            kept += 1;
            assert_eq!(outcome.stdout(), stored(&name).of(&name).tagged(&name, &name).text(), "{name:?}");
        } else {
            assert!(matches!(outcome.code(), Some(2 | 3)), "{name:?}: {outcome}");
        }
    }
    assert!(kept >= names().len() - 2, "only {kept} of {} are kept", names().len());
    // As filters, where a name that is no tag is refused.
    for name in ["'; DROP TABLE validation_results; --", "%", "*", "../../outside"] {
        room.run(["list", "--asset", name]).succeeds();
        room.run(["list", "--tag", &format!("{name}={name}")]).succeeds();
    }
    let mut arguments = vec!["delete".to_owned(), "--".to_owned()];
    arguments.extend(listed.iter().map(|name| (*name).to_owned()));
    room.run(arguments).succeeds();
    assert_eq!(room.run(["list", "--count"]).succeeds(), "0\n");
    assert_only(room, allowed);
    println!("{kept} of {} names kept as run id, asset and tag", names().len());
}

#[test]
fn every_name_is_kept_by_a_database() {
    let allowed = ["home", "tmp", "work/in", "work/.truthound"];
    every_name_is_kept(&Room::new(), &allowed);
}

#[test]
fn every_name_is_kept_by_a_directory_within_its_namespace() {
    let allowed = ["home", "tmp", "work/in", "work/truthound-store.toml", "work/store/default/validations"];
    every_name_is_kept(&Room::with_disk_profile(""), &allowed);
}

#[test]
fn every_name_of_a_namespace_stays_within_the_store_or_is_refused() {
    let room = Room::with_disk_profile("[profiles.db]\nbackend = \"database\"\n");
    room.write("in/a.json", stored("run-1").text());
    let (mut taken, mut refused) = (0, 0);
    for name in names() {
        for profile in ["disk", "db"] {
            let outcome = room.run(["save", "in", "-p", profile, &format!("--namespace={name}")]);
            match outcome.code() {
                Some(0) => taken += 1,
                Some(2) => refused += 1,
                _ => panic!("{name:?}: {outcome}"),
            }
        }
    }
    let allowed = ["home", "tmp", "work/in", "work/truthound-store.toml", "work/store", "work/.truthound"];
    assert_only(&room, &allowed);
    println!("{taken} namespaces taken, {refused} refused");
}

#[test]
fn every_name_of_a_profile_or_file_is_found_or_refused() {
    let room = Room::with_disk_profile("");
    for name in names() {
        let message = room.run(["list", &format!("--profile={name}")]).fails_with(2);
        assert!(message.contains("not found in") && !message.contains('\u{1b}'), "{message}");
    }
    let quoted = |name: &str| serde_json::to_string(name).unwrap();
    let profiles: String =
        names().iter().map(|name| format!("[profiles.{}]\nbackend = \"memory\"\n", quoted(name))).collect();
    room.write("all.toml", profiles);
    let described = room.run(["profiles", "--format", "json", "--config", "all.toml"]).json();
    assert_eq!(described.as_array().unwrap().len(), names().len());
    for name in names() {
        room.run(["list", "--config=all.toml", &format!("--profile={name}")]).succeeds();
    }
}

/// The profiles of all clouds with every name in the place of a bucket, container, account, region or host.
fn cloud_profiles() -> Vec<String> {
    let rest = "retry_timeout = 0.001\n";
    let keys = "access_key_id = \"k\"\nsecret_access_key = \"s\"\n";
    let here = "endpoint_url = \"http://127.0.0.1:1\"\n";
    let mut profiles = Vec::new();
    for name in names()
        .into_iter()
        .chain(["a..b", "xn--a", "1.2.3.4", "arn:aws:s3:us-east-1:1:accesspoint/a"].map(str::to_owned))
    {
        // References are not replaced, and a literal string of TOML holds no line break.
        let name = serde_json::to_string(&name.replace('$', "$$")).unwrap().replace('\u{85}', "\\u0085");
        let host = &name[1..name.len() - 1];
        for options in [
            format!("backend = \"s3\"\nbucket = {name}\n{here}{keys}"),
            format!(
                "backend = \"s3\"\nbucket = {name}\nforce_path_style = false\n{}{keys}",
                here.replace("127.0.0.1", "localhost")
            ),
            format!("backend = \"s3\"\nbucket = \"bkt\"\nregion = {name}\n{here}{keys}"),
            format!("backend = \"s3\"\nbucket = \"bkt\"\nendpoint_url = \"http://{host}.localhost:1\"\n{keys}"),
            format!("backend = \"gcs\"\nbucket = {name}\n{here}"),
            format!("backend = \"gcs\"\nbucket = \"bkt\"\nendpoint_url = \"http://{host}.localhost:1\"\n"),
            format!(
                "backend = \"azure\"\ncontainer = {name}\naccount_url = \"http://127.0.0.1:1/acc\"\naccount_key = \"a2V5\"\n"
            ),
            format!(
                "backend = \"azure\"\ncontainer = \"con\"\naccount_name = {name}\naccount_url = \"http://127.0.0.1:1\"\naccount_key = \"a2V5\"\n"
            ),
            format!(
                "backend = \"azure\"\ncontainer = \"con\"\nconnection_string = \"AccountKey=a2V5;AccountName={host};BlobEndpoint=http://127.0.0.1:1\"\n"
            ),
            format!(
                "backend = \"azure\"\ncontainer = \"con\"\naccount_url = \"http://{host}.localhost:1/acc\"\naccount_key = \"a2V5\"\n"
            ),
        ] {
            // Names below `localhost` are not looked up: that may take seconds.
            let kind = if options.contains("localhost:1") { "host" } else { "name" };
            profiles.push(format!("[profiles.{kind}{}]\n{options}{rest}", profiles.len()));
        }
    }
    profiles
}

#[test]
fn every_name_in_the_address_of_a_cloud_is_asked_or_refused_with_its_line() {
    let room = Room::new();
    let profiles = cloud_profiles();
    room.write("clouds.toml", profiles.concat());
    let described = room.run(["profiles", "--format", "json", "--config", "clouds.toml"]).json();
    let described = described.as_array().unwrap();
    assert_eq!(described.len(), profiles.len());
    let (mut asked, mut refused) = (0, 0);
    for (profile, text) in described.iter().zip(&profiles) {
        let name = profile["name"].as_str().unwrap();
        let is_refused = !profile["problem"].is_null();
        // All refusals have the same form; one in seventeen is looked at.
        if is_refused {
            refused += 1;
            assert!(profile["problem"].as_str().unwrap().contains("(line "), "{profile}");
            if refused % 17 != 0 {
                continue;
            }
        }
        if !is_refused && name.starts_with("host") {
            continue;
        }
        room.write("one.toml", text);
        let outcome = room.run(["list", "--count", "--config", "one.toml"]);
        let message = outcome.to_string();
        if is_refused {
            assert!(outcome.code() == Some(2) && message.contains(" --> one.toml:"), "{profile}: {message}");
        } else {
            asked += 1;
            assert!(outcome.code() == Some(4), "{profile}: {message}");
        }
    }
    println!("{} profiles: {asked} asked, {refused} refused", profiles.len());
    assert!(asked >= 20 && refused >= 200, "{asked} asked, {refused} refused");
}
