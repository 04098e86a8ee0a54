//! Python's index, as Python would read it.

use object_store::path::Path;
use object_store::{ObjectStoreExt as _, PutPayload};

use super::*;

const INDEX: &str = "truthound/default/_index.json";

async fn put_index(objects: &InMemory, text: &str) {
    objects.put(&Path::from(INDEX), PutPayload::from(text.to_owned())).await.unwrap();
}

async fn index(objects: &InMemory) -> String {
    let bytes = objects.get(&Path::from(INDEX)).await.unwrap().bytes().await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn row(run_time: &str) -> String {
    format!(r#"{{"data_asset": "p", "run_time": "{run_time}", "status": "error", "key": "k", "tags": {{}}}}"#)
}

/// Puts a document where Python would, without an entry.
async fn put_document(objects: &InMemory, document: &Document) {
    let key = Path::from(format!("truthound/default/results/{}.json", document.entry.run_id));
    objects.put(&key, PutPayload::from(document.body.to_bytes().unwrap())).await.unwrap();
}

fn shared() -> (Arc<InMemory>, ObjectResultStore) {
    let objects = Arc::new(InMemory::new());
    (objects.clone(), cloud(objects, true))
}

#[tokio::test]
async fn the_index_is_updated_only_where_it_exists() {
    let (objects, store) = shared();
    save(&store, &result("a", "2026-01-01")).await;
    assert!(objects.get(&Path::from(INDEX)).await.is_err());
    put_index(&objects, &format!(r#"{{"z": {}, "a": {{}}}}"#, row("2025-01-01"))).await;
    save(&store, &result("b", "2026-01-02T03:04:05+02:00")).await;
    save(&store, &result("a", "2026-01-03")).await;
    let text = index(&objects).await;
    let expected = r#"  "b": {
    "data_asset": "customers.csv",
    "run_time": "2026-01-02T03:04:05+02:00",
    "status": "success",
    "key": "truthound/default/results/b.json.gz",
    "tags": {}
  }
}"#;
    assert!(text.ends_with(expected), "{text}");
    let order: Vec<usize> = ["\"z\"", "\"a\"", "\"b\""].iter().map(|key| text.find(key).unwrap()).collect();
    assert!(order.is_sorted(), "{text}");
    assert!(text.contains("2026-01-03T00:00:00"));
}

#[tokio::test]
async fn results_of_others_that_the_index_lacks_are_folded_in() {
    let (objects, store) = shared();
    for day in 1..4 {
        save(&store, &result(&format!("r{day}"), &format!("2026-01-0{day}"))).await;
    }
    put_index(&objects, "{}").await;
    save(&store, &result("own", "2025-01-01")).await;
    let index: serde_json::Value = serde_json::from_str(&index(&objects).await).unwrap();
    assert_eq!(index.as_object().unwrap().keys().collect::<Vec<_>>(), ["r1", "r2", "r3", "own"]);
}

#[tokio::test]
async fn each_document_of_python_is_another_revision_from_its_first_list_on() {
    let (objects, store) = shared();
    let mut seen = std::collections::HashSet::new();
    for write in 0..3 {
        put_document(&objects, &result("a", "2026-01-01")).await;
        put_index(&objects, &format!(r#"{{"write": {write}}}"#)).await;
        let first = entries(&store, &Query::default()).await[0].revision;
        assert_eq!(entries(&store, &Query::default()).await[0].revision, first);
        assert!(seen.insert(first.unwrap()));
    }
}

#[tokio::test]
async fn what_only_python_knows_is_listed_in_its_place() {
    let (objects, store) = shared();
    save(&store, &result("a", "2026-01-01")).await;
    save(&store, &result("c", "2026-01-03")).await;
    for (run_id, run_time) in [("old", "2020-01-01"), ("b", "2026-01-02")] {
        put_document(&objects, &result(run_id, run_time)).await;
    }
    let text = format!(
        r#"{{"old": {}, "b": {}, "bad": {{"run_time": "soon"}}, "a": {}}}"#,
        row("2020-01-01"),
        row("2026-01-02T00:00:00"),
        // The document differs.
        row("2026-01-01T00:00:00"),
    );
    put_index(&objects, &text).await;
    for (limit, expected) in [(None, "c b a old"), (Some(2), "c b"), (Some(9), "c b a old")] {
        let query = Query { limit, ..Query::default() };
        let listed = entries(&store, &query).await;
        let names: Vec<_> = listed.iter().map(|entry| entry.run_id.as_str()).collect();
        // `bad` has no document.
        assert_eq!(names.join(" "), expected);
        assert!(listed.iter().all(|entry| entry.status == Status::Success), "{listed:?}");
    }
}

#[tokio::test]
async fn where_both_disagree_the_document_decides() {
    for limit in [None, Some(9)] {
        let (objects, store) = shared();
        let saved = result("a", "2026-01-02");
        save(&store, &saved).await;
        for python in ["2026-01-01", "2026-01-03"] {
            put_index(&objects, &format!(r#"{{"a": {}}}"#, row(python))).await;
            let listed = entries(&store, &Query { limit, ..Query::default() }).await;
            assert_eq!(listed.len(), 1);
            // Newest first with a limit, a row of the index is delivered before the catalog is read to its end.
            assert!(listed == [saved.entry.clone()] || (limit.is_some() && python == "2026-01-03"), "{listed:?}");
        }
    }
}

#[tokio::test]
async fn a_broken_index_is_left_as_it_is_and_said_once() {
    for broken in ["", "{\"a\": ", "[]"] {
        let (objects, mut store) = shared();
        let said = Said::default();
        store.python.notices = said.context().notices;
        put_index(&objects, broken).await;
        store.save(&result("a", "2026-01-01"), SaveMode::Overwrite).await.unwrap();
        assert!(said.all().concat().contains("reindex --python-index"), "{:?}", said.all());
        assert_eq!(ids(&store).await, ["a"]);
        assert_eq!(ids(&store).await, ["a"]);
        assert_eq!(said.all().len(), 2, "{:?}", said.all());
        assert_eq!(index(&objects).await, broken);
        store.reindex(ReindexOptions { dry_run: false, python_index: true }).await.unwrap();
        assert!(index(&objects).await.contains("\"a\""));
    }
}

#[tokio::test]
async fn deleting_takes_it_out_of_the_index_and_gives_that_a_new_version() {
    let (objects, store) = shared();
    save(&store, &result("a", "2026-01-01")).await;
    put_index(&objects, &format!(r#"{{"ghost": {}, "a": {}}}"#, row("2026-01-01"), row("2026-01-01"))).await;
    assert!(!store.delete(&id("ghost"), None).await.unwrap());
    assert_eq!(ids(&store).await, ["a"]);
    let before = index(&objects).await;
    assert!(!store.delete(&id("nope"), None).await.unwrap());
    assert_ne!(index(&objects).await, before);
    assert!(store.delete(&id("a"), None).await.unwrap());
    assert_eq!(index(&objects).await.trim(), "{}");
}

#[tokio::test]
async fn a_name_that_python_would_not_find_is_refused_in_a_shared_store() {
    let (objects, store) = shared();
    save(&store, &result("a/b", "2026-01-01")).await;
    put_index(&objects, "{}").await;
    let error = store.save(&result("c/d", "2026-01-01"), SaveMode::Overwrite).await.unwrap_err();
    assert_eq!((error.kind(), error.run_id()), (ErrorKind::Usage, Some("c/d")));
    assert_eq!(ids(&store).await, ["a/b"]);
}

#[tokio::test]
async fn what_python_has_deleted_is_not_listed() {
    for limit in [None, Some(5)] {
        let (objects, store) = shared();
        for run_id in ["a", "b", "c"] {
            save(&store, &result(run_id, "2026-01-01")).await;
        }
        put_index(&objects, "{}").await;
        save(&store, &result("d", "2026-01-01")).await;
        for run_id in ["a", "d"] {
            objects.delete(&Path::from(format!("truthound/default/results/{run_id}.json.gz"))).await.unwrap();
        }
        // `b` is missing there as well, but only because it has not been added yet.
        put_index(&objects, &format!(r#"{{"c": {}}}"#, row("2020-01-01"))).await;
        let listed = entries(&store, &Query { limit, ..Query::default() }).await;
        assert_eq!(listed.iter().map(|entry| entry.run_id.as_str()).collect::<String>(), "bc");
        assert_eq!(store.count(&Query::default()).await.unwrap(), 2);
    }
}

#[tokio::test]
async fn a_run_id_of_which_python_has_made_directories_is_found() {
    let (objects, store) = shared();
    let saved = result("2026/11/run", "2026-01-01");
    let key = Path::from("truthound/default/results/2026/11/run.json");
    objects.put(&key, PutPayload::from(saved.body.to_bytes().unwrap())).await.unwrap();
    put_index(&objects, &format!(r#"{{"2026/11/run": {}}}"#, row("2026-01-01T00:00:00"))).await;
    assert_eq!(read(&store, "2026/11/run").await.unwrap(), saved.body.to_bytes().unwrap());
    let report = store.reindex(ReindexOptions::default()).await.unwrap();
    assert_eq!((report.missing.len(), report.unreadable.len()), (1, 0));
    assert_eq!(entries(&store, &Query::default()).await, [saved.entry]);
    assert!(store.delete(&id("2026/11/run"), None).await.unwrap());
    assert_eq!(index(&objects).await.trim(), "{}");
    assert_eq!(ids(&store).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_document_that_cannot_be_read_is_told_of_in_every_list_even_after_a_reindex() {
    let (objects, store) = shared();
    save(&store, &result("a", "2026-01-01")).await;
    let key = Path::from("truthound/default/results/torn.json");
    objects.put(&key, PutPayload::from_static(b"{")).await.unwrap();
    for reindexed in [false, true] {
        if reindexed {
            let report = store.reindex(ReindexOptions { dry_run: false, python_index: true }).await.unwrap();
            assert_eq!(report.unreadable.len(), 1);
        }
        for _ in 0..2 {
            let (good, bad): (Vec<_>, Vec<_>) =
                all(&store, &Query::default()).await.into_iter().partition(|item| item.is_ok());
            assert_eq!((good.len(), bad.len()), (1, 1));
            assert_eq!(bad[0].as_ref().unwrap_err().run_id(), Some("torn"));
        }
    }
}
