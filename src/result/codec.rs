//! Gzip, recognised by its first two bytes.
