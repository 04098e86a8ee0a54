//! The plans of lists: which indexes a server used for the statements of the store, and how many rows it read.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use futures_util::TryStreamExt as _;
use truthound_store::result::{Entry, Status};
use truthound_store::store::contract::{Notice, Notices, OrderBy, Query, ResultStore, SaveMode, StoreContext};
use truthound_store::store::sql::{DatabaseOptions, open};

use crate::engine::{BOTH, Engine, Place, Server, document, id, quiet};
use crate::services::mariadb;
use crate::services::process::block_on;

crate::cases![
    "queries" on BOTH =>
    a_list_of_results_that_are_deleted_meanwhile_is_of_one_instant,
    a_result_is_found_by_its_key,
    each_page_begins_at_a_key_and_reads_no_row_of_the_others,
    in_the_order_of_assets_and_of_statuses_no_more_is_read_than_is_listed,
    the_newest_are_read_by_an_index_and_the_rest_is_not,
    those_of_an_asset_are_read_by_an_index_and_the_rest_is_not,
    those_of_a_status_are_read_by_an_index_and_the_rest_is_not,
    those_with_a_common_tag_are_read_by_an_index_and_the_rest_is_not,
    those_with_a_rare_tag_are_found_by_an_index,
    those_with_a_rare_tag_are_found_by_it_whatever_else_they_are,
    those_with_a_rare_tag_are_found_by_it_in_every_order,
    with_two_tags_no_more_is_read_than_those_with_one_of_them,
];

/// The number of rows, and how many of them may be read to list twenty.
const ROWS: u32 = 20_000;
const FEW: f64 = 600.0;

/// A server that logs every statement.
fn server(engine: Engine) -> &'static Server {
    static POSTGRESQL: OnceLock<Server> = OnceLock::new();
    static MARIADB: OnceLock<Server> = OnceLock::new();
    match engine {
        Engine::Postgresql => POSTGRESQL.get_or_init(|| {
            engine.start(&[
                "session_preload_libraries=auto_explain",
                "auto_explain.log_min_duration=0",
                "auto_explain.log_analyze=on",
                "auto_explain.log_timing=off",
                "log_line_prefix=[%a] ",
            ])
        }),
        Engine::Mariadb => {
            MARIADB.get_or_init(|| engine.start(&["--slow-query-log", "--long-query-time=0", "--log-output=TABLE"]))
        }
    }
}

/// A store with many rows: a hundred assets, four statuses, a common tag, a rare one, and two in between. Its namespace
/// has the name of its place.
struct Filled {
    place: Place,
    store: Box<dyn ResultStore>,
}

/// Shared by all cases, one after another, so that the server's log belongs to one case.
fn filled(engine: Engine) -> MutexGuard<'static, Filled> {
    static POSTGRESQL: OnceLock<Mutex<Filled>> = OnceLock::new();
    static MARIADB: OnceLock<Mutex<Filled>> = OnceLock::new();
    let filled = match engine {
        Engine::Postgresql => &POSTGRESQL,
        Engine::Mariadb => &MARIADB,
    };
    filled.get_or_init(|| Mutex::new(fill(engine))).lock().unwrap_or_else(PoisonError::into_inner)
}

fn fill(engine: Engine) -> Filled {
    let place = server(engine).place();
    let options = DatabaseOptions {
        connection_url: place.url.as_str().into(),
        namespace: place.name.clone(),
        ..DatabaseOptions::default()
    };
    let store = open(&options, quiet()).unwrap();
    block_on(store.save(&document("first", 100), SaveMode::Overwrite)).unwrap();
    add_rows(&place, ROWS);
    place.run(match engine {
        Engine::Postgresql => "VACUUM ANALYZE validation_results",
        Engine::Mariadb => "ANALYZE TABLE validation_results",
    });
    Filled { place, store }
}

/// Adds rows to an existing table, in the namespace with the name of its place.
fn add_rows(place: &Place, count: u32) {
    let namespace = &place.name;
    let columns =
        "INSERT INTO validation_results (run_id, data_asset, run_time, status, namespace, tags_json, data_json) SELECT";
    place.run(&match place.engine {
        Engine::Postgresql => format!(
            "{columns} 'run-' || n, 'asset-' || n % 100, timestamp '2026-01-01' + n * interval '1 minute',
                (ARRAY['success', 'failure', 'warning', 'error'])[n % 4 + 1], '{namespace}',
                '{{\"env\": \"prod\", \"build\": \"' || n || '\", \"team\": \"' || n % 20
                || '\", \"shift\": \"' || (n + 1) % 20 || '\"}}', '{{}}' FROM generate_series(1, {count}) AS n"
        ),
        // MySQL estimates the cost of reading rows, and chooses another index if rows are as short as index entries.
        Engine::Mariadb => format!(
            "{columns} CONCAT('run-', seq), CONCAT('asset-', seq % 100), TIMESTAMPADD(MINUTE, seq, '2026-01-01'),
                ELT(seq % 4 + 1, 'success', 'failure', 'warning', 'error'), '{namespace}',
                CONCAT('{{\"env\": \"prod\", \"build\": \"', seq, '\", \"team\": \"', seq % 20, '\", \"shift\": \"',
                    (seq + 1) % 20, '\"}}'), {} FROM {}",
            if mariadb::is_mysql() { "REPEAT('x', 1000)" } else { "'{}'" },
            numbers(count)
        ),
    });
}

/// Returns the numbers from 1 as rows, each as `seq`, in the SQL of MariaDB and MySQL.
fn numbers(count: u32) -> String {
    let list = format!("CONCAT('[1', REPEAT(',1', {}), ']')", count - 1);
    format!("JSON_TABLE({list}, '$[*]' COLUMNS (seq FOR ORDINALITY)) AS numbers")
}

/// The work of a server for some statements.
#[derive(Debug, Default)]
struct Work {
    /// The indexes of the table that it used.
    indexes: BTreeSet<String>,
    /// The rows that all steps read, including discarded ones.
    rows: f64,
    /// The plans, for messages.
    plans: String,
}

impl Filled {
    fn list(&self, query: &Query) -> (Vec<Entry>, Work) {
        let before = self.record().len();
        let found = block_on(self.store.list(query).try_collect()).unwrap();
        (found, self.work_since(before))
    }

    /// Returns the work of the logged statements: on PostgreSQL the plan with the rows of each step, on MariaDB and
    /// MySQL the statement with the total of read rows.
    fn record(&self) -> Vec<(String, f64)> {
        let name = &self.place.name;
        match self.place.engine {
            Engine::Postgresql => {
                let log = std::fs::read_to_string(server(Engine::Postgresql).directory().join("log")).unwrap();
                let start = format!("[{name}] LOG:");
                let entries = log.split("\n[").map(|entry| format!("[{entry}"));
                entries
                    .filter(|entry| entry.starts_with(&start) && entry.contains("FROM \"validation_results\""))
                    .map(|entry| (entry, 0.0))
                    .collect()
            }
            Engine::Mariadb => {
                let rows = self.place.run(&format!(
                    "SELECT CONVERT(sql_text USING utf8mb4), rows_examined FROM mysql.slow_log WHERE db = '{name}'
                        AND sql_text LIKE 'SELECT%`validation_results`%' AND sql_text NOT LIKE '%slow_log%' ORDER BY start_time"
                ));
                rows.into_iter().map(|row| (row[0].clone(), row[1].parse().unwrap())).collect()
            }
        }
    }

    fn work_since(&self, before: usize) -> Work {
        let mut work = Work::default();
        for (plan, rows) in self.record().into_iter().skip(before) {
            work.rows += rows;
            match self.place.engine {
                Engine::Postgresql => add_plan_of_postgresql(&mut work, &plan),
                Engine::Mariadb if mariadb::is_mysql() => {
                    let tree = self.place.run(&format!("EXPLAIN ANALYZE {plan}")).concat().concat();
                    add_plan_of_mysql(&mut work, &plan, &tree);
                }
                Engine::Mariadb => {
                    let steps = self.place.run(&format!("ANALYZE {plan}"));
                    add_plan_of_mariadb(&mut work, &plan, &steps);
                }
            }
        }
        assert!(!work.plans.is_empty());
        work
    }
}

fn add_plan_of_postgresql(work: &mut Work, plan: &str) {
    work.plans.push_str(plan);
    for line in plan.lines() {
        let after = |word: &str| line.split_once(word).map(|(_, rest)| rest);
        let number = |text: &str| text.split([' ', ')']).next().and_then(|number| number.parse::<f64>().ok()).unwrap();
        if let Some(index) = after(" using ").or_else(|| after("Bitmap Index Scan on ")) {
            work.indexes.insert(index.split(' ').next().unwrap().to_owned());
        }
        if after("Seq Scan on ").is_some() {
            work.indexes.insert("none".to_owned());
        }
        if let Some(actual) = after("(actual rows=") {
            let loops = actual.split_once("loops=").map_or(1.0, |(_, loops)| number(loops));
            work.rows += number(actual) * loops;
        }
        work.rows += after("Rows Removed by Filter: ").map_or(0.0, number);
    }
}

fn add_plan_of_mariadb(work: &mut Work, statement: &str, steps: &[Vec<String>]) {
    work.plans.push_str(statement);
    for step in steps {
        work.plans.push_str(&format!("\n{}", step.join(" | ")));
        let [_, _, table, _, _, key, ..] = step.as_slice() else { panic!("{step:?}") };
        if table == "validation_results" {
            work.indexes.extend(
                if key.is_empty() { vec!["none"] } else { key.split(',').collect() }.into_iter().map(str::to_owned),
            );
        }
    }
}

fn add_plan_of_mysql(work: &mut Work, statement: &str, tree: &str) {
    work.plans.push_str(&format!("{statement}\n{tree}"));
    for line in tree.lines().filter(|line| line.contains(" on validation_results")) {
        let word_after = |word: &str| line.split_once(word).and_then(|(_, rest)| rest.split([' ', ')']).next());
        work.indexes.insert(word_after(" using ").unwrap_or("none").to_owned());
    }
}

/// Checks that a list of twenty reads only few rows, and only by these indexes, if any are named.
fn assert_reads_few(filled: &Filled, query: &Query, count: usize, indexes: &[&str]) {
    let (found, work) = filled.list(query);
    assert_eq!(found.len(), count, "{query:?}");
    assert!(work.rows <= FEW, "{} rows: {}", work.rows, work.plans);
    assert!(!work.indexes.is_empty(), "{}", work.plans);
    let is_meant = |used: &String| indexes.iter().any(|index| used.starts_with(index));
    assert!(work.indexes.iter().all(is_meant), "{:?}: {}", work.indexes, work.plans);
}

fn newest() -> Query {
    Query { limit: Some(20), ..Query::default() }
}

fn with_tags(tags: &[(&str, &str)]) -> Query {
    let tags = tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    Query { tags, ..newest() }
}

fn the_newest_are_read_by_an_index_and_the_rest_is_not(engine: Engine) {
    assert_reads_few(&filled(engine), &newest(), 20, &["ix_namespace_run_time"]);
}

fn those_of_an_asset_are_read_by_an_index_and_the_rest_is_not(engine: Engine) {
    let query = Query { data_asset: Some("asset-3".to_owned()), ..newest() };
    assert_reads_few(&filled(engine), &query, 20, &["ix_namespace_data_asset"]);
}

fn those_of_a_status_are_read_by_an_index_and_the_rest_is_not(engine: Engine) {
    let query = Query { statuses: vec![Status::Failure], ..newest() };
    assert_reads_few(&filled(engine), &query, 20, &["ix_namespace_status"]);
}

fn those_with_a_common_tag_are_read_by_an_index_and_the_rest_is_not(engine: Engine) {
    let query = with_tags(&[("env", "prod")]);
    assert_reads_few(&filled(engine), &query, 20, &["ix_namespace_run_time", "ix_tag_"]);
}

fn those_with_a_rare_tag_are_found_by_an_index(engine: Engine) {
    assert_reads_few(&filled(engine), &with_tags(&[("build", "777")]), 1, &["ix_tag"]);
}

fn those_with_a_rare_tag_are_found_by_it_whatever_else_they_are(engine: Engine) {
    let filled = filled(engine);
    let both = with_tags(&[("env", "prod"), ("build", "777")]);
    let of_asset = Query { data_asset: Some("asset-77".to_owned()), ..with_tags(&[("build", "777")]) };
    for query in [both, of_asset] {
        let (found, work) = filled.list(&query);
        assert_eq!(found.len(), 1);
        // Finding the rarer of two tags reads a thousand rows at most from each candidate index.
        assert!(work.rows <= 4_000.0, "{} rows: {}", work.rows, work.plans);
    }
}

fn those_with_a_rare_tag_are_found_by_it_in_every_order(engine: Engine) {
    let filled = filled(engine);
    for order_by in [OrderBy::DataAsset, OrderBy::Status] {
        let (found, work) = filled.list(&Query { order_by, ..with_tags(&[("build", "777")]) });
        assert_eq!(found.len(), 1);
        assert!(work.rows <= FEW, "{} rows: {}", work.rows, work.plans);
    }
}

fn with_two_tags_no_more_is_read_than_those_with_one_of_them(engine: Engine) {
    let filled = filled(engine);
    // A thousand results have the one, a thousand the other, and none has both.
    let (found, work) = filled.list(&with_tags(&[("team", "3"), ("shift", "3")]));
    assert_eq!(found.len(), 0);
    assert!(work.rows <= 8_000.0, "{} rows: {}", work.rows, work.plans);
}

fn in_the_order_of_assets_and_of_statuses_no_more_is_read_than_is_listed(engine: Engine) {
    let filled = filled(engine);
    for (order_by, index) in [(OrderBy::DataAsset, "ix_namespace_data_asset"), (OrderBy::Status, "ix_namespace_status")]
    {
        for ascending in [false, true] {
            assert_reads_few(&filled, &Query { order_by, ascending, ..newest() }, 20, &[index]);
        }
    }
}

fn each_page_begins_at_a_key_and_reads_no_row_of_the_others(engine: Engine) {
    let filled = filled(engine);
    for order_by in [OrderBy::RunTime, OrderBy::DataAsset, OrderBy::Status] {
        let query = Query { order_by, limit: Some(6_100), ..Query::default() };
        let (found, work) = filled.list(&query);
        assert_eq!(found.len(), 6_100);
        assert!(found.is_sorted_by(|left, right| query.compare(left, right).is_lt()), "{query:?}");
        // Each row is read by an index to find the end of the page, then by itself, and it passes several steps.
        assert!(work.rows <= 6_100.0 * 5.0, "{} rows: {}", work.rows, work.plans);
    }
}

fn a_result_is_found_by_its_key(engine: Engine) {
    let filled = filled(engine);
    let before = filled.record().len();
    let _document = block_on(filled.store.get(&id("run-7"))).unwrap();
    let work = filled.work_since(before);
    assert!(work.rows <= 3.0, "{}", work.plans);
    assert!(work.indexes.iter().all(|index| index.contains("run_id")), "{}", work.plans);
}

fn a_list_of_results_that_are_deleted_meanwhile_is_of_one_instant(engine: Engine) {
    for (order_by, limit) in [(OrderBy::RunTime, None), (OrderBy::RunTime, Some(20)), (OrderBy::DataAsset, None)] {
        let place = Arc::new(engine.place());
        // By then the rows of its first page are out of date.
        let (deleting, is_first) = (Arc::clone(&place), AtomicBool::new(true));
        let notices = Notices::new(move |notice| {
            let is_page = matches!(notice, Notice::Statement(text) if text.starts_with("SELECT run_id"));
            if is_page && is_first.swap(false, Ordering::Relaxed) {
                deleting.run("DELETE FROM validation_results WHERE run_id IN ('run-1190', 'run-1191', 'run-1199')");
            }
        });
        let options = DatabaseOptions {
            connection_url: place.url.as_str().into(),
            namespace: place.name.clone(),
            echo: true,
            ..DatabaseOptions::default()
        };
        let context = StoreContext { notices, ..quiet() };
        let found: Vec<Entry> = block_on(async {
            let store = open(&options, context).unwrap();
            store.save(&document("first", 100), SaveMode::Overwrite).await.unwrap();
            add_rows(&place, 1_200);
            store.list(&Query { order_by, limit, ..Query::default() }).try_collect().await.unwrap()
        });
        // PostgreSQL's snapshot begins with the first statement; MySQL's once the end of the page is known.
        let is_after = limit.is_some() || (engine == Engine::Postgresql && order_by == OrderBy::RunTime);
        let expected = limit.unwrap_or(if is_after { 1_201 - 3 } else { 1_201 });
        assert_eq!(found.len() as u64, expected, "{order_by:?}");
        let deleted =
            found.iter().filter(|entry| ["run-1190", "run-1191", "run-1199"].contains(&entry.run_id.as_str()));
        assert_eq!(deleted.count(), if is_after { 0 } else { 3 }, "{order_by:?}");
    }
}
