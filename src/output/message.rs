//! Errors and warnings as text and as JSON, and text made safe for terminals.

use std::borrow::Cow;
use std::collections::BTreeMap;

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use crate::error::Error;
use crate::secret::{excerpt, is_unsafe_to_print};

/// `text` with every character that is unsafe to print escaped.
pub fn safe(text: &str) -> Cow<'_, str> {
    escaped(text, is_unsafe_to_print)
}

/// `text` with every character escaped that ends a line, as any program may understand it.
pub(super) fn one_line(text: &str) -> Cow<'_, str> {
    escaped(text, |character| matches!(character, '\n'..='\r' | '\u{85}' | '\u{2028}' | '\u{2029}'))
}

fn escaped(text: &str, is_escaped: fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(is_escaped) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if is_escaped(character) {
            escaped.extend(character.escape_default());
        } else {
            escaped.push(character);
        }
    }
    Cow::Owned(escaped)
}

/// The option of a profile with the address of a database, as hints name it.
const CONNECTION_URL: &str = "`connection_url`";

/// The options of a call that commands in hints need, too, so that they act on the same store.
#[derive(Clone, Debug, Default)]
pub struct CallOptions {
    /// The options as a shell reads them: `-p prod -n nightly`. Empty for none.
    pub options: String,
    /// Tells whether a word is a command.
    pub is_command: Option<fn(&str) -> bool>,
    /// The option or the variable with the address of a store, if the call has no profile: `--store`.
    pub address: Option<String>,
}

impl CallOptions {
    /// `text` with the options in every command of this program that it names. Without a profile, the address takes the
    /// place of the options of a profile that hold one.
    pub(super) fn complete<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let text = match &self.address {
            Some(address) if text.contains(CONNECTION_URL) => {
                Cow::Owned(text.replace(", option `password`", "").replace(CONNECTION_URL, &format!("`{address}`")))
            }
            _ => Cow::Borrowed(text),
        };
        self.with_options(&text).map_or(text, Cow::Owned)
    }

    /// `text` with the options in every command that it names; `None` if it names none, or the call has no options.
    fn with_options(&self, text: &str) -> Option<String> {
        const PROGRAM: &str = "truthound-store ";
        let is_command = self.is_command.filter(|_| !self.options.is_empty() && text.contains(PROGRAM))?;
        let mut completed = String::with_capacity(text.len() + self.options.len() + 1);
        let mut rest = text;
        while let Some((before, after)) = rest.split_once(PROGRAM) {
            completed.push_str(before);
            completed.push_str(PROGRAM);
            let end = after.find(|character: char| !character.is_ascii_lowercase() && character != '-');
            if is_command(after.get(..end.unwrap_or(after.len())).unwrap_or_default()) {
                completed.push_str(&self.options);
                completed.push(' ');
            }
            rest = after;
        }
        completed.push_str(rest);
        Some(completed)
    }
}

/// Characters of the beginning and of the end of a message that are shown. A name in it may be longer.
const SHOWN: (usize, usize) = (3_000, 1_000);

/// `text`, or its beginning and its end.
pub(super) fn bounded(text: &str) -> Cow<'_, str> {
    excerpt(text, SHOWN.0, SHOWN.1)
}

/// The beginning and the end of `text`, with every character of each line escaped that is unsafe to print.
pub(super) fn safe_lines(text: &str) -> String {
    bounded(text).lines().map(|line| safe(line).into_owned()).collect::<Vec<_>>().join("\n")
}

fn labelled(label: &str, style: Style, color: bool, text: &str) -> String {
    let label = if color { format!("{style}{label}{style:#}") } else { label.to_owned() };
    format!("{label} {}\n", safe_lines(text))
}

/// An error as text: message, causes, profile and hint.
pub(super) fn error_text(error: &Error, profile: Option<&str>, call: &CallOptions, color: bool) -> String {
    let mut text = labelled("error:", AnsiColor::Red.on_default().bold(), color, &error.to_string());
    for cause in error.causes() {
        text.push_str(&labelled("  caused by:", Style::new(), false, &cause));
    }
    if let Some(profile) = profile {
        text.push_str(&labelled("  profile:", Style::new(), false, profile));
    }
    if let Some(hint) = error.hint() {
        text.push_str(&labelled("hint:", AnsiColor::Cyan.on_default().bold(), color, &call.complete(hint)));
    }
    text
}

/// An error as one line of JSON.
pub(super) fn error_json(error: &Error, profile: Option<&str>, call: &CallOptions) -> String {
    #[derive(Serialize)]
    struct ErrorReport<'a> {
        error: ErrorBody<'a>,
    }
    #[derive(Serialize)]
    struct ErrorBody<'a> {
        kind: &'a str,
        message: Cow<'a, str>,
        run_id: Option<Cow<'a, str>>,
        profile: Option<&'a str>,
        hint: Option<Cow<'a, str>>,
    }
    let causes = error.causes();
    let message = std::iter::once(error.to_string()).chain(causes).collect::<Vec<_>>().join(": ");
    let hint = error.hint().map(|hint| call.complete(hint));
    let (run_id, hint) = (error.run_id().map(bounded), hint.as_deref().map(bounded));
    let body = ErrorBody { kind: error.kind().name(), message: bounded(&message), run_id, profile, hint };
    json_line(&ErrorReport { error: body })
}

/// A notice as one line of JSON: an object with one member, `label`, that has the message.
pub(super) fn notice_json(label: &str, message: &str) -> String {
    json_line(&BTreeMap::from([(label, BTreeMap::from([("message", bounded(message))]))]))
}

fn json_line(value: &impl Serialize) -> String {
    // Strings always serialize.
    let mut text = serde_json::to_string(value).unwrap_or_default();
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
        let text = error_text(&error, Some("prod"), &CallOptions::default(), false);
        assert_eq!(text, "error: cannot read `run-1`\n  caused by: disk on fire\n  profile: prod\nhint: put it out\n");
    }

    #[test]
    fn a_hint_carries_the_options_of_the_call() {
        let is_command: fn(&str) -> bool = |word| word == "list" || word == "set-tier";
        let call = CallOptions { options: "-p prod".to_owned(), is_command: Some(is_command), address: None };
        for (hint, completed) in [
            ("`truthound-store list` shows them", "`truthound-store -p prod list` shows them"),
            ("truthound-store set-tier run-1 Cool", "truthound-store -p prod set-tier run-1 Cool"),
            ("a table that truthound-store created", "a table that truthound-store created"),
            ("see truthound-store.toml", "see truthound-store.toml"),
        ] {
            assert_eq!(call.complete(hint), completed);
            assert_eq!(CallOptions::default().complete(hint), hint);
        }
    }

    #[test]
    fn a_hint_names_the_address_of_a_call_without_a_profile() {
        let call = CallOptions { address: Some("--store".to_owned()), ..CallOptions::default() };
        for (hint, completed) in [
            ("check `connection_url`, and more", "check `--store`, and more"),
            ("(`connection_url`, option `password`, PGPASSWORD)", "(`--store`, PGPASSWORD)"),
            ("set `create_tables = true`", "set `create_tables = true`"),
        ] {
            assert_eq!(call.complete(hint), completed);
            assert_eq!(CallOptions::default().complete(hint), hint);
        }
    }

    #[test]
    fn a_name_of_megabytes_is_cut_in_every_message() {
        let name = "x".repeat(10_000_000);
        let error = Error::new(ErrorKind::Read, format!("cannot read `{name}` here"))
            .with_source(format!("no `{name}` there"))
            .with_run_id(&name)
            .with_hint(format!("look for `{name}`"));
        let call = CallOptions::default();
        for text in [error_text(&error, None, &call, false), error_json(&error, None, &call), warning(&name, false)] {
            assert!(text.len() < 15_000, "{} bytes", text.len());
        }
        assert!(error_text(&error, None, &call, false).contains("` here\n"));
    }

    #[test]
    fn names_cannot_reverse_or_move_the_text_around_them() {
        assert_eq!(safe("a\u{202e}b\r"), "a\\u{202e}b\\r");
        assert_eq!(safe("a\u{200b}b\u{200f}c\u{feff}"), "a\\u{200b}b\\u{200f}c\\u{feff}");
        assert_eq!(safe("이름 ü"), "이름 ü");
    }
}
