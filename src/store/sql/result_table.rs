//! The results of one namespace in one table, and the errors about them.

use std::sync::Arc;

use super::database::Database;
use super::error;
use super::failure::{FailureClass, SqlFailure, SqlOperation};
use super::scope::TableScope;
use crate::error::Error;
use crate::store::contract::Notices;

/// The results of one namespace in one table.
#[derive(Clone, Debug)]
pub(super) struct ResultTable {
    /// The database that holds the table.
    pub(super) database: Arc<Database>,
    /// The table and the namespace.
    pub(super) scope: TableScope,
    /// The database's URL without its secrets, for messages.
    pub(super) url: String,
    /// The receiver of warnings.
    pub(super) notices: Notices,
}

impl ResultTable {
    /// The namespace and the database, for messages.
    pub(super) fn location(&self) -> String {
        format!("namespace `{}` of {}", self.scope.namespace, self.url)
    }

    /// Whether `failure` only means that nothing has been saved yet.
    pub(super) fn is_empty_store(&self, failure: &SqlFailure) -> bool {
        self.database.create_tables
            && matches!(failure.class, FailureClass::MissingDatabase | FailureClass::MissingTable)
    }

    /// Returns the error for a failure; `what` says what was tried.
    pub(super) fn error(&self, failure: SqlFailure, doing: SqlOperation, what: &str) -> Error {
        error::to_error(failure, doing, self.scope.grammar, what)
    }
}
