//! Which indexes a list is read by, where that is not left to the database.

use super::dialects::{Arm, Origin};
use super::driver::Failure;
use super::pages::Pages;
use super::statement::Value;
use super::store::SqlResultStore;
use crate::store::contract::Query;

/// Whose the table is.
pub(super) async fn origin(store: &SqlResultStore) -> Result<Origin, Failure> {
    let Some(statement) = store.scope.grammar.own_table(&store.scope.table) else { return Ok(Origin::Others) };
    let rows = store.database.read(&statement).await?;
    Ok(if rows.is_empty() { Origin::Others } else { Origin::Ours })
}

/// The indexes in which the rows with one of the query's tags are; none where there are no such indexes, or where that on
/// the asset or the status holds fewer rows.
pub(super) async fn arms(store: &SqlResultStore, query: &Query) -> Result<Vec<Arm>, Failure> {
    let SqlResultStore { database, scope, .. } = store;
    let arms_of = |(key, value): (&String, &String)| scope.grammar.tag_arms(&scope.table, key, value);
    let mut ways: Vec<_> = query.tags.iter().map(arms_of).filter(|arms| !arms.is_empty()).collect();
    if ways.is_empty() || origin(store).await? != Origin::Ours {
        return Ok(Vec::new());
    }
    if ways.len() == 1 && query.data_asset.is_none() && query.statuses.len() != 1 {
        return Ok(ways.remove(0));
    }
    let tally = Pages { scope, query, origin: Origin::Ours, arms: &[] }.tally(&ways);
    let counts = database.read(&tally).await?.into_iter().next().unwrap_or_default();
    let fewest = counts.iter().enumerate().min_by_key(|(_, count)| match count {
        Value::Integer(count) => *count,
        _ => i64::MAX,
    });
    // The first is of the rows without regard to tags.
    let way = fewest.and_then(|(index, _)| index.checked_sub(1));
    Ok(way.filter(|way| *way < ways.len()).map(|way| ways.swap_remove(way)).unwrap_or_default())
}
