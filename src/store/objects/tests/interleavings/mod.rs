//! Searches the orders in which requests of several clients can reach a store, and the points at which one client can
//! die.
//!
//! The clients run the store's real code over shared objects, and each does one thing after the other. A client stops
//! at each request ([`stepped`]). An [`execution`] lets one request at a time take effect until all clients have ended.
//! The [`explorer`] repeats that until it has seen every order, within bounds. At the end of each execution all
//! promises are [checked](checks).
//!
//! A failing execution is printed request by request. Its last line repeats it: `TRUTHOUND_STORE_TEST_SCHEDULE="A A B!
//! A" cargo test --lib NAME -- --nocapture`. A schedule has one word for each request: the client's letter, with a
//! number if the client has sent several requests at once (the second is `A2`); then `!` if the request takes effect
//! and the client dies, `?` if it takes effect and the client is told that it failed, `-` if it fails without an
//! effect, `*` if it takes effect twice. `+` advances the clock until a sleeping client wakes. With
//! `TRUTHOUND_STORE_TEST_LONG=1` the search goes further.

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
