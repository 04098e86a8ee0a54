//! The list of backends, and the way from the options of a profile to an open store.

mod address;
pub mod contract;
pub mod objects;
pub mod options;
pub mod sql;

use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize as _, Deserializer};

pub use self::address::{AddressOptions, StoreAddress};

use self::objects::azure::AzureOptions;
use self::objects::filesystem::FilesystemOptions;
use self::objects::gcs::GcsOptions;
use self::objects::memory::MemoryOptions;
use self::objects::s3::S3Options;
use self::sql::DatabaseOptions;
use crate::error::{Error, InvalidOption, Result};
use crate::secret::Secret;
use crate::store::contract::{ResultStore, StorageTiers, StoreContext};
use crate::store::options::{OpenStore as _, StoreOptions, TimeZoneName};

/// One line for each backend; all that is known of it stands beside its options.
macro_rules! backends {
    ($($(#[$doc:meta])* $variant:ident($options:ty),)+) => {
        /// The options of a profile, for the backend that it names.
        #[derive(Clone, Debug)]
        pub enum BackendOptions {
            $($(#[$doc])* $variant($options),)+
        }

        impl BackendOptions {
            /// The names of all backends, as a profile spells them.
            pub const NAMES: &'static [&'static str] = &[$(<$options as StoreOptions>::NAME),+];

            /// Reads the options of the backend called `backend`; `None` for an unknown backend.
            ///
            /// # Errors
            /// Those of `deserializer`.
            pub fn deserialize<'de, D: Deserializer<'de>>(backend: &str, deserializer: D) -> Result<Option<Self>, D::Error> {
                $(if backend == <$options as StoreOptions>::NAME {
                    return <$options>::deserialize(deserializer).map(|options| Some(Self::$variant(options)));
                })+
                Ok(None)
            }

            /// The schema of the options of each backend, under its name.
            #[cfg(feature = "schema")]
            pub fn schemas(generator: &mut schemars::SchemaGenerator) -> Vec<(&'static str, schemars::Schema)> {
                use schemars::JsonSchema as _;
                vec![$((<$options as StoreOptions>::NAME, <$options>::json_schema(generator))),+]
            }

            /// The options of the store at `address`, in `namespace` if one is given.
            ///
            /// # Errors
            /// [`Usage`](crate::error::ErrorKind::Usage) for an address that no backend takes, or with a part that its
            /// backend cannot work with.
            pub fn at(address: &StoreAddress<'_>, namespace: Option<&str>) -> Result<Self> {
                const KNOWN: &[&[&str]] = &[$(<$options as StoreOptions>::ADDRESSES),+];
                $(if let Some(options) = <$options as StoreOptions>::at(address) {
                    let options = from_pairs(&options?, namespace)?;
                    let mut options = Self::$variant(options);
                    options.check()?;
                    return Ok(options);
                })+
                Err(address.refused(&KNOWN.concat()))
            }

            /// The name of the backend, as a profile spells it.
            pub fn backend(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => <$options as StoreOptions>::NAME,)+
                }
            }

            /// The tiers of the backend, empty if it has none.
            pub fn tiers(&self) -> StorageTiers {
                match self {
                    $(Self::$variant(_) => <$options as StoreOptions>::TIERS,)+
                }
            }

            /// The namespace.
            pub fn namespace(&self) -> &str {
                match self {
                    $(Self::$variant(options) => &options.namespace,)+
                }
            }

            /// The namespace, to be replaced.
            pub fn namespace_mut(&mut self) -> &mut String {
                match self {
                    $(Self::$variant(options) => &mut options.namespace,)+
                }
            }

            /// The option `time_zone`.
            fn time_zone(&self) -> &TimeZoneName {
                match self {
                    $(Self::$variant(options) => &options.time_zone,)+
                }
            }

            /// The option `time_zone`, to be replaced.
            pub fn time_zone_mut(&mut self) -> &mut TimeZoneName {
                match self {
                    $(Self::$variant(options) => &mut options.time_zone,)+
                }
            }

            /// Checks the values, and spells known names as their cloud does: [`StoreOptions::check`].
            ///
            /// # Errors
            /// The first option that the backend cannot work with.
            pub fn check(&mut self) -> Result<(), InvalidOption> {
                self.time_zone().check()?;
                match self {
                    $(Self::$variant(options) => options.check(),)+
                }
            }

            /// Makes relative paths among the options begin in `directory`: [`StoreOptions::set_directory`].
            pub fn set_directory(&mut self, directory: &Path) {
                match self {
                    $(Self::$variant(options) => options.set_directory(directory),)+
                }
            }

            /// The place that the options point to, without a secret: [`StoreOptions::location`].
            pub fn location(&self, origin: &dyn Fn(&str) -> Option<String>) -> String {
                match self {
                    $(Self::$variant(options) => options.location(origin),)+
                }
            }
        }

        /// Opens the store that `options` describe. Touches neither network nor disk before the first operation needs it.
        ///
        /// # Errors
        /// [`Usage`](crate::error::ErrorKind::Usage) for options that contradict each other,
        /// [`Unsupported`](crate::error::ErrorKind::Unsupported) for a backend that this binary is built without.
        pub fn open(options: &BackendOptions, context: StoreContext) -> Result<Box<dyn ResultStore>> {
            match options {
                $(BackendOptions::$variant(options) => options.open(context),)+
            }
        }
    };
}

/// The version of the SQLite in this binary; `None` if it has none.
pub fn sqlite_version() -> Option<&'static str> {
    #[cfg(feature = "sqlite")]
    return libsqlite3_sys::SQLITE_VERSION.to_str().ok();
    #[cfg(not(feature = "sqlite"))]
    None
}

fn from_pairs<T: DeserializeOwned>(options: &[(&'static str, Secret)], namespace: Option<&str>) -> Result<T> {
    let text = |text: &str| serde_json::Value::from(text);
    let options = options.iter().map(|(name, value)| ((*name).to_owned(), text(value.expose())));
    let namespace = namespace.map(|namespace| ("namespace".to_owned(), text(namespace)));
    let table = serde_json::Value::Object(options.chain(namespace).collect());
    // The error may hold a value, and is dropped for that.
    T::deserialize(table).map_err(|_| Error::usage("the address of the store lacks a part"))
}

backends! {
    /// A SQL database.
    Database(DatabaseOptions),
    /// Amazon S3 and what speaks its protocol.
    S3(S3Options),
    /// Google Cloud Storage.
    Gcs(GcsOptions),
    /// Azure Blob Storage.
    Azure(AzureOptions),
    /// The local disk.
    Filesystem(FilesystemOptions),
    /// A store that lives as long as the process.
    Memory(MemoryOptions),
}
