//! The HTTP client that all clouds share: attempts, retries, stall timeouts, error responses.
//!
//! A cloud implements [`CloudProtocol`](client::CloudProtocol): how a request is signed, how its errors are read, and which
//! of them a later attempt can mend. Everything else is here.

pub(super) mod client;
pub(super) mod connector;
pub(super) mod delete;
pub(super) mod error_response;
mod proxy;
pub(super) mod request;
pub(super) mod response;
pub(super) mod retry;
pub(super) mod settings;
pub(super) mod transport;
