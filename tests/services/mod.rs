//! Servers that the tests start themselves.

#[cfg(feature = "azure")]
pub(crate) mod azure;
#[cfg(feature = "gcs")]
pub(crate) mod fake_gcs;
#[cfg(feature = "gcs")]
pub(crate) mod gcs;
#[cfg(feature = "mssql")]
pub(crate) mod iridium;
#[cfg(feature = "mysql")]
pub(crate) mod mariadb;
#[cfg(feature = "mssql")]
pub(crate) mod mssql;
#[cfg(feature = "postgres")]
pub(crate) mod pgbouncer;
#[cfg(feature = "postgres")]
pub(crate) mod postgres;
#[cfg(any(feature = "gcs", feature = "mssql", feature = "mysql", feature = "postgres"))]
pub(crate) mod process;
#[cfg(any(feature = "gcs", feature = "s3"))]
pub(crate) mod python;
#[cfg(feature = "s3")]
pub(crate) mod s3;
#[cfg(feature = "s3")]
pub(crate) mod s3s;
