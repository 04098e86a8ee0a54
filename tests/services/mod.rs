//! Servers that the tests start for themselves.

#[cfg(feature = "s3")]
pub(crate) mod s3;
