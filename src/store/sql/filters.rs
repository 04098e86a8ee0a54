//! The filters of lists, counts and deletes.

use super::grammar::Grammar;
use super::statement::Statement;
use crate::store::contract::Query;

/// Adds the filters of `query` to a statement that already has a condition.
pub(super) fn push_filters(grammar: &dyn Grammar, statement: &mut Statement, query: &Query) {
    let Query { data_asset, statuses, since, until, tags, .. } = query;
    if let Some(asset) = data_asset {
        statement.sql(" AND ");
        grammar.push_equal(statement, "data_asset", asset);
    }
    match statuses.as_slice() {
        [] => {}
        [status] => {
            statement.sql(" AND status = ").bind(status.name());
        }
        statuses => {
            statement.sql(" AND ");
            grammar.push_statuses(statement, &mut statuses.iter().map(|status| status.name()));
        }
    }
    if let Some(since) = since {
        statement.sql(" AND run_time >= ").bind(grammar.earliest(*since));
    }
    if let Some(until) = until {
        statement.sql(" AND run_time <= ").bind(grammar.time(*until));
    }
    for (key, value) in tags {
        statement.sql(" AND ");
        grammar.push_tag(statement, key, value);
    }
}
