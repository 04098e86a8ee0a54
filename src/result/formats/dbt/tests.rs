//! Artifacts that dbt 1.11 wrote, and what is close to them.

use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::result::json::JsonValue;
use crate::result::{CheckCounts, Document, InputOptions, InputSource, Layout, Overrides, Split, Status, documents};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/dbt").join(name)
}

/// The artifacts in a directory of their own, as dbt leaves them in `target/`.
fn target(files: &[(&str, &str)]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (from, to) in files {
        std::fs::copy(fixture(from), directory.path().join(to)).unwrap();
    }
    directory
}

/// The results of a file, and the warnings.
fn read_with(path: &Path, options: &InputOptions) -> (Vec<Result<Document, Error>>, Vec<String>) {
    let mut documents = documents(&InputSource::File(path.to_owned()), options).unwrap();
    let results = documents.by_ref().collect();
    (results, documents.take_notes().warnings)
}

fn read(path: &Path) -> Vec<Document> {
    let (results, warnings) = read_with(path, &InputOptions::default());
    assert_eq!(warnings, Vec::<String>::new());
    results.into_iter().map(Result::unwrap).collect()
}

fn stored(document: &Document) -> JsonValue {
    JsonValue::parse(document.body.reader()).unwrap()
}

fn counts(document: &Document) -> String {
    CheckCounts::read(document.entry.run_id.clone(), document.body.reader()).unwrap().to_string()
}

fn at<'a>(value: &'a JsonValue, path: &str) -> &'a JsonValue {
    path.split('.').fold(value, |value, key| match key.parse::<usize>() {
        Ok(index) => &value.as_array().unwrap()[index],
        Err(_) => value.get(key).unwrap_or_else(|| panic!("no {key} in {value:?}")),
    })
}

fn refusal(path: &Path) -> String {
    let (mut results, _) = read_with(path, &InputOptions::default());
    assert_eq!(results.len(), 1);
    results.remove(0).unwrap_err().causes().join(": ")
}

/// The file with one text replaced by another.
fn changed(name: &str, from: &str, to: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(fixture(name)).unwrap();
    assert!(text.contains(from), "{from}");
    std::fs::write(directory.path().join(name), text.replace(from, to)).unwrap();
    directory
}

#[test]
fn each_tested_asset_is_a_result_with_its_tests_by_name_and_column() {
    let target = target(&[("manifest.json", "manifest.json"), ("run_results.test.json", "run_results.json")]);
    let documents = read(&target.path().join("run_results.json"));
    let facts = documents.iter().map(|document| {
        let entry = &document.entry;
        (entry.data_asset.as_str(), entry.run_id.as_str(), entry.status, counts(document))
    });
    assert_eq!(
        facts.collect::<Vec<_>>(),
        [
            (
                "customers",
                "9a42794c-d5cd-432c-9fb0-b48fde1a8f4e.customers",
                Status::Failure,
                "3 passed, 3 failed, 1 warned".to_owned()
            ),
            ("downstream", "9a42794c-d5cd-432c-9fb0-b48fde1a8f4e.downstream", Status::Error, "1 errored".to_owned()),
        ]
    );
    let entry = &documents[0].entry;
    assert_eq!(entry.run_time.to_python_iso(), "2026-11-26T11:46:30.614537+00:00");
    assert_eq!(entry.tags["dbt_invocation"], "9a42794c-d5cd-432c-9fb0-b48fde1a8f4e");
    assert_eq!((entry.tags["dbt_command"].as_str(), entry.tags["dbt_project"].as_str()), ("test", "shop"));
    let customers = stored(&documents[0]);
    assert_eq!(at(&customers, "suite_name"), &"shop".into());
    let checks = at(&customers, "results").as_array().unwrap().iter();
    let checks = checks.map(|check| {
        let text = |key: &str| check.get(key).and_then(JsonValue::as_str).unwrap_or_default().into_owned();
        (text("validator_name"), text("column"), text("severity"), check.get("count").unwrap().as_u64().unwrap())
    });
    let expected = [
        ("no_negative_ids", "", "", 0),
        ("accepted_values", "country", "high", 1),
        ("not_null", "email", "medium", 1),
        ("not_null", "id", "", 0),
        ("relationships", "country", "", 0),
        ("unique", "id", "high", 1),
        ("ut_customers", "", "high", 1),
    ];
    let expected = expected
        .map(|(name, column, severity, count)| (name.to_owned(), column.to_owned(), severity.to_owned(), count));
    assert_eq!(checks.collect::<Vec<_>>(), expected);
    assert_eq!(
        at(&customers, "results.1.details.kwargs").to_text(Layout::Compact),
        r#"{"column_name": "country", "values": ["DE", "FR"]}"#
    );
    assert_eq!(at(&customers, "results.1.message"), &"Got 1 result, configured to fail if != 0".into());
    assert_eq!(at(&customers, "results.1.execution_time_ms").as_number(), Some("195.716858"));
    assert_eq!(at(&customers, "results.2.details.outcome"), &"warned".into());
    assert!(!at(&customers, "results.6.message").as_str().unwrap().contains('\u{1b}'));
    assert_eq!(at(&customers, "statistics.failed_validators").as_u64(), Some(4));
    assert_eq!(at(&customers, "metadata.dbt.unique_id"), &"model.shop.customers".into());
    assert_eq!(at(&customers, "metadata.dbt.args.which"), &"test".into());
    assert!(at(&customers, "results.1.details.compiled_code").as_str().unwrap().contains("all_values"));
}

#[test]
fn what_is_built_is_a_check_of_its_own_asset_and_what_was_skipped_a_skipped_one() {
    let target = changed(
        "run_results.build.json",
        "6cd08528-8237-4b83-a240-dcd33c8ca2eb",
        "9a42794c-d5cd-432c-9fb0-b48fde1a8f4e",
    );
    std::fs::copy(fixture("manifest.json"), target.path().join("manifest.json")).unwrap();
    let documents = read(&target.path().join("run_results.build.json"));
    let facts =
        documents.iter().map(|document| (document.entry.data_asset.as_str(), document.entry.status, counts(document)));
    assert_eq!(
        facts.collect::<Vec<_>>(),
        [
            ("raw_customers", Status::Success, "1 passed".to_owned()),
            ("customers", Status::Failure, "4 passed, 2 failed, 1 warned".to_owned()),
            ("broken", Status::Warning, "1 skipped".to_owned()),
            ("downstream", Status::Warning, "2 skipped".to_owned()),
        ]
    );
    assert_eq!(at(&stored(&documents[0]), "results.0.validator_name"), &"seed built".into());
    assert_eq!(at(&stored(&documents[2]), "results.0.validator_name"), &"model built".into());
}

#[test]
fn a_model_that_errors_is_a_failed_check() {
    let target = changed(
        "run_results.build.json",
        r#"{"status": "skipped", "timing": [], "thread_id": "Thread-1 (worker)", "execution_time": 0, "adapter_response": {}, "message": null, "failures": null, "unique_id": "model.shop.broken""#,
        r#"{"status": "error", "message": "Binder Error: no column nope", "unique_id": "model.shop.broken""#,
    );
    let documents = read_with(&target.path().join("run_results.build.json"), &InputOptions::default()).0;
    let document = documents.into_iter().next().unwrap().unwrap();
    let stored = stored(&document);
    let check = at(&stored, "results")
        .as_array()
        .unwrap()
        .iter()
        .find(|check| at(check, "details.unique_id") == &"model.shop.broken".into());
    let check = check.unwrap();
    assert_eq!(at(check, "validator_name"), &"model built".into());
    assert_eq!((at(check, "success"), at(check, "severity")), (&false.into(), &"high".into()));
    assert_eq!(at(check, "message"), &"Binder Error: no column nope".into());
    assert!(check.get("details").unwrap().get("outcome").is_none(), "it failed, and did not just err");
}

#[test]
fn without_a_manifest_that_fits_the_asset_is_the_project_and_a_warning_says_so() {
    let alone = target(&[("run_results.test.json", "run_results.json")]);
    let (results, warnings) = read_with(&alone.path().join("run_results.json"), &InputOptions::default());
    assert_eq!(
        warnings,
        [
            "there is no `manifest.json` beside the results; name it with `--manifest`; the data asset of all checks is `shop`"
        ]
    );
    let [document] = &results[..] else { panic!("{results:?}") };
    let document = document.as_ref().unwrap();
    assert_eq!(document.entry.data_asset, "shop");
    assert_eq!(document.entry.run_id.as_str(), "9a42794c-d5cd-432c-9fb0-b48fde1a8f4e.shop");
    assert_eq!(counts(document), "3 passed, 3 failed, 1 warned, 1 errored");
    assert_eq!(at(&stored(document), "results.2.validator_name"), &"not_null_customers_email".into());

    let other = target(&[("manifest.json", "manifest.json"), ("run_results.build.json", "run_results.json")]);
    let (results, warnings) = read_with(&other.path().join("run_results.json"), &InputOptions::default());
    assert_eq!(results.len(), 1);
    assert!(warnings[0].starts_with("the manifest is of another invocation of dbt"), "{warnings:?}");

    std::fs::write(alone.path().join("manifest.json"), "{\"metadata\": ").unwrap();
    let (results, warnings) = read_with(&alone.path().join("run_results.json"), &InputOptions::default());
    assert_eq!(results.len(), 1);
    assert!(warnings[0].starts_with("cannot read the manifest"), "{warnings:?}");
}

#[test]
fn a_manifest_that_is_named_is_taken_from_anywhere_and_must_be_readable() {
    let alone = target(&[("run_results.test.json", "run_results.json")]);
    let results = alone.path().join("run_results.json");
    let options = |manifest: PathBuf| InputOptions { manifest: Some(manifest), ..InputOptions::default() };
    let (documents, warnings) = read_with(&results, &options(fixture("manifest.json")));
    assert_eq!((documents.len(), warnings.len()), (2, 0));
    for (manifest, reason) in [
        (alone.path().join("none.json"), "No such file"),
        (results.clone(), "it is not a manifest of dbt"),
        (alone.path().to_owned(), "it is not a regular file"),
    ] {
        let (mut documents, _) = read_with(&results, &options(manifest));
        let error = documents.remove(0).unwrap_err().causes().join(": ");
        assert!(error.contains("cannot read the manifest") && error.contains(reason), "{error}");
    }
}

#[test]
fn all_assets_can_be_kept_in_one_result() {
    let target = target(&[
        ("manifest.json", "manifest.json"),
        ("run_results.test.json", "run_results.json"),
        ("sources.json", "sources.json"),
    ]);
    let options = InputOptions { split: Split::None, ..InputOptions::default() };
    let (results, warnings) = read_with(&target.path().join("run_results.json"), &options);
    assert!(warnings.is_empty());
    let [document] = &results[..] else { panic!("{results:?}") };
    let document = document.as_ref().unwrap();
    assert_eq!(
        (document.entry.data_asset.as_str(), counts(document).as_str()),
        ("shop", "3 passed, 3 failed, 1 warned, 1 errored")
    );
    assert_eq!(
        at(&stored(document), "results.3.details.kwargs.node"),
        &"test.shop.not_null_customers_id.422908bfae".into()
    );
    let (results, _) = read_with(&target.path().join("sources.json"), &options);
    assert_eq!(results[0].as_ref().unwrap().entry.data_asset, "shop");
}

#[test]
fn the_freshness_of_a_source_is_a_result() {
    let target = target(&[("sources.json", "sources.json")]);
    let documents = read(&target.path().join("sources.json"));
    let [document] = &documents[..] else { panic!("{documents:?}") };
    assert_eq!(document.entry.data_asset, "raw.raw_customers");
    assert_eq!(document.entry.run_id.as_str(), "96f270e8-dd6a-4f42-979e-25498c0ccc4a.raw.raw_customers");
    assert_eq!(document.entry.status, Status::Failure);
    let stored = stored(document);
    assert_eq!(at(&stored, "results.0.validator_name"), &"freshness".into());
    assert_eq!(at(&stored, "results.0.message"), &"the newest row is of 2026-11-20T10:00:00+00:00".into());
    assert_eq!(at(&stored, "results.0.details.criteria.error_after.count").as_u64(), Some(24));
}

#[test]
fn what_is_close_to_run_results_is_refused_with_its_reason() {
    let no_tests = "this run of dbt executed no test: its command was `compile`";
    assert_eq!(refusal(&fixture("run_results.compile.json")), no_tests);
    let run = changed("run_results.test.json", "\"which\": \"test\"", "\"which\": \"run\"");
    assert_eq!(refusal(&run.path().join("run_results.test.json")), no_tests.replace("compile", "run"));
    assert_eq!(
        refusal(&fixture("manifest.json")),
        "this is the manifest of a dbt project, which holds no test results"
    );
    let catalog = changed("sources.json", "dbt/sources/v3", "dbt/catalog/v1");
    assert_eq!(
        refusal(&catalog.path().join("sources.json")),
        "this is the catalog of a dbt project, which holds no test results"
    );
    let other = changed("sources.json", "dbt/sources/v3", "dbt/semantic_manifest/v1");
    assert_eq!(refusal(&other.path().join("sources.json")), "this is an artifact of dbt that holds no test results");
    let newer = changed("run_results.test.json", "run-results/v6", "run-results/v7");
    assert_eq!(
        refusal(&newer.path().join("run_results.test.json")),
        "these are the run results of dbt of a version that is not known here: `https://schemas.getdbt.com/dbt/run-results/v7.json`"
    );
    let nameless = changed("run_results.test.json", "\"invocation_id\"", "\"id\"");
    assert_eq!(
        refusal(&nameless.path().join("run_results.test.json")),
        "this looks like the run results of dbt, but `metadata.invocation_id` is missing"
    );
    let text = std::fs::read_to_string(fixture("run_results.test.json")).unwrap();
    let truncated = tempfile::tempdir().unwrap();
    let path = truncated.path().join("run_results.json");
    std::fs::write(&path, &text[..text.len() / 2]).unwrap();
    assert!(refusal(&path).contains("the text ends"), "{}", refusal(&path));
    std::fs::write(
        &path,
        text.replace(
            &text[text.find("\"results\": [").unwrap()..text.find("], \"elapsed_time\"").unwrap()],
            "\"results\": [",
        ),
    )
    .unwrap();
    assert_eq!(refusal(&path), "this run of dbt had no nodes");
}

#[test]
fn one_run_id_is_refused_for_several_results_and_taken_for_one() {
    let target = target(&[("manifest.json", "manifest.json"), ("run_results.test.json", "run_results.json")]);
    let path = target.path().join("run_results.json");
    let overrides = Overrides { run_id: crate::result::RunId::new("mine").ok(), ..Overrides::default() };
    let options = InputOptions::new(&overrides, Layout::Compact);
    let (results, _) = read_with(&path, &options);
    assert_eq!(results[0].as_ref().unwrap_err().causes(), ["a run id was given, but there are several documents"]);
    let (results, _) = read_with(&path, &InputOptions { split: Split::None, ..options });
    assert_eq!(results[0].as_ref().unwrap().entry.run_id.as_str(), "mine");
}

#[test]
fn a_manifest_before_dbt_1_6_names_the_tested_model_in_the_arguments_of_the_test() {
    let target = changed(
        "manifest.json",
        "\"attached_node\": \"model.shop.customers\"",
        "\"attached_node_of_newer_versions\": null",
    );
    std::fs::copy(fixture("run_results.test.json"), target.path().join("run_results.json")).unwrap();
    let documents = read(&target.path().join("run_results.json"));
    let assets = documents.iter().map(|document| (document.entry.data_asset.as_str(), counts(document)));
    assert_eq!(
        assets.collect::<Vec<_>>(),
        [("customers", "3 passed, 3 failed, 1 warned".to_owned()), ("downstream", "1 errored".to_owned())]
    );
}
