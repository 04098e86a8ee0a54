//! Lists, counts, and the indexes they use.

use diesel::RunQueryDsl as _;
use futures_util::StreamExt as _;

use super::*;
use crate::result::TimeZone;
use crate::store::contract::{NamePattern, OrderBy};
use crate::store::sql::grammar::TableOwner;
use crate::store::sql::list_statements::{ListStatements, PageCursor, PageRange};
use crate::store::sql::scope::TableScope;
use crate::store::sql::statement::{SqlFragment, SqlValue, Statement};

const ASSETS: [&str; 3] = ["b", "a", "ü"];
const TIMES: [&str; 3] = ["2026-11-23T00:00:00", "2026-11-23T00:00:00.5", "2026-11-22T23:59:59.999999"];

/// Returns entries with ties in every order.
fn varied(count: usize) -> Vec<Entry> {
    (0..count)
        .map(|number| Entry {
            run_id: format!("run-{:04}", number * 7_919 % 10_000).parse().unwrap(),
            run_time: time(TIMES[number / 5 % 3]),
            data_asset: ASSETS[number % 3].to_owned(),
            status: Status::ALL[number / 2 % 4],
            tags: [("parity".to_owned(), (number % 2).to_string()), ("é\"'".to_owned(), "ü\\".to_owned())].into(),
            revision: None,
        })
        .collect()
}

async fn filled(file: &Path, entries: &[Entry]) -> SqlResultStore {
    let store = store(file);
    let saves = entries.iter().map(|entry| async {
        store.save(&document_of(entry.clone()), SaveMode::Overwrite).await.unwrap();
    });
    futures_util::future::join_all(saves).await;
    store
}

#[tokio::test]
async fn a_long_list_lets_other_work_of_its_thread_run_between_its_pages() {
    let directory = tempfile::tempdir().unwrap();
    let store = filled(&directory.path().join("store.db"), &varied(1_203)).await;
    let other = tokio::spawn(async {});
    assert_eq!(ids(&store, &Query::default()).await.len(), 1_203);
    assert!(other.is_finished());
}

#[tokio::test]
async fn every_order_filter_limit_and_offset_is_what_the_contract_says() {
    for python in [false, true] {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("store.db");
        if python {
            execute(&file, PYTHON_TABLE);
        }
        let entries = varied(1_203);
        let store = filled(&file, &entries).await;
        let tag = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let filters = [
            Query::default(),
            Query { data_asset: Some("ü".to_owned()), ..Query::default() },
            Query { data_assets: Some(NamePattern::parse("*ü*")), ..Query::default() },
            Query { statuses: vec![Status::Failure], ..Query::default() },
            Query { statuses: vec![Status::Failure, Status::Warning], ..Query::default() },
            Query { since: Some(time(TIMES[0]).instant()), ..Query::default() },
            Query { until: Some(time(TIMES[0]).instant()), ..Query::default() },
            Query { tags: [tag("parity", "1")].into(), ..Query::default() },
            Query { tags: [tag("parity", "1"), tag("é\"'", "ü\\")].into(), ..Query::default() },
            Query { tags: [tag("Parity", "1")].into(), ..Query::default() },
            Query { tags: [tag("parity", "")].into(), data_asset: Some("%".to_owned()), ..Query::default() },
        ];
        for filter in filters {
            for order_by in [OrderBy::RunTime, OrderBy::DataAsset, OrderBy::Status] {
                for ascending in [false, true] {
                    for (limit, offset) in [(None, 0), (Some(20), 0), (Some(0), 0), (Some(700), 3), (None, 1_000)] {
                        let query = Query { order_by, ascending, limit, offset, ..filter.clone() };
                        let mut expected: Vec<&Entry> = entries.iter().filter(|entry| query.matches(entry)).collect();
                        expected.sort_by(|left, right| query.compare(left, right));
                        let all = expected.len();
                        let limit = usize::try_from(limit.unwrap_or(9_999)).unwrap();
                        let expected: Vec<Entry> =
                            expected.into_iter().skip(usize::try_from(offset).unwrap()).take(limit).cloned().collect();
                        let found: Vec<Entry> = store.list(&query).try_collect().await.unwrap();
                        assert_eq!(found.len(), expected.len(), "{query:?}");
                        assert!(found == expected, "{query:?}");
                        assert_eq!(store.count(&query).await.unwrap(), all as u64, "{query:?}");
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn tags_are_compared_exactly_and_those_that_are_no_text_by_their_json_text() {
    let many = r#"'{"a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "f": 6, "g": 7, "h": 8, "k": "1"}'"#;
    let rows = [
        ("text", r#"'{"k": "1", "\u00e9\n": "\ud83d\ude00"}'"#),
        ("number", r#"'{"k": 1}'"#),
        ("real", r#"'{"k": 1.5}'"#),
        ("true", r#"'{"k": true}'"#),
        ("null", r#"'{"k": null}'"#),
        ("compact", r#"'{"j":"0","k":"1"}'"#),
        ("spacious", "'{ \"j\" : \"0\",\n\"k\" : \"1\" }'"),
        ("unescaped", r#"'{"k": "é"}'"#),
        ("many", many),
        ("sqlnull", "NULL"),
        ("bytes", "x'7b226b223a2231227d'"),
        ("broken", r#"'{"k": '"#),
        ("array", r#"'["1"]'"#),
        ("nan", r#"'{"k": NaN}'"#),
        ("empty", "''"),
        ("brace", "'{'"),
    ];
    let asked = [
        ("k", "1", &["bytes", "compact", "many", "number", "spacious", "text"][..]),
        ("k", "1.5", &["real"]),
        ("k", "true", &["true"]),
        ("k", "null", &["null"]),
        ("k", "é", &["unescaped"]),
        ("h", "8", &["many"]),
        ("é\n", "😀", &["text"]),
        ("0", "1", &[]),
        ("K", "1", &[]),
    ];
    for python in [false, true] {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("store.db");
        let store = store(&file);
        if python {
            execute(&file, PYTHON_TABLE);
        } else {
            save(&store, "first").await.unwrap();
            store.delete(&id("first"), None).await.unwrap();
        }
        for (run_id, tags) in rows {
            execute(
                &file,
                &format!(
                    "INSERT INTO validation_results (run_id, data_asset, run_time, status, namespace, tags_json, data_json)
                     VALUES ('{run_id}', 'a', '2026-11-22 10:00:00.000000', 'success', 'default', {tags}, '{{}}')"
                ),
            );
        }
        for (key, value, expected) in asked {
            let query = Query { tags: [(key.to_owned(), value.to_owned())].into(), ..Query::default() };
            assert_eq!(ids(&store, &query).await, expected, "{key}={value}, {python}");
            assert_eq!(store.count(&query).await.unwrap(), expected.len() as u64);
        }
        assert_eq!(ids(&store, &Query::default()).await.len(), rows.len());
    }
}

#[tokio::test]
async fn a_time_without_a_fraction_is_read_and_found_at_its_bounds() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    python_made(&file);
    execute(&file, "UPDATE validation_results SET run_time = '2026-11-22 10:00:00'");
    let store = store(&file);
    let instant = time("2026-11-22T10:00:00").instant();
    let query = Query { since: Some(instant), until: Some(instant), ..Query::default() };
    let found: Vec<Entry> = store.list(&query).try_collect().await.unwrap();
    assert_eq!(found[0].run_time, time("2026-11-22T10:00:00"));
    assert_eq!(found[0].run_time.offset(), None);
}

#[tokio::test]
async fn rows_that_cannot_be_understood_are_left_out_and_counted_in_one_warning() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    let entries = varied(1_100);
    filled(&file, &entries).await;
    execute(
        &file,
        "UPDATE validation_results SET status = 'strange' WHERE id = 3;
         UPDATE validation_results SET run_time = 'yesterday' WHERE id = 4;
         UPDATE validation_results SET run_time = 2026 WHERE id = 5;
         UPDATE validation_results SET data_asset = x'ff' WHERE id = 6;
         UPDATE validation_results SET run_id = '' WHERE id = 7;
         UPDATE validation_results SET run_id = CAST(x'ff' AS TEXT) WHERE id = 8;",
    );
    for order_by in [OrderBy::RunTime, OrderBy::DataAsset, OrderBy::Status] {
        for ascending in [false, true] {
            let query = Query { order_by, ascending, ..Query::default() };
            let (context, heard) = listening();
            let store = open(&options(&file), context).unwrap();
            let found: Vec<Entry> = store.list(&query).try_collect().await.unwrap();
            assert_eq!(found.len(), 1_094, "{query:?}");
            let heard = heard.lock().unwrap();
            assert!(
                heard.len() == 1 && heard[0].contains("6 rows are left out of the list: cannot read "),
                "{heard:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_list_that_is_broken_off_gives_its_connection_back_without_the_snapshot() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    let store = filled(&file, &varied(1_100)).await;
    let created = store.table.database.pool.connections().total_created;
    for number in 0..20 {
        let query = Query::default();
        assert_eq!(store.list(&query).take(600).count().await, 600);
        // An open snapshot would hide this row, or block it.
        save(&store, &format!("new-{number}")).await.unwrap();
        assert_eq!(store.count(&query).await.unwrap(), 1_101 + number);
    }
    let connections = store.table.database.pool.connections();
    assert_eq!(connections.current_checked_out, 0);
    assert!(connections.total_created <= created + 1, "{connections:?}");
}

#[tokio::test]
async fn a_list_that_is_dropped_outside_of_a_runtime_harms_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    let store = filled(&file, &varied(1_100)).await;
    let query = Query::default();
    let mut list = store.list(&query);
    assert!(list.next().await.is_some());
    std::thread::scope(|scope| {
        scope.spawn(move || drop(list));
    });
    save(&store, "new").await.unwrap();
    assert_eq!(store.count(&query).await.unwrap(), 1_101);
}

#[tokio::test]
async fn a_writer_does_not_wait_for_a_reader_that_is_slow() {
    for python in [false, true] {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("store.db");
        drop(filled(&file, &varied(1_100)).await);
        if python {
            // As Python creates it, and as it stays until this store writes: without a write-ahead log.
            execute(&file, "PRAGMA journal_mode = DELETE");
        }
        // A read-only process.
        let reader = store(&file);
        let query = Query::default();
        let mut list = reader.list(&query);
        assert!(list.next().await.is_some());
        let impatient = format!("sqlite:///{}?timeout=0", file.display());
        let writer = open_with(&DatabaseOptions { connection_url: Secret::from(impatient), ..options(&file) });
        save(&writer, "new").await.unwrap();
        execute(&file, "UPDATE validation_results SET run_time = '2030-01-01 00:00:00.000000' WHERE id = 7");
        assert_eq!(list.count().await, 1_099, "{python}");
        assert_eq!(reader.count(&query).await.unwrap(), 1_101);
    }
}

/// Returns SQLite's plan for the statement of a page.
fn plan(file: &Path, statement: &Statement) -> String {
    #[derive(diesel::QueryableByName)]
    struct ListedLine {
        #[diesel(sql_type = diesel::sql_types::Text)]
        detail: String,
    }
    let sql: String = statement
        .pieces()
        .iter()
        .map(|piece| match piece {
            SqlFragment::Sql(sql) => sql.to_string(),
            SqlFragment::Bind(SqlValue::Text(text)) => format!("'{}'", text.as_str()),
            SqlFragment::Bind(SqlValue::Integer(number)) => number.to_string(),
            SqlFragment::Bind(other) => panic!("{other:?}"),
        })
        .collect();
    let mut connection = SqliteConnection::establish(&file.to_string_lossy()).unwrap();
    let lines: Vec<ListedLine> = diesel::sql_query(format!("EXPLAIN QUERY PLAN {sql}")).load(&mut connection).unwrap();
    lines.into_iter().map(|line| line.detail).collect::<Vec<_>>().join("; ")
}

#[tokio::test]
async fn the_newest_are_read_by_an_index_without_sorting_the_rest() {
    let directory = tempfile::tempdir().unwrap();
    let (ours, pythons) = (directory.path().join("ours.db"), directory.path().join("pythons.db"));
    filled(&ours, &varied(1)).await;
    python_made(&pythons);
    let scope = TableScope {
        limit: DocumentLimit::OF_MEMORY,
        table: "validation_results".to_owned(),
        namespace: "default".to_owned(),
        zone: TimeZone::UTC,
        grammar: store(&ours).table.scope.grammar,
    };
    let row = ["run", "2026-11-23 00:00:00.000000", "a", "success", "{}"].map(SqlValue::from).to_vec();
    let newest = Query { limit: Some(20), ..Query::default() };
    let after: Option<PageCursor> = PageCursor::after(&newest, std::slice::from_ref(&row));
    let several = Query { statuses: vec![Status::Failure, Status::Error], ..newest.clone() };
    let since = Query { since: Some(time("2026-11-22").instant()), ..newest.clone() };
    for (query, cursor) in [(&newest, None), (&newest, after.as_ref()), (&several, None), (&since, None)] {
        for file in [&ours, &pythons] {
            let pages = ListStatements { scope: &scope, query, origin: TableOwner::Other, arms: &[] };
            let plan = plan(file, &pages.page(PageRange { cursor, size: 20, ..PageRange::default() }));
            assert!(plan.contains("USING INDEX ix_namespace_run_time (namespace=?"), "{plan}");
            // With Python's index only rows of the same time must be sorted.
            let sorts_all = plan.contains("USE TEMP B-TREE FOR ORDER BY");
            assert!(!sorts_all && (file == &pythons || !plan.contains("TEMP B-TREE")), "{plan}");
        }
    }
    let asset = Query { data_asset: Some("a".to_owned()), ..newest.clone() };
    let page = |query| {
        ListStatements { scope: &scope, query, origin: TableOwner::Store, arms: &[] }
            .page(PageRange { size: 20, ..PageRange::default() })
    };
    let plan_of_asset = plan(&ours, &page(&asset));
    assert!(plan_of_asset.contains("ix_namespace_data_asset (namespace=? AND data_asset=?)"), "{plan_of_asset}");
    assert!(!plan_of_asset.contains("TEMP B-TREE"), "{plan_of_asset}");
    let status = Query { statuses: vec![Status::Failure], ..newest };
    let plan_of_status = plan(&ours, &page(&status));
    assert!(plan_of_status.contains("ix_namespace_status (namespace=? AND status=?)"), "{plan_of_status}");
    assert!(!plan_of_status.contains("TEMP B-TREE"), "{plan_of_status}");
    for file in [&ours, &pythons] {
        let plan = plan(file, &scope.get(&id("r"), file == &ours));
        assert!(plan.contains("run_id=?"), "{plan}");
    }
}

#[tokio::test]
async fn results_of_one_time_are_continued_by_the_index_on_run_ids() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    let store = filled(&file, &varied(1)).await;
    let row = |run_id: &str| [run_id, "2026-11-23 00:00:00.000000", "a", "success", "{}"].map(SqlValue::from).to_vec();
    let query = Query::default();
    let cursor = PageCursor::after(&query, &[row("run-1"), row("run-2")]).unwrap();
    assert!(cursor.is_tied && !PageCursor::after(&query, &[row("run-2")]).unwrap().is_tied);
    let pages = ListStatements { scope: &store.table.scope, query: &query, origin: TableOwner::Store, arms: &[] };
    let span = PageRange { cursor: Some(&cursor), is_of_one_time: true, size: 20, ..PageRange::default() };
    let plan = plan(&file, &pages.page(span));
    assert!(plan.contains("ix_namespace_run_time (namespace=? AND run_time=? AND run_id>?)"), "{plan}");
    assert!(!plan.contains("TEMP B-TREE"), "{plan}");
}

#[tokio::test]
async fn a_tag_is_looked_up_in_indexes_that_hold_all_rows_with_it_in_order() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    let store = filled(&file, &varied(1)).await;
    let query = Query { tags: [("env".to_owned(), "prod".to_owned())].into(), ..Query::default() };
    let arms = store.table.scope.grammar.tag_arms(&store.table.scope.table, "env", "prod");
    let pages = ListStatements { scope: &store.table.scope, query: &query, origin: TableOwner::Store, arms: &arms };
    let plan = plan(&file, &pages.page(PageRange { size: 20, ..PageRange::default() }));
    for (arm, index) in [1, 2, 3, 4, 5, 6, 7, 8, 8].into_iter().enumerate() {
        let steps = plan.split_once(&format!("CO-ROUTINE arm_{arm}; ")).unwrap().1;
        let steps = steps.split_once(&format!("; SCAN arm_{arm};")).unwrap().0;
        let search = format!("SEARCH validation_results USING INDEX ix_tag_{index} (namespace=? AND <expr>=?)");
        assert!(steps.starts_with(&search) && !steps.contains("TEMP B-TREE"), "{plan}");
    }
}

#[tokio::test]
async fn in_another_order_than_that_of_time_a_page_is_found_by_the_index_on_it() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    let store = filled(&file, &varied(1)).await;
    let key = SqlValue::from("b");
    for (order_by, index) in [(OrderBy::DataAsset, "ix_namespace_data_asset"), (OrderBy::Status, "ix_namespace_status")]
    {
        for ascending in [false, true] {
            let query = Query { order_by, ascending, ..Query::default() };
            let pages =
                ListStatements { scope: &store.table.scope, query: &query, origin: TableOwner::Store, arms: &[] };
            let span = PageRange { later: Some(&key), size: 20, ..PageRange::default() };
            let plan_of_key = plan(&file, &pages.last_key(span));
            assert!(plan_of_key.contains(index) && !plan_of_key.contains("TEMP B-TREE"), "{plan_of_key}");
            let plan_of_page = plan(&file, &pages.page(PageRange { earlier: Some(&key), ..span }));
            assert!(plan_of_page.contains(&format!("{index} (namespace=? AND")), "{plan_of_page}");
        }
    }
}
