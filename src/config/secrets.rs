//! Secrets that are kept in a file of their own, or told by a program: `X_file` and `X_command`.

use std::borrow::Cow;
use std::io::Read;
use std::ops::Range;
use std::path::Path;
use std::process::{Command, Stdio};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::environment::Environment;
use super::fields;
use super::places::key_span;
use super::problem::{Checked, Problem, shown};
use super::value::article;
use crate::secret::printable;

/// More than any secret or configuration needs; `/dev/zero` is not read to its end.
const LARGEST: u64 = 1 << 20;

/// Characters of a program's complaint that are shown.
const LONGEST_COMPLAINT: usize = 200;

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

/// Takes `X_file` and `X_command` of `backend` out of `table`; with an `environment`, puts in the `X` that they stand
/// for. Returns whether every `X` is there now.
pub(super) fn resolve(table: &mut DeTable<'_>, backend: &str, environment: Option<&Environment>) -> Checked<bool> {
    let mut is_complete = true;
    for secret in fields::secrets(backend) {
        let [_, file, command] = forms(secret);
        if let Some(value) = table.remove(file.as_str()) {
            let path = file_path(&file, &value)?;
            if let Some(environment) = environment {
                let text = from_file(&file, Path::new(path), environment).map_err(|it| it.at(value.span()))?;
                insert(table, secret, value.span(), text);
            } else {
                is_complete = false;
            }
        }
        if let Some(value) = table.remove(command.as_str()) {
            let words = command_words(&command, &value)?;
            if let Some(environment) = environment {
                let text = from_command(&command, &words, environment).map_err(|it| it.at(value.span()))?;
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
        return Some(format!("from file {}", shown(path)));
    }
    let program = table.get(command.as_str())?.get_ref().as_array()?.first()?.get_ref().as_str()?;
    Some(format!("from command {}", shown(program)))
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

fn from_file(option: &str, path: &Path, environment: &Environment) -> Checked<String> {
    let text = read_text(&environment.working_directory().join(path)).map_err(|error| {
        Problem::new(format!("cannot read the file of option `{option}`"))
            .detail(shown(&path.to_string_lossy()))
            .because(error)
    })?;
    without_newline(option, text)
}

fn from_command(option: &str, words: &[&str], environment: &Environment) -> Checked<String> {
    let Some((program, arguments)) = words.split_first() else { return Ok(String::new()) };
    let failed = |detail: String| Problem::new(format!("the command of option `{option}` failed")).detail(detail);
    // Standard input belongs to `save -`; a program that reads it would eat the document.
    let output = Command::new(program)
        .args(arguments)
        .current_dir(environment.working_directory())
        .stdin(Stdio::null())
        .output()
        .map_err(|error| failed(format!("{} cannot be started", shown(program))).because(error))?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        let complaint: String = complaint
            .lines()
            .map(str::trim)
            .find(|line| !line.is_empty())
            .unwrap_or("it says nothing")
            .chars()
            .take(LONGEST_COMPLAINT)
            .collect();
        return Err(failed(format!("{}: {}: {}", shown(program), output.status, printable(&complaint))));
    }
    // The error of `from_utf8` holds the output, and is dropped for that.
    let text = String::from_utf8(output.stdout).map_err(|_| failed("its output is not UTF-8".to_owned()))?;
    without_newline(option, text)
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

/// The text of the file at `path`, which is UTF-8 and of a sensible size.
pub(super) fn read_text(path: &Path) -> std::io::Result<String> {
    let invalid = |what: &str| std::io::Error::new(std::io::ErrorKind::InvalidData, what.to_owned());
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(invalid("the file is larger than 1 MiB"));
    }
    // As above: the error would hold the content.
    String::from_utf8(bytes).map_err(|_| invalid("the file is not UTF-8"))
}
