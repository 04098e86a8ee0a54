//! Finds the other namespaces of a table.

use super::failure::{SqlFailure, SqlOperation};
use super::statement::SqlValue;
use super::store::SqlResultStore;
use crate::error::Result;
use crate::store::contract::ResultStore as _;

impl SqlResultStore {
    /// Returns up to `limit` other namespaces in the table. Each is a search in an index: `SELECT DISTINCT` reads all rows.
    pub(super) async fn namespaces_beside(&self, limit: usize) -> Result<Vec<String>> {
        let found = self.table.database.guarded(|| self.read_namespaces(limit)).await;
        match found {
            Ok(found) => Ok(found),
            Err(failure) if self.table.is_empty_store(&failure) => Ok(Vec::new()),
            Err(failure) => {
                let message = format!("cannot look for other namespaces beside {}", self.location());
                Err(self.table.error(failure, SqlOperation::Read, &message))
            }
        }
    }

    async fn read_namespaces(&self, limit: usize) -> std::result::Result<Vec<String>, SqlFailure> {
        let mut reader = self.table.database.reader().await?;
        let (mut found, mut last) = (Vec::new(), String::new());
        while found.len() < limit {
            let rows = reader.read(self.table.scope.next_namespace(&last)).await?;
            // NULL after the last one. A collation of the table may hold other names for equal.
            let next = rows.first().and_then(|row| row.first()).and_then(SqlValue::as_str);
            let Some(next) = next.filter(|next| **next != last) else { break };
            last = next.to_owned();
            if last != self.table.scope.namespace {
                found.push(last.clone());
            }
        }
        Ok(found)
    }
}
