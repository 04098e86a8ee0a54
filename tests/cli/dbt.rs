//! Results of dbt, as it leaves them in `target/`.

use insta::assert_snapshot;

use crate::support::Room;

/// The artifacts of one invocation of dbt, among other files that it writes.
fn room_with_target() -> Room {
    let room = Room::new();
    for (from, to) in [
        ("manifest.json", "manifest.json"),
        ("run_results.test.json", "run_results.json"),
        ("sources.json", "sources.json"),
    ] {
        room.write(&format!("target/{to}"), fixture(from));
    }
    room.write("target/graph.gpickle", b"\x80\x04\x95");
    room.write("target/compiled/shop/models/customers.sql", "select * from raw_customers\n");
    room
}

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/dbt").join(name)).unwrap()
}

#[test]
fn the_target_directory_of_a_project_is_all_that_save_needs() {
    let room = room_with_target();
    assert_snapshot!(room.run(["save", "target"]), @"
    9a42794c-d5cd-432c-9fb0-b48fde1a8f4e.customers
    9a42794c-d5cd-432c-9fb0-b48fde1a8f4e.downstream
    96f270e8-dd6a-4f42-979e-25498c0ccc4a.raw.raw_customers
    --- stderr ---
    warning: passed over 3 files that hold no results, such as `target/compiled/shop/models/customers.sql`: expected a value, found `s`
    ");
    assert_snapshot!(room.run(["list"]), @"
    RUN TIME              STATUS   DATA ASSET         RUN ID                                                  TAGS
    2026-11-26 11:46:30Z  failure  customers          9a42794c-d5cd-432c-9fb0-b48fde1a8f4e.customers          dbt_command=test,dbt_invocation=9a42794c-d5cd-432c-9fb0-b48fde1a8f4e,dbt_project=shop
    2026-11-26 11:46:30Z  error    downstream         9a42794c-d5cd-432c-9fb0-b48fde1a8f4e.downstream         dbt_command=test,dbt_invocation=9a42794c-d5cd-432c-9fb0-b48fde1a8f4e,dbt_project=shop
    2026-11-26 11:45:42Z  failure  raw.raw_customers  96f270e8-dd6a-4f42-979e-25498c0ccc4a.raw.raw_customers  dbt_command=source freshness,dbt_invocation=96f270e8-dd6a-4f42-979e-25498c0ccc4a,dbt_project=shop
    ");
    assert_snapshot!(room.run(["get", "--latest", "--asset", "customers", "-f", "table"]), @"
    data asset  customers
    run id      9a42794c-d5cd-432c-9fb0-b48fde1a8f4e.customers
    run time    2026-11-26T11:46:30.614537Z
    status      failure
    suite       shop
    tags        dbt_command=test,dbt_invocation=9a42794c-d5cd-432c-9fb0-b48fde1a8f4e,dbt_project=shop
    checks      3 passed, 3 failed, 1 warned
    issues      4: 3 high, 1 medium

    OUTCOME  CHECK                     COUNT  SEVERITY  MESSAGE
    failed   accepted_values[country]  1      high      Got 1 result, configured to fail if != 0
    failed   unique[id]                1      high      Got 1 result, configured to fail if != 0
    failed   ut_customers              1      high      actual differs from expected:
    warned   not_null[email]           1      medium    Got 1 result, configured to warn if != 0
    ");
}

#[test]
fn saving_the_same_artifacts_again_adds_nothing() {
    let room = room_with_target();
    let saved = room.run(["save", "target"]).succeeds();
    assert_eq!(room.run(["save", "target"]).succeeds(), saved);
    assert_eq!(room.run(["list", "--count"]).succeeds(), "3\n");
}

#[test]
fn what_is_no_result_of_dbt_is_refused_by_name_when_it_is_named() {
    let room = room_with_target();
    assert_snapshot!(room.run(["save", "target/manifest.json"]), @"
    --- stderr ---
    error: cannot read `target/manifest.json`: line 1, column 1
      caused by: this is the manifest of a dbt project, which holds no test results
      profile: default
    hint: give the `run_results.json` beside it, or the directory of both
    --- exit status 2 ---
    ");
    room.write("run_results.json", fixture("run_results.compile.json"));
    assert_snapshot!(room.run(["save", "run_results.json"]), @"
    --- stderr ---
    error: cannot read `run_results.json`: line 1, column 1
      caused by: this run of dbt executed no test: its command was `compile`
      profile: default
    hint: save what `dbt build` or `dbt test` writes
    --- exit status 2 ---
    ");
}

#[test]
fn a_run_without_its_manifest_is_kept_under_the_name_of_the_project() {
    let room = Room::new();
    room.write("run_results.json", fixture("run_results.test.json"));
    assert_snapshot!(room.run(["save", "run_results.json"]), @"
    9a42794c-d5cd-432c-9fb0-b48fde1a8f4e.shop
    --- stderr ---
    warning: there is no `manifest.json` beside the results; name it with `--manifest`; the data asset of all checks is `shop`
    ");
    room.write("elsewhere/manifest.json", fixture("manifest.json"));
    assert_snapshot!(room.run(["save", "run_results.json", "--manifest", "elsewhere/manifest.json"]), @"
    9a42794c-d5cd-432c-9fb0-b48fde1a8f4e.customers
    9a42794c-d5cd-432c-9fb0-b48fde1a8f4e.downstream
    ");
    assert_snapshot!(room.run(["save", "run_results.json", "--manifest", "none.json"]), @"
    --- stderr ---
    error: cannot read `run_results.json`: line 1, column 1
      caused by: cannot read the manifest `none.json`: No such file or directory (os error 2)
      profile: default
    hint: give dbt's `manifest.json`
    --- exit status 2 ---
    ");
}
