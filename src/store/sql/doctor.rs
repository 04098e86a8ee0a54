//! The checks of `doctor`: connection, server, table, rights and circuit breaker. Nothing is written: the rights are
//! tried by statements that meet no row.

use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};

use super::driver::{Replay, WriteStep};
use super::failure::{FailureClass, SqlFailure, SqlOperation, StepOutcome};
use super::inspection::{RIGHTS, SqlInspection};
use super::statement::Statement;
use super::store::SqlResultStore;
use crate::error::ErrorKind;
use crate::store::contract::{DoctorOptions, Finding, FindingStream};

/// Longest wait for the connection.
const PATIENCE: Duration = Duration::from_secs(10);

impl SqlResultStore {
    /// Runs all checks, one after the other.
    pub(super) fn findings(&self, options: DoctorOptions) -> FindingStream<'_> {
        let steps = stream::once(async move {
            let mut findings = vec![self.check_breaker().await];
            findings.extend(self.table.database.driver.local_findings());
            match self.table.database.check(PATIENCE).await {
                Ok(()) => findings.push(Finding::good("connection", format!("{} answers", self.table.url))),
                Err(failure) if self.table.is_empty_store(&failure) => {
                    let message = format!("{} does not exist yet; the first save creates it", self.table.url);
                    findings.push(Finding::good("connection", message));
                    return findings;
                }
                Err(failure) => {
                    findings.push(self.failed("connection", failure, &format!("cannot use {}", self.table.url)));
                    return findings;
                }
            }
            findings.extend(self.ask(self.table.scope.grammar.inspections()).await);
            let (table, exists) = self.check_table().await;
            findings.extend(table);
            findings.extend(match exists {
                true => self.check_rights(options).await,
                false if options.read_only || !self.table.database.create_tables => Vec::new(),
                false => self.ask(self.table.scope.grammar.creation()).await,
            });
            findings
        });
        steps.map(stream::iter).flatten().boxed()
    }

    fn failed(&self, check: &'static str, failure: SqlFailure, what: &str) -> Finding {
        Finding::failed(check, &self.table.error(failure, SqlOperation::Read, what))
    }

    async fn check_breaker(&self) -> Finding {
        const CHECK: &str = "circuit breaker";
        let Some(breaker) = &self.table.database.breaker else {
            return Finding::good(CHECK, "the profile has none");
        };
        match breaker.status(jiff::Timestamp::now()).0 {
            "CLOSED" => Finding::good(CHECK, "closed"),
            "OPEN" => Finding::bad(
                CHECK,
                ErrorKind::Connection,
                "open after repeated failures: other commands fail at once",
                "when the database answers again, run `truthound-store pool-status --reset-breaker`",
            ),
            _ => Finding::doubtful(CHECK, "half open after repeated failures", "run the command again"),
        }
    }

    /// Asks the server, and judges its answers.
    async fn ask(&self, questions: impl IntoIterator<Item = SqlInspection>) -> Vec<Finding> {
        let mut findings = Vec::new();
        for inspection in questions {
            findings.push(match self.table.database.read(&inspection.statement).await {
                Ok(rows) => (inspection.judge)(inspection.check, &rows),
                // A file that the first save creates.
                Err(failure) if self.table.is_empty_store(&failure) => continue,
                Err(failure) => Finding::doubtful(
                    inspection.check,
                    format!("cannot be read: {failure}"),
                    "ask the administrator of the database",
                ),
            });
        }
        findings
    }

    /// Looks at who made the table. Returns whether it exists.
    async fn check_table(&self) -> (Vec<Finding>, bool) {
        const CHECK: &str = "table";
        let (database, scope) = (&self.table.database, &self.table.scope);
        let quoted = scope.grammar.quoted(&scope.table);
        let columns = "run_id, run_time, data_asset, status, namespace, tags_json, created_at, updated_at";
        match database.read(&Statement::new(format!("SELECT {columns} FROM {quoted} WHERE 1 = 0"))).await {
            Ok(_) => {}
            Err(failure) if self.table.is_empty_store(&failure) => {
                let message = format!("`{}` does not exist yet; the first save creates it", scope.table);
                return (vec![Finding::good(CHECK, message)], false);
            }
            Err(failure) => {
                let what = format!("cannot read the table `{}`", scope.table);
                return (vec![self.failed(CHECK, failure, &what)], false);
            }
        }
        let digests = database.read(&Statement::new(format!("SELECT document_sha256 FROM {quoted} WHERE 1 = 0"))).await;
        let mut findings = vec![match digests {
            Ok(_) => Finding::good(CHECK, format!("`{}` is of this program, and records digests", scope.table)),
            Err(_) => Finding::doubtful(
                CHECK,
                format!("`{}` is of Python or of an older version, and records no digests", scope.table),
                "read in docs/databases.md how to add the columns, or use a `table_prefix` of your own",
            ),
        }];
        if let Some(statement) = scope.grammar.own_table(&scope.table) {
            const INDEXES: &str = "indexes";
            findings.push(match database.read(&statement).await {
                Ok(rows) if rows.is_empty() => Finding::doubtful(
                    INDEXES,
                    "the table lacks indexes of this program, so that lists with filters read more rows",
                    "save into a table that this program makes: use a `table_prefix` of your own",
                ),
                Ok(_) => Finding::good(INDEXES, "all are there"),
                Err(failure) => self.failed(INDEXES, failure, "cannot look for the indexes"),
            });
        }
        (findings, true)
    }

    async fn check_rights(&self, options: DoctorOptions) -> Vec<Finding> {
        let scope = &self.table.scope;
        let table = scope.grammar.quoted(&scope.table);
        let columns = "run_id, data_asset, run_time, status, namespace, tags_json, data_json, created_at, updated_at";
        let mut acts = vec![("SELECT", false, format!("SELECT data_json FROM {table} WHERE 1 = 0"))];
        if !options.read_only {
            for (right, statement) in [
                ("INSERT", format!("INSERT INTO {table} ({columns}) SELECT {columns} FROM {table} WHERE 1 = 0")),
                ("UPDATE", format!("UPDATE {table} SET data_json = data_json, updated_at = updated_at WHERE 1 = 0")),
                ("DELETE", format!("DELETE FROM {table} WHERE 1 = 0")),
            ] {
                acts.push((right, true, statement));
            }
        }
        let mut findings = Vec::new();
        for (right, writes, statement) in acts {
            let tried = match writes {
                false => self.table.database.read(&Statement::new(statement)).await.map(drop),
                true => self.try_write(Statement::new(statement)).await,
            };
            findings.push(match tried {
                Ok(()) => Finding::good(RIGHTS, format!("{right} is allowed")),
                Err(failure) => self.failed(RIGHTS, failure, &format!("cannot {right} in the table `{}`", scope.table)),
            });
        }
        findings
    }

    /// Runs a statement that changes no row.
    async fn try_write(&self, statement: Statement) -> Result<(), SqlFailure> {
        let steps = vec![WriteStep { statements: vec![statement], again: Replay::Idempotent }];
        match self.table.database.write(Arc::new(steps), false).await?.into_iter().next() {
            Some(StepOutcome::Refused(failure)) => Err(failure),
            Some(_) => Ok(()),
            None => Err(SqlFailure::new(FailureClass::Other, "the database gave no outcome")),
        }
    }
}
