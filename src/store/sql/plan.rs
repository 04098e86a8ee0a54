//! Which indexes a list is read by, where that is not left to the database.

use super::failure::Failure;
use super::grammar::{Arm, Origin};
use super::list_statements::{Pages, TALLY};
use super::reader::Reader;
use super::scope::Scope;
use super::statement::Value;
use crate::store::contract::{OrderBy, Query};

async fn origin(scope: &Scope, reader: &mut Reader) -> Result<Origin, Failure> {
    let Some(statement) = scope.grammar.own_table(&scope.table) else { return Ok(Origin::Others) };
    let rows = reader.read(statement).await?;
    Ok(if rows.is_empty() { Origin::Others } else { Origin::Ours })
}

/// Whose the table is, where that matters to the query, and the indexes in which the rows with one of its tags are; none where
/// there are no such indexes, or where another way reads fewer rows: by the asset or the status, or, in another order than
/// that of time, in that order.
pub(super) async fn choose(scope: &Scope, query: &Query, reader: &mut Reader) -> Result<(Origin, Vec<Arm>), Failure> {
    let arms_of = |(key, value): (&String, &String)| scope.grammar.tag_arms(&scope.table, key, value);
    let mut ways: Vec<_> = query.tags.iter().map(arms_of).filter(|arms| !arms.is_empty()).collect();
    let is_by_time = query.order_by == OrderBy::RunTime;
    if ways.is_empty() && is_by_time {
        return Ok((Origin::Others, Vec::new()));
    }
    let origin = origin(scope, reader).await?;
    if ways.is_empty() || origin != Origin::Ours {
        return Ok((origin, Vec::new()));
    }
    if ways.len() == 1 && is_by_time && query.data_asset.is_none() && query.statuses.len() != 1 {
        return Ok((origin, ways.remove(0)));
    }
    let tally = Pages { scope, query, origin, arms: &[] }.tally(&ways);
    let counts = reader.read(tally).await?.into_iter().next().unwrap_or_default();
    let counts = counts.iter().map(|count| match count {
        Value::Integer(count) => u64::try_from(*count).unwrap_or_default(),
        _ => u64::MAX,
    });
    // The first of equals, so that a tag is preferred to what comes after the tags.
    let fewest = counts.enumerate().min_by_key(|(_, count)| *count);
    let way = fewest.filter(|(_, count)| is_by_time || *count < TALLY).map(|(way, _)| way);
    let arms = way.filter(|way| *way < ways.len()).map(|way| ways.swap_remove(way)).unwrap_or_default();
    Ok((origin, arms))
}
