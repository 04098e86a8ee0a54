//! Secrets that are kept in a file of their own, or told by a program: `X_file` and `X_command`.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::command::{self, CommandFailure, LONGEST_RUN};
use super::fields;
use super::places::key_span;
use super::problem::{Checked, Problem};
use super::value::article;
use crate::error::ErrorKind;
use crate::secret::{LARGEST_TEXT, MASK, read_text, shown_path};

/// The names of a secret option and of its two other forms.
pub(super) fn forms(secret: &str) -> [String; 3] {
    [secret.to_owned(), format!("{secret}_file"), format!("{secret}_command")]
}

/// Refuses a secret of `backend` that is given in two forms.
pub(super) fn check_forms(table: &DeTable<'_>, backend: &str) -> Checked<()> {
    for secret in fields::secrets(backend) {
        let mut given: Vec<(Range<usize>, String)> =
            forms(secret).into_iter().filter_map(|form| Some((key_span(table, &form)?, form))).collect();
        given.sort_by_key(|(span, _)| span.start);
        if let [(_, first), (span, second), ..] = given.as_slice() {
            return Err(Problem::new(format!("option `{secret}` is given twice"))
                .detail(format!("as `{first}` and as `{second}`"))
                .hint("keep one of them")
                .at(span.clone()));
        }
    }
    Ok(())
}

/// Takes `X_file` and `X_command` of `backend` out of `table`; with the `directory` of the configuration, puts in the `X`
/// that they stand for. Returns whether every `X` is there now.
pub(super) fn resolve(table: &mut DeTable<'_>, backend: &str, directory: Option<&Path>) -> Checked<bool> {
    let mut is_complete = true;
    for secret in fields::secrets(backend) {
        let [_, file, command] = forms(secret);
        if let Some(value) = table.remove(file.as_str()) {
            let path = file_path(&file, &value)?;
            if let Some(directory) = directory {
                let text = from_file(&file, Path::new(path), directory).map_err(|it| it.at(value.span()))?;
                insert(table, secret, value.span(), text);
            } else {
                is_complete = false;
            }
        }
        if let Some(value) = table.remove(command.as_str()) {
            let words = command_words(&command, &value)?;
            if let Some(directory) = directory {
                let text = from_command(&command, &words, directory).map_err(|it| it.at(value.span()))?;
                insert(table, secret, value.span(), text);
            } else {
                is_complete = false;
            }
        }
    }
    Ok(is_complete)
}

/// The file or program that `table` names for `secret`, in words.
pub(super) fn origin(table: &DeTable<'_>, secret: &str) -> Option<String> {
    let [_, file, command] = forms(secret);
    if let Some(path) = table.get(file.as_str()).and_then(|value| value.get_ref().as_str()) {
        return Some(format!("from file {}", shown_path(path)));
    }
    let program = table.get(command.as_str())?.get_ref().as_array()?.first()?.get_ref().as_str()?;
    Some(format!("from command {}", shown_program(program)))
}

fn insert(table: &mut DeTable<'_>, secret: &'static str, span: Range<usize>, text: String) {
    let value = DeValue::String(Cow::Owned(text));
    table.insert(Spanned::new(span.clone(), Cow::Borrowed(secret)), Spanned::new(span, value));
}

fn file_path<'a>(option: &str, value: &'a Spanned<DeValue<'_>>) -> Checked<&'a str> {
    match value.get_ref().as_str() {
        Some("") => Err(Problem::wrong_value(option, "it is empty").at(value.span())),
        Some(path) => Ok(path),
        None => Err(Problem::wrong_type(option, "a string", article(value.get_ref())).at(value.span())),
    }
}

fn command_words<'a>(option: &str, value: &'a Spanned<DeValue<'_>>) -> Checked<Vec<&'a str>> {
    let wanted = "an array of strings";
    let example = format!("{option} = [\"program\", \"argument\"]");
    let Some(items) = value.get_ref().as_array() else {
        return Err(Problem::wrong_type(option, wanted, article(value.get_ref())).at(value.span()).hint(example));
    };
    let words = items.iter().map(|item| {
        let problem = || Problem::wrong_type(option, wanted, article(item.get_ref())).at(item.span());
        item.get_ref().as_str().ok_or_else(problem)
    });
    let words: Vec<&str> = words.collect::<Checked<_>>()?;
    match words.first() {
        Some(program) if !program.is_empty() => Ok(words),
        _ => Err(Problem::wrong_value(option, "it names no program").at(value.span()).hint(example)),
    }
}

fn from_file(option: &str, path: &Path, directory: &Path) -> Checked<String> {
    let text = read_text(&directory.join(path)).map_err(|error| {
        let shown = shown_path(&path.to_string_lossy());
        let problem = Problem::new(format!("cannot read the file of option `{option}`"));
        let problem = match shown == MASK {
            true => {
                problem.hint(format!("`{option}` is the path of a file; a value that may be a secret is not shown"))
            }
            false => problem.detail(shown),
        };
        problem.because(error)
    })?;
    without_newline(option, text)
}

fn from_command(option: &str, words: &[&str], directory: &Path) -> Checked<String> {
    let Some((program, arguments)) = words.split_first() else { return Ok(String::new()) };
    let failed = |detail: String| Problem::new(format!("the command of option `{option}` failed")).detail(detail);
    let shown = shown_program(program);
    // A path with a slash begins in the file's directory, as other paths do; a name is looked for in PATH.
    let path = directory.join(program);
    let program = if program.contains('/') { path.as_os_str() } else { OsStr::new(program) };
    let output = command::output(program, arguments, directory, LONGEST_RUN).map_err(|failure| match failure {
        CommandFailure::NotStarted(error) => failed(format!("{shown} cannot be started")).because(error),
        CommandFailure::Status(status) => failed(format!("{shown}: {status}"))
            .hint("run it by hand: its messages are not shown here, because they may hold the secret"),
        CommandFailure::Time(limit) => failed(format!("{shown} takes longer than {} seconds", limit.as_secs())),
        CommandFailure::Output => failed(format!("{shown} prints more than {} MiB", LARGEST_TEXT >> 20)),
        CommandFailure::Interrupted => Problem::new("interrupted").of_kind(ErrorKind::Interrupted),
    })?;
    // The error of `from_utf8` holds the output, and is dropped for that.
    let text = String::from_utf8(output).map_err(|_| failed("its output is not UTF-8".to_owned()))?;
    without_newline(option, text)
}

/// The name of a program if it looks like one: a word of letters, or a path.
pub(super) fn shown_program(program: &str) -> String {
    let is_word =
        program.len() <= 40 && program.bytes().all(|byte| byte.is_ascii_lowercase() || b"-_.".contains(&byte));
    if is_word { program.to_owned() } else { shown_path(program) }
}

fn without_newline(option: &str, mut text: String) -> Checked<String> {
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    if text.is_empty() { Err(Problem::wrong_value(option, "it gives an empty secret")) } else { Ok(text) }
}
