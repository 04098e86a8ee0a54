//! dbt itself: what it says of its runs, and what is stored of them.
//!
//! The commands run once, one after the other on one database; each case reads the artifacts that one of them left.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use serde_json::Value;
use tempfile::TempDir;

use crate::Case;
use crate::python::Python;
use crate::support::Room;

/// The environment variable with the path of dbt, with dbt-duckdb; tests/run sets it.
const VARIABLE: &str = "TRUTHOUND_STORE_TEST_DBT";

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = vec![
        Case::new("dbt::a_build_is_stored_with_each_outcome_as_often_as_dbt_says", build),
        Case::new("dbt::a_test_run_with_a_failing_unit_test_is_stored_as_dbt_says", test),
        Case::new("dbt::a_retry_is_stored_as_dbt_says", retry),
        Case::new("dbt::a_model_that_errors_is_a_failed_check_of_its_asset", broken_model),
        Case::new("dbt::the_freshness_of_a_source_is_stored_as_dbt_says", freshness),
        Case::new("dbt::a_compile_and_a_run_are_refused", no_tests),
        Case::new("dbt::a_check_that_is_mended_passes_and_the_others_are_as_they_were", mended),
        Case::new("dbt::the_whole_target_directory_of_a_project_is_saved", whole_target),
        Case::new("dbt::a_gate_stops_the_broken_project_and_lets_the_mended_one_pass", gate),
    ];
    for case in &mut cases {
        case.is_available = program().is_some();
    }
    cases
}

fn program() -> Option<PathBuf> {
    std::env::var_os(VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from)
}

// --- Runs of dbt -----------------------------------------------------------------------------------------------------

/// One command of dbt, and the `target/` that it left.
struct DbtRun {
    printed: String,
    target: PathBuf,
}

struct DbtRuns {
    build: DbtRun,
    test: DbtRun,
    retry: DbtRun,
    broken: DbtRun,
    freshness: DbtRun,
    compile: DbtRun,
    run: DbtRun,
    mended: DbtRun,
    /// Holds the files of all.
    _directory: TempDir,
}

static RUNS: LazyLock<DbtRuns> = LazyLock::new(|| {
    let directory = tempfile::tempdir().unwrap();
    let (project, room) = (directory.path().join("shop"), directory.path().to_owned());
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop/dbt_project"), &project);
    let dbt = |name: &str, arguments: &[&str]| {
        let mut command = Command::new(program().unwrap());
        command.args(["--no-version-check", "--no-use-colors"]).args(arguments).current_dir(&project).env_clear();
        command.env("PATH", "/usr/bin:/bin").env("HOME", &room).env("SHOP_DATABASE", room.join("shop.duckdb"));
        command.env("DBT_SEND_ANONYMOUS_USAGE_STATS", "false").env("DO_NOT_TRACK", "1");
        command.env("DBT_PROFILES_DIR", &project);
        let output = command.output().unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        // 1 means that a node failed, 2 that dbt itself did.
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(matches!(output.status.code(), Some(0 | 1)), "dbt {name}: {printed}{stderr}");
        let target = room.join(name);
        copy(&project.join("target"), &target);
        DbtRun { printed, target }
    };
    let whole = ["build", "--exclude-resource-type", "unit_test"];
    let build = dbt("build", &whole);
    let test = dbt("test", &["test"]);
    let retry = dbt("retry", &["retry"]);
    let broken = dbt("broken", &["build", "--select", "broken+"]);
    let freshness = dbt("freshness", &["source", "freshness"]);
    let run = dbt("run", &["run"]);
    let compile = dbt("compile", &["compile"]);
    let seed = project.join("seeds/raw_customers.csv");
    let rows = fs::read_to_string(&seed).unwrap();
    fs::write(&seed, rows.replace("2,c@x.com", "3,c@x.com")).unwrap();
    let mended = dbt("mended", &whole);
    DbtRuns { build, test, retry, broken, freshness, compile, run, mended, _directory: directory }
});

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

impl DbtRun {
    /// The counts in dbt's last line: `Done. PASS=7 WARN=1 ERROR=3 SKIP=3 NO-OP=0 TOTAL=14`.
    fn summary(&self) -> BTreeMap<String, u64> {
        let line = self.printed.lines().rev().find_map(|line| Some(line.split_once("Done. ")?.1));
        let line = line.unwrap_or_else(|| panic!("no summary in {}", self.printed));
        let count = |word: &str| {
            let (name, count) = word.split_once('=').unwrap();
            (name.to_owned(), count.parse().unwrap())
        };
        line.split_whitespace().map(count).collect()
    }

    fn artifact(&self, name: &str) -> Value {
        serde_json::from_slice(&fs::read(self.target.join(name)).unwrap()).unwrap()
    }

    /// The outcome of each node, by its unique id, as the artifact says it.
    fn outcomes(&self) -> BTreeMap<String, &'static str> {
        let results = self.artifact("run_results.json");
        let results = results["results"].as_array().unwrap().iter();
        let outcome = |result: &Value| {
            let id = result["unique_id"].as_str().unwrap().to_owned();
            let is_test = id.starts_with("test.") || id.starts_with("unit_test.");
            let outcome = match result["status"].as_str().unwrap() {
                "pass" | "success" => "passed",
                "fail" => "failed",
                "error" if is_test => "errored",
                "error" => "failed",
                "warn" => "warned",
                "skipped" => "skipped",
                other => panic!("{other}"),
            };
            (id, outcome)
        };
        results.map(outcome).collect()
    }
}

// --- What is stored of them ------------------------------------------------------------------------------------------

/// A check of a stored result.
#[derive(Debug)]
struct StoredCheck {
    data_asset: String,
    name: String,
    outcome: String,
}

/// Saves a file beside its manifest, without warnings. Returns the checks of all results by the unique ids of their
/// nodes, and the run ids. Python must accept each stored document.
fn saved(room: &Room, python: &mut Python, file: &Path) -> (BTreeMap<String, StoredCheck>, Vec<String>) {
    let outcome = room.run([Path::new("save"), file]);
    assert_eq!(outcome.stderr(), "");
    let run_ids: Vec<_> = outcome.succeeds().lines().map(str::to_owned).collect();
    let mut checks = BTreeMap::new();
    for run_id in &run_ids {
        let document = room.run(["get", run_id]).succeeds();
        python.assert_accepted(&document);
        let document: Value = serde_json::from_str(&document).unwrap();
        let data_asset = document["data_asset"].as_str().unwrap();
        for check in document["results"].as_array().unwrap() {
            let told = check["success"].as_bool().map(|success| if success { "passed" } else { "failed" });
            let outcome = check["details"]["outcome"].as_str().or(told).unwrap().to_owned();
            let name = check["validator_name"].as_str().unwrap().to_owned();
            let id = check["details"]["unique_id"].as_str().unwrap().to_owned();
            let check = StoredCheck { data_asset: data_asset.to_owned(), name, outcome };
            assert!(checks.insert(id.clone(), check).is_none(), "{id} is stored twice");
        }
    }
    (checks, run_ids)
}

/// Saves a run and checks that each node has the outcome of the artifact, and that their counts are those of dbt's
/// summary, which counts tests that fail and that raise errors together.
fn assert_stored_as_said(
    room: &Room,
    python: &mut Python,
    run: &DbtRun,
    expected: &[(&str, u64)],
) -> BTreeMap<String, StoredCheck> {
    let (checks, _) = saved(room, python, &run.target.join("run_results.json"));
    let stored = checks.iter().map(|(id, check)| (id.clone(), &*check.outcome)).collect::<BTreeMap<_, _>>();
    assert_eq!(stored, run.outcomes());
    let mut counts = BTreeMap::<&str, u64>::new();
    for outcome in stored.values() {
        *counts.entry(outcome).or_default() += 1;
    }
    assert_eq!(counts, expected.iter().copied().collect());
    let of = |outcome| counts.get(outcome).copied().unwrap_or_default();
    let said = [
        ("PASS", of("passed")),
        ("WARN", of("warned")),
        ("ERROR", of("failed") + of("errored")),
        ("SKIP", of("skipped")),
        ("NO-OP", 0),
        ("TOTAL", counts.values().sum()),
    ];
    assert_eq!(run.summary(), said.map(|(name, count)| (name.to_owned(), count)).into());
    checks
}

fn build(room: &Room, python: &mut Python) {
    let expected = [("errored", 1), ("failed", 2), ("passed", 7), ("skipped", 3), ("warned", 1)];
    let checks = assert_stored_as_said(room, python, &RUNS.build, &expected);
    let mut by_asset = BTreeMap::<&str, usize>::new();
    for check in checks.values() {
        *by_asset.entry(&check.data_asset).or_default() += 1;
    }
    let assets = [("broken", 1), ("customers", 8), ("downstream", 2), ("raw.raw_customers", 1), ("raw_customers", 2)];
    assert_eq!(by_asset, assets.into());
}

fn test(room: &Room, python: &mut Python) {
    let expected = [("errored", 2), ("failed", 3), ("passed", 5), ("warned", 1)];
    let checks = assert_stored_as_said(room, python, &RUNS.test, &expected);
    let unit_test = &checks["unit_test.shop.customers.keeps_every_customer"];
    assert_eq!((&*unit_test.data_asset, &*unit_test.outcome), ("customers", "failed"));
    assert_eq!(checks["test.shop.raises"].outcome, "errored");
}

fn retry(room: &Room, python: &mut Python) {
    let checks = assert_stored_as_said(room, python, &RUNS.retry, &[("errored", 2), ("failed", 3)]);
    let failed = RUNS.test.outcomes().into_iter().filter(|(_, outcome)| matches!(*outcome, "failed" | "errored"));
    assert_eq!(checks.keys().cloned().collect::<Vec<_>>(), failed.map(|(id, _)| id).collect::<Vec<_>>());
}

fn broken_model(room: &Room, python: &mut Python) {
    let checks = assert_stored_as_said(room, python, &RUNS.broken, &[("failed", 1), ("skipped", 2)]);
    let broken = &checks["model.shop.broken"];
    assert_eq!((&*broken.data_asset, &*broken.name, &*broken.outcome), ("broken", "model built", "failed"));
    assert_eq!(checks["model.shop.downstream"].data_asset, "downstream");
}

fn freshness(room: &Room, python: &mut Python) {
    let run = &RUNS.freshness;
    let sources = run.artifact("sources.json");
    let said = sources["results"].as_array().unwrap();
    assert_eq!(said.len(), 1);
    assert_eq!(said[0]["status"], "error");
    assert!(run.printed.contains("1 of 1 ERROR STALE freshness of raw.raw_customers"), "{}", run.printed);
    let (checks, run_ids) = saved(room, python, &run.target.join("sources.json"));
    assert_eq!(run_ids.len(), 1);
    let check = &checks["source.shop.raw.raw_customers"];
    assert_eq!(
        (&*check.data_asset, &*check.name, &*check.outcome),
        ("raw.raw_customers", "freshness", "failed"),
        "data that is too old is a failure, and no error of the check"
    );
}

fn no_tests(room: &Room, _: &mut Python) {
    for (command, run) in [("compile", &RUNS.compile), ("run", &RUNS.run)] {
        assert_eq!(run.artifact("run_results.json")["args"]["which"], command);
        let refusal = room.run([Path::new("save"), &run.target.join("run_results.json")]).fails_with(2);
        let reason = format!("this run of dbt executed no test: its command was `{command}`");
        assert!(refusal.contains(&reason), "{refusal}");
    }
    assert_eq!(room.run(["list", "--count"]).succeeds(), "0\n");
}

fn mended(room: &Room, python: &mut Python) {
    let (before, old) = saved(room, python, &RUNS.build.target.join("run_results.json"));
    let expected = [("errored", 1), ("failed", 1), ("passed", 8), ("skipped", 3), ("warned", 1)];
    let after = assert_stored_as_said(room, python, &RUNS.mended, &expected);
    let changed = before.iter().filter(|(id, check)| after[*id].outcome != check.outcome).collect::<Vec<_>>();
    let [(id, check)] = &changed[..] else { panic!("{changed:?}") };
    assert_eq!((&*check.name, &*check.outcome, &*after[*id].outcome), ("unique", "failed", "passed"));
    assert_eq!(after.len(), before.len());
    let listed = room.run(["list", "--limit", "100", "--format", "json"]).json();
    let listed = listed.as_array().unwrap();
    assert_eq!(listed.len(), 2 * old.len(), "each run has results of its own");
    for run_id in &old {
        assert!(listed.iter().any(|entry| entry["run_id"] == **run_id));
    }
}

fn gate(room: &Room, python: &mut Python) {
    let judge = |rules: &[&str]| {
        let outcome = room.run([&["gate", "--asset", "customers", "--severity", "high", "-f", "json"], rules].concat());
        assert_eq!(outcome.stderr(), "");
        let rows: Value = serde_json::from_str(&outcome.stdout()).unwrap();
        let checks = rows.as_array().unwrap().iter().map(|row| row["check"]["name"].as_str().unwrap().to_owned());
        (outcome.code(), checks.collect::<Vec<_>>().join(" "))
    };
    // A value that is not accepted stays when the doubled key is mended.
    let at_most_one = ["--max-failures", "1", "--allow-gone"];
    saved(room, python, &RUNS.build.target.join("run_results.json"));
    assert_eq!(judge(&at_most_one), (Some(10), "accepted_values unique".to_owned()));
    saved(room, python, &RUNS.mended.target.join("run_results.json"));
    for rules in [&at_most_one[..], &["--no-new-failures", "--against", "previous"]] {
        assert_eq!(judge(rules), (Some(0), String::new()));
    }
}

fn whole_target(room: &Room, _: &mut Python) {
    // Beside the freshness and its manifest lie the results of the command before it.
    let target = &RUNS.freshness.target;
    let outcome = room.run([Path::new("save"), target]);
    let stderr = outcome.stderr();
    assert!(stderr.contains("the manifest is of another invocation of dbt"), "{stderr}");
    assert!(stderr.contains("files that hold no results"), "{stderr}");
    let run_ids = outcome.succeeds();
    assert!(run_ids.lines().any(|run_id| run_id.ends_with(".raw.raw_customers")), "{run_ids}");
    assert!(run_ids.lines().any(|run_id| run_id.ends_with(".shop")), "{run_ids}");
}
