//! Builds T-SQL batches from statements.

use super::grammar::MssqlGrammar;
use crate::store::sql::driver::WriteStep;
use crate::store::sql::grammar::Grammar as _;
use crate::store::sql::statement::{SqlFragment, SqlValue, Statement};

/// The settings of every session. The first ones are required by indexes on computed columns. Then: a batch ends at its
/// first error and rolls back its transaction; the lock timeout is in milliseconds.
pub(super) const SESSION: &str = "SET ANSI_NULLS ON; SET ANSI_PADDING ON; SET ANSI_WARNINGS ON; SET ARITHABORT ON; \
                                  SET CONCAT_NULL_YIELDS_NULL ON; SET QUOTED_IDENTIFIER ON; SET NUMERIC_ROUNDABORT OFF; \
                                  SET IMPLICIT_TRANSACTIONS OFF; SET NOCOUNT ON; SET XACT_ABORT ON; SET LOCK_TIMEOUT \
                                  20000; SET TRANSACTION ISOLATION LEVEL READ COMMITTED;";

/// Begins a transaction in which a step can fail without the others.
pub(super) const BEGIN: &str = "SET XACT_ABORT OFF; BEGIN TRANSACTION;";

/// Commits that transaction.
pub(super) const COMMIT: &str = "COMMIT TRANSACTION; SET XACT_ABORT ON;";

/// Rolls back an open transaction, if there is one.
pub(super) const ROLLBACK: &str = "IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION; SET XACT_ABORT ON;";

/// Begins a snapshot, and returns 1 if no writer waits for it. That requires a database with row versioning; in any
/// other, all rows that are read stay locked until the end.
pub(super) const BEGIN_SNAPSHOT: &str = "DECLARE @snapshot BIGINT = CASE WHEN EXISTS (SELECT 1 FROM sys.databases WHERE database_id = DB_ID() AND \
     snapshot_isolation_state = 1) THEN 1 ELSE 0 END; IF @snapshot = 1 SET TRANSACTION ISOLATION LEVEL SNAPSHOT ELSE SET \
     TRANSACTION ISOLATION LEVEL SERIALIZABLE; BEGIN TRANSACTION; SELECT @snapshot AS is_lasting;";

/// Ends the snapshot. A failed transaction is already gone.
pub(super) const END_SNAPSHOT: &str =
    "IF @@TRANCOUNT > 0 COMMIT TRANSACTION; SET TRANSACTION ISOLATION LEVEL READ COMMITTED;";

/// A batch with its values.
#[derive(Debug)]
pub(super) struct SqlBatch<'a> {
    /// The text.
    pub(super) text: String,
    /// The values of `@P1`, `@P2` and so on, without duplicates: a document is not sent twice.
    pub(super) values: Vec<&'a SqlValue>,
}

impl<'a> SqlBatch<'a> {
    /// Returns a batch of one statement.
    pub(super) fn of(statement: &'a Statement) -> Self {
        let mut script = Self { text: String::new(), values: Vec::new() };
        script.push(statement);
        script
    }

    /// Returns a batch that runs statements until one changes a row, and returns the number of changed rows: in its own
    /// transaction, or in an open one.
    pub(super) fn step(step: &'a WriteStep, is_alone: bool) -> Self {
        let mut script = Self { text: String::new(), values: Vec::new() };
        if is_alone {
            script.text.push_str("BEGIN TRANSACTION; ");
        }
        script.text.push_str("DECLARE @changed BIGINT = 0; ");
        for (index, statement) in step.statements.iter().enumerate() {
            script.text.push_str(if index == 0 { "" } else { "IF @changed = 0 BEGIN " });
            script.push(statement);
            script.text.push_str("; SET @changed = @@ROWCOUNT; ");
            script.text.push_str(if index == 0 { "" } else { "END; " });
        }
        if is_alone {
            script.text.push_str("COMMIT TRANSACTION; ");
        }
        script.text.push_str("SELECT @changed AS changed;");
        script
    }

    fn push(&mut self, statement: &'a Statement) {
        for piece in statement.pieces() {
            match piece {
                SqlFragment::Sql(sql) => self.text.push_str(sql),
                SqlFragment::Bind(value) => {
                    let place = self.values.iter().position(|known| *known == value).unwrap_or_else(|| {
                        self.values.push(value);
                        self.values.len() - 1
                    });
                    self.text.push_str(&MssqlGrammar.placeholder(place + 1));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sql::driver::Replay;

    #[test]
    fn a_value_is_sent_once() {
        let mut statement = Statement::new("a = ");
        statement.bind("x").sql(" AND b = ").bind("y").sql(" AND c = ").bind("x");
        let script = SqlBatch::of(&statement);
        assert_eq!(script.text, "a = @P1 AND b = @P2 AND c = @P1");
        assert_eq!(script.values, [&SqlValue::from("x"), &SqlValue::from("y")]);
    }

    #[test]
    fn a_step_stops_at_the_first_statement_that_changes_a_row() {
        let step = WriteStep { statements: vec![Statement::new("U"), Statement::new("I")], again: Replay::Idempotent };
        let body = "DECLARE @changed BIGINT = 0; U; SET @changed = @@ROWCOUNT; IF @changed = 0 BEGIN I; SET @changed = \
                    @@ROWCOUNT; END; ";
        assert_eq!(SqlBatch::step(&step, false).text, format!("{body}SELECT @changed AS changed;"));
        assert_eq!(
            SqlBatch::step(&step, true).text,
            format!("BEGIN TRANSACTION; {body}COMMIT TRANSACTION; SELECT @changed AS changed;")
        );
    }
}
