use super::*;
use crate::store::contract::OrderBy;

async fn filled(store: &ObjectResultStore) {
    for (run_id, run_time, status, tags) in [
        ("a", "2026-01-01T00:00:00", Status::Success, &[("env", "prod")][..]),
        ("b", "2026-01-01T05:30:00+05:00", Status::Failure, &[("env", "prod"), ("team", "x,y=z")]),
        ("c", "2026-01-03T00:00:00", Status::Failure, &[]),
        ("d", "2026-01-03T00:00:00", Status::Warning, &[("env", "dev")]),
        ("e", "2026-01-02T00:00:00", Status::Error, &[]),
    ] {
        save(store, &tagged(run_id, run_time, status, tags)).await;
    }
}

fn names(entries: &[Entry]) -> String {
    entries.iter().map(|entry| entry.run_id.as_str()).collect()
}

#[tokio::test]
async fn filters_orders_limits_and_offsets() {
    let directory = tempfile::tempdir().unwrap();
    for store in [memory(), disk(&directory)] {
        filled(&store).await;
        let at = |text: &str| Some(text.parse::<jiff::Timestamp>().unwrap().into());
        for (query, expected) in [
            (Query::default(), "cdeba"),
            (newest(2), "cd"),
            (Query { offset: 1, ..newest(3) }, "deb"),
            (Query { ascending: true, ..Query::default() }, "abecd"),
            (Query { ascending: true, ..newest(2) }, "ab"),
            (Query { since: at("2026-01-01T00:30:00Z"), until: at("2026-01-02T00:00:00Z"), ..Query::default() }, "eb"),
            (Query { since: at("2026-01-02T00:00:00.000001Z"), ..Query::default() }, "cd"),
            (Query { until: at("2026-01-01T00:29:59.999999Z"), ..newest(9) }, "a"),
            (Query { statuses: vec![Status::Failure, Status::Error], ..Query::default() }, "ceb"),
            (Query { tags: Tags::from([("team".to_owned(), "x,y=z".to_owned())]), ..newest(1) }, "b"),
            (Query { data_asset: Some("x".to_owned()), ..Query::default() }, ""),
            (Query { order_by: OrderBy::Status, ..Query::default() }, "dacbe"),
            (Query { order_by: OrderBy::Status, ascending: true, offset: 1, ..newest(3) }, "cba"),
            (newest(0), ""),
        ] {
            assert_eq!(names(&entries(&store, &query).await), expected, "{query:?}");
        }
        let failures = Query { statuses: vec![Status::Failure], limit: Some(1), offset: 7, ..Query::default() };
        assert_eq!(store.count(&failures).await.unwrap(), 2);
    }
}

#[tokio::test]
async fn one_instant_is_in_the_order_of_run_ids() {
    let directory = tempfile::tempdir().unwrap();
    for store in [memory(), disk(&directory)] {
        for run_id in ["b", "a/1", "a.1", "a-1", "é", "a 1", "a", "B", "~", "a_1", "%"] {
            save(&store, &result(run_id, "2026-01-01")).await;
        }
        assert_eq!(ids(&store).await, ["%", "B", "a", "a 1", "a-1", "a.1", "a/1", "a_1", "b", "~", "é"]);
    }
}

#[tokio::test]
async fn what_does_not_fit_into_a_name_is_read_from_the_entry() {
    let directory = tempfile::tempdir().unwrap();
    for store in [memory(), disk(&directory)] {
        let long = "ü".repeat(400);
        let saved = tagged(&"r".repeat(240), "2026-01-01T00:00:00-03:00", Status::Warning, &[("note", &long)]);
        save(&store, &saved).await;
        save(&store, &result("later", "2026-01-02")).await;
        assert_eq!(entries(&store, &newest(5)).await.pop(), Some(saved.entry.clone()));
        let again = tagged(&"r".repeat(240), "2026-01-01T00:00:00-03:00", Status::Error, &[("note", &long)]);
        save(&store, &again).await;
        assert_eq!(entries(&store, &Query::default()).await.pop(), Some(again.entry.clone()));
        assert!(store.delete(&again.entry.run_id, None).await.unwrap());
        assert_eq!(ids(&store).await, ["later"]);
    }
    assert_eq!(files(&directory).len(), 2);
}

#[tokio::test]
async fn of_two_entries_for_one_run_the_document_decides() {
    let directory = tempfile::tempdir().unwrap();
    for store in [memory(), disk(&directory)] {
        compared(&store).await;
        let saved = result("a", "2026-01-02");
        save(&store, &saved).await;
        save(&store, &result("b", "2026-01-01T12:00:00")).await;
        for stale in ["2026-01-01", "2026-01-02", "2026-01-02T00:00:01"] {
            store.catalog.put(&tagged("a", stale, Status::Error, &[]).entry, "", None).await.unwrap();
        }
        store.catalog.put(&saved.entry, "", None).await.unwrap();
        let ascending = Query { ascending: true, ..Query::default() };
        assert_eq!(names(&entries(&store, &ascending).await), "ba");
        assert_eq!(names(&entries(&store, &Query { ascending: true, ..newest(1) }).await), "b");
        let listed = entries(&store, &Query { statuses: vec![Status::Success], ..Query::default() }).await;
        assert_eq!(names(&listed), "ab");
        assert_eq!(listed.first(), Some(&saved.entry));
        assert_eq!(store.count(&Query::default()).await.unwrap(), 2);

        let report = store.reindex(ReindexOptions::default()).await.unwrap();
        assert_eq!((report.documents, report.correct, report.stale.len()), (2, 2, 3));
        assert_eq!(store.reindex(ReindexOptions::default()).await.unwrap().stale, Vec::<String>::new());
    }
    assert_eq!(files(&directory).len(), 4);
}

#[tokio::test]
async fn reindex_says_what_is_wrong_and_mends_it() {
    let directory = tempfile::tempdir().unwrap();
    let store = disk(&directory);
    filled(&store).await;
    let entries_of_a = store.catalog.of_run_anywhere(&id("a")).await.unwrap();
    store.catalog.remove(entries_of_a.into_iter().map(|found| found.path).collect()).await.unwrap();
    std::fs::remove_file(root(&directory).join("b.json")).unwrap();
    std::fs::write(root(&directory).join("x.json"), "{").unwrap();
    let orphan = root(&directory).join(".abc#0");
    std::fs::write(&orphan, "").unwrap();
    let old = std::time::SystemTime::now() - std::time::Duration::from_secs(7200);
    std::fs::File::options().write(true).open(&orphan).unwrap().set_modified(old).unwrap();

    let dry = store.reindex(ReindexOptions { dry_run: true, python_index: true }).await.unwrap();
    assert!(orphan.exists());
    assert!(!root(&directory).join("_index.json").exists());
    let report = store.reindex(ReindexOptions { dry_run: false, python_index: true }).await.unwrap();
    assert_eq!(dry, report);
    assert_eq!((report.documents, report.correct, report.stale.len()), (5, 3, 1));
    assert_eq!(report.missing, ["a"]);
    assert_eq!(report.unreadable.len(), 1);
    assert!(!orphan.exists());
    let (read, refused): (Vec<_>, Vec<_>) = all(&store, &Query::default()).await.into_iter().partition(Result::is_ok);
    let read: Vec<_> = read.into_iter().map(|entry| entry.unwrap().run_id.to_string()).collect();
    assert_eq!(read, ["c", "d", "e", "a"]);
    let refused: Vec<_> = refused.iter().filter_map(|entry| entry.as_ref().unwrap_err().run_id()).collect();
    assert_eq!(refused, ["x"], "a list tells of what it cannot show");
    let index: serde_json::Value =
        serde_json::from_slice(&std::fs::read(root(&directory).join("_index.json")).unwrap()).unwrap();
    assert_eq!(index.as_object().unwrap().keys().collect::<Vec<_>>(), ["a", "e", "c", "d"]);
}

#[tokio::test]
async fn a_large_catalog_is_listed_in_stretches_and_still_in_order() {
    let store = memory();
    compared(&store).await;
    for number in 0..3_500_i64 {
        let time = jiff::Timestamp::from_second(1_700_000_000 + number * 97 % 3_500 * 60).unwrap();
        let mut entry = result(&format!("r{number:04}"), "2026-01-01").entry;
        entry.run_time = crate::result::RunTime::new(time.into(), None);
        store.catalog.put(&entry, "", None).await.unwrap();
    }
    let everything = entries(&store, &Query::default()).await;
    assert_eq!(everything.len(), 3_500);
    assert!(everything.is_sorted_by(|left, right| left.run_time.instant() > right.run_time.instant()));
    assert_eq!(entries(&store, &newest(3_499)).await, everything[..3_499]);
    let (since, until) = (everything[3_000].run_time.instant(), everything[700].run_time.instant());
    let some = Query { since: Some(since), until: Some(until), ..Query::default() };
    assert_eq!(entries(&store, &some).await, everything[700..=3_000]);
    assert_eq!(store.count(&some).await.unwrap(), 2_301);
}
