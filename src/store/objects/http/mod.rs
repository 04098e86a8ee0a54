//! The HTTP client that all clouds share: attempts, retries, stall timeouts, error responses.
//!
//! A cloud implements [`CloudProtocol`](client::CloudProtocol): how a request is signed, how its errors are read, and which
//! of them a later attempt can mend. Everything else is here.

pub(super) mod client;
pub(super) mod connector;
pub(super) mod delete;
pub(super) mod error_response;
pub(super) mod listing;
mod object_body;
mod proxy;
pub(super) mod receipt;
pub(super) mod request;
mod request_secrets;
pub(super) mod response;
pub(super) mod retry;
pub(super) mod settings;
mod trace;
pub(super) mod transport;
#[cfg(any(feature = "azure", feature = "s3"))]
pub(super) mod xml_list;
