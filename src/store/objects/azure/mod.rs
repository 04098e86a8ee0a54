//! Azure Blob Storage.

mod account;
mod address;
#[cfg(feature = "azure")]
mod client;
#[cfg(feature = "azure")]
mod command_line;
#[cfg(feature = "azure")]
mod credential_provider;
#[cfg(feature = "azure")]
mod error_response;
#[cfg(feature = "azure")]
mod inspection;
#[cfg(feature = "azure")]
mod list;
mod names;
#[cfg(feature = "azure")]
mod open;
mod options;
#[cfg(feature = "azure")]
mod place;
#[cfg(feature = "azure")]
mod store;
#[cfg(feature = "azure")]
mod tiers;

pub use self::options::AzureOptions;
use crate::error::Result;
use crate::store::contract::{ResultStore, StoreContext};
use crate::store::options::OpenStore;
#[cfg(not(feature = "azure"))]
use crate::store::options::{StoreOptions as _, not_built};

impl OpenStore for AzureOptions {
    fn open(&self, context: StoreContext) -> Result<Box<dyn ResultStore>> {
        #[cfg(feature = "azure")]
        return Ok(Box::new(open::open(self, context)?));
        #[cfg(not(feature = "azure"))]
        {
            drop(context);
            Err(not_built(Self::NAME))
        }
    }
}

/// Reads any bytes as a page of a list, for the fuzzer.
#[cfg(all(feature = "azure", any(test, feature = "fuzzing")))]
pub(super) fn read_any_page(input: &[u8]) {
    drop(list::page(input, "truthound/default/_catalog/"));
}
