//! Tables of MariaDB and MySQL that were altered, or filled by other programs.

use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _};
use truthound_store::result::Entry;
use truthound_store::store::contract::{OrderBy, Query, SaveMode};

use crate::engine::{Engine, Place, document, store};
use crate::services::process::block_on;

crate::cases![
    "odd_tables" on &[Engine::Mariadb] =>
    a_row_without_a_time_does_not_keep_a_list_from_ending,
    a_table_that_takes_letters_for_each_other_is_listed_whole_in_every_order,
    a_table_without_one_of_our_indexes_is_listed_in_every_order,
];

const ORDERS: [OrderBy; 3] = [OrderBy::RunTime, OrderBy::DataAsset, OrderBy::Status];

/// Returns a place with a table of this store in which each asset has this many results, one second apart.
fn place_with(engine: Engine, assets: &[&str], each: u32) -> Place {
    let place = engine.place();
    block_on(async {
        let store = store(&place.url, "");
        store.save(&document("first", 100), SaveMode::Overwrite).await.unwrap();
    });
    let mut rows = Vec::new();
    for number in 0..each {
        for (index, asset) in assets.iter().enumerate() {
            rows.push(format!(
                "('run-{index}-{number}', '{asset}', TIMESTAMPADD(SECOND, {number}, '2026-01-01'), 'success', 'default',
                    '{{\"env\": \"prod\"}}', '{{}}')"
            ));
        }
    }
    let columns = "run_id, data_asset, run_time, status, namespace, tags_json, data_json";
    place.run(&format!("INSERT INTO validation_results ({columns}) VALUES {}", rows.join(", ")));
    place
}

fn list(place: &Place, query: &Query) -> Vec<Entry> {
    block_on(async { store(&place.url, "").list(query).try_collect().await.unwrap() })
}

fn a_row_without_a_time_does_not_keep_a_list_from_ending(engine: Engine) {
    let place = place_with(engine, &["a"], 3);
    block_on(async {
        let mut session = place.session().await;
        session.run("SET sql_mode = ''").await;
        session.run("UPDATE validation_results SET run_time = '0000-00-00' WHERE run_id = 'run-0-0'").await;
    });
    for order_by in ORDERS {
        for ascending in [false, true] {
            for limit in 1..=5 {
                let query = Query { order_by, ascending, limit: Some(limit), ..Query::default() };
                let results: Vec<_> = block_on(async {
                    let store = store(&place.url, "");
                    let listing = store.list(&query).collect();
                    tokio::time::timeout(Duration::from_secs(60), listing).await.expect("it ends")
                });
                assert!(results.len() <= 4, "{query:?}");
            }
        }
    }
}

fn a_table_that_takes_letters_for_each_other_is_listed_whole_in_every_order(engine: Engine) {
    for collation in ["utf8mb4_bin", "utf8mb4_general_ci"] {
        let place = place_with(engine, &["x", "x ", "X", "y"], 200);
        place.run(&format!("ALTER TABLE validation_results CONVERT TO CHARACTER SET utf8mb4 COLLATE {collation}"));
        for order_by in ORDERS {
            for ascending in [false, true] {
                let query = Query { order_by, ascending, ..Query::default() };
                let found = list(&place, &query);
                assert_eq!(found.len(), 801, "{collation}, {query:?}");
                assert!(found.is_sorted_by(|left, right| query.compare(left, right).is_lt()), "{collation}, {query:?}");
            }
        }
        let tagged = Query { tags: [("env".to_owned(), "prod".to_owned())].into(), ..Query::default() };
        assert_eq!(list(&place, &tagged).len(), 801);
    }
}

fn a_table_without_one_of_our_indexes_is_listed_in_every_order(engine: Engine) {
    for index in ["ix_namespace_data_asset", "ix_namespace_status", "ix_namespace_run_time", "ix_tag_3"] {
        let place = place_with(engine, &["a", "b"], 300);
        place.run(&format!("ALTER TABLE validation_results DROP INDEX {index}"));
        for order_by in ORDERS {
            assert_eq!(list(&place, &Query { order_by, ..Query::default() }).len(), 601, "{index}");
        }
        let tagged = Query { tags: [("env".to_owned(), "prod".to_owned())].into(), ..Query::default() };
        assert_eq!(list(&place, &tagged).len(), 601, "{index}");
    }
}
