//! The names that Azure allows for accounts and containers
//! (<https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules#microsoftstorage>).

use crate::error::{InvalidOption, Result};
use crate::store::objects::options::check_container;

/// The longest names of a container and of an account.
const LONGEST_CONTAINER: usize = 63;
const LONGEST_ACCOUNT: usize = 24;

/// The containers that Azure itself makes, and that hold blobs with a `/` in their names.
const SPECIAL: [&str; 2] = ["$web", "$logs"];

/// Checks the name of a container. Names of less than three characters are left to the server.
pub(super) fn check_container_name(name: &str) -> Result<(), InvalidOption> {
    check_container("container", name)?;
    let is_part = |part: &str| !part.is_empty() && part.bytes().all(is_letter_or_digit);
    if SPECIAL.contains(&name) || (name.len() <= LONGEST_CONTAINER && name.split('-').all(is_part)) {
        return Ok(());
    }
    Err(InvalidOption::value(
        "container",
        "the name of a container has at most 63 lowercase letters and digits (a-z, 0-9), with single `-` between them",
    ))
}

/// Whether `name` can be the name of an account of Azure's, which is the beginning of a host name.
pub(super) fn is_account(name: &str) -> bool {
    (1..=LONGEST_ACCOUNT).contains(&name.len()) && name.bytes().all(is_letter_or_digit)
}

/// Whether `name` can be the name of an account of an emulator, or of one behind another address. It is a part of
/// signatures only.
pub(super) fn is_account_elsewhere(name: &str) -> bool {
    (1..=LONGEST_CONTAINER).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// Whether `text` can be the end of a host name, such as `core.windows.net`.
pub(super) fn is_host_suffix(text: &str) -> bool {
    let is_label =
        |label: &str| !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    text.split('.').all(is_label)
}

fn is_letter_or_digit(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_azure_allows_become_part_of_an_address() {
        for name in ["c", "my-results", "0", "$web", &"a".repeat(63)] {
            assert_eq!(check_container_name(name), Ok(()), "{name}");
        }
        for name in
            ["", "Results", "my_results", "a--b", "-a", "a-", "a.b", "größe", "a@b", "a?b", "$root", "..", "a/b"]
        {
            assert!(check_container_name(name).is_err(), "{name}");
        }
        for name in ["", "other.example#", "me@evil", "Me", "a-b", "größe", "a.b", "a/b", &"a".repeat(25)] {
            assert!(!is_account(name), "{name}");
        }
        assert!(is_account("devstoreaccount1") && is_account_elsewhere("my-account") && !is_account_elsewhere("größe"));
        assert!(is_host_suffix("core.windows.net") && !is_host_suffix("x/y") && !is_host_suffix("a..b"));
    }
}
