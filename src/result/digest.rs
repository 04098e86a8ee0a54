//! The digest of a document.

use std::fmt;
use std::io::{self, Read};

use sha2::{Digest as _, Sha256};

/// SHA-256 of a document as `get` prints it, so that `sha256sum` of a file with that document shows the same.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct DocumentDigest([u8; 32]);

impl DocumentDigest {
    /// The 32 bytes.
    pub fn to_bytes(self) -> [u8; 32] {
        self.0
    }

    /// Reads a digest in hexadecimal digits; `None` for any other text.
    pub fn from_hex(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        for (position, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(text.get(2 * position..2 * position + 2)?, 16).ok()?;
        }
        Some(Self(bytes))
    }

    /// The digest of these bytes.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The digest of all that `reader` delivers. Blocks.
    ///
    /// # Errors
    /// Those of `reader`.
    pub fn of(reader: impl Read) -> io::Result<Self> {
        let mut hasher = DigestHasher::default();
        hasher.read(reader)?;
        Ok(hasher.finish())
    }
}

impl fmt::Display for DocumentDigest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digit = |four: u8| char::from_digit(u32::from(four), 16).unwrap_or('0');
        let text: String = self.0.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect();
        formatter.write_str(&text)
    }
}

impl fmt::Debug for DocumentDigest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// Computes a [`DocumentDigest`] from bytes as they come.
#[derive(Clone, Debug, Default)]
pub struct DigestHasher(Sha256);

impl DigestHasher {
    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Takes all that `reader` delivers. Blocks.
    ///
    /// # Errors
    /// Those of `reader`.
    pub fn read(&mut self, mut reader: impl Read) -> io::Result<()> {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            match reader.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(count) => self.update(buffer.get(..count).unwrap_or_default()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The digest of all bytes taken since the start or the last call, and a new start.
    pub fn finish(&mut self) -> DocumentDigest {
        DocumentDigest(self.0.finalize_reset().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_written_as_sha256sum_writes_it_and_read_back() {
        let digest = DocumentDigest::of(&b"abc"[..]).unwrap();
        let text = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(digest.to_string(), text);
        assert_eq!(DocumentDigest::from_hex(text), Some(digest));
        for other in ["", "ba78", &text.replace('b', "x"), &format!("{text}0")] {
            assert_eq!(DocumentDigest::from_hex(other), None, "{other}");
        }
    }
}
