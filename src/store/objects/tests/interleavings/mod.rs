//! All orders in which requests of several clients can reach a store, and all points at which one of them can die.
//!
//! The clients run the store's real code, each in one thread of control over the same objects. Where one sends a
//! request it stops ([`stepped`]); an [`execution`] lets one request at a time take effect, until all clients have
//! ended; the [`explorer`] repeats that until it has seen every order, within bounds; and at the end of each execution
//! all promises are [checked](checks) on what is there.
//!
//! A failing execution is told request by request. Its last line repeats it:
//! `TRUTHOUND_STORE_TEST_SCHEDULE="A A B! A" cargo test --lib NAME -- --nocapture`. A schedule has one word a request:
//! the client's letter, with a number where the client has sent several at once (the second is `A2`); then `!` if the
//! request takes effect and the client dies, `?` if it takes effect and the client is told that it failed, `-` if it
//! fails without an effect, `*` if it takes effect twice. `+` lets time go on until a client that pauses wakes.
//! With `TRUTHOUND_STORE_TEST_LONG=1` the search goes further.

mod checks;
mod execution;
mod explorer;
mod history;
mod lists;
mod operation;
mod request;
mod scenario;
mod scenarios;
mod search;
mod stepped;
mod world;
