//! The pool, as the server sees it.

use std::time::Duration;

use futures_util::future::join_all;
use truthound_store::error::ErrorKind;
use truthound_store::store::contract::{PoolActions, ResultStore, SaveMode};
use truthound_store::store::sql::{DatabaseOptions, open};

use crate::engine::{BOTH, Engine, Place, Session, document, id, quiet, store};

crate::cases![
    "pool" on BOTH =>
    no_more_connections_are_open_than_kept_and_overflow_and_only_the_kept_ones_stay,
    whoever_waits_for_longer_than_pool_timeout_is_told_so,
    an_old_connection_is_replaced,
    a_killed_idle_connection_is_never_handed_out,
    without_pre_ping_a_killed_connection_costs_a_retry_and_no_result,
    without_the_pool_manager_there_is_one_connection,
    recycling_closes_every_connection,
];

fn within<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

async fn save(store: &dyn ResultStore, run_id: &str) {
    store.save(&document(run_id, 100), SaveMode::Overwrite).await.unwrap();
}

/// Locks the table until the lock is released.
async fn lock(place: &Place) -> Session {
    let mut session = place.engine.connect(place.port).await;
    let table = format!("{}.validation_results", place.name);
    session
        .run(&match place.engine {
            Engine::Postgresql => format!("BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"),
            Engine::Mariadb => format!("LOCK TABLES {table} WRITE"),
        })
        .await;
    session
}

async fn unlock(mut session: Session) {
    let end = if matches!(session, Session::Postgresql(_)) { "COMMIT" } else { "UNLOCK TABLES" };
    session.run(end).await;
}

/// Waits until the server has this many sessions of the store.
async fn sessions_become(place: &Place, count: usize) {
    while place.sessions().len() != count {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn no_more_connections_are_open_than_kept_and_overflow_and_only_the_kept_ones_stay(engine: Engine) {
    let place = engine.place();
    within(async {
        let store = store(&place.url, "pool_size = 2\nmax_overflow = 1");
        save(&*store, "run-1").await;
        let locked = lock(&place).await;
        let run_id = id("run-1");
        let reads = join_all((0..10).map(|_| store.get(&run_id)));
        let watch = async {
            sessions_become(&place, 3).await;
            tokio::time::sleep(Duration::from_millis(300)).await;
            assert_eq!(place.sessions().len(), 3);
            let status = store.pool_status(PoolActions::default());
            let connections = tokio::time::timeout(Duration::from_secs(20), async {
                unlock(locked).await;
                status.await.unwrap().metrics.connections
            });
            connections.await.unwrap()
        };
        let (found, connections) = futures_util::join!(reads, watch);
        assert!(found.iter().all(Result::is_ok));
        assert_eq!(connections.peak, 3, "{connections:?}");
        // A connection that was being opened for a caller that got another one stays until the next is returned.
        while place.sessions().len() > 2 {
            store.get(&run_id).await.map(drop).unwrap();
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let status = store.pool_status(PoolActions::default()).await.unwrap();
        let connections = status.metrics.connections;
        assert_eq!((connections.current_size, connections.idle, connections.current_overflow), (2, 2, 0));
    });
}

fn whoever_waits_for_longer_than_pool_timeout_is_told_so(engine: Engine) {
    let place = engine.place();
    within(async {
        let store = store(&place.url, "pool_size = 1\nmax_overflow = 0\npool_timeout = 1.0");
        save(&*store, "run-1").await;
        let locked = lock(&place).await;
        let run_id = id("run-1");
        let watch = async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            let error = store.get(&run_id).await.map(drop).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Connection, "{error:?}");
            assert_eq!(error.causes(), ["no connection became free within 1 s"]);
            assert_eq!(error.hint(), Some("raise `pool_size`, `max_overflow` or `pool_timeout`"));
            unlock(locked).await;
        };
        let (found, ()) = futures_util::join!(store.get(&run_id), watch);
        assert!(found.is_ok());
    });
}

fn an_old_connection_is_replaced(engine: Engine) {
    let place = engine.place();
    within(async {
        let store = store(&place.url, "pool_recycle = 1");
        save(&*store, "run-1").await;
        let first = place.sessions();
        assert_eq!(first.len(), 1);
        tokio::time::sleep(Duration::from_millis(1_100)).await;
        save(&*store, "run-2").await;
        sessions_become(&place, 1).await;
        assert_ne!(place.sessions(), first);
        let status = store.pool_status(PoolActions::default()).await.unwrap();
        assert!(status.metrics.operations.recycles >= 1);
    });
}

fn a_killed_idle_connection_is_never_handed_out(engine: Engine) {
    let place = engine.place();
    within(async {
        // Without retries, a connection that is handed out must work.
        let store = store(&place.url, "enable_retry = false");
        save(&*store, "run-1").await;
        for turn in 0..3 {
            place.kill(&place.sessions()[0]);
            save(&*store, &format!("turn-{turn}")).await;
        }
        let status = store.pool_status(PoolActions::default()).await.unwrap();
        assert!(status.healthy);
        assert_eq!((status.metrics.connections.total_created, status.metrics.operations.invalidations), (4, 3));
    });
}

fn without_pre_ping_a_killed_connection_costs_a_retry_and_no_result(engine: Engine) {
    let place = engine.place();
    within(async {
        let store = store(&place.url, "pool_pre_ping = false\npool_recycle = -1");
        save(&*store, "run-1").await;
        let before = place.sessions();
        save(&*store, "run-2").await;
        assert_eq!(place.sessions(), before);
        place.kill(&before[0]);
        save(&*store, "run-3").await;
        assert_eq!(store.count(&Default::default()).await.unwrap(), 3);
    });
}

fn without_the_pool_manager_there_is_one_connection(engine: Engine) {
    let place = engine.place();
    within(async {
        let options = DatabaseOptions {
            connection_url: place.url.as_str().into(),
            use_pool_manager: false,
            ..DatabaseOptions::default()
        };
        let store = open(&options, quiet()).unwrap();
        save(&*store, "run-1").await;
        let locked = lock(&place).await;
        let run_id = id("run-1");
        let watch = async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            assert_eq!(place.sessions().len(), 1);
            unlock(locked).await;
        };
        let (found, ()) = futures_util::join!(join_all((0..5).map(|_| store.get(&run_id))), watch);
        assert!(found.iter().all(Result::is_ok));
    });
}

fn recycling_closes_every_connection(engine: Engine) {
    let place = engine.place();
    within(async {
        let store = store(&place.url, "");
        save(&*store, "run-1").await;
        let before = place.sessions();
        let status = store.pool_status(PoolActions { recycle: true, reset_breaker: false }).await.unwrap();
        assert!(status.healthy);
        sessions_become(&place, 1).await;
        assert_ne!(place.sessions(), before);
    });
}
