//! Results to save, queries, and checks of their results.

use futures_util::{StreamExt as _, TryStreamExt as _};
use jiff::Timestamp;
use truthound_store::error::{ErrorKind, Result};
use truthound_store::result::{Body, Document, Entry, RunId, RunInstant, Status, Tags};
use truthound_store::store::contract::{OrderBy, Query, SaveMode};

use crate::backends::Store;

/// A result to be saved.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) run_id: String,
    run_time: String,
    data_asset: String,
    status: Status,
    tags: Tags,
    metadata: String,
}

/// A result of an ordinary run, for tests in which the other fields do not matter.
pub(crate) fn result(run_id: &str) -> Draft {
    Draft {
        run_id: run_id.to_owned(),
        run_time: "2026-03-01T12:00:00".to_owned(),
        data_asset: "customers.csv".to_owned(),
        status: Status::Success,
        tags: Tags::new(),
        metadata: String::new(),
    }
}

impl Draft {
    /// Sets the run id.
    pub(crate) fn named(mut self, run_id: &str) -> Self {
        run_id.clone_into(&mut self.run_id);
        self
    }

    /// Sets the run time, as written in the document.
    pub(crate) fn at(mut self, run_time: &str) -> Self {
        run_time.clone_into(&mut self.run_time);
        self
    }

    /// Sets the data asset.
    pub(crate) fn of(mut self, data_asset: &str) -> Self {
        data_asset.clone_into(&mut self.data_asset);
        self
    }

    /// Sets the status.
    pub(crate) fn ended(mut self, status: Status) -> Self {
        self.status = status;
        self
    }

    /// Adds a tag.
    pub(crate) fn tagged(mut self, key: &str, value: &str) -> Self {
        self.tags.insert(key.to_owned(), value.to_owned());
        self
    }

    /// Sets the text between the braces of `metadata`: JSON that is stored unchanged.
    pub(crate) fn saying(mut self, metadata: &str) -> Self {
        metadata.clone_into(&mut self.metadata);
        self
    }

    /// The catalog entry of the result.
    pub(crate) fn entry(&self) -> Entry {
        Entry {
            run_id: id(&self.run_id),
            run_time: self.run_time.parse().unwrap(),
            data_asset: self.data_asset.clone(),
            status: self.status,
            tags: self.tags.clone(),
            revision: None,
        }
    }

    /// The document, in the shape of truthound's `ValidationResult.to_dict()`.
    pub(crate) fn text(&self) -> String {
        let json = |text: &str| serde_json::to_string(text).unwrap();
        format!(
            r#"{{"run_id": {}, "run_time": {}, "data_asset": {}, "status": "{}", "results": [], "statistics": {{}}, "tags": {}, "metadata": {{{}}}, "suite_name": null, "runtime_environment": {{}}}}"#,
            json(&self.run_id),
            json(&self.run_time),
            json(&self.data_asset),
            self.status,
            serde_json::to_string(&self.tags).unwrap(),
            self.metadata,
        )
    }

    pub(crate) fn document(&self) -> Document {
        self.document_of(self.text())
    }

    /// A document with other bytes than [`Draft::text`].
    pub(crate) fn document_of(&self, body: impl Into<Body>) -> Document {
        Document { entry: self.entry(), body: body.into() }
    }

    /// Saves the result, replacing any other.
    pub(crate) async fn save_in(&self, store: &Store) {
        store.save(&self.document(), SaveMode::Overwrite).await.unwrap();
    }
}

/// Saves all results, one after another.
pub(crate) async fn save_all(store: &Store, drafts: &[Draft]) {
    for draft in drafts {
        draft.save_in(store).await;
    }
}

/// Saves many results concurrently.
pub(crate) async fn save_many(store: &Store, drafts: &[Draft]) {
    futures_util::stream::iter(drafts).for_each_concurrent(32, |draft| draft.save_in(store)).await;
}

pub(crate) fn id(text: &str) -> RunId {
    RunId::new(text).unwrap()
}

pub(crate) fn time(text: &str) -> RunInstant {
    text.parse::<Timestamp>().unwrap().into()
}

/// All results, newest first.
pub(crate) fn everything() -> Query {
    Query::default()
}

/// All results in another order.
pub(crate) fn by(order_by: OrderBy, ascending: bool) -> Query {
    Query { order_by, ascending, ..everything() }
}

/// Returns the bytes stored for `run_id`.
pub(crate) async fn read(store: &Store, run_id: &str) -> Result<Vec<u8>> {
    let pieces: Vec<_> = store.get(&id(run_id)).await?.try_collect().await?;
    Ok(pieces.concat())
}

/// Returns the text stored for `run_id`, which must exist.
pub(crate) async fn text(store: &Store, run_id: &str) -> String {
    String::from_utf8(read(store, run_id).await.unwrap()).unwrap()
}

/// Returns the matching entries in the order of the list.
pub(crate) async fn entries(store: &Store, query: &Query) -> Vec<Entry> {
    store.list(query).map(Result::unwrap).collect().await
}

/// Returns the matching run ids in the order of the list.
pub(crate) async fn ids(store: &Store, query: &Query) -> Vec<String> {
    entries(store, query).await.into_iter().map(|entry| entry.run_id.to_string()).collect()
}

/// The fields of a listed result that are compared. The offset of its time is left out, because times are compared and
/// shown as instants.
pub(crate) type Facts = (RunId, RunInstant, String, Status, Tags);

pub(crate) fn facts(entry: Entry) -> Facts {
    (entry.run_id, entry.run_time.instant(), entry.data_asset, entry.status, entry.tags)
}

/// Checks that exactly `drafts` are listed, in this order and with all their listed fields, and that their count is
/// right.
pub(crate) async fn assert_listed(store: &Store, query: &Query, drafts: &[&Draft]) {
    let found: Vec<_> = entries(store, query).await.into_iter().map(facts).collect();
    let expected: Vec<_> = drafts.iter().map(|draft| facts(draft.entry().in_zone(store.time_zone()))).collect();
    assert_eq!(found, expected);
    if query.limit.is_none() && query.offset == 0 {
        assert_eq!(store.count(query).await.unwrap(), drafts.len() as u64);
    }
}

/// Checks that nothing is stored for `run_id`, and that the error names it.
pub(crate) async fn assert_not_found(store: &Store, run_id: &str) {
    match read(store, run_id).await {
        Ok(bytes) => panic!("{run_id:?} is there: {}", String::from_utf8_lossy(&bytes)),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::NotFound, "{error:?}");
            assert_eq!(error.run_id(), Some(run_id), "{error:?}");
        }
    }
}
