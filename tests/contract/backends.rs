//! The backends, each as an empty place that can be opened again and again, as other processes would.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use tempfile::TempDir;
#[cfg(feature = "sql")]
use truthound_store::secret::Secret;
use truthound_store::store::contract::{Notice, Notices, ResultStore, Surroundings};
#[cfg(feature = "sql")]
use truthound_store::store::sql::DatabaseOptions;
use truthound_store::store::{self, BackendOptions};

/// An open store.
pub(crate) type Store = Arc<dyn ResultStore>;

/// A backend in one of its settings.
#[derive(Debug)]
pub(crate) struct Backend {
    /// How the report calls it.
    pub(crate) name: &'static str,
    /// Whether documents and catalog are files below [`Place::results`].
    pub(crate) keeps_files: bool,
    /// Whether the results are gone with the open store, so that there is no opening it twice.
    lives_in_memory: bool,
    /// Whether it can be asked here; where it needs a server that is not installed, its cases are ignored.
    pub(crate) is_available: fn() -> bool,
    /// Whether a run id is unique in the whole table, and not in its namespace.
    pub(crate) ids_are_unique_across_namespaces: bool,
    /// Which run ids it must take; others it may refuse as wrong usage, and then nothing has changed.
    pub(crate) takes: fn(&str) -> bool,
    /// Which data assets it must take; others it may refuse as wrong usage.
    pub(crate) takes_asset: fn(&str) -> bool,
    /// Behaviours and whole subjects that cannot be asked of it; what it shows instead has tests of its own.
    pub(crate) cannot: &'static [&'static str],
    options: fn(&Path, &str) -> BackendOptions,
    prepare: fn(&Path),
}

const ORDINARY: Backend = Backend {
    name: "",
    keeps_files: false,
    lives_in_memory: false,
    is_available: || true,
    ids_are_unique_across_namespaces: false,
    takes: |_| true,
    takes_asset: |_| true,
    cannot: &[],
    options: |_, _| panic!("a backend needs options"),
    prepare: |_| {},
};

/// Every backend that this binary is built with.
pub(crate) fn all() -> &'static [Backend] {
    &[
        #[cfg(feature = "sqlite")]
        Backend { name: "sqlite", options: sqlite::options, ..ORDINARY },
        #[cfg(feature = "sqlite")]
        Backend {
            name: "sqlite_table_of_python",
            ids_are_unique_across_namespaces: true,
            options: sqlite::options,
            prepare: sqlite::make_table_as_python,
            ..ORDINARY
        },
        #[cfg(feature = "sqlite")]
        Backend { name: "sqlite_memory", lives_in_memory: true, options: sqlite::in_memory, ..ORDINARY },
        #[cfg(feature = "mysql")]
        Backend { name: "mariadb", ..mariadb::MARIADB },
        #[cfg(feature = "mysql")]
        Backend {
            name: "mariadb_table_of_python",
            ids_are_unique_across_namespaces: true,
            cannot: mariadb::BEYOND_THE_TABLE_OF_PYTHON,
            prepare: mariadb::make_table_as_python,
            ..mariadb::MARIADB
        },
        // A scripted server; the database under it is SQLite. Into a table of Python's not every text fits, nor every time:
        // what becomes of those is in tests/mssql.
        #[cfg(feature = "mssql")]
        Backend { name: "mssql_scripted", ..mssql::MSSQL },
        #[cfg(feature = "postgres")]
        Backend { name: "postgresql", ..postgresql::POSTGRESQL },
        #[cfg(feature = "postgres")]
        Backend {
            name: "postgresql_table_of_python",
            ids_are_unique_across_namespaces: true,
            prepare: postgresql::make_table_as_python,
            ..postgresql::POSTGRESQL
        },
        #[cfg(feature = "filesystem")]
        Backend {
            name: "filesystem",
            keeps_files: true,
            takes: disk::has_a_file_name,
            options: |place, namespace| disk::options(place, namespace, ""),
            ..ORDINARY
        },
        #[cfg(feature = "filesystem")]
        Backend {
            name: "filesystem_compressed",
            keeps_files: true,
            takes: disk::has_a_file_name,
            options: |place, namespace| disk::options(place, namespace, "use_compression = true"),
            ..ORDINARY
        },
        #[cfg(feature = "filesystem")]
        Backend {
            name: "filesystem_with_index",
            keeps_files: true,
            takes: disk::has_the_same_name_in_python,
            options: |place, namespace| disk::options(place, namespace, "python_index = 'always'"),
            ..ORDINARY
        },
        #[cfg(feature = "memory")]
        Backend {
            name: "memory",
            lives_in_memory: true,
            takes: |run_id| run_id.len() * 3 < 1_000,
            options: memory,
            ..ORDINARY
        },
        #[cfg(feature = "gcs")]
        Backend { name: "gcs", options: |place, namespace| gcs::options(place, namespace, ""), ..gcs::GCS },
        #[cfg(feature = "gcs")]
        Backend {
            name: "gcs_plain",
            options: |place, namespace| gcs::options(place, namespace, "use_compression = false"),
            ..gcs::GCS
        },
        #[cfg(feature = "gcs")]
        Backend {
            name: "gcs_with_index",
            takes: gcs::has_the_same_key_in_python,
            options: |place, namespace| gcs::options(place, namespace, "python_index = 'always'"),
            ..gcs::GCS
        },
        #[cfg(feature = "s3")]
        Backend { name: "s3", options: |place, namespace| s3::options(place, namespace, ""), ..s3::S3 },
        #[cfg(feature = "s3")]
        Backend {
            name: "s3_plain",
            options: |place, namespace| s3::options(place, namespace, "use_compression = false"),
            ..s3::S3
        },
        #[cfg(feature = "s3")]
        Backend {
            name: "s3_with_index",
            takes: s3::has_the_same_key_in_python,
            options: |place, namespace| s3::options(place, namespace, "python_index = 'always'"),
            ..s3::S3
        },
        #[cfg(feature = "s3")]
        s3::S3S_FS,
        #[cfg(feature = "azure")]
        Backend { name: "azure", options: |place, namespace| azure::options(place, namespace, ""), ..azure::AZURE },
        #[cfg(feature = "azure")]
        Backend {
            name: "azure_plain",
            options: |place, namespace| azure::options(place, namespace, "use_compression = false"),
            ..azure::AZURE
        },
        #[cfg(feature = "azure")]
        Backend {
            name: "azure_with_index",
            takes: azure::has_the_same_name_in_python,
            options: |place, namespace| azure::options(place, namespace, "python_index = 'always'"),
            ..azure::AZURE
        },
    ]
}

/// An empty place of one backend, gone when dropped.
pub(crate) struct Place {
    pub(crate) backend: &'static Backend,
    directory: TempDir,
    /// What lives in memory, by namespace.
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

    /// Opens the namespace `default`, as a process of its own would.
    pub(crate) fn open(&self) -> Store {
        self.open_namespace("default")
    }

    /// Opens a namespace, as a process of its own would. What lives in memory is opened once and then shared.
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

    /// Opens the same files with the settings of each other backend that keeps files.
    pub(crate) fn neighbours(&self) -> Vec<Store> {
        let others = all().iter().filter(|other| other.keeps_files && other.name != self.backend.name);
        others.map(|other| self.open_as(other, "default")).collect()
    }

    fn open_as(&self, backend: &Backend, namespace: &str) -> Store {
        let warnings = self.warnings.clone();
        let surroundings = Surroundings {
            profile: "contract".to_owned(),
            state_directory: Some(self.directory.path().join("state")),
            notices: Notices::new(move |notice| {
                if let Notice::Warning(text) = notice {
                    warnings.lock().unwrap().push(text.to_owned());
                }
            }),
        };
        store::open(&(backend.options)(&self.data(), namespace), surroundings).expect("the store opens").into()
    }

    /// Where the backend puts what it keeps.
    pub(crate) fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// The directory of documents of the namespace `default`, for the backends that keep files.
    pub(crate) fn results(&self) -> PathBuf {
        self.data().join("default/validations")
    }

    /// What was warned of so far.
    pub(crate) fn warnings(&self) -> Vec<String> {
        self.warnings.lock().unwrap().clone()
    }
}

#[cfg(feature = "memory")]
fn memory(_: &Path, namespace: &str) -> BackendOptions {
    BackendOptions::Memory(toml::from_str(&format!("namespace = {namespace:?}")).unwrap())
}

/// A name for what belongs to a place on a server, from its directory's.
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

#[cfg(feature = "filesystem")]
mod disk {
    use std::path::Path;

    use truthound_store::store::BackendOptions;

    pub(super) fn options(place: &Path, namespace: &str, more: &str) -> BackendOptions {
        let text = format!("base_path = {:?}\nnamespace = {namespace:?}\n{more}", place.to_str().unwrap());
        BackendOptions::Filesystem(toml::from_str(&text).unwrap())
    }

    /// Whether a run id, percent-encoded where it must be, fits into the name of a file.
    pub(super) fn has_a_file_name(run_id: &str) -> bool {
        let encoded: usize = run_id.chars().map(|c| if needs_encoding(c) { 3 } else { c.len_utf8() }).sum();
        encoded + ".json.gz".len() <= 255
    }

    /// Whether Python's store, which puts the run id into the path as it is, means the same file.
    pub(super) fn has_the_same_name_in_python(run_id: &str) -> bool {
        has_a_file_name(run_id) && !run_id.contains(needs_encoding) && !run_id.contains('%') && run_id != "_index"
    }

    fn needs_encoding(character: char) -> bool {
        character.is_control() || matches!(character, '/' | '\\')
    }
}

#[cfg(feature = "gcs")]
mod gcs {
    use std::path::Path;

    use truthound_store::store::BackendOptions;

    use super::{Backend, ORDINARY, hex_name};
    use crate::services::{gcs as server, python};

    pub(super) const GCS: Backend =
        Backend { is_available: python::is_available, takes: has_a_key, prepare: make_bucket, ..ORDINARY };

    fn make_bucket(place: &Path) {
        server::make_bucket(&hex_name(place));
    }

    pub(super) fn options(place: &Path, namespace: &str, more: &str) -> BackendOptions {
        let text = format!(
            "bucket = {:?}\nnamespace = {namespace:?}\nendpoint_url = {:?}\n{more}",
            hex_name(place),
            server::SERVER.address(),
        );
        BackendOptions::Gcs(toml::from_str(&text).unwrap())
    }

    /// Whether a run id, percent-encoded where it must be, fits into a name of 1,024 bytes.
    fn has_a_key(run_id: &str) -> bool {
        run_id.len() * 3 < 900
    }

    pub(super) fn has_the_same_key_in_python(run_id: &str) -> bool {
        has_a_key(run_id) && !run_id.contains(|c: char| c.is_control() || "/\\%".contains(c))
    }
}

#[cfg(feature = "mysql")]
mod mariadb {
    use std::path::Path;

    use truthound_store::store::BackendOptions;

    use super::{Backend, ORDINARY, database, hex_name};
    use crate::services::mariadb as server;

    pub(super) const MARIADB: Backend = Backend {
        is_available: server::is_available,
        takes: |run_id| run_id.chars().count() <= 255,
        takes_asset: |asset| asset.chars().count() <= 500,
        options,
        prepare,
        ..ORDINARY
    };

    /// Python's columns hold whole seconds and documents of 64 KB, and take `A`, `á` and `a ` for `a`:
    /// tests/databases/mariadb/table_of_python.rs.
    pub(super) const BEYOND_THE_TABLE_OF_PYTHON: &[&str] = &[
        "a_document_in_pieces_of_memory_and_file_comes_back_whole",
        "a_microsecond_is_told_apart",
        "a_reader_sees_the_old_document_or_the_new_one",
        "everything_listed_of_a_result_is_what_was_saved",
        "five_megabytes_come_back_byte_for_byte",
        "ids_of_every_script_are_kept",
        "ids_that_differ_in_case_are_two",
        "ids_that_end_in_space_or_dot_are_not_trimmed",
        "ids_that_look_encoded_are_not_decoded",
        "ids_that_look_the_same_but_are_composed_differently_are_two",
        "names_that_begin_alike_are_apart",
        "overwriting_moves_the_result_to_its_new_time",
        "overwriting_with_less_leaves_nothing_of_the_longer_document",
        "since_and_until_include_their_own_microsecond",
        "the_first_and_the_last_times_of_the_calendar_are_listed",
        "those_of_one_instant_come_by_run_id",
    ];

    /// A database for each place.
    fn prepare(place: &Path) {
        server::make_database(&hex_name(place));
    }

    pub(super) fn make_table_as_python(place: &Path) {
        prepare(place);
        server::make_table_of_python(&hex_name(place));
    }

    fn options(place: &Path, namespace: &str) -> BackendOptions {
        database(&server::database_url(&hex_name(place)), namespace)
    }
}

#[cfg(feature = "mssql")]
mod mssql {
    use std::fs;
    use std::path::Path;

    use truthound_store::store::BackendOptions;

    use super::{Backend, ORDINARY, database};
    use crate::services::mssql::Server;

    pub(super) const MSSQL: Backend = Backend {
        takes: |run_id| run_id.encode_utf16().count() <= 255,
        takes_asset: |asset| asset.encode_utf16().count() <= 500,
        options,
        prepare: start,
        ..ORDINARY
    };

    /// A server for each place, until the process ends.
    fn start(place: &Path) {
        let server = Server::start();
        fs::write(place.join("ca.pem"), &server.issuer).unwrap();
        let issuer = format!("&sslrootcert={}", place.join("ca.pem").to_str().unwrap());
        fs::write(place.join("url"), server.url(&issuer)).unwrap();
    }

    fn options(place: &Path, namespace: &str) -> BackendOptions {
        database(&fs::read_to_string(place.join("url")).unwrap(), namespace)
    }
}

#[cfg(feature = "postgres")]
mod postgresql {
    use std::path::Path;

    use truthound_store::store::BackendOptions;

    use super::{Backend, ORDINARY, database, hex_name};
    use crate::services::postgres as server;

    pub(super) const POSTGRESQL: Backend = Backend {
        is_available: server::is_available,
        takes: fits,
        takes_asset: |asset| asset.chars().count() <= 500,
        options,
        prepare,
        ..ORDINARY
    };

    /// A schema for each place.
    fn prepare(place: &Path) {
        server::make_schema(&hex_name(place));
    }

    pub(super) fn make_table_as_python(place: &Path) {
        prepare(place);
        server::make_table_of_python(&hex_name(place));
    }

    fn options(place: &Path, namespace: &str) -> BackendOptions {
        database(&server::schema_url(&hex_name(place)), namespace)
    }

    fn fits(run_id: &str) -> bool {
        run_id.chars().count() <= 255 && !run_id.contains('\0')
    }
}

#[cfg(feature = "s3")]
mod s3 {
    use std::path::Path;

    use truthound_store::store::BackendOptions;

    use super::{Backend, ORDINARY, hex_name};
    use crate::services::{python, s3 as server, s3s};

    pub(super) const S3: Backend =
        Backend { is_available: python::is_available, takes: has_a_key, prepare: make_bucket, ..ORDINARY };

    fn make_bucket(place: &Path) {
        server::make_bucket(&hex_name(place));
    }

    pub(super) fn options(place: &Path, namespace: &str, more: &str) -> BackendOptions {
        at(&server::SERVER.address(), ("test", "test"), place, namespace, more)
    }

    fn at(endpoint: &str, (key, secret): (&str, &str), place: &Path, namespace: &str, more: &str) -> BackendOptions {
        let text = format!(
            "bucket = {:?}\nnamespace = {namespace:?}\nendpoint_url = {endpoint:?}\nregion = 'us-east-1'\n\
             access_key_id = {key:?}\nsecret_access_key = {secret:?}\n{more}",
            hex_name(place),
        );
        BackendOptions::S3(toml::from_str(&text).unwrap())
    }

    /// A second implementation, because one server's habits are not S3.
    pub(super) const S3S_FS: Backend = Backend {
        name: "s3_s3s_fs",
        is_available: s3s::is_available,
        options: |place, namespace| at(&s3s::endpoint(), s3s::KEYS, place, namespace, ""),
        prepare: |place| s3s::make_bucket(&hex_name(place)),
        // See services/s3s.rs: it looks and then writes, has one storage class, and no long names.
        cannot: &[
            "concurrency",
            "tiers_are_moved_to_where_there_are_any",
            "ids_of_any_length_are_kept_or_refused_before_anything_is_stored",
            "a_tag_of_any_text_can_be_asked_for",
            "everything_listed_of_a_result_is_what_was_saved",
            "long_assets_and_tags_are_listed_whole",
        ],
        ..S3
    };

    /// Whether a run id, percent-encoded where it must be, fits into a key of 1,024 bytes.
    fn has_a_key(run_id: &str) -> bool {
        run_id.len() * 3 < 900
    }

    pub(super) fn has_the_same_key_in_python(run_id: &str) -> bool {
        has_a_key(run_id) && !run_id.contains(|c: char| c.is_control() || "/\\%".contains(c))
    }
}

#[cfg(feature = "azure")]
mod azure {
    use std::path::Path;

    use truthound_store::store::BackendOptions;

    use super::{Backend, ORDINARY};
    use crate::services::azure as server;

    pub(super) const AZURE: Backend =
        Backend { is_available: server::is_available, takes: has_a_name, prepare: make_container, ..ORDINARY };

    /// A container for each place, named as its directory.
    fn container(place: &Path) -> String {
        let name = place.parent().and_then(Path::file_name).unwrap().to_str().unwrap();
        let hex: String = name.bytes().map(|byte| format!("{byte:02x}")).collect();
        format!("contract-{hex}")
    }

    fn make_container(place: &Path) {
        server::make_container(&container(place));
    }

    pub(super) fn options(place: &Path, namespace: &str, more: &str) -> BackendOptions {
        let text = format!(
            "container = {:?}\nnamespace = {namespace:?}\nconnection_string = {:?}\n{more}",
            container(place),
            server::connection_string(),
        );
        BackendOptions::Azure(toml::from_str(&text).unwrap())
    }

    /// Whether a run id, percent-encoded where it must be, fits into a name of 1,024 characters.
    fn has_a_name(run_id: &str) -> bool {
        run_id.len() * 3 < 900
    }

    pub(super) fn has_the_same_name_in_python(run_id: &str) -> bool {
        has_a_name(run_id) && !run_id.contains(|c: char| c.is_control() || "/\\%".contains(c))
    }
}

#[cfg(feature = "sqlite")]
mod sqlite {
    use std::path::Path;

    use diesel::connection::SimpleConnection as _;
    use diesel::{Connection as _, SqliteConnection};
    use truthound_store::store::BackendOptions;

    use super::database;

    const FILE: &str = "store.db";

    /// What SQLAlchemy 2.1 sends for truthound's `ValidationResultModel` (`truthound/stores/backends/database.py`).
    const TABLE_OF_PYTHON: &str = "
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
        CREATE INDEX ix_namespace_data_asset ON validation_results (namespace, data_asset);
        CREATE INDEX ix_namespace_run_time ON validation_results (namespace, run_time);
        CREATE INDEX ix_validation_results_data_asset ON validation_results (data_asset);
        CREATE INDEX ix_validation_results_namespace ON validation_results (namespace);
        CREATE UNIQUE INDEX ix_validation_results_run_id ON validation_results (run_id);
        CREATE INDEX ix_validation_results_run_time ON validation_results (run_time);
        CREATE INDEX ix_validation_results_status ON validation_results (status);
    ";

    pub(super) fn options(place: &Path, namespace: &str) -> BackendOptions {
        database(&format!("sqlite:///{}", place.join(FILE).to_str().unwrap()), namespace)
    }

    pub(super) fn in_memory(_: &Path, namespace: &str) -> BackendOptions {
        database("sqlite:///:memory:", namespace)
    }

    pub(super) fn make_table_as_python(place: &Path) {
        let mut connection = SqliteConnection::establish(place.join(FILE).to_str().unwrap()).unwrap();
        connection.batch_execute(TABLE_OF_PYTHON).unwrap();
    }
}
