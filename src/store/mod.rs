//! From the options of a profile to an open store: the only place that knows all backends.

pub mod contract;
pub mod objects;
pub mod sql;

use crate::error::Result;
#[cfg(not(all(feature = "azure", feature = "filesystem", feature = "gcs", feature = "memory", feature = "s3")))]
use crate::error::{Error, ErrorKind};
use crate::store::contract::{ResultStore, StoreContext};
use crate::store::objects::azure::AzureOptions;
use crate::store::objects::filesystem::FilesystemOptions;
use crate::store::objects::gcs::GcsOptions;
use crate::store::objects::memory::MemoryOptions;
use crate::store::objects::s3::S3Options;
use crate::store::sql::DatabaseOptions;

/// The options of a profile, for the backend that it names.
#[derive(Clone, Debug)]
pub enum BackendOptions {
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

impl BackendOptions {
    /// The name of the backend, as a profile spells it.
    pub fn backend(&self) -> &'static str {
        match self {
            Self::Database(_) => "database",
            Self::S3(_) => "s3",
            Self::Gcs(_) => "gcs",
            Self::Azure(_) => "azure",
            Self::Filesystem(_) => "filesystem",
            Self::Memory(_) => "memory",
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
        BackendOptions::Database(options) => sql::open(options, context),
        #[cfg(feature = "filesystem")]
        BackendOptions::Filesystem(options) => Ok(Box::new(objects::filesystem::open(options, context)?)),
        #[cfg(feature = "memory")]
        BackendOptions::Memory(options) => Ok(Box::new(objects::memory::open(options, context)?)),
        #[cfg(not(feature = "filesystem"))]
        BackendOptions::Filesystem(_) => Err(left_out(options)),
        #[cfg(not(feature = "memory"))]
        BackendOptions::Memory(_) => Err(left_out(options)),
        #[cfg(feature = "s3")]
        BackendOptions::S3(options) => Ok(Box::new(objects::s3::open(options, context)?)),
        #[cfg(not(feature = "s3"))]
        BackendOptions::S3(_) => Err(left_out(options)),
        #[cfg(feature = "gcs")]
        BackendOptions::Gcs(options) => Ok(Box::new(objects::gcs::open(options, context)?)),
        #[cfg(not(feature = "gcs"))]
        BackendOptions::Gcs(_) => Err(left_out(options)),
        #[cfg(feature = "azure")]
        BackendOptions::Azure(options) => Ok(Box::new(objects::azure::open(options, context)?)),
        #[cfg(not(feature = "azure"))]
        BackendOptions::Azure(_) => Err(left_out(options)),
    }
}

#[cfg(not(all(feature = "azure", feature = "filesystem", feature = "gcs", feature = "memory", feature = "s3")))]
fn left_out(options: &BackendOptions) -> Error {
    let backend = options.backend();
    Error::new(ErrorKind::Unsupported, format!("this binary is built without the backend `{backend}`"))
        .with_hint(format!("build it with `cargo install truthound-store --features {backend}`"))
}
