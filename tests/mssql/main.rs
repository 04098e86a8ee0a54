//! SQL Server as Microsoft documents it ([MS-TDS] and the reference of T-SQL), from a scripted server on 127.0.0.1: signing
//! in, encryption, statements and their values, errors and what is done about them. Everything of ours is the real binary.
//!
//! The server is not SQL Server. It takes only the statements that are written here in `engine`, and runs them on SQLite,
//! whose texts are set to compare as those of SQL Server do. What it cannot show: locks, plans, and that SQL Server takes
//! the statements; `tests/interop/` has an independent parser of T-SQL read them.

#![cfg(feature = "mssql")]
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

mod certificates;
mod connections;
mod encryption;
mod engine;
mod faults;
mod server;
mod session;
mod sign_in;
mod store;
#[path = "../cli/support.rs"]
#[expect(dead_code, reason = "the command-line tests need more of it")]
mod support;
mod tds;
