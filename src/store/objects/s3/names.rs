//! The names that S3 allows for buckets and regions
//! (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>), checked before they become part of an
//! address.

use std::net::Ipv4Addr;

use crate::error::{InvalidOption, Result};
use crate::store::objects::options::check_container;

/// The longest name of a bucket made before 2018, and of one made since.
const LONGEST: usize = 255;
const LONGEST_LABEL: usize = 63;

/// Checks the name of a bucket. Names of old buckets, with capitals and `_`, are allowed. Names of less than three
/// characters are left to the server: not all servers refuse them.
pub(super) fn check_bucket(name: &str) -> Result<(), InvalidOption> {
    let invalid = |reason: &str| Err(InvalidOption::value("bucket", reason));
    if name.starts_with("arn:") {
        return Err(InvalidOption::value("bucket", "an ARN, such as that of an access point, cannot be used")
            .hint("write the name of the bucket, or the alias of the access point, which ends in `-s3alias`"));
    }
    check_container("bucket", name)?;
    let is_allowed = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
    if !name.chars().all(is_allowed) {
        return invalid("the name of a bucket has only letters, digits, `-`, `.` and `_` (A-Z, a-z, 0-9)");
    }
    if !name.starts_with(|letter: char| letter.is_ascii_alphanumeric()) || name.ends_with('.') {
        return invalid("the name of a bucket begins with a letter or digit, and does not end with `.`");
    }
    if name.len() > LONGEST {
        return invalid("the name of a bucket has at most 63 characters, that of an old one at most 255");
    }
    if name.parse::<Ipv4Addr>().is_ok() {
        return invalid("the name of a bucket cannot look like an IP address");
    }
    Ok(())
}

/// Whether the name of a bucket can be the beginning of a host name. Old names cannot: a host name has no capitals, so
/// another bucket would be asked.
pub(super) fn fits_host(bucket: &str) -> bool {
    let is_end = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    bucket.len() <= LONGEST_LABEL
        && !bucket.starts_with("xn--")
        && bucket.split('.').all(|label| {
            let bytes = label.as_bytes();
            is_end(bytes.first())
                && is_end(bytes.last())
                && bytes.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-')
        })
}

/// Whether a text can be the name of a region, Amazon's or another server's.
pub(super) fn is_region(text: &str) -> bool {
    let allowed = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
    (1..=64).contains(&text.len()) && text.chars().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_s3_allows_become_part_of_an_address() {
        for name in ["b", "my-bucket", "my.bucket", "MyBucket", "old_bucket", "Old..Bucket-", &"a".repeat(255)] {
            assert_eq!(check_bucket(name), Ok(()), "{name}");
        }
        for name in [
            "",
            "büket",
            "a:b",
            "a@b",
            "a?b",
            "a#b",
            "a b",
            "a%62",
            "a/b",
            "..",
            ".a",
            "a.",
            "-a",
            "a\nb",
            "a\\b",
            "192.168.0.1",
            "s3://b",
            "arn:aws:s3:us-west-2:123456789012:accesspoint/test",
            &"a".repeat(256),
        ] {
            assert!(check_bucket(name).is_err(), "{name}");
        }
    }

    #[test]
    fn old_names_are_no_host_names() {
        for name in ["b", "my-bucket", "my.bucket", "0a"] {
            assert!(fits_host(name), "{name}");
        }
        for name in ["MyBucket", "old_bucket", "a..b", "a.-b", "a-", "xn--zz", &"a".repeat(64)] {
            assert!(!fits_host(name), "{name}");
        }
    }
}
