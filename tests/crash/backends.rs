//! The backends, each as a place that is filled once and copied for every point at which a process is killed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::{GcpCredential, GoogleCloudStorageBuilder};
use object_store::local::LocalFileSystem;
use object_store::{ObjectStore, StaticCredentialProvider};
use tempfile::TempDir;
use truthound_store::store::contract::{Notices, ResultStore, StoreContext};
use truthound_store::store::{self, BackendOptions};

use crate::services::{azure, gcs, python, s3};

/// An open store.
pub(crate) type Store = Arc<dyn ResultStore>;

/// The storage of the results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Disk,
    Sqlite,
    S3,
    Gcs,
    Azure,
}

/// A backend with one set of options.
#[derive(Debug)]
pub(crate) struct Backend {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// Additional lines of its profile.
    options: &'static str,
}

const INDEXED: &str = "python_index = 'always'";

pub(crate) const ALL: &[Backend] = &[
    Backend { name: "filesystem", kind: Kind::Disk, options: "" },
    Backend { name: "filesystem_compressed", kind: Kind::Disk, options: "use_compression = true" },
    Backend { name: "filesystem_with_index", kind: Kind::Disk, options: INDEXED },
    Backend { name: "sqlite", kind: Kind::Sqlite, options: "" },
    Backend { name: "s3", kind: Kind::S3, options: "" },
    Backend { name: "s3_with_index", kind: Kind::S3, options: INDEXED },
    Backend { name: "gcs", kind: Kind::Gcs, options: "" },
    Backend { name: "gcs_with_index", kind: Kind::Gcs, options: INDEXED },
    Backend { name: "azure", kind: Kind::Azure, options: "" },
    Backend { name: "azure_with_index", kind: Kind::Azure, options: INDEXED },
];

impl Backend {
    /// Whether the backend can be tested here.
    pub(crate) fn is_available(&self) -> bool {
        match self.kind {
            Kind::Disk | Kind::Sqlite => cfg!(target_os = "linux"),
            Kind::S3 | Kind::Gcs => python::is_available(),
            Kind::Azure => azure::is_available(),
        }
    }

    /// Whether Python's index exists from the first save on.
    pub(crate) fn has_index(&self) -> bool {
        self.options == INDEXED
    }

    /// Whether the profile has only the required options.
    pub(crate) fn is_plain(&self) -> bool {
        self.options.is_empty()
    }

    /// Whether the backend keeps a catalog beside its documents.
    pub(crate) fn has_catalog(&self) -> bool {
        self.kind != Kind::Sqlite
    }

    /// Whether results are on a server, so that copying a place costs requests.
    pub(crate) fn is_remote(&self) -> bool {
        matches!(self.kind, Kind::S3 | Kind::Gcs | Kind::Azure)
    }

    /// The tier that results are moved to; `None` on a backend without tiers.
    pub(crate) fn tier(&self) -> Option<&'static str> {
        match self.kind {
            Kind::Disk | Kind::Sqlite => None,
            Kind::S3 => Some("STANDARD_IA"),
            Kind::Gcs => Some("NEARLINE"),
            Kind::Azure => Some("Cool"),
        }
    }

    /// The host and port of its server.
    pub(crate) fn server(&self) -> String {
        let address = match self.kind {
            Kind::Disk | Kind::Sqlite => String::new(),
            Kind::S3 => s3::SERVER.address(),
            Kind::Gcs => gcs::SERVER.address(),
            Kind::Azure => azure::endpoint(),
        };
        let host = address.split('/').nth(2);
        host.unwrap_or_default().to_owned()
    }

    fn make_bucket(&self, bucket: &str) {
        match self.kind {
            Kind::Disk | Kind::Sqlite => {}
            Kind::S3 => s3::make_bucket(bucket),
            Kind::Gcs => gcs::make_bucket(bucket),
            Kind::Azure => azure::make_container(bucket),
        }
    }

    fn copy_bucket(&self, bucket: &str, made: &str) {
        match self.kind {
            Kind::Disk | Kind::Sqlite => {}
            Kind::S3 => s3::SERVER.copy(bucket, made),
            Kind::Gcs => gcs::SERVER.copy(bucket, made),
            Kind::Azure => azure::copy(bucket, made),
        }
    }
}

/// A store of one backend. It is removed when dropped.
pub(crate) struct Place {
    pub(crate) backend: &'static Backend,
    directory: TempDir,
    bucket: String,
}

impl Place {
    /// Creates an empty place.
    pub(crate) fn new(backend: &'static Backend) -> Self {
        let place = Self::unmade(backend);
        fs::create_dir(place.data()).unwrap();
        backend.make_bucket(&place.bucket);
        place
    }

    fn unmade(backend: &'static Backend) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let bucket = format!("crash-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let directory = tempfile::Builder::new().prefix("crash-").tempdir().unwrap();
        Self { backend, directory, bucket }
    }

    /// Returns a copy with the same versions of the same objects.
    pub(crate) fn copy(&self) -> Self {
        let copy = Self::unmade(self.backend);
        copy_directory(&self.data(), &copy.data(), self.backend.kind);
        self.backend.copy_bucket(&self.bucket, &copy.bucket);
        copy
    }

    fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// The path of a file beside the store.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The options of a profile for this store, with the server at `server`.
    fn profile(&self, server: &str) -> String {
        let (bucket, data, more) = (&self.bucket, self.data(), self.backend.options);
        match self.backend.kind {
            Kind::Disk => format!("base_path = {:?}\n{more}\n", data.to_str().unwrap()),
            Kind::Sqlite => format!("connection_url = \"sqlite:///{}\"\n", data.join("store.db").to_str().unwrap()),
            Kind::S3 => format!(
                "bucket = {bucket:?}\nendpoint_url = \"http://{server}\"\nregion = 'us-east-1'\n\
                 access_key_id = 'test'\nsecret_access_key = 'test'\n{more}\n"
            ),
            Kind::Gcs => format!("bucket = {bucket:?}\nendpoint_url = \"http://{server}\"\n{more}\n"),
            Kind::Azure => format!(
                "container = {bucket:?}\nconnection_string = \
                 \"DefaultEndpointsProtocol=http;AccountName={account};AccountKey={key};BlobEndpoint=http://{server}/{account};\"\n\
                 {more}\n",
                account = azure::ACCOUNT,
                key = azure::KEY,
            ),
        }
    }

    /// Opens the store, as a new process would.
    pub(crate) fn open(&self) -> Store {
        self.open_with("")
    }

    /// Opens the store, with Python's index.
    pub(crate) fn open_with_index(&self) -> Store {
        self.open_with(if self.backend.has_index() { "" } else { INDEXED })
    }

    fn open_with(&self, more: &str) -> Store {
        let text = format!("{}{more}\n", self.profile(&self.backend.server()));
        let options = match self.backend.kind {
            Kind::Disk => BackendOptions::Filesystem(toml::from_str(&text).unwrap()),
            Kind::Sqlite => BackendOptions::Database(toml::from_str(&text).unwrap()),
            Kind::S3 => BackendOptions::S3(toml::from_str(&text).unwrap()),
            Kind::Gcs => BackendOptions::Gcs(toml::from_str(&text).unwrap()),
            Kind::Azure => BackendOptions::Azure(toml::from_str(&text).unwrap()),
        };
        let context = StoreContext {
            profile: "crash".to_owned(),
            state_directory: Some(self.file("state")),
            notices: Notices::new(|_| {}),
        };
        store::open(&options, context).expect("the store opens").into()
    }

    /// The objects of the store, accessed directly.
    pub(crate) fn objects(&self) -> Arc<dyn ObjectStore> {
        // The program gives its clients a provider of cryptography. Those of object_store take the one of the process.
        drop(rustls::crypto::ring::default_provider().install_default());
        let server = self.backend.server();
        match self.backend.kind {
            Kind::Disk | Kind::Sqlite => Arc::new(LocalFileSystem::new_with_prefix(self.data()).unwrap()),
            Kind::S3 => Arc::new(
                AmazonS3Builder::new()
                    .with_bucket_name(&self.bucket)
                    .with_endpoint(format!("http://{server}"))
                    .with_allow_http(true)
                    .with_region("us-east-1")
                    .with_access_key_id("test")
                    .with_secret_access_key("test")
                    .build()
                    .unwrap(),
            ),
            Kind::Gcs => Arc::new(
                GoogleCloudStorageBuilder::new()
                    .with_bucket_name(&self.bucket)
                    .with_base_url(&format!("http://{server}"))
                    .with_credentials(Arc::new(StaticCredentialProvider::new(GcpCredential { bearer: String::new() })))
                    .with_client_options(object_store::ClientOptions::new().with_allow_http(true))
                    .build()
                    .unwrap(),
            ),
            Kind::Azure => Arc::new(
                MicrosoftAzureBuilder::new()
                    .with_account(azure::ACCOUNT)
                    .with_access_key(azure::KEY)
                    .with_container_name(&self.bucket)
                    .with_endpoint(azure::endpoint())
                    .with_allow_http(true)
                    .build()
                    .unwrap(),
            ),
        }
    }

    /// The program in a sealed room, with a profile for this store; its server is at `server`.
    pub(crate) fn command(&self, server: &str, program: &Path) -> Command {
        let profile = self.profile(server);
        let backend = match self.backend.kind {
            Kind::Disk => "filesystem",
            Kind::Sqlite => "database",
            Kind::S3 => "s3",
            Kind::Gcs => "gcs",
            Kind::Azure => "azure",
        };
        let text = format!("default_profile = \"crash\"\n[profiles.crash]\nbackend = {backend:?}\n{profile}");
        fs::write(self.file("truthound-store.toml"), text).unwrap();
        let mut command = Command::new(program);
        command.env_clear().current_dir(self.directory.path()).stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        for name in ["HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"] {
            command.env(name, self.file("home"));
        }
        command.env("PATH", "/usr/bin:/bin").env("TMPDIR", self.directory.path()).env("TZ", "Asia/Kolkata");
        command
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.backend.kind == Kind::Azure && !std::thread::panicking() {
            azure::forget(&self.bucket);
        }
    }
}

/// Files of the disk backend are hard-linked: their versions consist of inode and time, and the backend never writes a
/// file in place. SQLite does, so its files are copied.
fn copy_directory(from: &Path, to: &Path, kind: Kind) {
    fs::create_dir(to).unwrap();
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        let (path, copy) = (file.path(), to.join(file.file_name()));
        if file.file_type().unwrap().is_dir() {
            copy_directory(&path, &copy, kind);
        } else if kind == Kind::Disk {
            fs::hard_link(path, copy).unwrap();
        } else {
            fs::copy(path, copy).unwrap();
        }
    }
}
