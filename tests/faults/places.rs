//! The backends, each as an empty store that several profiles open: straight, and through a network that fails.
//!
//! What the servers here cannot show: moto answers one request after the other (tests/services/s3_server.py says why) and
//! Azurite runs on one thread, so that two requests never meet within the server; the Google Cloud Storage server is our
//! own. Whether Amazon, Google and Microsoft keep their conditions under load is their promise, not shown here. MariaDB
//! stands for MySQL; SQL Server is scripted in tests/mssql.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::services;
use crate::support::Room;

/// A backend.
pub(crate) struct Backend {
    pub(crate) name: &'static str,
    pub(crate) is_available: fn() -> bool,
    /// Whether a server answers, before which a network can fail.
    pub(crate) is_served: bool,
    /// Whether there is a catalog beside the documents.
    pub(crate) has_catalog: bool,
    /// Makes an empty store with a name of its own.
    open: fn(&Room, &str) -> Place,
}

/// An empty store.
pub(crate) struct Place {
    /// The port of its server.
    pub(crate) port: Option<u16>,
    /// The options of a profile that opens it.
    options: String,
    /// How worker.py opens it.
    pub(crate) python: Value,
}

impl Place {
    /// The same without Python's index, which is then not made.
    pub(crate) fn without_index(mut self) -> Self {
        self.options = self.options.replace("python_index = 'always'", "python_index = 'auto'");
        self
    }

    /// The options of a profile that opens it at another port.
    pub(crate) fn options_at(&self, port: u16) -> String {
        self.port
            .map_or_else(|| self.options.clone(), |own| self.options.replace(&format!(":{own}"), &format!(":{port}")))
    }
}

impl Backend {
    /// Makes an empty store, and writes the profile `direct`.
    pub(crate) fn place(&self, room: &Room) -> Place {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        (self.open)(room, &format!("faults-{:05}", COUNT.fetch_add(1, Ordering::Relaxed)))
    }
}

/// Writes the profiles of a room: options by name; the first is the default.
pub(crate) fn write_profiles(room: &Room, profiles: &[(&str, String)]) {
    let mut text = format!("default_profile = '{}'\n", profiles[0].0);
    for (name, options) in profiles {
        text.push_str(&format!("[profiles.{name}]\n{options}\n"));
    }
    room.write("truthound-store.toml", text);
}

/// Every backend that this binary is built with.
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

/// For how long a request is tried. Shorter than by default, so that the tests end.
#[cfg(any(feature = "azure", feature = "gcs", feature = "s3"))]
const PATIENCE: &str = "retry_timeout = 8.0";

#[cfg(feature = "filesystem")]
fn filesystem(room: &Room, name: &str) -> Place {
    let path = room.work().join(name);
    let options = format!("backend = 'filesystem'\nbase_path = '{}'\npython_index = 'always'", path.display());
    Place { port: None, options, python: json!({"kind": "filesystem", "base_path": path}) }
}

/// The breaker would refuse for a minute whatever comes after five failures; it has tests of its own.
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
    let url = services::postgres::make_schema(name).replace("connect_timeout=60", "connect_timeout=8");
    let port = services::postgres::shared().port;
    Place { port: Some(port), options: database(&url), python: json!({"kind": "database", "connection_url": url}) }
}

#[cfg(feature = "mysql")]
fn mariadb(_: &Room, name: &str) -> Place {
    let url = services::mariadb::make_database(name).replace("connect_timeout=60", "connect_timeout=8");
    let port = services::mariadb::shared().port;
    Place { port: Some(port), options: database(&url), python: json!({"kind": "database", "connection_url": url}) }
}

/// The port at the end of an address.
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
         secret_access_key = 'test'\npython_index = 'always'\n{PATIENCE}"
    );
    let python = json!({"kind": "s3", "bucket": name, "endpoint_url": endpoint, "compression": true});
    Place { port: Some(port_of(&endpoint)), options, python }
}

/// Not compressed: Python cannot read its own here.
#[cfg(feature = "gcs")]
fn gcs(_: &Room, name: &str) -> Place {
    services::gcs::make_bucket(name);
    let endpoint = services::gcs::SERVER.address();
    let options = format!(
        "backend = 'gcs'\nbucket = '{name}'\nendpoint_url = '{endpoint}'\nuse_compression = false\n\
         python_index = 'always'\n{PATIENCE}"
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
         python_index = 'always'\n{PATIENCE}"
    );
    let python = json!({"kind": "azure", "container": name, "connection_string": connection, "compression": false});
    Place { port: Some(port_of(&services::azure::endpoint())), options, python }
}
