//! The names that Google allows for buckets (<https://cloud.google.com/storage/docs/buckets#naming>).

use std::net::Ipv4Addr;

use crate::error::{InvalidOption, Result};
use crate::store::objects::options::check_container;

/// The longest name with dots, and the longest part between them.
const LONGEST: usize = 222;
const LONGEST_PART: usize = 63;

/// Checks the name of a bucket. Names of less than three characters are left to the server: not all emulators refuse them.
pub(super) fn check_bucket(name: &str) -> Result<(), InvalidOption> {
    let invalid = |reason: &str| Err(InvalidOption::value("bucket", reason));
    check_container("bucket", name)?;
    let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    if !name.bytes().all(|byte| is_word(byte) || b"-._".contains(&byte)) {
        return invalid("the name of a bucket has only lowercase letters, digits, `-`, `.` and `_` (a-z, 0-9)");
    }
    if !(name.bytes().next().is_some_and(is_word) && name.bytes().last().is_some_and(is_word)) || name.contains("..") {
        return invalid("the name of a bucket begins and ends with a letter or digit, and has no two dots in a row");
    }
    if name.len() > LONGEST || name.split('.').any(|part| part.len() > LONGEST_PART) {
        return invalid("the name of a bucket has at most 63 characters, with dots at most 222");
    }
    if name.parse::<Ipv4Addr>().is_ok() {
        return invalid("the name of a bucket cannot look like an IP address");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_google_allows_become_part_of_an_address() {
        for name in ["b", "my-bucket", "my_bucket", "results.example.com", &"a".repeat(63)] {
            assert_eq!(check_bucket(name), Ok(()), "{name}");
        }
        for name in
            ["", "MyBucket", "büket", "a@b", "a?b", "a#b", "a%62", "..", "a..b", "-a", "a-", "1.2.3.4", "gs://b"]
        {
            assert!(check_bucket(name).is_err(), "{name}");
        }
        assert!(check_bucket(&"a".repeat(64)).is_err());
    }
}
