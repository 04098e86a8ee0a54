//! The pool, the breaker and the status.

use std::time::{Duration, Instant};

use async_trait::async_trait;

use super::*;
use crate::error::ErrorKind;
use crate::store::contract::{Finding, PoolActions, ResultStore};
use crate::store::sql::breaker::{BreakerLimits, CircuitBreaker};
use crate::store::sql::database::Database;
use crate::store::sql::dialects::sqlite::grammar::SqliteGrammar;
use crate::store::sql::digest_columns::DigestColumns;
use crate::store::sql::driver::{Connection, Driver, SnapshotKind, WriteStep};
use crate::store::sql::error::to_error;
use crate::store::sql::failure::SqlOperation;
use crate::store::sql::failure::{FailureClass, SqlFailure, StepOutcome};
use crate::store::sql::grammar::Grammar;
use crate::store::sql::pool::{ConnectionPool, PoolLimits};
use crate::store::sql::retry::RetryPolicy;
use crate::store::sql::statement::{SqlRow, Statement};

/// A database that behaves as a test scripts it.
#[derive(Debug, Default)]
struct ScriptedDriver {
    refuses: std::sync::atomic::AtomicBool,
    hangs: bool,
}

struct ScriptedConnection;

#[async_trait]
impl Driver for ScriptedDriver {
    fn grammar(&self) -> &'static dyn Grammar {
        &SqliteGrammar
    }

    fn is_ephemeral(&self) -> bool {
        false
    }

    fn document_limit(&self) -> u64 {
        u64::MAX
    }

    fn local_findings(&self) -> Vec<Finding> {
        Vec::new()
    }

    async fn connect(&self) -> std::result::Result<Box<dyn Connection>, SqlFailure> {
        if self.hangs {
            std::future::pending::<()>().await;
        }
        if self.refuses.load(std::sync::atomic::Ordering::Relaxed) {
            return Err(SqlFailure::new(FailureClass::Unreachable, "connection refused"));
        }
        Ok(Box::new(ScriptedConnection))
    }

    async fn create_database(&self) -> std::result::Result<(), SqlFailure> {
        Ok(())
    }
}

#[async_trait]
impl Connection for ScriptedConnection {
    async fn read(&mut self, _: Statement) -> std::result::Result<Vec<SqlRow>, SqlFailure> {
        Ok(Vec::new())
    }

    async fn begin_snapshot(&mut self) -> std::result::Result<SnapshotKind, SqlFailure> {
        Ok(SnapshotKind::Lasting)
    }

    async fn end_snapshot(&mut self) -> std::result::Result<(), SqlFailure> {
        Ok(())
    }

    async fn write(&mut self, steps: Arc<Vec<WriteStep>>) -> std::result::Result<Vec<StepOutcome>, SqlFailure> {
        Ok(vec![StepOutcome::Changed(1); steps.len()])
    }

    async fn create_table(&mut self, _: &str) -> std::result::Result<(), SqlFailure> {
        Ok(())
    }

    async fn check(&mut self) -> std::result::Result<(), SqlFailure> {
        Ok(())
    }

    fn is_broken(&self) -> bool {
        false
    }
}

fn limits(kept: u32, all: u32) -> PoolLimits {
    PoolLimits { kept, all, timeout: Duration::from_millis(200), recycle: None, pre_ping: true }
}

#[tokio::test]
async fn connections_beyond_the_pools_size_are_closed_when_they_are_returned() {
    let pool = ConnectionPool::new(Arc::new(ScriptedDriver::default()), limits(2, 4));
    assert!(!pool.is_open());
    let mut leases = Vec::new();
    for _ in 0..4 {
        leases.push(pool.get().await.unwrap());
    }
    let full = pool.connections();
    assert_eq!((full.current_size, full.current_checked_out, full.current_overflow, full.idle), (4, 4, 2, 0));
    let started = Instant::now();
    let failure = pool.get().await.err().unwrap();
    assert_eq!(failure.class, FailureClass::PoolExhausted);
    assert!(started.elapsed() >= Duration::from_millis(200));
    drop(leases);
    let after = pool.connections();
    assert_eq!((after.current_size, after.idle, after.total_created, after.total_closed, after.peak), (2, 2, 4, 2, 4));
    let operations = pool.operations();
    assert_eq!((operations.checkouts, operations.checkins, operations.checkout_failures), (4, 4, 1));
    assert!(pool.timing().max_checkout_ms >= pool.timing().avg_checkout_ms);
}

#[tokio::test]
async fn a_connection_that_cannot_be_opened_is_told_at_once_with_its_reason() {
    let driver = Arc::new(ScriptedDriver { refuses: true.into(), ..ScriptedDriver::default() });
    let pool = ConnectionPool::new(driver.clone(), PoolLimits { timeout: Duration::from_secs(30), ..limits(2, 2) });
    let started = Instant::now();
    for _ in 0..3 {
        let failure = pool.get().await.err().unwrap();
        assert_eq!((failure.class, failure.reason.as_str()), (FailureClass::Unreachable, "connection refused"));
    }
    assert!(started.elapsed() < Duration::from_secs(5));
    driver.refuses.store(false, std::sync::atomic::Ordering::Relaxed);
    drop(pool.get().await.unwrap());
}

#[tokio::test]
async fn an_old_connection_is_replaced_when_it_is_asked_for() {
    let pool = ConnectionPool::new(
        Arc::new(ScriptedDriver::default()),
        PoolLimits { recycle: Some(Duration::from_millis(20)), ..limits(1, 1) },
    );
    drop(pool.get().await.unwrap());
    drop(pool.get().await.unwrap());
    assert_eq!(pool.connections().total_created, 1);
    tokio::time::sleep(Duration::from_millis(40)).await;
    drop(pool.get().await.unwrap());
    assert_eq!((pool.connections().total_created, pool.operations().recycles), (2, 1));
    assert_eq!(pool.recycle(), 1);
    assert_eq!(pool.connections().current_size, 0);
}

fn database(driver: ScriptedDriver, breaker: Option<CircuitBreaker>) -> Database {
    let driver = Arc::new(driver);
    Database {
        pool: ConnectionPool::new(driver.clone(), limits(2, 2)),
        driver,
        retry: RetryPolicy::NEVER,
        breaker,
        table: "t".to_owned(),
        create_tables: true,
        digests: DigestColumns::default(),
    }
}

#[tokio::test]
async fn after_five_refusals_calls_fail_at_once_and_say_when_to_try_again() {
    let directory = tempfile::tempdir().unwrap();
    let limits = BreakerLimits { failures: 5, successes: 3, recovery: Duration::from_secs(60), calls: 3 };
    let path = directory.path().join("breakers/p.json");
    let open = || CircuitBreaker::new(limits, Some(path.clone()), Notices::new(|_| {}));
    let refusing = || ScriptedDriver { refuses: true.into(), ..ScriptedDriver::default() };
    for _ in 0..5 {
        // As in separate processes.
        let failure = database(refusing(), Some(open())).read(&Statement::new("SELECT 1")).await.unwrap_err();
        assert_eq!(failure.class, FailureClass::Unreachable);
    }
    let database = database(ScriptedDriver::default(), Some(open()));
    let failure = database.read(&Statement::new("SELECT 1")).await.unwrap_err();
    assert_eq!(failure.class, FailureClass::CircuitOpen);
    assert!(failure.reason.contains("try again at 20"), "{failure}");
    let error = to_error(failure, SqlOperation::Read, &SqliteGrammar, "x");
    assert_eq!(error.kind(), ErrorKind::Connection);
    assert_eq!(error.hint(), Some("run `truthound-store pool-status --reset-breaker`"));
    database.breaker.as_ref().unwrap().reset();
    database.read(&Statement::new("SELECT 1")).await.unwrap();
}

#[tokio::test]
async fn a_database_that_does_not_answer_is_unhealthy_within_the_timeout() {
    let database = database(ScriptedDriver { hangs: true, ..ScriptedDriver::default() }, None);
    let started = Instant::now();
    let failure = database.check(Duration::from_millis(50)).await.unwrap_err();
    assert!(started.elapsed() < Duration::from_secs(2));
    assert!(failure.reason.contains("no answer within 0.05 s"), "{failure}");
}

#[tokio::test]
async fn the_status_of_a_used_pool_has_true_numbers() {
    let directory = tempfile::tempdir().unwrap();
    let store = store(&directory.path().join("store.db"));
    let closed = store.pool_status(PoolActions::default()).await.unwrap();
    assert_eq!(closed.metrics.connections.total_created, 0, "a file that is not there is not opened");
    assert!(!closed.healthy && closed.error.unwrap().contains("the first save creates the file"));
    save(&store, "r").await.unwrap();
    assert_eq!(ids(&store, &Query::default()).await, ["r"]);
    let status = store.pool_status(PoolActions::default()).await.unwrap();
    assert!(status.initialized && status.healthy && !status.disposed && status.error.is_none());
    assert_eq!((status.circuit_state, status.dialect), ("CLOSED", "sqlite"));
    assert_eq!((status.config.pool_size, status.config.max_overflow), (5, 10));
    let connections = &status.metrics.connections;
    assert_eq!((connections.total_created, connections.current_size, connections.idle), (1, 1, 1));
    assert_eq!(status.metrics.operations.checkouts, status.metrics.operations.checkins);
    assert_eq!((status.metrics.health.checks_passed, status.metrics.health.checks_failed), (1, 1));
    assert!(status.metrics.health.last_check.is_some());
    let recycled = store.pool_status(PoolActions { recycle: true, reset_breaker: false }).await.unwrap();
    assert_eq!(recycled.metrics.operations.recycles, 1);
    assert_eq!((recycled.metrics.connections.total_closed, recycled.metrics.connections.current_size), (1, 1));
}

#[tokio::test]
async fn statements_are_shown_without_their_values_when_asked_for() {
    let directory = tempfile::tempdir().unwrap();
    let (context, heard) = listening();
    let options = DatabaseOptions { echo: true, ..options(&directory.path().join("store.db")) };
    let store = open(&options, context).unwrap();
    // The second one overwrites.
    for _ in 0..2 {
        store.save(&document("planted"), SaveMode::Overwrite).await.unwrap();
    }
    store.get(&id("planted")).await.map(drop).unwrap();
    let heard = heard.lock().unwrap().join("\n");
    for statement in ["UPDATE", "INSERT", "THEN data_json END", "CREATE TABLE", "BEGIN IMMEDIATE", "COMMIT"] {
        assert!(heard.contains(statement), "{heard}");
    }
    assert!(!heard.contains("planted"), "{heard}");
}

#[test]
fn databases_that_are_not_built_and_wrong_urls_are_told_without_their_secrets() {
    for (url, kind) in [
        #[cfg(not(feature = "postgres"))]
        ("postgresql://u:hunter2@h/d", ErrorKind::Unsupported),
        #[cfg(feature = "postgres")]
        ("postgresql://u:hunter2@h/d?hunter2=1", ErrorKind::Usage),
        #[cfg(not(feature = "mssql"))]
        ("mssql+pyodbc://u:hunter2@h/d?driver=x", ErrorKind::Unsupported),
        #[cfg(feature = "mssql")]
        ("mssql+pyodbc://u:hunter2@h/d?hunter2=x", ErrorKind::Usage),
        #[cfg(not(feature = "mysql"))]
        ("mariadb://u:hunter2@h/d", ErrorKind::Unsupported),
        #[cfg(feature = "mysql")]
        ("mariadb://u:hunter2@h/d?hunter2=1", ErrorKind::Usage),
        ("postgrse://u:hunter2@h/d", ErrorKind::Usage),
        ("sqlite://u:hunter2@h/d", ErrorKind::Usage),
    ] {
        let options = DatabaseOptions { connection_url: Secret::from(url), ..DatabaseOptions::default() };
        let error = open(&options, quiet("p")).map(|store| store.location()).unwrap_err();
        assert_eq!(error.kind(), kind, "{url}");
        assert!(!format!("{error:?}").contains("hunter2") && error.hint().is_some(), "{error:?}");
    }
}

#[test]
fn opening_a_store_touches_nothing() {
    let directory = tempfile::tempdir().unwrap();
    // There is not even a runtime.
    let store: Box<dyn ResultStore> = open(&options(&directory.path().join("a/store.db")), quiet("p")).unwrap();
    assert!(store.location().starts_with("namespace `default` of sqlite:///"));
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_database_that_answers_leaves_no_trace_in_the_state_directory() {
    let directory = tempfile::tempdir().unwrap();
    let state = directory.path().join("state");
    let context = || StoreContext { state_directory: Some(state.clone()), ..quiet("prod") };
    let store = open(&options(&directory.path().join("store.db")), context()).unwrap();
    store.save(&document("r"), SaveMode::Overwrite).await.unwrap();
    assert_eq!(store.get(&id("nope")).await.map(drop).unwrap_err().kind(), ErrorKind::NotFound);
    assert!(!state.exists());
    // A wrong address does not count either: it is reported each time.
    let store = open(&options(directory.path()), context()).unwrap();
    for _ in 0..7 {
        let error = store.save(&document("r"), SaveMode::Overwrite).await.unwrap_err();
        assert_eq!(error.causes(), ["it is a directory"]);
    }
    assert!(!state.exists());
}

#[tokio::test]
async fn a_breaker_that_is_open_stops_every_call_and_can_be_reset() {
    let directory = tempfile::tempdir().unwrap();
    let state = directory.path().join("state");
    let file = directory.path().join("store.db");
    let location = format!("sqlite:///{}", file.display());
    let path = crate::store::sql::breaker_file::path(&state, "prod", &location);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let now = jiff::Timestamp::now();
    std::fs::write(&path, format!(r#"{{"version":1,"opened_at":"{now}","failures":5,"reason":"no route","opens":1}}"#))
        .unwrap();
    let context = StoreContext { state_directory: Some(state.clone()), ..quiet("prod") };
    let store = open(&options(&file), context).unwrap();
    let saved = store.save(&document("r"), SaveMode::Overwrite).await.unwrap_err();
    let listed = store.list(&Query::default()).try_collect::<Vec<_>>().await.unwrap_err();
    for error in [saved, listed] {
        assert_eq!(error.kind(), ErrorKind::Connection);
        assert_eq!(error.hint(), Some("run `truthound-store pool-status --reset-breaker`"));
        assert!(error.causes()[0].contains("it will try again at"), "{error:?}");
        assert!(error.causes()[0].ends_with("; the last failure: no route"), "{error:?}");
    }
    assert!(!file.exists());
    let open_status = store.pool_status(PoolActions::default()).await.unwrap();
    assert!(!open_status.healthy && open_status.error.clone().unwrap().contains("no route"), "{open_status:?}");
    assert_eq!((open_status.circuit_state, open_status.metrics.circuit_breaker.requests_rejected), ("OPEN", 2));
    let reset = store.pool_status(PoolActions { reset_breaker: true, recycle: false }).await.unwrap();
    assert_eq!((reset.circuit_state, reset.metrics.circuit_breaker.closes), ("CLOSED", 1));
    store.save(&document("r"), SaveMode::Overwrite).await.unwrap();
    assert!(store.pool_status(PoolActions::default()).await.unwrap().healthy);
    std::fs::write(&path, format!(r#"{{"version":1,"opened_at":"{now}","failures":5,"reason":"no route"}}"#)).unwrap();
    let open_status = store.pool_status(PoolActions::default()).await.unwrap();
    assert!(!open_status.healthy && open_status.error.unwrap().ends_with("no route; the database answers again"));
}

#[tokio::test]
async fn without_the_pool_manager_one_plain_connection_serves_all() {
    let directory = tempfile::tempdir().unwrap();
    let options = DatabaseOptions { use_pool_manager: false, ..options(&directory.path().join("store.db")) };
    let store = open_with(&options);
    assert!(store.table.database.breaker.is_none());
    let saves = (0..30).map(|number| {
        let store = &store;
        async move {
            save(store, &format!("r{number}")).await.unwrap();
            read(store, &format!("r{number}")).await.unwrap()
        }
    });
    futures_util::future::join_all(saves).await;
    assert_eq!(store.table.database.pool.connections().total_created, 1);
}

#[test]
fn a_secret_in_the_url_is_in_no_face_of_its_refusal() {
    let url = "sqlite:////tmp/x.db?key=hunter2&password=hunter2";
    let options = DatabaseOptions { connection_url: Secret::from(url), ..DatabaseOptions::default() };
    let error = open(&options, quiet("test")).map(|store| store.location()).unwrap_err();
    let faces = format!("{error:?} {error} {options:?} {}", crate::store::sql::masked_url(url));
    assert!(!faces.contains("hunter2"), "{faces}");
}
