//! Remarks on a list without results.

use futures_util::StreamExt as _;

use crate::error::Result;
use crate::output::Output;
use crate::store::contract::{Query, ResultStore};

/// Number of other namespaces that are named.
const NAMED: usize = 10;

/// Says why `query` has no results: the filters, or the namespace, with the namespaces that have results. Only people read it.
///
/// # Errors
/// If the store cannot be read.
pub(super) async fn tell_of_empty_list(query: &Query, store: &dyn ResultStore, out: &mut Output) -> Result<()> {
    if !out.has_reader() {
        return Ok(());
    }
    let place = place(store);
    let any = Query { limit: Some(1), ..Query::default() };
    if store.list(&any).next().await.transpose()?.is_some() {
        let reason = match query.offset {
            0 => "no result passes the filters".to_owned(),
            offset => format!("no result is left after the first {offset}"),
        };
        out.remark(&format!("{reason} in {place}"));
        return Ok(());
    }
    let others = match store.other_namespaces(NAMED + 1).await {
        Ok(others) => others,
        // Permissions may end at the namespace. The list itself was answered.
        Err(error) => {
            out.detail(&error.to_string());
            Vec::new()
        }
    };
    out.remark(&format!("no results in {place}{}", other_namespaces(&others)));
    let namespace = store.namespace();
    if !namespace.is_empty() && namespace.bytes().all(|byte| byte.is_ascii_digit()) {
        out.remark(&format!(
            "hint: `-n {namespace}` names a namespace; for a number of results, use `--limit {namespace}`"
        ));
    }
    Ok(())
}

/// The namespace and its store.
fn place(store: &dyn ResultStore) -> String {
    let (namespace, location) = (store.namespace(), store.location());
    let named = format!("namespace `{namespace}`");
    match namespace.is_empty() || location.contains(&named) {
        true => location,
        false => format!("{named} of {location}"),
    }
}

fn other_namespaces(names: &[String]) -> String {
    let shown = names.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len() {
        0 => String::new(),
        count if count > NAMED => format!("; other namespaces: {shown}, ..."),
        _ => format!("; other namespaces: {shown}"),
    }
}
