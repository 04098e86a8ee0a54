//! `report`: a static site. How its pages look and work is tested in `tests/browser/`.

use insta::assert_snapshot;
use serde_json::json;

use crate::support::{Room, stored};

/// A document with a check that failed.
fn failed(run_id: &str, day: u32) -> String {
    json!({
        "run_id": run_id, "run_time": format!("2026-11-{day:02}T06:00:00Z"), "data_asset": "orders", "status": "failure",
        "results": [{"validator_name": "unique", "column": "id", "success": false, "count": day, "severity": "high",
                     "message": format!("{day} twins"), "details": {"kwargs": {"column": "id"}}}],
        "statistics": {}, "tags": {}, "metadata": {}, "suite_name": "orders", "runtime_environment": {},
    })
    .to_string()
}

fn room() -> Room {
    let room = Room::with_disk_profile("");
    room.save(&stored("a-1").of("customers"));
    for (run_id, day) in [("o-1", 1), ("o-2", 2), ("o-3", 3)] {
        room.start(["-q", "save", "-"]).input(failed(run_id, day)).run().succeeds();
    }
    room
}

fn page(room: &Room, name: &str) -> String {
    String::from_utf8(room.read(&format!("site/{name}"))).unwrap()
}

#[test]
fn a_site_has_an_overview_and_a_page_for_each_asset_and_run() {
    let room = room();
    assert_snapshot!(room.run(["report", "-o", "site"]), @"
    PAGES        WRITTEN  UNCHANGED
    runs         4        0
    data assets  2        0
    overview     1        0
    ");
    assert_eq!(room.names_in("site"), ["assets", "data", "index.html", "runs"]);
    assert_eq!(room.names_in("site/assets"), ["customers.html", "orders.html"]);
    assert_eq!(room.names_in("site/runs"), ["a-1.html", "o-1.html", "o-2.html", "o-3.html"]);
    assert_eq!(room.names_in("site/data"), ["a-1.jsonl", "o-1.jsonl", "o-2.jsonl", "o-3.jsonl"]);
    assert!(page(&room, "index.html").contains("2 data assets, 4 runs"));
    assert!(page(&room, "assets/orders.html").contains("3 now, 3 at most"));
    assert!(page(&room, "runs/o-2.html").contains("2 twins"));
    assert_snapshot!(room.run(["report", "-o", "other", "-f", "json"]), @r#"
    [
      {"pages":"runs","written":4,"unchanged":0},
      {"pages":"data assets","written":2,"unchanged":0},
      {"pages":"overview","written":1,"unchanged":0}
    ]
    "#);
}

#[test]
fn a_new_run_costs_its_page_that_of_its_asset_and_the_overview() {
    let room = room();
    room.run(["report", "-o", "site"]).succeeds();
    // Their documents can no longer be read: a page that is not written again needs none.
    for run_id in ["a-1", "o-1", "o-2", "o-3"] {
        let document = format!("store/default/validations/{run_id}.json");
        let text = String::from_utf8(room.read(&document)).unwrap();
        room.write(&document, text.replace("\"results\":", "\"results\":!"));
    }
    room.start(["-q", "save", "-"]).input(failed("o-4", 4)).run().succeeds();
    assert_snapshot!(room.run(["report", "-o", "site"]), @"
    PAGES        WRITTEN  UNCHANGED
    runs         1        4
    data assets  1        1
    overview     1        0
    ");
    assert!(page(&room, "assets/orders.html").contains("4 now, 4 at most"));
    assert_snapshot!(room.run(["report", "-o", "site"]), @"
    PAGES        WRITTEN  UNCHANGED
    runs         0        5
    data assets  0        2
    overview     1        0
    ");
}

#[test]
fn a_run_that_was_overwritten_gets_a_new_page() {
    let room = room();
    room.run(["report", "-o", "site"]).succeeds();
    room.start(["-q", "save", "-"]).input(failed("o-2", 9)).run().succeeds();
    assert_snapshot!(room.run(["report", "-o", "site"]), @"
    PAGES        WRITTEN  UNCHANGED
    runs         1        3
    data assets  1        1
    overview     1        0
    ");
    assert!(page(&room, "runs/o-2.html").contains("9 twins"));
}

#[test]
fn a_run_that_was_overwritten_with_the_same_facts_gets_a_new_page_on_disk_and_in_a_database() {
    for room in [room(), Room::new()] {
        for twins in [3, 4] {
            let text = failed("o-2", 2).replace("2 twins", &format!("{twins} twins"));
            room.start(["-q", "save", "-"]).input(text).run().succeeds();
            room.run(["report", "-o", "site"]).succeeds();
            assert!(page(&room, "runs/o-2.html").contains(&format!("{twins} twins")));
            let again = room.run(["report", "-o", "site", "-f", "jsonl"]).succeeds();
            assert!(again.contains("\"pages\":\"runs\",\"written\":0"), "{again}");
        }
    }
}

#[test]
fn a_page_that_is_missing_or_incomplete_is_written_again() {
    let room = room();
    room.run(["report", "-o", "site"]).succeeds();
    let data = page(&room, "data/o-2.jsonl");
    room.write("site/data/o-2.jsonl", &data[..data.len() - 20]);
    std::fs::remove_file(room.work().join("site/runs/o-3.html")).unwrap();
    std::fs::remove_file(room.work().join("site/assets/customers.html")).unwrap();
    assert_snapshot!(room.run(["report", "-o", "site"]), @"
    PAGES        WRITTEN  UNCHANGED
    runs         2        2
    data assets  1        1
    overview     1        0
    ");
    assert_snapshot!(room.run(["report", "-o", "site", "--rebuild"]), @"
    PAGES        WRITTEN  UNCHANGED
    runs         4        0
    data assets  2        0
    overview     1        0
    ");
}

#[test]
fn the_newest_runs_of_each_asset_are_shown_and_no_page_is_deleted() {
    let room = room();
    room.run(["report", "-o", "site"]).succeeds();
    room.run(["report", "-o", "site", "--last", "1"]).succeeds();
    assert!(page(&room, "index.html").contains("2 data assets, 2 runs"));
    assert!(!page(&room, "assets/orders.html").contains("o-2.html"));
    assert_eq!(room.names_in("site/runs").len(), 4);
    room.run(["report", "-o", "site", "--asset", "orders", "--until", "2026-11-02"]).succeeds();
    assert!(page(&room, "index.html").contains("1 data asset, 2 runs"));
    assert_snapshot!(room.run(["report", "-o", "site", "--last", "0"]), @"
    --- stderr ---
    error: invalid value '0' for '--last <N>': number would be zero for non-zero type

    For more information, try '--help'.
    --- exit status 2 ---
    ");
}

#[test]
fn a_store_without_results_has_a_site_that_says_so() {
    let room = Room::with_disk_profile("");
    room.run(["report", "-o", "site"]).succeeds();
    assert!(page(&room, "index.html").contains("There are no results."));
}

#[test]
fn a_run_that_cannot_be_read_is_reported_and_shown_without_a_page() {
    let room = room();
    room.write("store/default/validations/o-2.json", "{\"results\": [");
    assert_snapshot!(room.run(["report", "-o", "site"]), @"
    PAGES        WRITTEN  UNCHANGED
    runs         3        0
    data assets  2        0
    overview     1        0
    --- stderr ---
    error: result `o-2` is not the document that was saved
      caused by: its SHA-256 is d01cdf112ae178b54109143ba297004034c2b363f44a31213bdf27ac6ec66603, and ca7e3a518a836255a2eeab340cbbf948cc4ff79433abbc802bdcb5a7fd815dbd was recorded when it was saved
      profile: disk
    hint: save it again, or restore its document from a backup
    --- exit status 5 ---
    ");
    assert_eq!(room.names_in("site/runs"), ["a-1.html", "o-1.html", "o-3.html"]);
    assert!(page(&room, "assets/orders.html").contains("the document could not be read"));
}

#[test]
fn names_that_differ_in_case_or_lead_elsewhere_have_files_of_their_own() {
    let room = Room::with_disk_profile("");
    for (run_id, asset) in [("run", "Orders"), ("RUN", "ORDERS"), ("../../run", "../orders"), ("con", "nul")] {
        room.save(&stored(run_id).of(asset));
    }
    room.run(["report", "-o", "site"]).succeeds();
    assert_eq!(room.names_in("."), ["site", "store", "truthound-store.toml"]);
    let assets = room.names_in("site/assets");
    assert_eq!(assets.len(), 4);
    assert!(assets.iter().all(|name| name.contains('~')), "{assets:?}");
    assert_eq!(room.names_in("site/runs").len(), 4);
}

#[test]
fn a_first_page_of_another_site_is_not_replaced() {
    let room = room();
    room.write("mine/index.html", "<h1>Mine</h1>");
    assert_snapshot!(room.run(["report", "-o", "mine"]), @"
    --- stderr ---
    error: `mine/index.html` is not a page of a report
      profile: disk
    hint: choose another directory
    --- exit status 2 ---
    ");
    assert_eq!(room.names_in("mine"), ["index.html"]);
}

#[test]
fn a_directory_that_cannot_be_made_is_an_error() {
    let room = room();
    room.write("file", "");
    assert_snapshot!(room.run(["report", "-o", "file"]), @"
    --- stderr ---
    error: cannot create the directory `file/assets`
      caused by: Not a directory (os error 20)
      profile: disk
    --- exit status 6 ---
    ");
    assert_snapshot!(room.run(["report"]), @"
    --- stderr ---
    error: the following required arguments were not provided:
      --output <DIR>

    Usage: truthound-store report --output <DIR>

    For more information, try '--help'.
    --- exit status 2 ---
    ");
}
