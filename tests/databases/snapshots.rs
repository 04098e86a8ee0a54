//! A list is one snapshot: its cost, and the fate of its connection.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, TryStreamExt as _};
use truthound_store::error::ErrorKind;
use truthound_store::store::contract::{Notice, Notices, OrderBy, Query, ResultStore, SaveMode, StoreContext};
use truthound_store::store::sql::{DatabaseOptions, open};

use crate::engine::{BOTH, Engine, Place, document, id, quiet, store};
use crate::proxy::Proxy;

crate::cases![
    "snapshots" on BOTH =>
    a_list_is_of_one_instant_whatever_isolation_is_the_default,
    a_list_of_one_page_costs_no_more_than_its_statements,
    a_list_of_several_pages_costs_two_statements_more,
    results_of_one_time_are_listed_in_the_order_of_their_run_ids,
    a_list_that_is_broken_off_leaves_no_transaction_and_gives_its_connection_back,
    a_connection_that_breaks_between_two_pages_ends_the_list_with_an_error,
    a_connection_that_breaks_before_the_first_result_is_replaced,
    a_delete_by_a_filter_whose_answer_is_lost_is_reported_as_done,
];

fn within<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

async fn fill(store: &dyn ResultStore, count: usize) {
    let saves = (0..count).map(|n| async move {
        let mut document = document(&format!("run-{n:04}"), 100);
        document.entry.run_time =
            format!("2026-03-{:02}T{:02}:{:02}:00", n / 60 % 28 + 1, n % 24, n % 60).parse().unwrap();
        store.save(&document, SaveMode::Overwrite).await.unwrap();
    });
    futures_util::future::join_all(saves).await;
}

/// Changes the time of a result, as another process would.
async fn save_again(place: &Place, run_id: &str, run_time: &str) {
    let mut document = document(run_id, 100);
    document.entry.run_time = run_time.parse().unwrap();
    store(&place.url, "").save(&document, SaveMode::Overwrite).await.unwrap();
}

async fn ids(store: &dyn ResultStore, query: &Query) -> Vec<String> {
    store.list(query).map_ok(|entry| entry.run_id.to_string()).try_collect().await.unwrap()
}

/// Waits until the store has this many open transactions; MariaDB reports them with a delay.
async fn transactions_become(place: &Place, count: usize) {
    let started = Instant::now();
    while transactions(place) != count {
        assert!(started.elapsed() < Duration::from_secs(10), "{} transactions are open", transactions(place));
        tokio::time::sleep(Duration::from_millis(150)).await;
    }
}

fn transactions(place: &Place) -> usize {
    let query = match place.engine {
        Engine::Postgresql => format!(
            "SELECT pid FROM pg_stat_activity WHERE application_name = '{}' AND xact_start IS NOT NULL",
            place.name
        ),
        Engine::Mariadb => format!(
            "SELECT trx_id FROM information_schema.innodb_trx JOIN information_schema.processlist
             ON trx_mysql_thread_id = id WHERE db = '{}'",
            place.name
        ),
    };
    place.run(&query).len()
}

fn a_list_is_of_one_instant_whatever_isolation_is_the_default(engine: Engine) {
    let server = engine.start(match engine {
        Engine::Postgresql => &["default_transaction_isolation=read committed"],
        Engine::Mariadb => &["--transaction-isolation=READ-COMMITTED"],
    });
    let place = server.place();
    within(async {
        let reader = store(&place.url, "");
        fill(&*reader, 1_700).await;
        for order_by in [OrderBy::RunTime, OrderBy::DataAsset, OrderBy::Status] {
            let query = Query { order_by, ..Query::default() };
            let before = ids(&*reader, &query).await;
            let mut list = reader.list(&query);
            let mut found = vec![list.next().await.unwrap().unwrap().run_id.to_string()];
            save_again(&place, &before[1], "2020-01-01T00:00:00").await;
            save_again(&place, &before[1_600], "2030-01-01T00:00:00").await;
            assert!(store(&place.url, "").delete(&id(&before[1_500]), None).await.unwrap());
            save_again(&place, "new", "2021-01-01T00:00:00").await;
            found.extend(list.map(|entry| entry.unwrap().run_id.to_string()).collect::<Vec<_>>().await);
            assert!(found == before, "{order_by:?}");
            save_again(&place, &before[1_500], "2026-03-01T00:00:00").await;
        }
    });
}

/// Returns the first words of the statements that a list sends.
async fn statements(place: &Place, query: &Query) -> Vec<String> {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let listener = Arc::clone(&heard);
    let notices = Notices::new(move |notice| {
        if let Notice::Statement(text) = notice {
            listener.lock().unwrap().push(text.split(' ').take(2).collect::<Vec<_>>().join(" "));
        }
    });
    let options =
        DatabaseOptions { connection_url: place.url.as_str().into(), echo: true, ..DatabaseOptions::default() };
    let store = open(&options, StoreContext { notices, ..quiet() }).unwrap();
    assert!(!ids(&*store, query).await.is_empty());
    heard.lock().unwrap().clone()
}

fn a_list_of_one_page_costs_no_more_than_its_statements(engine: Engine) {
    let place = engine.place();
    within(async {
        fill(&*store(&place.url, ""), 30).await;
        let all = Query::default();
        let some = Query { limit: Some(20), ..Query::default() };
        // The connection is not tested between two statements of a list.
        let (of_all, of_some): (&[&str], &[&str]) = match engine {
            // The first is sent together with the second, and the reply to the last is not waited for.
            Engine::Postgresql => (&["BEGIN ISOLATION", "SELECT run_id,", "COMMIT"], &["SELECT run_id,"]),
            Engine::Mariadb => {
                let both: &[&str] = &["SELECT run_time", "SELECT run_id,"];
                (both, both)
            }
        };
        assert_eq!(statements(&place, &all).await, of_all);
        assert_eq!(statements(&place, &some).await, of_some);
    });
}

fn a_list_of_several_pages_costs_two_statements_more(engine: Engine) {
    let place = engine.place();
    within(async {
        fill(&*store(&place.url, ""), 1_100).await;
        let sent = statements(&place, &Query::default()).await;
        let pages = ["SELECT run_id,"; 3];
        let expected = match engine {
            Engine::Postgresql => [&["BEGIN ISOLATION"], &pages[..], &["COMMIT"]].concat(),
            Engine::Mariadb => {
                let page = ["SELECT run_time", "SELECT run_id,"];
                [&["SELECT run_time", "SET TRANSACTION", "SELECT run_id,"], &page[..], &page, &["COMMIT"]].concat()
            }
        };
        assert_eq!(sent, expected);
    });
}

fn results_of_one_time_are_listed_in_the_order_of_their_run_ids(engine: Engine) {
    let place = engine.place();
    within(async {
        let store = &*store(&place.url, "");
        let saves = (0..1_300).map(|n| async move {
            // They are not saved in this order.
            let number = n * 7_919 % 1_300;
            let mut document = document(&format!("run-{number:04}"), 100);
            let day = if number < 700 { "2026-03-02" } else { "2026-03-01" };
            document.entry.run_time = format!("{day}T00:00:00").parse().unwrap();
            store.save(&document, SaveMode::Overwrite).await.unwrap();
        });
        futures_util::future::join_all(saves).await;
        let names = |numbers: std::ops::Range<u32>| numbers.map(|number| format!("run-{number:04}"));
        let newest_first: Vec<String> = names(0..1_300).collect();
        assert_eq!(ids(store, &Query::default()).await, newest_first);
        let oldest_first: Vec<String> = names(700..1_300).chain(names(0..700)).collect();
        assert_eq!(ids(store, &Query { ascending: true, ..Query::default() }).await, oldest_first);
    });
}

fn a_list_that_is_broken_off_leaves_no_transaction_and_gives_its_connection_back(engine: Engine) {
    let place = engine.place();
    within(async {
        let store = store(&place.url, "pool_size = 1\nmax_overflow = 0\npool_timeout = 5.0");
        fill(&*store, 1_100).await;
        let session = place.sessions();
        for n in 0..5 {
            let query = Query::default();
            let mut list = store.list(&query);
            for _ in 0..600 {
                list.next().await.unwrap().unwrap();
            }
            transactions_become(&place, 1).await;
            drop(list);
            // There is one connection: the next caller in line gets it.
            store.save(&document(&format!("new-{n}"), 100), SaveMode::Overwrite).await.unwrap();
            assert_eq!(store.count(&query).await.unwrap(), 1_101 + n);
            transactions_become(&place, 0).await;
            assert_eq!(place.sessions(), session);
        }
    });
}

fn a_connection_that_breaks_between_two_pages_ends_the_list_with_an_error(engine: Engine) {
    let place = engine.place();
    within(async {
        let store = store(&place.url, "");
        fill(&*store, 1_700).await;
        let query = Query::default();
        let mut list = store.list(&query);
        assert!(list.next().await.unwrap().is_ok());
        for session in place.sessions() {
            place.kill(&session);
        }
        let rest: Vec<_> = list.collect().await;
        let (last, before) = rest.split_last().unwrap();
        assert!(before.iter().all(Result::is_ok) && before.len() < 1_699, "{}", before.len());
        let error = last.as_ref().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Connection, "{error:?}");
        assert!(error.hint().is_some_and(|hint| hint.starts_with("list again")), "{error:?}");
        assert_eq!(ids(&*store, &query).await.len(), 1_700);
    });
}

/// Returns a place with stored results, and its URL through a proxy.
async fn by_proxy(engine: Engine, count: usize) -> (Place, String, Proxy) {
    let place = engine.place();
    fill(&*store(&place.url, ""), count).await;
    let proxy = Proxy::before(place.port);
    let clear = if engine == Engine::Mariadb { "&ssl_mode=DISABLED" } else { "" };
    let url = place.url.replacen(&format!(":{}/", place.port), &format!(":{}/", proxy.port), 1);
    (place, format!("{url}{clear}"), proxy)
}

fn a_connection_that_breaks_before_the_first_result_is_replaced(engine: Engine) {
    within(async {
        let (_place, url, proxy) = by_proxy(engine, 1_100).await;
        for words in ["START TRANSACTION", "BEGIN ISOLATION", "SELECT run_id"] {
            let is_said = words.starts_with("SELECT") || (engine == Engine::Mariadb) == words.starts_with("START");
            if is_said {
                let cuts = proxy.cuts();
                proxy.cut_after(words);
                assert_eq!(ids(&*store(&url, ""), &Query::default()).await.len(), 1_100);
                assert_eq!(proxy.cuts(), cuts + 1, "{words}");
            }
        }
    });
}

fn a_delete_by_a_filter_whose_answer_is_lost_is_reported_as_done(engine: Engine) {
    within(async {
        let (_place, url, proxy) = by_proxy(engine, 1).await;
        let old = Query {
            until: Some("2026-03-02T00:00:00Z".parse::<jiff::Timestamp>().unwrap().into()),
            ..Query::default()
        };
        let store = store(&url, "");
        proxy.cut_after(if engine == Engine::Mariadb { "\u{3}COMMIT" } else { "COMMIT" });
        assert!(store.delete(&id("run-0000"), Some(&old)).await.unwrap());
        assert_eq!(proxy.cuts(), 1);
        assert!(!store.delete(&id("run-0000"), Some(&old)).await.unwrap());
    });
}
