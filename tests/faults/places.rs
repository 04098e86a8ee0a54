//! The backends, each as an empty store that several profiles open: directly, and through a failing network.
//!
//! Limits of the servers: moto processes one request after another (the reason is in tests/services/s3_server.py) and
//! Azurite runs on one thread, so two requests are never processed concurrently. The Google Cloud Storage server is our
//! own. The tests therefore cannot show whether Amazon, Google and Microsoft enforce their conditions under load, as
//! they promise. MariaDB replaces MySQL; SQL Server is scripted in tests/mssql.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::services;
use crate::support::Room;

/// A backend.
pub(crate) struct Backend {
    pub(crate) name: &'static str,
    pub(crate) is_available: fn() -> bool,
    /// Whether the backend has a server, which a failing network can separate from it.
    pub(crate) is_served: bool,
    /// Whether the backend keeps a catalog beside the documents.
    pub(crate) has_catalog: bool,
    /// Creates an empty store with its own name.
    open: fn(&Room, &str) -> Place,
}

/// An empty store.
pub(crate) struct Place {
    /// The port of the server.
    pub(crate) port: Option<u16>,
    /// The options of a profile for the store.
    options: String,
    /// The arguments with which worker.py opens the store.
    pub(crate) python: Value,
}

impl Place {
    /// The same store without Python's index, which is then never created.
    pub(crate) fn without_index(mut self) -> Self {
        self.options = self.options.replace("python_index = 'always'", "python_index = 'auto'");
        self
    }

    /// The options of a profile that connects to another port.
    pub(crate) fn options_at(&self, port: u16) -> String {
        self.port
            .map_or_else(|| self.options.clone(), |own| self.options.replace(&format!(":{own}"), &format!(":{port}")))
    }

    /// The options of a profile that connects through a failing proxy on another port.
    pub(crate) fn options_through(&self, port: u16) -> String {
        self.options_at(port).replace(PATIENT, IMPATIENT).replace("connect_timeout=60", "connect_timeout=8")
    }
}

impl Backend {
    /// Creates an empty store and writes the profile `direct`.
    pub(crate) fn place(&self, room: &Room) -> Place {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        (self.open)(room, &format!("faults-{:05}", COUNT.fetch_add(1, Ordering::Relaxed)))
    }
}

/// Writes the profiles of a room, given as names and options. The first is the default.
pub(crate) fn write_profiles(room: &Room, profiles: &[(&str, String)]) {
    let mut text = format!("default_profile = '{}'\n", profiles[0].0);
    for (name, options) in profiles {
        text.push_str(&format!("[profiles.{name}]\n{options}\n"));
    }
    room.write("truthound-store.toml", text);
}

/// Every backend that this binary is compiled with.
pub(crate) fn all() -> Vec<Backend> {
    vec![
        #[cfg(feature = "filesystem")]
        Backend { name: "filesystem", is_available: || true, is_served: false, has_catalog: true, open: filesystem },
        #[cfg(feature = "sqlite")]
        Backend { name: "sqlite", is_available: || true, is_served: false, has_catalog: false, open: sqlite },
        #[cfg(feature = "postgres")]
        Backend {
            name: "postgresql",
            is_available: services::postgres::is_available,
            is_served: true,
            has_catalog: false,
            open: postgresql,
        },
        #[cfg(feature = "mysql")]
        Backend {
            name: "mariadb",
            is_available: services::mariadb::is_available,
            is_served: true,
            has_catalog: false,
            open: mariadb,
        },
        #[cfg(feature = "s3")]
        Backend {
            name: "s3",
            is_available: services::python::is_available,
            is_served: true,
            has_catalog: true,
            open: s3,
        },
        #[cfg(feature = "gcs")]
        Backend {
            name: "gcs",
            is_available: services::python::is_available,
            is_served: true,
            has_catalog: true,
            open: gcs,
        },
        #[cfg(feature = "azure")]
        Backend {
            name: "azure",
            is_available: services::azure::is_available,
            is_served: true,
            has_catalog: true,
            open: azure,
        },
    ]
}

/// Longer than the default: a server of the tests may have to share its processor with other suites.
const PATIENT: &str = "retry_timeout = 120.0";

/// Shorter than the default, so that a network that always fails is given up in time.
const IMPATIENT: &str = "retry_timeout = 8.0";

#[cfg(feature = "filesystem")]
fn filesystem(room: &Room, name: &str) -> Place {
    let path = room.work().join(name);
    let options = format!("backend = 'filesystem'\nbase_path = '{}'\npython_index = 'always'", path.display());
    Place { port: None, options, python: json!({"kind": "filesystem", "base_path": path}) }
}

/// Without the circuit breaker, which would refuse every operation for a minute after five failures. It has its own
/// tests.
#[cfg(feature = "sql")]
fn database(url: &str) -> String {
    format!("backend = 'database'\nconnection_url = '{url}'\npooling = {{ enable_circuit_breaker = false }}")
}

#[cfg(feature = "sqlite")]
fn sqlite(room: &Room, name: &str) -> Place {
    let url = format!("sqlite:///{}", room.work().join(format!("{name}.db")).display());
    Place { port: None, options: database(&url), python: json!({"kind": "database", "connection_url": url}) }
}

#[cfg(feature = "postgres")]
fn postgresql(_: &Room, name: &str) -> Place {
    let url = services::postgres::make_schema(name);
    let port = services::postgres::shared().port;
    Place { port: Some(port), options: database(&url), python: json!({"kind": "database", "connection_url": url}) }
}

#[cfg(feature = "mysql")]
fn mariadb(_: &Room, name: &str) -> Place {
    let url = services::mariadb::make_database(name);
    let port = services::mariadb::shared().port;
    Place { port: Some(port), options: database(&url), python: json!({"kind": "database", "connection_url": url}) }
}

/// Returns the port of an address.
#[cfg(any(feature = "azure", feature = "gcs", feature = "s3"))]
fn port_of(address: &str) -> u16 {
    let digits = address.rsplit(':').next().unwrap().split('/').next().unwrap();
    digits.parse().unwrap()
}

#[cfg(feature = "s3")]
fn s3(_: &Room, name: &str) -> Place {
    services::s3::make_bucket(name);
    let endpoint = services::s3::SERVER.address();
    let options = format!(
        "backend = 's3'\nbucket = '{name}'\nendpoint_url = '{endpoint}'\naccess_key_id = 'test'\n\
         secret_access_key = 'test'\npython_index = 'always'\n{PATIENT}"
    );
    let python = json!({"kind": "s3", "bucket": name, "endpoint_url": endpoint, "compression": true});
    Place { port: Some(port_of(&endpoint)), options, python }
}

/// Not compressed, because Python cannot read its own compressed documents here.
#[cfg(feature = "gcs")]
fn gcs(_: &Room, name: &str) -> Place {
    services::gcs::make_bucket(name);
    let endpoint = services::gcs::SERVER.address();
    let options = format!(
        "backend = 'gcs'\nbucket = '{name}'\nendpoint_url = '{endpoint}'\nuse_compression = false\n\
         python_index = 'always'\n{PATIENT}"
    );
    let python = json!({"kind": "gcs", "bucket": name, "endpoint_url": endpoint, "compression": false});
    Place { port: Some(port_of(&endpoint)), options, python }
}

#[cfg(feature = "azure")]
fn azure(_: &Room, name: &str) -> Place {
    services::azure::make_container(name);
    let connection = services::azure::connection_string();
    let options = format!(
        "backend = 'azure'\ncontainer = '{name}'\nconnection_string = '{connection}'\nuse_compression = false\n\
         python_index = 'always'\n{PATIENT}"
    );
    let python = json!({"kind": "azure", "container": name, "connection_string": connection, "compression": false});
    Place { port: Some(port_of(&services::azure::endpoint())), options, python }
}
