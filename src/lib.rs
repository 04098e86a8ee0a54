//! `truthound-store` keeps data-validation results: the JSON documents that `truthound` and Great Expectations produce.
//!
//! Rooms, each using only those to its right: `main -> cli -> commands -> config, output, report, retention -> store ->
//! {objects, sql} -> contract -> result -> error, secret, open_files, pace, random, signals, tls`. `tests/layers.rs`
//! guards the direction.

#![cfg_attr(test, allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used))]

pub mod cli;
pub mod commands;
pub mod compare;
pub mod config;
pub mod error;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
pub mod open_files;
pub mod output;
#[cfg(feature = "tls")]
pub mod pace;
pub mod random;
pub mod report;
pub mod result;
pub mod retention;
pub mod secret;
pub mod signals;
pub mod store;
#[cfg(feature = "tls")]
pub mod tls;
pub mod written;
