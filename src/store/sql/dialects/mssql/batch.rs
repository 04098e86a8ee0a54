//! Statements, as batches of T-SQL.

use super::grammar::MssqlGrammar;
use crate::store::sql::driver::WriteStep;
use crate::store::sql::grammar::Grammar as _;
use crate::store::sql::statement::{SqlFragment, SqlValue, Statement};

/// What each connection begins with. The first lines are what an index on a computed column asks for, whatever the server
/// is set to; then: a batch ends at its first error and takes its transaction with it; a lock is waited for so long, in
/// milliseconds, and no longer.
pub(super) const SESSION: &str = "SET ANSI_NULLS ON; SET ANSI_PADDING ON; SET ANSI_WARNINGS ON; SET ARITHABORT ON; \
                                  SET CONCAT_NULL_YIELDS_NULL ON; SET QUOTED_IDENTIFIER ON; SET NUMERIC_ROUNDABORT OFF; \
                                  SET IMPLICIT_TRANSACTIONS OFF; SET NOCOUNT ON; SET XACT_ABORT ON; SET LOCK_TIMEOUT \
                                  20000; SET TRANSACTION ISOLATION LEVEL READ COMMITTED;";

/// What begins a transaction in which a step can fail without the others.
pub(super) const BEGIN: &str = "SET XACT_ABORT OFF; BEGIN TRANSACTION;";

/// What ends it.
pub(super) const COMMIT: &str = "COMMIT TRANSACTION; SET XACT_ABORT ON;";

/// What undoes what is open, if anything is.
pub(super) const ROLLBACK: &str = "IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION; SET XACT_ABORT ON;";

/// What begins a snapshot, and gives 1 if no writer waits for it. That takes a database that keeps versions of its rows for
/// readers; in another all that is read stays locked until the end.
pub(super) const BEGIN_SNAPSHOT: &str = "DECLARE @snapshot BIGINT = CASE WHEN EXISTS (SELECT 1 FROM sys.databases WHERE database_id = DB_ID() AND \
     snapshot_isolation_state = 1) THEN 1 ELSE 0 END; IF @snapshot = 1 SET TRANSACTION ISOLATION LEVEL SNAPSHOT ELSE SET \
     TRANSACTION ISOLATION LEVEL SERIALIZABLE; BEGIN TRANSACTION; SELECT @snapshot AS is_lasting;";

/// What ends it. A transaction that has failed is gone already.
pub(super) const END_SNAPSHOT: &str =
    "IF @@TRANCOUNT > 0 COMMIT TRANSACTION; SET TRANSACTION ISOLATION LEVEL READ COMMITTED;";

/// A batch and the values in it.
#[derive(Debug)]
pub(super) struct SqlBatch<'a> {
    /// Its text.
    pub(super) text: String,
    /// The values of `@P1`, `@P2` and so on. Each is there once: a document is not sent twice.
    pub(super) values: Vec<&'a SqlValue>,
}

impl<'a> SqlBatch<'a> {
    /// A batch of one statement.
    pub(super) fn of(statement: &'a Statement) -> Self {
        let mut script = Self { text: String::new(), values: Vec::new() };
        script.push(statement);
        script
    }

    /// A batch that runs statements until one changes a row, and then gives the number of rows: in a transaction of its own,
    /// or in one that is open.
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
