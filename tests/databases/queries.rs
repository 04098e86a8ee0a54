//! The plans of lists: what the server says it will do.

use std::sync::{Arc, Mutex};

use futures_util::TryStreamExt as _;
use truthound_store::result::Status;
use truthound_store::store::contract::{Notice, Notices, Query, SaveMode, Surroundings};
use truthound_store::store::sql::{DatabaseOptions, open};

use crate::engine::{BOTH, Engine, Place, document, store};
use crate::services::mariadb;
use crate::services::process::block_on;

crate::cases![
    "queries" on BOTH =>
    the_newest_are_read_by_an_index_and_the_rest_is_not,
    those_of_an_asset_are_read_by_an_index_and_the_rest_is_not,
    those_of_a_status_are_read_by_an_index_and_the_rest_is_not,
    those_with_a_rare_tag_are_found_by_an_index,
    the_next_page_begins_at_a_key,
    a_result_is_found_by_its_key,
];

/// How many rows there are.
const ROWS: u32 = 20_000;

/// A place with many rows: ten assets, four statuses, a common and a rare tag.
fn filled(engine: Engine) -> Place {
    let place = engine.place();
    block_on(async {
        let store = store(&place.url, "");
        store.save(&document("first", 100), SaveMode::Overwrite).await.unwrap();
    });
    let columns =
        "INSERT INTO validation_results (run_id, data_asset, run_time, status, namespace, tags_json, data_json) SELECT";
    match engine {
        Engine::Postgresql => place.run(&format!(
            "{columns} 'run-' || n, 'asset-' || n % 10, timestamp '2026-01-01' + n * interval '1 minute',
                (ARRAY['success', 'failure', 'warning', 'error'])[n % 4 + 1], 'default',
                '{{\"env\": \"prod\", \"build\": \"' || n || '\"}}', '{{}}' FROM generate_series(1, {ROWS}) AS n;
             ANALYZE validation_results"
        )),
        Engine::Mariadb => {
            // MySQL knows what it costs to read rows, and takes another index where they are no longer than its entries.
            let document = if mariadb::is_mysql() { "REPEAT('x', 1000)" } else { "'{}'" };
            place.run(&format!(
                "{columns} CONCAT('run-', seq), CONCAT('asset-', seq % 10), TIMESTAMPADD(MINUTE, seq, '2026-01-01'),
                    ELT(seq % 4 + 1, 'success', 'failure', 'warning', 'error'), 'default',
                    CONCAT('{{\"env\": \"prod\", \"build\": \"', seq, '\"}}'), {document} FROM {}",
                numbers()
            ));
            place.run("ANALYZE TABLE validation_results")
        }
    };
    place
}

/// The numbers from 1 to [`ROWS`] as rows, each as `seq`.
fn numbers() -> String {
    let ones = "',1'";
    let list = format!("CONCAT('[1', REPEAT({ones}, {}), ']')", ROWS - 1);
    format!("JSON_TABLE({list}, '$[*]' COLUMNS (seq FOR ORDINALITY)) AS numbers")
}

/// The statements of a list, as they were sent, and what they found.
fn statements(place: &Place, query: &Query, count: usize) -> Vec<String> {
    let shown = Arc::new(Mutex::new(Vec::new()));
    let listener = Arc::clone(&shown);
    let notices = Notices::new(move |notice| {
        if let Notice::Statement(text) = notice {
            listener.lock().unwrap().push(text.to_owned());
        }
    });
    let surroundings = Surroundings { profile: "test".to_owned(), state_directory: None, notices };
    let options =
        DatabaseOptions { connection_url: place.url.as_str().into(), echo: true, ..DatabaseOptions::default() };
    block_on(async {
        let store = open(&options, surroundings).unwrap();
        let found: Vec<_> = store.list(query).try_collect().await.unwrap();
        assert_eq!(found.len(), count);
    });
    let mut shown = shown.lock().unwrap();
    shown.retain(|statement| statement.starts_with("SELECT run"));
    shown.clone()
}

/// What the server does for a statement with these values, as one line for each step: for MariaDB `type key rows extra`.
fn plan(place: &Place, statement: &str, values: &[&str]) -> String {
    let rows = match place.engine {
        Engine::Postgresql => place.run(&format!(
            "SET plan_cache_mode = force_custom_plan; PREPARE wanted AS {statement}; EXPLAIN EXECUTE wanted ({})",
            values.join(", ")
        )),
        Engine::Mariadb => {
            let mut parts = statement.split('?');
            let mut filled = parts.next().unwrap().to_owned();
            for (index, part) in parts.enumerate() {
                filled.push_str(values.get(index).unwrap_or_else(|| panic!("a value is missing for {statement}")));
                filled.push_str(part);
            }
            let rows = place.run(&format!("EXPLAIN FORMAT = TRADITIONAL {filled}"));
            // MySQL tells of partitions and of what is filtered as well.
            let columns = if mariadb::is_mysql() { [4, 6, 9, 11] } else { [3, 5, 8, 9] };
            rows.into_iter().map(|row| vec![columns.map(|column| row[column].as_str()).join(" ")]).collect()
        }
    };
    rows.iter().map(|row| row.join(" ")).collect::<Vec<_>>().join("\n")
}

/// Checks that a plan reads a range of this index, and that nothing sorts or reads the whole table.
fn assert_reads(engine: Engine, plan: &str, index: &str) {
    assert!(plan.contains(index), "{plan}");
    match engine {
        Engine::Postgresql => assert!(!plan.contains("Seq Scan") && !plan.contains("-> Sort"), "{plan}"),
        Engine::Mariadb => {
            assert!(plan.starts_with("ref ") || plan.starts_with("range "), "{plan}");
        }
    }
}

fn newest() -> Query {
    Query { limit: Some(20), ..Query::default() }
}

/// On MariaDB a page is read in two steps: the first takes its order from the index, the second a range with so many rows.
fn assert_page(place: &Place, query: &Query, index: &str, values: &[&str]) {
    let sent = statements(place, query, 20);
    if place.engine == Engine::Postgresql {
        let [page] = sent.as_slice() else { panic!("{sent:?}") };
        let plan = plan(place, page, &[values, &["20"]].concat());
        assert_reads(place.engine, &plan, index);
        assert!(plan.starts_with("Limit"), "{plan}");
        return;
    }
    let [edge, page] = sent.as_slice() else { panic!("{sent:?}") };
    let plan_of_edge = plan(place, edge, &[values, &["1", "19"]].concat());
    assert_reads(place.engine, &plan_of_edge, index);
    assert!(!plan_of_edge.contains("filesort"), "{plan_of_edge}");
    let plan_of_page = plan(place, page, &[values, &["'2026-01-14 21:00:00'", "20"]].concat());
    assert!(plan_of_page.starts_with("range ") && plan_of_page.contains(index), "{plan_of_page}");
}

fn the_newest_are_read_by_an_index_and_the_rest_is_not(engine: Engine) {
    let place = filled(engine);
    let values: &[&str] = if engine == Engine::Postgresql { &["'default'"] } else { &["'default'", "'default'"] };
    assert_page(&place, &newest(), "ix_namespace_run_time", values);
}

fn those_of_an_asset_are_read_by_an_index_and_the_rest_is_not(engine: Engine) {
    let place = filled(engine);
    let values: &[&str] = match engine {
        Engine::Postgresql => &["'default'", "'asset-3'"],
        Engine::Mariadb => &["'default'", "'default'", "'asset-3'", "'asset-3'"],
    };
    let query = Query { data_asset: Some("asset-3".to_owned()), ..newest() };
    assert_page(&place, &query, "ix_namespace_data_asset", values);
}

fn those_of_a_status_are_read_by_an_index_and_the_rest_is_not(engine: Engine) {
    let place = filled(engine);
    let values: &[&str] = match engine {
        Engine::Postgresql => &["'default'", "'failure'"],
        Engine::Mariadb => &["'default'", "'default'", "'failure'"],
    };
    let query = Query { statuses: vec![Status::Failure], ..newest() };
    assert_page(&place, &query, "ix_namespace_status", values);
}

fn those_with_a_rare_tag_are_found_by_an_index(engine: Engine) {
    let place = filled(engine);
    let query = Query { tags: [("build".to_owned(), "777".to_owned())].into(), ..newest() };
    let sent = statements(&place, &query, 1);
    match engine {
        Engine::Postgresql => {
            let values = ["'default'", "'\"build\": \"777\"'", "'\"build\": 777'", "'\"build\": (\"777\"|777)'", "20"];
            let plan = plan(&place, &sent[0], &values);
            assert!(plan.contains("ix_tags") && !plan.contains("Seq Scan"), "{plan}");
        }
        // There is no index on tags: the namespace is read from its newest on, until there are enough.
        Engine::Mariadb => {
            let values = ["'default'", "'default'", "'\"build\": \"777\"'", "'\"build\": 777'", "'x'", "1", "19"];
            let plan = plan(&place, &sent[0], &values);
            assert!(plan.contains("ix_namespace_run_time") && !plan.contains("filesort"), "{plan}");
        }
    }
}

fn the_next_page_begins_at_a_key(engine: Engine) {
    let place = filled(engine);
    let query = Query { limit: Some(700), ..Query::default() };
    let sent = statements(&place, &query, 700);
    let page = sent.last().unwrap();
    assert!(!page.contains("OFFSET") && page.contains("run_time <= "), "{page}");
    let time = "'2026-01-10 00:00:00'";
    let values: &[&str] = match engine {
        Engine::Postgresql => &["'default'", time, time, "'run-1'", "200"],
        Engine::Mariadb => &["'default'", "'default'", time, time, "'run-1'", "'2026-01-09 21:00:00'", "200"],
    };
    let plan_of_page = plan(&place, page, values);
    assert_reads(engine, &plan_of_page, "ix_namespace_run_time");
    if engine == Engine::Mariadb {
        let values = ["'default'", "'default'", time, time, "'run-1'", "1", "199"];
        let plan_of_edge = plan(&place, &sent[sent.len() - 2], &values);
        assert!(plan_of_edge.starts_with("range ix_namespace_run_time"), "{plan_of_edge}");
    }
}

fn a_result_is_found_by_its_key(engine: Engine) {
    let place = filled(engine);
    let (statement, values): (_, &[&str]) = match engine {
        Engine::Postgresql => {
            ("SELECT data_json FROM validation_results WHERE namespace = $1 AND run_id = $2", &["'default'", "'run-7'"])
        }
        Engine::Mariadb => {
            ("SELECT data_json FROM validation_results WHERE namespace = ? AND run_id = ?", &["'default'", "'run-7'"])
        }
    };
    let plan = plan(&place, statement, values);
    assert!(plan.contains("run_id") && !plan.contains("Seq Scan"), "{plan}");
}
