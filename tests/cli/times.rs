//! Times without an offset, and the option `time_zone`.

use insta::assert_snapshot;
use jiff::{SignedDuration, Timestamp};

use crate::support::{Outcome, Room, stored};

/// A time as truthound writes it on a machine in this zone: that of the clock, without an offset.
fn clock_in(zone: &str, ago: SignedDuration) -> String {
    (Timestamp::now() - ago).in_tz(zone).unwrap().datetime().to_string()
}

/// A room with a profile on disk, and one in SQLite, that have this option `time_zone`.
fn rooms(zone: &str) -> [Room; 2] {
    let sqlite = Room::new();
    sqlite.write(
        "truthound-store.toml",
        format!("[profiles.default]\nbackend = \"database\"\nconnection_url = \"sqlite:///store.db\"\n{zone}"),
    );
    [Room::with_disk_profile(zone), sqlite]
}

const LOCAL: &str = "time_zone = \"local\"\n";

/// Runs the program on a machine in this zone.
fn in_zone<const N: usize>(room: &Room, zone: &str, arguments: [&str; N], input: &str) -> Outcome {
    room.start(arguments).env("TZ", zone).input(input).run()
}

#[test]
fn a_result_that_was_just_saved_is_found_by_its_age_in_the_local_zone() {
    for zone in ["America/New_York", "Asia/Seoul", "EST5EDT,M3.2.0,M11.1.0"] {
        for room in rooms(LOCAL) {
            // The rules of the third are those of the first.
            let named = if zone.starts_with("EST") { "America/New_York" } else { zone };
            let text = stored("run-1").at(&clock_in(named, SignedDuration::from_mins(1))).text();
            let saved = in_zone(&room, zone, ["save", "-"], &text);
            assert_eq!((saved.stderr().as_str(), saved.succeeds().as_str()), ("", "run-1\n"));
            assert_eq!(in_zone(&room, zone, ["list", "--ids", "--since", "1h"], "").succeeds(), "run-1\n", "{zone}");
            assert_eq!(in_zone(&room, zone, ["list", "--ids", "--until", "1h"], "").succeeds(), "", "{zone}");
            assert_eq!(in_zone(&room, zone, ["get", "run-1"], "").succeeds(), text);
        }
    }
}

#[test]
fn a_runner_in_the_east_is_not_the_latest_for_hours() {
    for room in rooms("time_zone = \"Asia/Seoul\"\n") {
        let (hour, minute) = (SignedDuration::from_hours(1), SignedDuration::from_mins(1));
        room.save(&stored("seoul").at(&clock_in("Asia/Seoul", hour)));
        room.save(&stored("utc").at(&(clock_in("UTC", minute) + "+00:00")));
        assert_eq!(room.run(["list", "--ids"]).succeeds(), "utc\nseoul\n");
        let latest = room.run(["get", "--latest", "--asset", "customers.csv"]).succeeds();
        assert!(latest.contains("\"utc\""), "{latest}");
    }
}

#[test]
fn today_yesterday_and_a_month_are_those_of_the_zone_of_the_profile() {
    for room in rooms("time_zone = \"Asia/Seoul\"\n") {
        let now = Timestamp::now().in_tz("Asia/Seoul").unwrap();
        let midnight = now.start_of_day().unwrap();
        let before = midnight.checked_sub(SignedDuration::from_secs(1)).unwrap();
        room.save(&stored("today").at(&midnight.datetime().to_string()));
        room.save(&stored("yesterday").at(&before.datetime().to_string()));
        room.save(&stored("november").at("2020-11-30T23:59:59"));
        room.save(&stored("december").at("2020-12-01T00:00:00"));
        let listed = |filters: &[&str]| room.run([&["list", "--ids"], filters].concat()).succeeds();
        assert_eq!(listed(&["--since", "today"]), "today\n");
        assert_eq!(listed(&["--since", "yesterday", "--until", "yesterday"]), "yesterday\n");
        assert_eq!(listed(&["--since", "2020-11", "--until", "2020-11"]), "november\n");
        let midnight = midnight.timestamp().as_second().to_string();
        assert_eq!(listed(&["--since", &midnight]), "today\n");
        assert_eq!(listed(&["--since", "1mo"]), "today\nyesterday\n");
    }
}

#[test]
fn a_delete_takes_what_is_old_in_the_zone_of_the_profile() {
    for room in rooms("time_zone = \"America/New_York\"\n") {
        // Five o'clock in the morning of the second of March in UTC.
        room.save(&stored("late").at("2026-03-02T00:00:00"));
        room.save(&stored("early").at("2026-03-01T23:59:59.999999"));
        assert_eq!(room.run(["delete", "--until", "2026-03-02T04:59:58Z", "--yes"]).succeeds(), "");
        assert_eq!(room.run(["delete", "--until", "2026-03-01", "--dry-run"]).succeeds(), "early\n");
        assert_eq!(room.run(["delete", "--until", "2026-03-01", "--yes"]).succeeds(), "early\n");
        assert_eq!(room.run(["list", "--ids", "--since", "2026-03-02"]).succeeds(), "late\n");
        assert_eq!(room.run(["delete", "--until", "2026-03-02T00:00:00", "--yes"]).succeeds(), "late\n");
    }
}

#[test]
fn instants_are_shown_in_utc_wherever_a_time_was_written() {
    for room in rooms("time_zone = \"Asia/Seoul\"\n") {
        let saved =
            room.start(["save", "-", "--format", "jsonl"]).input(stored("local").at("2026-03-01T09:00:00").text());
        assert!(saved.run().succeeds().contains("2026-03-01T00:00:00Z"));
        room.save(&stored("offset").at("2026-03-01T09:00:00-05:00"));
        insta::allow_duplicates!(assert_snapshot!(room.run(["list"]), @"
        RUN TIME              STATUS   DATA ASSET     RUN ID  TAGS
        2026-03-01 14:00:00Z  success  customers.csv  offset
        2026-03-01 00:00:00Z  success  customers.csv  local
        "));
        let summary = room.run(["get", "local", "--format", "table"]).succeeds();
        assert!(summary.contains("2026-03-01T00:00:00Z"), "{summary}");
        assert_eq!(room.run(["verify"]).code(), Some(0));
    }
}

#[test]
fn without_the_option_times_are_in_utc_wherever_the_machine_is() {
    for room in rooms("") {
        room.save(&stored("run-1").at("2026-03-01T09:00:00"));
        let listed = in_zone(&room, "Asia/Seoul", ["list", "--format", "json"], "").json();
        assert_eq!(listed[0]["run_time"], "2026-03-01T09:00:00Z");
    }
}

#[test]
fn a_time_that_lies_ahead_is_saved_with_a_warning_that_names_the_option() {
    for room in rooms("") {
        let ahead = |run_id: &str, minutes| stored(run_id).at(&clock_in("UTC", -SignedDuration::from_mins(minutes)));
        for (input, expected) in [
            (ahead("near", 4).text(), ""),
            (stored("offset").at("2999-01-01T00:00:00Z").text(), ""),
            (ahead("far", 61).text(), "result `far`"),
            (ahead("a", 181).text() + "\n" + &ahead("b", 181).text() + "\n" + &ahead("c", 181).text(), "2 others"),
        ] {
            let outcome = room.start(["save", "-"]).input(input).run();
            assert_eq!(outcome.code(), Some(0), "{outcome}");
            let said = outcome.stderr();
            assert_eq!(said.contains("`time_zone`"), !expected.is_empty(), "{said}");
            assert!(said.contains(expected), "{said}");
        }
        let quiet = room.start(["save", "-", "--quiet"]).input(ahead("far", 61).text()).run();
        assert_eq!(quiet.stderr(), "");
        // Whole seconds: the text of a document is not always that of the message.
        let clock = clock_in("Asia/Seoul", SignedDuration::ZERO);
        let clock = clock.split('.').next().unwrap();
        let said = room.start(["save", "-"]).input(stored("seoul").at(clock).text()).run().stderr();
        let said = said.replace(clock, "TIME").replace("539 minutes", "8 hours");
        insta::allow_duplicates!(
            assert_snapshot!(said, @"warning: the time of result `seoul`, TIME, has no offset and, read in the time zone UTC, lies 8 hours ahead: set `time_zone` in the profile to the zone that it was written in")
        );
    }
}

#[test]
fn a_variable_that_names_no_zone_is_wrong_usage_where_it_is_needed() {
    let room = Room::with_disk_profile(LOCAL);
    assert_snapshot!(in_zone(&room, "Mars/Olympus", ["list"], ""), @r#"
    --- stderr ---
    error: `time_zone` is "local", and the variable TZ names no time zone
      profile: disk
    hint: set TZ to an IANA name such as Europe/Berlin, or name the zone in the profile
    --- exit status 2 ---
    "#);
    let utc = Room::with_disk_profile("");
    assert_eq!(in_zone(&utc, "Mars/Olympus", ["list"], "").succeeds(), "");
}

#[test]
fn a_time_that_is_beyond_pythons_range_in_utc_is_saved_listed_and_found() {
    for zone in ["", "time_zone = \"America/New_York\"\n", "time_zone = \"Asia/Seoul\"\n"] {
        for room in rooms(zone) {
            for (run_id, time) in [
                ("last-west", "9999-12-31T23:59:59.999999-00:01"),
                ("last", "9999-12-31T23:59:59"),
                ("middle", "2026-03-01T12:00:00"),
                ("first", "0001-01-01T00:00:00"),
                ("first-east", "0001-01-01T00:00:00+00:01"),
            ] {
                let text = stored(run_id).at(time).text();
                assert_eq!(
                    room.start(["save", "-", "--quiet"]).input(text.as_str()).run().succeeds(),
                    format!("{run_id}\n")
                );
                assert_eq!(room.run(["get", run_id]).succeeds(), text);
            }
            let all = room.run(["list", "--ids"]).succeeds();
            assert_eq!(all.lines().count(), 5, "{zone} {all}");
            assert_eq!(all.lines().nth(2), Some("middle"), "{zone} {all}");
            assert_eq!(room.run(["list", "--count", "--until", "9999-12-31"]).succeeds(), "5\n", "{zone}");
            assert_eq!(room.run(["list", "--count", "--since", "9999-12-31T12:00:00Z"]).succeeds(), "2\n", "{zone}");
            assert_eq!(room.run(["verify"]).code(), Some(0), "{zone}");
            room.run(["delete", "last-west", "last", "first", "first-east"]).succeeds();
            assert_eq!(room.run(["list", "--ids"]).succeeds(), "middle\n");
        }
    }
}

#[test]
fn a_list_does_not_fail_because_of_pythons_last_time_in_its_index() {
    for zone in ["", "time_zone = \"America/New_York\"\n"] {
        let room = Room::with_disk_profile(zone);
        room.save(&stored("run-1"));
        let directory = "store/default/validations";
        let (mut members, times) = (Vec::new(), ["9999-12-31T23:59:59.999999", "9999-12-31T23:59:59-23:59"]);
        for (run_id, time) in ["last", "later"].into_iter().zip(times) {
            room.write(&format!("{directory}/{run_id}.json"), stored(run_id).at(time).text());
            members.push(format!(
                "\"{run_id}\": {{\"data_asset\": \"customers.csv\", \"run_time\": \"{time}\", \"status\": \"success\", \
                 \"file\": \"{run_id}.json\", \"tags\": {{}}}}"
            ));
        }
        room.write(&format!("{directory}/_index.json"), format!("{{{}}}", members.join(", ")));
        assert_eq!(room.run(["list", "--ids"]).succeeds(), "last\nlater\nrun-1\n", "{zone}");
        assert_eq!(room.run(["list", "--ids", "--limit", "1"]).succeeds(), "last\n", "{zone}");
    }
}

#[test]
fn after_the_option_is_changed_results_are_listed_in_the_new_zone() {
    for room in rooms("") {
        room.save(&stored("run-1").at("2026-03-01T09:00:00"));
        let configuration = String::from_utf8(room.read("truthound-store.toml")).unwrap();
        room.write("truthound-store.toml", configuration + "\ntime_zone = \"Asia/Seoul\"\n");
        let listed = room.run(["list", "--format", "json"]).json();
        assert_eq!(listed[0]["run_time"], "2026-03-01T00:00:00Z");
        room.run(["delete", "run-1"]).succeeds();
        assert_eq!(room.run(["list", "--ids"]).succeeds(), "");
    }
}

#[test]
fn in_a_database_a_time_with_an_offset_is_right_in_the_zone_that_it_was_saved_in() {
    let [disk, database] = rooms("time_zone = \"UTC\"\n");
    for (room, is_right) in [(disk, true), (database, false)] {
        room.save(&stored("run-1").at("2026-03-01T12:00:00Z"));
        let configuration = String::from_utf8(room.read("truthound-store.toml")).unwrap();
        room.write("truthound-store.toml", configuration.replace("UTC", "America/New_York"));
        let listed = || room.run(["list", "--format", "json"]).json()[0]["run_time"].clone();
        assert_eq!(listed() == "2026-03-01T12:00:00Z", is_right);
        let verified = room.run(["verify"]);
        assert_eq!(verified.code(), Some(if is_right { 0 } else { 5 }), "{verified}");
        assert_eq!(verified.stderr().contains("its run time is `2026-03-01T12:00:00+00:00`"), !is_right, "{verified}");
        room.save(&stored("run-1").at("2026-03-01T12:00:00Z"));
        assert_eq!(listed(), "2026-03-01T12:00:00Z");
        assert_eq!(room.run(["verify"]).code(), Some(0));
        // This hour occurs twice in New York. The columns of a database do not tell which it is.
        room.save(&stored("run-1").at("2026-11-01T06:30:00Z"));
        assert_eq!(listed(), if is_right { "2026-11-01T06:30:00Z" } else { "2026-11-01T05:30:00Z" });
        assert_eq!(room.run(["verify"]).code(), Some(0));
    }
}
