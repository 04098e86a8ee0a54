//! S3 as Amazon documents it, from a scripted server on 127.0.0.1: what moto cannot show. Credentials and where they come
//! from, errors and what is done about them, and what each command costs. Everything of ours is the real binary.

#![cfg(feature = "s3")]
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

#[path = "../services/broken_off.rs"]
mod broken_off;
mod costs;
mod credentials;
mod faults;
mod large;
mod permissions;
mod scripted;
#[path = "../services/scripted.rs"]
#[expect(dead_code, reason = "the tests of other clouds need more of it")]
mod server;
#[path = "../cli/support.rs"]
#[expect(dead_code, reason = "the command-line tests need more of it")]
mod support;
