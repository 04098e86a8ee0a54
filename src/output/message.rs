//! Errors and warnings as text and as JSON, and text made safe for terminals.

use std::borrow::Cow;

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use crate::error::Error;
use crate::secret::is_unsafe_to_print;

/// `text` with every character that is unsafe to print escaped.
pub fn safe(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe_to_print) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if is_unsafe_to_print(character) {
            safe.extend(character.escape_default());
        } else {
            safe.push(character);
        }
    }
    Cow::Owned(safe)
}

fn safe_lines(text: &str) -> String {
    text.lines().map(|line| safe(line).into_owned()).collect::<Vec<_>>().join("\n")
}

fn labelled(label: &str, style: Style, color: bool, text: &str) -> String {
    let label = if color { format!("{style}{label}{style:#}") } else { label.to_owned() };
    format!("{label} {}\n", safe_lines(text))
}

/// An error as text: message, causes, profile and hint.
pub(super) fn error_text(error: &Error, profile: Option<&str>, color: bool) -> String {
    let mut text = labelled("error:", AnsiColor::Red.on_default().bold(), color, &error.to_string());
    for cause in error.causes() {
        text.push_str(&labelled("  caused by:", Style::new(), false, &cause));
    }
    if let Some(profile) = profile {
        text.push_str(&labelled("  profile:", Style::new(), false, profile));
    }
    if let Some(hint) = error.hint() {
        text.push_str(&labelled("hint:", AnsiColor::Cyan.on_default().bold(), color, hint));
    }
    text
}

/// An error as one line of JSON.
pub(super) fn error_json(error: &Error, profile: Option<&str>) -> String {
    #[derive(Serialize)]
    struct ErrorReport<'a> {
        error: ErrorBody<'a>,
    }
    #[derive(Serialize)]
    struct ErrorBody<'a> {
        kind: &'a str,
        message: String,
        run_id: Option<&'a str>,
        profile: Option<&'a str>,
        hint: Option<&'a str>,
    }
    let causes = error.causes();
    let message = std::iter::once(error.to_string()).chain(causes).collect::<Vec<_>>().join(": ");
    let body = ErrorBody { kind: error.kind().name(), message, run_id: error.run_id(), profile, hint: error.hint() };
    // Strings always serialize.
    let mut text = serde_json::to_string(&ErrorReport { error: body }).unwrap_or_default();
    text.push('\n');
    text
}

/// A warning as text.
pub(super) fn warning(message: &str, color: bool) -> String {
    labelled("warning:", AnsiColor::Yellow.on_default().bold(), color, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn an_error_text_has_each_part_once() {
        let error = Error::new(ErrorKind::Read, "cannot read `run-1`")
            .with_source(std::io::Error::other("disk on fire"))
            .with_hint("put it out");
        let text = error_text(&error, Some("prod"), false);
        assert_eq!(text, "error: cannot read `run-1`\n  caused by: disk on fire\n  profile: prod\nhint: put it out\n");
    }

    #[test]
    fn names_cannot_reverse_or_move_the_text_around_them() {
        assert_eq!(safe("a\u{202e}b\r"), "a\\u{202e}b\\r");
        assert_eq!(safe("a\u{200b}b\u{200f}c\u{feff}"), "a\\u{200b}b\\u{200f}c\\u{feff}");
        assert_eq!(safe("이름 ü"), "이름 ü");
    }
}
