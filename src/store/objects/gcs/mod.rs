//! Google Cloud Storage.

#[cfg(feature = "gcs")]
mod client;
#[cfg(feature = "gcs")]
mod credential_provider;
#[cfg(feature = "gcs")]
mod error_response;
#[cfg(feature = "gcs")]
mod federation;
#[cfg(feature = "gcs")]
mod inspection;
#[cfg(feature = "gcs")]
mod list;
mod names;
#[cfg(feature = "gcs")]
mod open;
mod options;
#[cfg(feature = "gcs")]
mod place;
#[cfg(feature = "gcs")]
mod receipt;
#[cfg(feature = "gcs")]
mod resumable;
#[cfg(feature = "gcs")]
mod store;
#[cfg(feature = "gcs")]
mod tiers;
#[cfg(feature = "gcs")]
mod token_client;
#[cfg(feature = "gcs")]
mod upload;

pub use self::options::GcsOptions;
use crate::error::Result;
use crate::store::contract::{ResultStore, StoreContext};
use crate::store::options::OpenStore;
#[cfg(not(feature = "gcs"))]
use crate::store::options::{StoreOptions as _, not_built};

impl OpenStore for GcsOptions {
    fn open(&self, context: StoreContext) -> Result<Box<dyn ResultStore>> {
        #[cfg(feature = "gcs")]
        return Ok(Box::new(open::open(self, context)?));
        #[cfg(not(feature = "gcs"))]
        {
            drop(context);
            Err(not_built(Self::NAME))
        }
    }
}

/// Reads any bytes as a page of a list, for the fuzzer.
#[cfg(all(feature = "gcs", any(test, feature = "fuzzing")))]
pub(super) fn read_any_page(input: &[u8]) {
    drop(list::page(input));
}
