//! The whole store on SQLite, in tables created by this program and by Python.

mod connections;
mod digests;
mod lists;
mod lost_answers;
mod many;
mod places;
mod saves;

use std::path::Path;
use std::sync::{Arc, Mutex};

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};
use futures_util::TryStreamExt as _;

use super::options::DatabaseOptions;
use super::url::DatabaseUrl;
use super::{SqlResultStore, open};
use crate::error::Result;
use crate::result::{Document, DocumentLimit, Entry, RunId, RunTime, Status};
use crate::secret::Secret;
use crate::store::contract::{Notices, Query, ResultStore as _, SaveMode, StoreContext};

fn quiet(profile: &str) -> StoreContext {
    StoreContext { profile: profile.to_owned(), state_directory: None, notices: Notices::new(|_| {}) }
}

fn options(file: &Path) -> DatabaseOptions {
    let url = format!("sqlite:///{}", file.display());
    DatabaseOptions { connection_url: Secret::from(url), ..DatabaseOptions::default() }
}

fn open_with(options: &DatabaseOptions) -> SqlResultStore {
    let url = DatabaseUrl::parse(options.connection_url.expose()).unwrap();
    open::store(options, &url, quiet("test")).unwrap()
}

fn store(file: &Path) -> SqlResultStore {
    open_with(&options(file))
}

fn store_in(file: &Path, namespace: &str) -> SqlResultStore {
    open_with(&DatabaseOptions { namespace: namespace.to_owned(), ..options(file) })
}

fn entry(run_id: &str, time: &str) -> Entry {
    Entry {
        run_id: run_id.parse().unwrap(),
        run_time: time.parse().unwrap(),
        data_asset: "customers.csv".to_owned(),
        status: Status::Success,
        tags: [("env".to_owned(), "prod".to_owned())].into(),
        revision: None,
    }
}

fn document(run_id: &str) -> Document {
    document_of(entry(run_id, "2026-11-23T00:56:54.158803"))
}

fn document_of(entry: Entry) -> Document {
    let body = format!("{{\"run_id\": {:?}, \"n\": NaN}}", entry.run_id.as_str());
    Document { entry, body: body.into() }
}

fn id(run_id: &str) -> RunId {
    run_id.parse().unwrap()
}

async fn save(store: &SqlResultStore, run_id: &str) -> Result<()> {
    store.save(&document(run_id), SaveMode::Overwrite).await
}

async fn read(store: &SqlResultStore, run_id: &str) -> Result<String> {
    let chunks: Vec<bytes::Bytes> = store.get(&id(run_id)).await?.try_collect().await?;
    Ok(String::from_utf8(chunks.concat()).unwrap())
}

async fn ids(store: &SqlResultStore, query: &Query) -> Vec<String> {
    store.list(query).map_ok(|entry| entry.run_id.to_string()).try_collect().await.unwrap()
}

/// Runs statements on the file directly.
fn execute(file: &Path, statements: &str) {
    SqliteConnection::establish(&file.to_string_lossy()).unwrap().batch_execute(statements).unwrap();
}

/// Creates a file with a table as SQLAlchemy creates it for Python, and one row as Python writes it.
fn python_made(file: &Path) {
    execute(file, PYTHON_TABLE);
    execute(
        file,
        "INSERT INTO validation_results (run_id, data_asset, run_time, status, namespace, tags_json, data_json,
             created_at, updated_at)
         VALUES ('python', 'orders', '2026-11-22 10:00:00.000000', 'failure', 'default', '{\"env\": \"dev\"}',
             '{\"run_id\": \"python\"}', '2026-11-22 10:00:01.000000', '2026-11-22 10:00:01.000000')",
    );
}

/// Returns the values of one column as text, in order.
fn column(file: &Path, sql: &str) -> Vec<String> {
    use diesel::RunQueryDsl as _;
    #[derive(diesel::QueryableByName)]
    struct TextRow {
        #[diesel(sql_type = diesel::sql_types::Text)]
        value: String,
    }
    let mut connection = SqliteConnection::establish(&file.to_string_lossy()).unwrap();
    let rows: Vec<TextRow> = diesel::sql_query(sql).load(&mut connection).unwrap();
    rows.into_iter().map(|row| row.value).collect()
}

/// Returns a listener that records notices.
fn listening() -> (StoreContext, Arc<Mutex<Vec<String>>>) {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let listener = Arc::clone(&heard);
    let notices = Notices::new(move |notice| listener.lock().unwrap().push(format!("{notice:?}")));
    (StoreContext { notices, ..quiet("test") }, heard)
}

fn time(text: &str) -> RunTime {
    text.parse().unwrap()
}

/// The statements with which SQLAlchemy 2.1 makes the table of Python.
const PYTHON_TABLE: &str = "
CREATE TABLE validation_results (
	id INTEGER NOT NULL,
	run_id VARCHAR(255) NOT NULL,
	data_asset VARCHAR(500) NOT NULL,
	run_time DATETIME NOT NULL,
	status VARCHAR(50) NOT NULL,
	namespace VARCHAR(255) NOT NULL,
	tags_json TEXT,
	data_json TEXT NOT NULL,
	created_at DATETIME,
	updated_at DATETIME,
	PRIMARY KEY (id)
);
CREATE INDEX ix_validation_results_status ON validation_results (status);
CREATE INDEX ix_validation_results_data_asset ON validation_results (data_asset);
CREATE UNIQUE INDEX ix_validation_results_run_id ON validation_results (run_id);
CREATE INDEX ix_validation_results_run_time ON validation_results (run_time);
CREATE INDEX ix_namespace_run_time ON validation_results (namespace, run_time);
CREATE INDEX ix_validation_results_namespace ON validation_results (namespace);
CREATE INDEX ix_namespace_data_asset ON validation_results (namespace, data_asset);";
