//! SQL Server as Microsoft documents it ([MS-TDS] and the T-SQL reference), replaced by a scripted server on 127.0.0.1:
//! signing in, encryption, statements and their values, errors and retries. The client is the real binary.
//!
//! The limits of the server are described in `tests/services/mssql/`.

#![cfg(feature = "mssql")]
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

mod connections;
mod doctor;
mod encryption;
mod faults;
mod lies;
#[path = "../services/lying_server.rs"]
mod lying_server;
mod rooms;
#[path = "../services/mssql/mod.rs"]
#[expect(dead_code, reason = "the contract needs more of it")]
mod server;
mod sign_in;
mod store;
#[path = "../cli/support.rs"]
#[expect(dead_code, reason = "the command-line tests need more of it")]
mod support;
