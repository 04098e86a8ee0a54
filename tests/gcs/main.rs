//! Google Cloud Storage as Google documents it, from the server of tests/services and from scripted ones on 127.0.0.1:
//! options, tiers, credentials, errors. Everything of ours is the real binary.

#![cfg(feature = "gcs")]
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

#[path = "../services/broken_off.rs"]
mod broken_off;
mod credentials;
mod faults;
mod scripted;
#[path = "../services/scripted.rs"]
#[expect(dead_code, reason = "the tests of other clouds need more of it")]
mod server;
#[path = "../cli/support.rs"]
#[expect(dead_code, reason = "the command-line tests need more of it")]
mod support;
mod uploads;
