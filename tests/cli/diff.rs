//! `diff`: what changed between two runs.

use insta::assert_snapshot;

use crate::support::{Room, fixture};

/// Two runs of dbt: the second with another outcome of some tests. Each has one result, of the data asset shop.
pub(crate) fn room_with_two_runs() -> Room {
    let room = Room::new();
    let first = std::fs::read_to_string(fixture("dbt/run_results.test.json")).unwrap();
    let second = first
        .replace("9a42794c-d5cd-432c-9fb0-b48fde1a8f4e", "second")
        .replace("2026-11-26T11:46:30.614537Z", "2026-11-27T11:46:30Z");
    let second = with(&second, "not_null_customers_id", "\"pass\"", "\"fail\"");
    let second = with(&second, "unique_customers_id", "\"failures\": 1", "\"failures\": 9");
    let second = with(&second, "accepted_values", "\"fail\"", "\"pass\"");
    for text in [first, second] {
        room.start(["-q", "save", "-"]).input(text).run().succeeds();
    }
    room
}

/// The document with `from` replaced by `to` in the last place before the node whose id has `name`.
fn with(document: &str, name: &str, from: &str, to: &str) -> String {
    let id = document.find(&format!("\"unique_id\": \"test.shop.{name}")).unwrap();
    let at = document[..id].rfind(from).unwrap();
    format!("{}{to}{}", &document[..at], &document[at + from.len()..])
}

#[test]
fn changes_are_listed_by_verdict() {
    let room = room_with_two_runs();
    let ids = ["9a42794c-d5cd-432c-9fb0-b48fde1a8f4e.shop", "second.shop"];
    assert_snapshot!(room.run(["diff", ids[0], ids[1]]), @r#"
    VERDICT        CHECK                                      BEFORE    NOW       SEVERITY  MESSAGE
    new failure    not_null_customers_id                      passed    failed    high
    worse          unique_customers_id                        failed 1  failed 9  high      Got 1 result, configured to fail if != 0
    errored        not_null_downstream_id                     errored   errored   high      Runtime Error in test not_null_downstream_id (models/schema.yml)
    still failing  not_null_customers_email                   warned 1  warned 1  medium    Got 1 result, configured to warn if != 0
    still failing  ut_customers                               failed 1  failed 1  high      actual differs from expected:
    fixed          accepted_values_customers_country__DE__FR  failed 1  passed
    "#);
    assert_snapshot!(room.run(["diff", ids[0], ids[1], "-f", "jsonl"]), @r#"
    {"verdict":"new_failure","key":{"name":"not_null_customers_id","column":null,"kwargs":{"node":"test.shop.not_null_customers_id.422908bfae"}},"before":{"outcome":"passed","count":0,"severity":null,"message":null},"after":{"outcome":"failed","count":0,"severity":"high","message":null}}
    {"verdict":"worse","key":{"name":"unique_customers_id","column":null,"kwargs":{"node":"test.shop.unique_customers_id.70f3d3fd20"}},"before":{"outcome":"failed","count":1,"severity":"high","message":"Got 1 result, configured to fail if != 0"},"after":{"outcome":"failed","count":9,"severity":"high","message":"Got 1 result, configured to fail if != 0"}}
    {"verdict":"errored","key":{"name":"not_null_downstream_id","column":null,"kwargs":{"node":"test.shop.not_null_downstream_id.d75e3144fc"}},"before":{"outcome":"errored","count":0,"severity":"high","message":"Runtime Error in test not_null_downstream_id (models/schema.yml)\n  Catalog Error: Table with name downstream does not exist!\n  Did you mean \"customers\"?\n  \n  LINE 21: from \"shop\".\"main\".\"downstream\"\n                ^^^^^^^^^^^^^^^^^^^^^^^^^^"},"after":{"outcome":"errored","count":0,"severity":"high","message":"Runtime Error in test not_null_downstream_id (models/schema.yml)\n  Catalog Error: Table with name downstream does not exist!\n  Did you mean \"customers\"?\n  \n  LINE 21: from \"shop\".\"main\".\"downstream\"\n                ^^^^^^^^^^^^^^^^^^^^^^^^^^"}}
    {"verdict":"still_failing","key":{"name":"not_null_customers_email","column":null,"kwargs":{"node":"test.shop.not_null_customers_email.da3cfcd534"}},"before":{"outcome":"warned","count":1,"severity":"medium","message":"Got 1 result, configured to warn if != 0"},"after":{"outcome":"warned","count":1,"severity":"medium","message":"Got 1 result, configured to warn if != 0"}}
    {"verdict":"still_failing","key":{"name":"ut_customers","column":null,"kwargs":{"node":"unit_test.shop.customers.ut_customers"}},"before":{"outcome":"failed","count":1,"severity":"high","message":"actual differs from expected:\n\n@@,id,email,country\n→ ,1 ,y→x  ,DE"},"after":{"outcome":"failed","count":1,"severity":"high","message":"actual differs from expected:\n\n@@,id,email,country\n→ ,1 ,y→x  ,DE"}}
    {"verdict":"fixed","key":{"name":"accepted_values_customers_country__DE__FR","column":null,"kwargs":{"node":"test.shop.accepted_values_customers_country__DE__FR.02bfe108d7"}},"before":{"outcome":"failed","count":1,"severity":"high","message":"Got 1 result, configured to fail if != 0"},"after":{"outcome":"passed","count":0,"severity":null,"message":null}}
    "#);
    let backwards = room.run(["diff", ids[1], ids[0], "-f", "json"]).json();
    assert_eq!(backwards[0]["verdict"], "new_failure");
    assert_eq!(backwards[0]["key"]["name"], "accepted_values_customers_country__DE__FR");
}

#[test]
fn the_newest_run_of_an_asset_is_compared_with_the_one_before() {
    let room = room_with_two_runs();
    let by_ids = room.run(["diff", "9a42794c-d5cd-432c-9fb0-b48fde1a8f4e.shop", "second.shop"]).succeeds();
    assert_eq!(room.run(["diff", "--asset", "shop"]).succeeds(), by_ids);
    assert_eq!(room.run(["diff", "second.shop"]).succeeds(), by_ids);
    assert_eq!(
        room.run(["diff", "second.shop", "--against", "9a42794c-d5cd-432c-9fb0-b48fde1a8f4e.shop"]).succeeds(),
        by_ids
    );
    assert_snapshot!(room.run(["diff", "--asset", "shop", "--against", "last-success"]), @"
    --- stderr ---
    error: there is no successful run of `shop` before `second.shop` in namespace `default` of sqlite:///.truthound/store.db
      profile: default
    hint: name a run to compare with: `--against RUN_ID`
    --- exit status 3 ---
    ");
    assert_snapshot!(room.run(["diff", "9a42794c-d5cd-432c-9fb0-b48fde1a8f4e.shop"]), @"
    --- stderr ---
    error: there is no run of `shop` before `9a42794c-d5cd-432c-9fb0-b48fde1a8f4e.shop` in namespace `default` of sqlite:///.truthound/store.db
      profile: default
    hint: name a run to compare with: `--against RUN_ID`
    --- exit status 3 ---
    ");
    assert_snapshot!(room.run(["diff", "--asset", "nothing"]), @"
    --- stderr ---
    error: data asset `nothing` has no results in namespace `default` of sqlite:///.truthound/store.db
      profile: default
    hint: `truthound-store list` shows the data assets
    --- exit status 3 ---
    ");
}

#[test]
fn a_new_failure_is_exit_status_10_on_request_and_never_an_error() {
    let room = room_with_two_runs();
    let outcome = room.run(["diff", "--asset", "shop", "--exit-code"]);
    assert_eq!((outcome.code(), outcome.stderr().as_str()), (Some(10), ""));
    let fixed = room.run(["diff", "second.shop", "second.shop", "--exit-code"]);
    assert_eq!(fixed.code(), Some(0));
}

#[test]
fn a_growth_within_the_tolerance_is_not_worse() {
    let room = room_with_two_runs();
    let verdicts = |tolerance: &str| {
        let changes = room.run(["diff", "--asset", "shop", "--tolerance", tolerance, "-f", "json"]).json();
        let unique = changes.as_array().unwrap().iter().find(|change| change["key"]["name"] == "unique_customers_id");
        unique.unwrap()["verdict"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        ["0", "7", "8", "799%", "800%"].map(verdicts),
        ["worse", "worse", "still_failing", "worse", "still_failing"]
    );
    assert_snapshot!(room.run(["diff", "--asset", "shop", "--tolerance", "many"]), @"
    --- stderr ---
    error: invalid value 'many' for '--tolerance <N|N%>': expected a number such as 5, or a share such as 10%

    For more information, try '--help'.
    --- exit status 2 ---
    ");
}

#[test]
fn runs_of_other_suites_and_assets_are_compared_by_what_both_have() {
    let room = room_with_two_runs();
    let gx = std::fs::read(fixture("great_expectations/customers.suite_result.json")).unwrap();
    let gx = room.start(["save", "-", "--run-id", "gx"]).input(gx).run().succeeds();
    assert_snapshot!(room.run(["diff", "second.shop", gx.trim_end()]), @"
    --- stderr ---
    warning: the runs are of the suites `shop` and `customers_suite`: only checks that both have are compared
    warning: the runs are of the data assets `shop` and `customers`
    ");
}

#[test]
fn a_run_that_does_not_exist_is_not_found() {
    let room = room_with_two_runs();
    assert_snapshot!(room.run(["diff", "second.shop", "none"]), @"
    --- stderr ---
    error: result `none` not found in namespace `default` of sqlite:///.truthound/store.db
      profile: default
    hint: `truthound-store list` shows the stored results
    --- exit status 3 ---
    ");
    assert_snapshot!(room.run(["diff"]), @"
    --- stderr ---
    error: the following required arguments were not provided:
      <RUN_ID>...

    Usage: truthound-store diff <RUN_ID>...

    For more information, try '--help'.
    --- exit status 2 ---
    ");
}

#[cfg(target_os = "linux")]
#[test]
fn the_beginnings_of_run_ids_are_enough_at_a_terminal() {
    let room = room_with_two_runs();
    let whole =
        room.run(["diff", "9a42794c-d5cd-432c-9fb0-b48fde1a8f4e.shop", "second.shop", "-f", "jsonl"]).succeeds();
    assert_eq!(room.start(["diff", "9a42", "sec", "-f", "jsonl"]).at_terminal(200).run().shows(), whole);
    room.run(["diff", "9a42", "sec"]).fails_with(3);
}

/// A run of two checks of one column that differ in their arguments.
fn between(run_id: &str, outcomes: [bool; 2]) -> String {
    let results = [9, 99].into_iter().zip(outcomes).map(|(most, success)| {
        serde_json::json!({
            "validator_name": "between", "column": "age", "success": success, "issue_type": null,
            "severity": (!success).then_some("high"), "count": u8::from(!success),
            "details": {"kwargs": {"column": "age", "max_value": most}, "outcome": if success { "passed" } else { "failed" }},
        })
    });
    serde_json::json!({
        "run_id": run_id, "run_time": format!("2026-11-0{}T10:00:00Z", run_id.len()), "data_asset": "customers",
        "status": "failure", "tags": {}, "results": results.collect::<Vec<_>>(),
    })
    .to_string()
}

#[test]
fn checks_of_one_name_are_told_apart_by_their_arguments() {
    let room = Room::new();
    for text in [between("a", [true, true]), between("bb", [false, true])] {
        room.start(["-q", "save", "-"]).input(text).run().succeeds();
    }
    assert_snapshot!(room.run(["diff", "a", "bb"]), @r#"
    VERDICT      CHECK                                           BEFORE  NOW       SEVERITY  MESSAGE
    new failure  between[age] {"column": "age", "max_value": 9}  passed  failed 1  high
    "#);
    let markdown = room.run(["diff", "a", "bb", "-f", "markdown"]).succeeds();
    assert!(markdown.contains(r#""max\_value": 9"#), "{markdown}");
}

#[test]
fn the_names_of_checks_give_way_in_their_middle_at_a_narrow_terminal() {
    let room = room_with_two_runs();
    let ids = ["9a42794c-d5cd-432c-9fb0-b48fde1a8f4e.shop", "second.shop"];
    assert_snapshot!(room.start(["diff", ids[0], ids[1]]).at_terminal(80).run().shows(), @"
    VERDICT        CHECK              BEFORE    NOW       SEVERITY  MESSAGE
    new failure    not_null…omers_id  passed    failed    high
    worse          unique_c…omers_id  failed 1  failed 9  high      Got 1 result,
                                                                    configured to
                                                                    fail if != 0
    errored        not_null…tream_id  errored   errored   high      Runtime Error in
                                                                    test
                                                                    not_null_downstr
                                                                    eam_id
                                                                    (models/schema.y
                                                                    ml)
    still failing  not_null…rs_email  warned 1  warned 1  medium    Got 1 result,
                                                                    configured to
                                                                    warn if != 0
    still failing  ut_customers       failed 1  failed 1  high      actual differs
                                                                    from expected:
    fixed          accepted…__DE__FR  failed 1  passed
    ");
    let narrow = room.start(["diff", ids[0], ids[1]]).at_terminal(40).run().shows();
    assert!(narrow.lines().all(|line| line.chars().count() <= 40), "{narrow}");
}
