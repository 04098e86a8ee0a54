//! The backends, each as an empty place that can be opened repeatedly, as other processes would.

#[cfg(feature = "azure")]
mod azure;
#[cfg(feature = "filesystem")]
mod disk;
#[cfg(feature = "gcs")]
mod gcs;
#[cfg(feature = "mysql")]
mod mariadb;
#[cfg(feature = "memory")]
mod memory;
#[cfg(feature = "mssql")]
mod mssql;
#[cfg(feature = "postgres")]
mod postgresql;
#[cfg(feature = "s3")]
mod s3;
#[cfg(feature = "sqlite")]
mod sqlite;

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use tempfile::TempDir;
use truthound_store::error::ErrorKind;
use truthound_store::result::Redaction;
use truthound_store::secret::Secret;
use truthound_store::store::contract::{Notice, Notices, ResultStore, StoreContext};
#[cfg(feature = "sql")]
use truthound_store::store::sql::DatabaseOptions;
use truthound_store::store::{self, BackendOptions};
use url::Url;

use crate::services::{self, Stored};

/// An open store.
pub(crate) type Store = Arc<dyn ResultStore>;

/// A backend with one set of options.
#[derive(Debug)]
pub(crate) struct Backend {
    /// The name in the report.
    pub(crate) name: &'static str,
    /// Whether documents and catalog are files below [`Place::results`].
    pub(crate) keeps_files: bool,
    /// Whether the results exist only in the open store, so that it cannot be opened a second time.
    pub(crate) lives_in_memory: bool,
    /// Whether the backend can be tested here. If its server is not installed, its cases are ignored.
    pub(crate) is_available: fn() -> bool,
    /// Whether a run id is unique in the whole table, rather than in its namespace.
    pub(crate) ids_are_unique_across_namespaces: bool,
    /// Whether a save records the digest of its document.
    pub(crate) records_digests: bool,
    /// The run ids that it must accept. It may refuse others as wrong usage, without changing anything.
    pub(crate) takes: fn(&str) -> bool,
    /// The data assets that it must accept. It may refuse others as wrong usage.
    pub(crate) takes_asset: fn(&str) -> bool,
    /// Behaviors and whole subjects that cannot be tested on it. Its actual behavior has its own tests.
    pub(crate) cannot: fn() -> Vec<&'static str>,
    /// The faults that `doctor` must find, and no others.
    pub(crate) breaks: fn() -> Vec<(&'static str, ErrorKind)>,
    /// Reads all that is stored, past the store, beside the files in the place. `None` if it cannot be read.
    pub(crate) stored: Option<fn(&Path) -> Vec<Stored>>,
    options: fn(&Path, &str) -> BackendOptions,
    prepare: fn(&Path),
}

const ORDINARY: Backend = Backend {
    name: "",
    keeps_files: false,
    lives_in_memory: false,
    is_available: || true,
    ids_are_unique_across_namespaces: false,
    records_digests: true,
    takes: |_| true,
    takes_asset: |_| true,
    cannot: Vec::new,
    breaks: Vec::new,
    stored: None,
    options: |_, _| panic!("a backend needs options"),
    prepare: |_| {},
};

/// The requests of lists of several pages take the test servers minutes, and neither compression nor the index affects
/// them. Each cloud runs this case with its ordinary options, and the disk also with an index.
fn thousands() -> Vec<&'static str> {
    vec!["a_result_that_was_there_throughout_is_in_every_list_once"]
}

/// Every backend that this binary is compiled with.
pub(crate) fn all() -> impl Iterator<Item = &'static Backend> {
    const ALL: &[&[Backend]] = &[
        #[cfg(feature = "sqlite")]
        sqlite::SETTINGS,
        #[cfg(feature = "mysql")]
        mariadb::SETTINGS,
        #[cfg(feature = "mssql")]
        mssql::SETTINGS,
        #[cfg(feature = "postgres")]
        postgresql::SETTINGS,
        #[cfg(feature = "filesystem")]
        disk::SETTINGS,
        #[cfg(feature = "memory")]
        memory::SETTINGS,
        #[cfg(feature = "gcs")]
        gcs::SETTINGS,
        #[cfg(feature = "s3")]
        s3::SETTINGS,
        #[cfg(feature = "azure")]
        azure::SETTINGS,
    ];
    ALL.iter().copied().flatten()
}

/// An empty place of one backend. It is removed when dropped.
pub(crate) struct Place {
    pub(crate) backend: &'static Backend,
    directory: TempDir,
    /// Open in-memory stores, by namespace.
    kept: Mutex<HashMap<String, Store>>,
    warnings: Arc<Mutex<Vec<String>>>,
}

impl Place {
    pub(crate) fn new(backend: &'static Backend) -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("data")).unwrap();
        (backend.prepare)(&directory.path().join("data"));
        Self { backend, directory, kept: Mutex::default(), warnings: Arc::default() }
    }

    /// Opens the namespace `default`, as a new process would.
    pub(crate) fn open(&self) -> Store {
        self.open_namespace("default")
    }

    /// Opens a namespace, as a new process would. An in-memory store is opened once and then shared.
    pub(crate) fn open_namespace(&self, namespace: &str) -> Store {
        if self.backend.lives_in_memory {
            let mut kept = self.kept.lock().unwrap();
            return kept.entry(namespace.to_owned()).or_insert_with(|| self.open_anew(namespace)).clone();
        }
        self.open_anew(namespace)
    }

    fn open_anew(&self, namespace: &str) -> Store {
        self.open_as(self.backend, namespace)
    }

    /// Opens the namespace `default` with this option `time_zone`. A store in memory is a new one.
    pub(crate) fn open_in_zone(&self, zone: &str) -> Store {
        self.open_namespace_in_zone("default", zone)
    }

    /// Opens a namespace with this option `time_zone`. A store in memory is a new one.
    pub(crate) fn open_namespace_in_zone(&self, namespace: &str, zone: &str) -> Store {
        let mut options = (self.backend.options)(&self.data(), namespace);
        *options.time_zone_mut() = zone.into();
        self.open_with(&options)
    }

    /// Opens the same files with the options of each other backend that keeps files.
    pub(crate) fn neighbours(&self) -> Vec<Store> {
        let others = all().filter(|other| other.keeps_files && other.name != self.backend.name);
        others.map(|other| self.open_as(other, "default")).collect()
    }

    /// Opens the backend as if its server were at this port of 127.0.0.1. Returns `None` for a backend without a
    /// server.
    pub(crate) fn open_at_port(&self, port: u16) -> Option<Store> {
        let mut options = (self.backend.options)(&self.data(), "default");
        let address = format!("http://127.0.0.1:{port}");
        match &mut options {
            BackendOptions::S3(options) => options.endpoint_url = Some(address),
            BackendOptions::Gcs(options) => options.endpoint_url = Some(address),
            BackendOptions::Azure(options) => {
                let text = format!("AccountName=me;AccountKey=a2V5;BlobEndpoint={address}/me;");
                options.connection_string = Some(Secret::from(text));
            }
            BackendOptions::Database(options) => {
                let mut url = Url::parse(options.connection_url.expose()).unwrap();
                // A URL of a file has no host.
                url.host_str().filter(|host| !host.is_empty())?;
                url.set_host(Some("127.0.0.1")).unwrap();
                url.set_port(Some(port)).unwrap();
                options.connection_url = Secret::from(url.as_str());
            }
            BackendOptions::Filesystem(_) | BackendOptions::Memory(_) => return None,
        }
        Some(self.open_with(&options))
    }

    /// Opens the backend with the option `redact = ["samples"]`.
    pub(crate) fn open_redacting(&self) -> Store {
        let mut options = (self.backend.options)(&self.data(), "default");
        *match &mut options {
            BackendOptions::S3(options) => &mut options.redact,
            BackendOptions::Gcs(options) => &mut options.redact,
            BackendOptions::Azure(options) => &mut options.redact,
            BackendOptions::Database(options) => &mut options.redact,
            BackendOptions::Filesystem(options) => &mut options.redact,
            BackendOptions::Memory(options) => &mut options.redact,
        } = Redaction { samples: true };
        self.open_with(&options)
    }

    /// All that is stored, wherever it is.
    pub(crate) fn stored(&self) -> Vec<Stored> {
        let mut stored = services::stored_files(self.directory.path());
        stored.extend(self.backend.stored.into_iter().flat_map(|read| read(&self.data())));
        stored
    }

    /// Opens the backend with this `max_document_size`.
    pub(crate) fn open_limited(&self, bytes: u64) -> Store {
        let mut options = (self.backend.options)(&self.data(), "default");
        *match &mut options {
            BackendOptions::S3(options) => &mut options.max_document_size,
            BackendOptions::Gcs(options) => &mut options.max_document_size,
            BackendOptions::Azure(options) => &mut options.max_document_size,
            BackendOptions::Database(options) => &mut options.max_document_size,
            BackendOptions::Filesystem(options) => &mut options.max_document_size,
            BackendOptions::Memory(options) => &mut options.max_document_size,
        } = bytes;
        self.open_with(&options)
    }

    fn open_as(&self, backend: &Backend, namespace: &str) -> Store {
        self.open_with(&(backend.options)(&self.data(), namespace))
    }

    fn open_with(&self, options: &BackendOptions) -> Store {
        let warnings = self.warnings.clone();
        let context = StoreContext {
            profile: "contract".to_owned(),
            state_directory: Some(self.directory.path().join("state")),
            notices: Notices::new(move |notice| {
                if let Notice::Warning(text) = notice {
                    warnings.lock().unwrap().push(text.to_owned());
                }
            }),
        };
        store::open(options, context).expect("the store opens").into()
    }

    /// The directory of the backend's data.
    pub(crate) fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// The directory of documents in the namespace `default`, for backends that keep files.
    pub(crate) fn results(&self) -> PathBuf {
        self.data().join("default/validations")
    }

    /// Returns the warnings so far.
    pub(crate) fn warnings(&self) -> Vec<String> {
        self.warnings.lock().unwrap().clone()
    }
}

/// Returns a name for the place's objects on a server, made from the name of its directory.
#[cfg(any(feature = "gcs", feature = "mysql", feature = "postgres", feature = "s3"))]
fn hex_name(place: &Path) -> String {
    let name = place.parent().and_then(Path::file_name).unwrap().to_str().unwrap();
    let hex: String = name.bytes().map(|byte| format!("{byte:02x}")).collect();
    format!("contract-{hex}")
}

#[cfg(feature = "sql")]
fn database(url: &str, namespace: &str) -> BackendOptions {
    BackendOptions::Database(DatabaseOptions {
        connection_url: Secret::from(url),
        namespace: namespace.to_owned(),
        ..DatabaseOptions::default()
    })
}
