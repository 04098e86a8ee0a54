//! Targets of the fuzzer: names and contents of objects, and answers of servers.
#![allow(clippy::expect_used, reason = "a broken promise ends the search")]

use bytes::Bytes;

use super::catalog;
use super::python_index;

/// The name of a catalog entry in the directory of its hour, `12345678/0123456789-run!...`, or the content of one.
pub(crate) fn catalog_names(input: &[u8]) {
    catalog::read_any(input);
}

/// Python's `_index.json`.
pub(crate) fn python_index(input: &[u8]) {
    let content = Bytes::copy_from_slice(input);
    let Some((entries, again)) = python_index::read_any(&content) else { return };
    let (same, _) = python_index::read_any(&again.into()).expect("what is written can be read");
    assert_eq!(entries, same);
}

/// A page of a list as the JSON API of Google Cloud Storage sends it, or a list or an error of S3 or Azure.
#[cfg(feature = "gcs")]
pub(crate) fn answers(input: &[u8]) {
    super::gcs::read_any_page(input);
    #[cfg(feature = "azure")]
    super::azure::read_any_page(input);
    #[cfg(feature = "s3")]
    super::s3::read_any_page(input);
    let (status, headers) = (http::StatusCode::FORBIDDEN, http::HeaderMap::new());
    let error = super::http::error_response::ErrorResponse::from_xml(status, headers, Bytes::copy_from_slice(input));
    drop(error.text());
}
