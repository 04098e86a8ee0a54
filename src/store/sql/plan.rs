//! Chooses the indexes of a list where the database does not choose well.

use super::failure::SqlFailure;
use super::grammar::{TableOwner, UnionArm};
use super::list_statements::{ESTIMATE_LIMIT, ListStatements};
use super::reader::ReadConnection;
use super::scope::TableScope;
use super::statement::SqlValue;
use crate::store::contract::{OrderBy, Query};

/// Returns who created the table.
pub(super) async fn origin(scope: &TableScope, reader: &mut ReadConnection) -> Result<TableOwner, SqlFailure> {
    let Some(statement) = scope.grammar.own_table(&scope.table) else { return Ok(TableOwner::Other) };
    let rows = reader.read(statement).await?;
    Ok(if rows.is_empty() { TableOwner::Other } else { TableOwner::Store })
}

/// Returns who created the table, as far as it matters to the query, and the indexes to read for one of its tags. The
/// indexes are empty if there are none on tags, or if the asset, the status or the order of the list gives a cheaper
/// access path.
pub(super) async fn choose(
    scope: &TableScope,
    query: &Query,
    reader: &mut ReadConnection,
) -> Result<(TableOwner, Vec<UnionArm>), SqlFailure> {
    let arms_of = |(key, value): (&String, &String)| scope.grammar.tag_arms(&scope.table, key, value);
    let mut ways: Vec<_> = query.tags.iter().map(arms_of).filter(|arms| !arms.is_empty()).collect();
    let is_by_time = query.order_by == OrderBy::RunTime;
    if ways.is_empty() && is_by_time {
        return Ok((TableOwner::Other, Vec::new()));
    }
    let origin = origin(scope, reader).await?;
    if ways.is_empty() || origin != TableOwner::Store {
        return Ok((origin, Vec::new()));
    }
    if ways.len() == 1 && is_by_time && query.data_asset.is_none() && query.statuses.len() != 1 {
        return Ok((origin, ways.remove(0)));
    }
    let estimate = ListStatements { scope, query, origin, arms: &[] }.estimate(&ways);
    let counts = reader.read(estimate).await?.into_iter().next().unwrap_or_default();
    let counts = counts.iter().map(|count| match count {
        SqlValue::Integer(count) => u64::try_from(*count).unwrap_or_default(),
        _ => u64::MAX,
    });
    // The first minimum: tags come first and are preferred.
    let fewest = counts.enumerate().min_by_key(|(_, count)| *count);
    let way = fewest.filter(|(_, count)| is_by_time || *count < ESTIMATE_LIMIT).map(|(way, _)| way);
    let arms = way.filter(|way| *way < ways.len()).map(|way| ways.swap_remove(way)).unwrap_or_default();
    Ok((origin, arms))
}
