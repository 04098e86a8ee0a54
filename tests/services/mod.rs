//! Servers that the tests start for themselves.

#[cfg(feature = "azure")]
pub(crate) mod azure;
#[cfg(feature = "gcs")]
pub(crate) mod gcs;
#[cfg(any(feature = "gcs", feature = "s3"))]
pub(crate) mod python;
#[cfg(feature = "s3")]
pub(crate) mod s3;
#[cfg(feature = "s3")]
pub(crate) mod s3s;
