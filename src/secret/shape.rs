//! Tells names and paths, which messages show, from secrets that were written in their place.
//!
//! A wrong guess in one direction hides a name that the user can read in their own file; in the other it prints a private
//! key into the log of a CI server. So in doubt a text is not shown.

use super::{MASK, printable};

/// Bytes of a name or a path that can be shown.
const LONGEST: usize = 256;

/// `path` if it looks like the path of a file or a program; otherwise [`MASK`].
///
/// A single word without an extension, such as `key`, may be a password, and is not shown.
pub fn shown_path(path: &str) -> String {
    shown_if(path, looks_like_path(path))
}

/// `name` unless it looks like a secret: a key, a token, a URL with a password, a document; then [`MASK`].
pub fn shown_name(name: &str) -> String {
    shown_if(name, looks_like_name(name))
}

fn shown_if(text: &str, is_shown: bool) -> String {
    if is_shown { printable(text) } else { MASK.to_owned() }
}

fn looks_like_path(path: &str) -> bool {
    let is_drive = |text: &str| {
        let mut bytes = text.bytes();
        bytes.next().is_some_and(|letter| letter.is_ascii_alphabetic()) && text.get(1..2) == Some(":")
    };
    let unrooted = if is_drive(path) { path.get(2..).unwrap_or_default() } else { path };
    // `${NAME}` is the name of a variable, shown where references are not replaced.
    let written = unrooted.replace("${", "").replace('}', "");
    let is_allowed = |letter: char| letter.is_alphanumeric() || r"/\._-~ +,()".contains(letter);
    let is_separator = |letter: char| matches!(letter, '/' | '\\');
    let has_extension =
        path.rsplit(is_separator).next().and_then(|name| name.rsplit_once('.')).is_some_and(|(stem, extension)| {
            !stem.is_empty() && extension.len() <= 8 && extension.bytes().all(|byte| byte.is_ascii_lowercase())
        });
    path.len() <= LONGEST
        && written.chars().all(is_allowed)
        && (path.contains(is_separator) || has_extension || path.starts_with("${") || matches!(path, "." | ".."))
        && !written.split(is_separator).any(has_token)
}

fn looks_like_name(name: &str) -> bool {
    let is_url_with_secret = name.contains("://") && name.contains(['@', '?', '#']);
    name.len() <= LONGEST
        && !name.contains(['\n', '\r', '"'])
        && !name.starts_with(['{', '-'])
        && !is_url_with_secret
        && !has_token(name)
}

/// Whether `text` holds a run of letters and digits that looks random.
fn has_token(text: &str) -> bool {
    let is_aws_key = |word: &str| word.len() == 20 && (word.starts_with("AKIA") || word.starts_with("ASIA"));
    text.split(|letter: char| !letter.is_ascii_alphanumeric())
        .filter(|word| word.len() >= 12)
        .any(|word| word.len() > 48 || is_aws_key(word) || changes(word) * 5 >= word.len())
}

/// How often the class of the letters of `word` changes; words begin with one capital, so that is no change.
fn changes(word: &str) -> usize {
    let class = |byte: u8| match byte {
        b'a'..=b'z' => 0,
        b'A'..=b'Z' => 1,
        _ => 2,
    };
    let classes: Vec<i32> = word.bytes().map(class).collect();
    classes.windows(2).filter(|pair| matches!(pair, [one, other] if one != other && (*one, *other) != (1, 0))).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_shown_and_secrets_in_their_place_are_not() {
        for path in [
            "/run/secrets/url",
            "secrets/aws.key",
            "azure.txt",
            "../keys/service-account.json",
            r"C:\Users\Me\My Documents\key.pem",
            "./bin/get-secret",
            "~/key",
            "/tmp/.tmpXk29Qa/work/missing.json",
            "${CREDENTIALS_DIRECTORY}/url",
            "schlüssel/größe.txt",
        ] {
            assert_eq!(shown_path(path), path);
        }
        for secret in [
            "hunter2",
            "secret",
            "postgresql://u:PW@h/db",
            "{\"private_key\": \"x\"}",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==",
            "sv=2024-01-01&sig=abc",
            "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
            "-----BEGIN PRIVATE KEY-----\nMIIE",
            "vault read -field=x secret/y",
            "Passw0rd!",
        ] {
            assert_eq!(shown_path(secret), MASK, "{secret}");
        }
    }

    #[test]
    fn names_are_shown_unless_they_look_like_secrets() {
        for name in [
            "my-bucket",
            "s3://my-bucket/results",
            "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            "AKIDPLANTED",
            "MyValidationResultsBucket",
            "no such profile",
            "INTELLIGENT_TIERING",
        ] {
            assert_eq!(shown_name(name), name);
        }
        for secret in [
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "https://u:p@host",
            "{\"a\": 1}",
            "0123456789abcdef0123456789abcdef0123456789abcdef0",
            "a1b2c3d4e5f60718a9b0",
            "AKIAIOSFODNN7EXAMPLE",
        ] {
            assert_eq!(shown_name(secret), MASK, "{secret}");
        }
    }
}
