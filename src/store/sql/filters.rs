//! The filters of lists, counts and deletes.

use super::grammar::Grammar;
use super::statement::Statement;
use crate::result::{ClockReadings, RunInstant, TimeZone};
use crate::store::contract::Query;

/// Adds the filters of `query` to a statement that already has a condition.
pub(super) fn push_filters(grammar: &dyn Grammar, statement: &mut Statement, query: &Query, zone: &TimeZone) {
    let Query { data_asset, data_assets, run_ids, statuses, since, until, tags, .. } = query;
    if let Some(asset) = data_asset {
        statement.sql(" AND ");
        grammar.push_equal(statement, "data_asset", asset);
    }
    for (column, pattern) in [("data_asset", data_assets), ("run_id", run_ids)] {
        if let Some(pattern) = pattern {
            statement.sql(" AND ");
            grammar.push_pattern(statement, column, pattern);
        }
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
        let ClockReadings { from, except } = zone.readings_from(*since);
        statement.sql(" AND run_time >= ").bind(grammar.earliest(from));
        if let Some((begin, end)) = except {
            statement.sql(" AND NOT (run_time >= ").bind(grammar.earliest(begin));
            statement.sql(" AND run_time < ").bind(grammar.earliest(end)).sql(")");
        }
    }
    if let Some(until) = until {
        push_until(grammar, statement, *until, zone);
    }
    for (key, value) in tags {
        statement.sql(" AND ");
        grammar.push_tag(statement, key, value);
    }
}

/// Adds the condition for times at or before `until`, which are those that are not after it.
fn push_until(grammar: &dyn Grammar, statement: &mut Statement, until: RunInstant, zone: &TimeZone) {
    if zone.is_utc() {
        statement.sql(" AND run_time <= ").bind(grammar.time(until.to_utc()));
        return;
    }
    let Some(ClockReadings { from, except }) = zone.readings_after(until) else { return };
    statement.sql(" AND run_time < ").bind(grammar.earliest(except.map_or(from, |(_, end)| end)));
    if let Some((begin, _)) = except {
        statement.sql(" AND NOT (run_time >= ").bind(grammar.earliest(from));
        statement.sql(" AND run_time < ").bind(grammar.earliest(begin)).sql(")");
    }
}
