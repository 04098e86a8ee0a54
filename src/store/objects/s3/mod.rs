//! Amazon S3 and what speaks its protocol.

#[cfg(feature = "s3")]
mod client;
#[cfg(feature = "s3")]
mod credential_provider;
#[cfg(feature = "s3")]
mod error_response;
#[cfg(feature = "s3")]
mod inspection;
#[cfg(feature = "s3")]
mod list;
mod names;
#[cfg(feature = "s3")]
mod open;
mod options;
#[cfg(feature = "s3")]
mod place;
#[cfg(feature = "s3")]
mod receipt;
#[cfg(feature = "s3")]
mod shared_config;
#[cfg(feature = "s3")]
mod store;
#[cfg(feature = "s3")]
mod tiers;

pub use self::options::{S3Options, ServerSideEncryption};
use crate::error::Result;
use crate::store::contract::{ResultStore, StoreContext};
use crate::store::options::OpenStore;
#[cfg(not(feature = "s3"))]
use crate::store::options::{StoreOptions as _, not_built};

impl OpenStore for S3Options {
    fn open(&self, context: StoreContext) -> Result<Box<dyn ResultStore>> {
        #[cfg(feature = "s3")]
        return Ok(Box::new(open::open(self, context)?));
        #[cfg(not(feature = "s3"))]
        {
            drop(context);
            Err(not_built(Self::NAME))
        }
    }
}

/// Reads any bytes as a page of a list, for the fuzzer.
#[cfg(all(feature = "s3", any(test, feature = "fuzzing")))]
pub(super) fn read_any_page(input: &[u8]) {
    drop(list::page(input));
}
