//! A filtered delete with a lost first reply.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;

use super::*;
use crate::result::{Redaction, TimeZone};
use crate::store::contract::{Finding, PoolConfig};
use crate::store::sql::database::Database;
use crate::store::sql::dialects::sqlite::grammar::SqliteGrammar;
use crate::store::sql::digest_columns::DigestColumns;
use crate::store::sql::driver::{Connection, Driver, SnapshotKind, WriteStep};
use crate::store::sql::failure::{FailureClass, SqlFailure, StepOutcome};
use crate::store::sql::grammar::Grammar;
use crate::store::sql::pool::{ConnectionPool, PoolLimits};
use crate::store::sql::result_table::ResultTable;
use crate::store::sql::retry::RetryPolicy;
use crate::store::sql::scope::TableScope;
use crate::store::sql::statement::{SqlRow, SqlValue, Statement};

/// A database that breaks off its first commits; the repeated delete then finds nothing to remove.
#[derive(Clone, Debug)]
struct LossyDriver {
    /// Whether the result still exists.
    is_there: bool,
    /// The outcomes of the writes that are broken off, in order; empty for one that reached no statement.
    broken_off: &'static [&'static [StepOutcome]],
    writes: Arc<AtomicUsize>,
}

type LostAnswer<T> = std::result::Result<T, SqlFailure>;

#[async_trait]
impl Driver for LossyDriver {
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

    async fn connect(&self) -> LostAnswer<Box<dyn Connection>> {
        Ok(Box::new(self.clone()))
    }

    async fn create_database(&self) -> LostAnswer<()> {
        Ok(())
    }
}

#[async_trait]
impl Connection for LossyDriver {
    async fn read(&mut self, _: Statement) -> LostAnswer<Vec<SqlRow>> {
        Ok(if self.is_there { vec![vec![SqlValue::Integer(1)]] } else { Vec::new() })
    }

    async fn begin_snapshot(&mut self) -> LostAnswer<SnapshotKind> {
        Ok(SnapshotKind::Lasting)
    }

    async fn end_snapshot(&mut self) -> LostAnswer<()> {
        Ok(())
    }

    async fn write(&mut self, _: Arc<Vec<WriteStep>>) -> LostAnswer<Vec<StepOutcome>> {
        if let Some(undecided) = self.broken_off.get(self.writes.fetch_add(1, Ordering::Relaxed)) {
            let undecided = undecided.to_vec();
            return Err(SqlFailure { undecided, ..SqlFailure::new(FailureClass::ConnectionLost, "broken off") });
        }
        Ok(vec![StepOutcome::Changed(0)])
    }

    async fn create_table(&mut self, _: &str) -> LostAnswer<()> {
        Ok(())
    }

    async fn check(&mut self) -> LostAnswer<()> {
        Ok(())
    }

    fn is_broken(&self) -> bool {
        false
    }
}

fn lossy(is_there: bool, broken_off: &'static [&'static [StepOutcome]]) -> SqlResultStore {
    let driver = Arc::new(LossyDriver { is_there, broken_off, writes: Arc::default() });
    let limits = PoolLimits { kept: 1, all: 1, timeout: Duration::from_secs(1), recycle: None, pre_ping: false };
    let retry = RetryPolicy {
        attempts: 5,
        base_delay: Duration::ZERO,
        factor: 1.0,
        max_delay: Duration::ZERO,
        retry_timeout: Duration::from_secs(10),
    };
    let table = "validation_results".to_owned();
    let scope = TableScope {
        table: table.clone(),
        namespace: "default".to_owned(),
        zone: TimeZone::UTC,
        grammar: &SqliteGrammar,
        limit: DocumentLimit::OF_MEMORY,
    };
    let pool = ConnectionPool::new(driver.clone(), limits);
    let database =
        Database { driver, pool, retry, breaker: None, table, create_tables: true, digests: DigestColumns::default() };
    let config = PoolConfig {
        connection_url: String::new(),
        pool_size: 1,
        max_overflow: 0,
        pool_timeout: 1.0,
        pool_recycle: -1,
    };
    let table = ResultTable {
        database: Arc::new(database),
        scope,
        url: config.connection_url.clone(),
        notices: Notices::new(|_| {}),
    };
    SqlResultStore::new(table, config, Redaction::default(), Duration::from_secs(1))
}

/// A commit is lost, of a delete that has removed the result or found none.
const REMOVED: &[&[StepOutcome]] = &[&[StepOutcome::Changed(1)]];
const FOUND_NONE: &[StepOutcome] = &[StepOutcome::Changed(0)];

/// A delete takes effect in one of several attempts that are broken off.
const REMOVED_IN_ONE_OF_TWO: [&[&[StepOutcome]]; 4] = [
    &[&[], &[StepOutcome::Changed(1)]],
    &[FOUND_NONE, &[StepOutcome::Changed(1)]],
    &[&[StepOutcome::Changed(1)], FOUND_NONE],
    &[&[StepOutcome::Changed(1)], &[]],
];

#[tokio::test]
async fn a_delete_counts_in_whichever_attempt_it_takes_effect() {
    for broken_off in REMOVED_IN_ONE_OF_TWO {
        assert!(lossy(false, broken_off).delete(&id("run-1"), None).await.unwrap(), "{broken_off:?}");
    }
    assert!(!lossy(false, &[FOUND_NONE, FOUND_NONE]).delete(&id("run-1"), None).await.unwrap());
}

#[tokio::test]
async fn a_result_that_is_gone_is_reported_as_deleted() {
    let filter = Query { data_asset: Some("orders".to_owned()), ..Query::default() };
    assert!(lossy(false, REMOVED).delete(&id("run-1"), Some(&filter)).await.unwrap());
    assert!(lossy(false, REMOVED).delete(&id("run-1"), None).await.unwrap());
}

#[tokio::test]
async fn a_result_that_is_there_and_does_not_pass_is_not_reported_as_deleted() {
    let filter = Query { data_asset: Some("orders".to_owned()), ..Query::default() };
    assert!(!lossy(true, REMOVED).delete(&id("run-1"), Some(&filter)).await.unwrap());
}
