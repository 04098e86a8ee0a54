//! A stored document, read to its end: its digest and its facts.

use std::io::{self, Read};

use crate::error::Result;
use crate::result::{DigestHasher, DocumentDigest, DocumentLimit, Entry, describe, gzip};

/// A document that was read to its end.
#[derive(Debug)]
pub struct ExaminedDocument {
    /// Its digest; `None` if its bytes could not be read to the end.
    pub digest: Option<DocumentDigest>,
    /// Its facts, or the reason why it is not a stored result.
    pub facts: Result<Entry>,
    /// Number of bytes that were read, decompressed.
    pub bytes: u64,
}

/// Reads the document that `reader` delivers, gzip or not, to its end or to `limit`. Memory does not grow with it. Blocks.
pub fn examine(reader: impl Read, limit: DocumentLimit) -> ExaminedDocument {
    let inner = limit.limited(gzip::decompressed(reader));
    let mut hashed = HashedReader { inner, hasher: DigestHasher::default(), bytes: 0, failed: false };
    // It is limited already.
    let facts = describe(&mut hashed, DocumentLimit::NONE);
    // A document that is no JSON was not read to its end.
    let rest = io::copy(&mut hashed, &mut io::sink());
    let bytes = hashed.bytes;
    let digest = (rest.is_ok() && !hashed.failed).then(|| hashed.hasher.finish());
    ExaminedDocument { digest, facts, bytes }
}

/// Computes the digest of what is read.
struct HashedReader<R> {
    inner: R,
    hasher: DigestHasher,
    bytes: u64,
    failed: bool,
}

impl<R: Read> Read for HashedReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.failed {
            return Ok(0);
        }
        match self.inner.read(buffer) {
            Ok(count) => {
                self.bytes += count as u64;
                self.hasher.update(buffer.get(..count).unwrap_or_default());
                Ok(count)
            }
            Err(error) => {
                self.failed = error.kind() != io::ErrorKind::Interrupted;
                Err(error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: DocumentLimit = DocumentLimit::NONE;
    const DOCUMENT: &str = r#"{"run_id": "a", "run_time": "2026-01-01", "data_asset": "x", "status": "error"}"#;

    #[test]
    fn the_digest_is_that_of_the_document_whether_or_not_it_is_compressed_or_json() {
        let digest = DocumentDigest::of(DOCUMENT.as_bytes()).unwrap();
        for examined in [examine(DOCUMENT.as_bytes(), NONE), examine(gzip::compressed(DOCUMENT.as_bytes()), NONE)] {
            assert_eq!(examined.digest, Some(digest));
            assert_eq!(examined.facts.unwrap().run_id.as_str(), "a");
        }
        let broken = examine(&b"{} and more"[..], NONE);
        assert_eq!(broken.digest, Some(DocumentDigest::of(&b"{} and more"[..]).unwrap()));
        assert!(broken.facts.is_err());
    }

    #[test]
    fn a_document_that_ends_early_has_no_digest() {
        let mut gzip = Vec::new();
        gzip::compressed(DOCUMENT.as_bytes()).read_to_end(&mut gzip).unwrap();
        let cut = examine(&gzip[..gzip.len() - 4], NONE);
        assert_eq!(cut.digest, None);
        assert!(cut.facts.is_err());
    }

    #[test]
    fn a_document_that_is_too_long_has_no_digest_however_it_is_compressed() {
        let limit = DocumentLimit::new(DOCUMENT.len() as u64 - 1);
        for examined in [examine(DOCUMENT.as_bytes(), limit), examine(gzip::compressed(DOCUMENT.as_bytes()), limit)] {
            assert_eq!(examined.digest, None);
            assert!(examined.facts.unwrap_err().causes().join(" ").contains("max_document_size"));
        }
    }
}
