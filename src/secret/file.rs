//! Reads the small files that hold secrets, tokens and configuration.

use std::fs::File;
use std::io::{Error, ErrorKind, Read as _, Result};
use std::path::Path;

/// The largest file that is read whole, in bytes: more than any secret or configuration needs.
pub const LARGEST_TEXT: u64 = 1 << 20;

/// The text of the regular file at `path`, without a byte order mark, which Windows editors add.
///
/// # Errors
/// The file cannot be read, is not a regular file, is larger than [`LARGEST_TEXT`], or is not UTF-8. The error never holds
/// the content.
pub fn read_text(path: &Path) -> Result<String> {
    let invalid = |what: &str| Error::new(ErrorKind::InvalidData, what.to_owned());
    // Asked before opening: opening a FIFO would wait for a writer. Reading a directory fails by itself.
    let kind = path.metadata()?.file_type();
    if !kind.is_file() && !kind.is_dir() {
        return Err(Error::new(ErrorKind::InvalidInput, "not a regular file"));
    }
    let file = File::open(path)?;
    let mut bytes = Vec::new();
    file.take(LARGEST_TEXT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST_TEXT {
        return Err(invalid("the file is larger than 1 MiB"));
    }
    // The error of `from_utf8` holds the content, and is dropped for that.
    let text = String::from_utf8(bytes).map_err(|_| invalid("the file is not UTF-8"))?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_is_no_part_of_a_secret() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        std::fs::write(&path, "\u{feff}hunter2").unwrap();
        assert_eq!(read_text(&path).unwrap(), "hunter2");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_without_an_end_is_not_read() {
        for path in ["/dev/zero", "/dev/null", "/"] {
            assert!(read_text(Path::new(path)).is_err(), "{path}");
        }
    }
}
