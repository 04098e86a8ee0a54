//! Which parts of a configuration file must not be shown.

use std::borrow::Cow;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::nearest;
use super::profile::all_option_names;

/// The options that are secret, of all backends. Each can also be given as `X_file` or `X_command`.
pub(super) const SECRETS: [&str; 8] = [
    "connection_url",
    "access_key_id",
    "secret_access_key",
    "session_token",
    "connection_string",
    "account_url",
    "account_key",
    "sas_token",
];

/// The parts of `line`, a range of `text`, that must not be shown.
pub(super) fn sensitive_ranges(text: &str, line: Range<usize>) -> Vec<Range<usize>> {
    match DeTable::parse(text) {
        Ok(root) => {
            let mut found = Found { hidden: Vec::new(), strings: Vec::new() };
            found.in_table(root.get_ref(), Some(Keys::Top));
            found.hide_comment(text, line);
            found.hidden
        }
        Err(_) => hidden_in_broken(text, line),
    }
}

struct Found {
    hidden: Vec<Range<usize>>,
    strings: Vec<Range<usize>>,
}

/// What the keys of a table are.
#[derive(Clone, Copy)]
enum Keys {
    /// `default_profile` and `profiles`.
    Top,
    /// Names of profiles.
    Profiles,
    /// Names of options.
    Options,
    /// Names that the user makes up: tags, metadata.
    Free,
}

impl Keys {
    /// Whether the value of `name`, if it is no table, is hidden.
    fn hide(self, name: &str) -> bool {
        match self {
            Self::Top => name != "default_profile",
            // A profile is a table; what else stands there was put there by mistake.
            Self::Profiles => true,
            Self::Options => is_sensitive(name),
            Self::Free => {
                let lower = name.to_lowercase();
                nearest(name, SECRETS).is_some()
                    || ["password", "passwd", "secret", "token", "key"].iter().any(|word| lower.contains(word))
            }
        }
    }

    /// What the keys of the table called `name` are; none if all that it holds is hidden.
    fn below(self, name: &str) -> Option<Self> {
        match (self, name) {
            (Self::Top, "profiles") => Some(Self::Profiles),
            (Self::Profiles, _) => Some(Self::Options),
            (Self::Options, "tags" | "metadata") => Some(Self::Free),
            (Self::Options, "pooling") => Some(Self::Options),
            _ => None,
        }
    }
}

impl Found {
    fn in_table(&mut self, table: &DeTable<'_>, keys: Option<Keys>) {
        for (key, value) in table {
            self.strings.push(key.span());
            let name: &str = key.get_ref();
            match (name.strip_suffix("_command"), value.get_ref()) {
                // The span of a `[table]` is its header, which holds no value.
                (_, DeValue::Table(inner)) => self.in_table(inner, keys.and_then(|keys| keys.below(name))),
                // The program helps to understand the line, its arguments may be anything.
                (Some(stem), DeValue::Array(items)) if SECRETS.contains(&stem) => {
                    self.strings.extend(items.first().map(Spanned::span));
                    self.hidden.extend(items.iter().skip(1).map(Spanned::span));
                }
                _ if keys.is_none_or(|keys| keys.hide(name)) => self.hidden.push(value.span()),
                _ => self.shown(value),
            }
        }
    }

    fn shown(&mut self, value: &Spanned<DeValue<'_>>) {
        match value.get_ref() {
            DeValue::Table(table) => self.in_table(table, None),
            DeValue::Array(items) => items.iter().for_each(|item| self.shown(item)),
            DeValue::String(text) if has_swallowed_options(text) => self.hidden.push(value.span()),
            _ => self.strings.push(value.span()),
        }
    }

    /// A comment may hold the password of yesterday.
    fn hide_comment(&mut self, text: &str, line: Range<usize>) {
        let Some(shown) = text.get(line.clone()) else { return };
        let comment = shown
            .match_indices('#')
            .map(|(place, _)| line.start + place)
            .find(|place| !self.strings.iter().chain(&self.hidden).any(|range| range.contains(place)));
        self.hidden.extend(comment.map(|start| start + 1..line.end));
    }
}

/// Whether a value of this name is hidden: the secrets, what is nearly called so, and whatever is no option at all,
/// unless a harmless one was probably meant.
fn is_sensitive(name: &str) -> bool {
    const STRUCTURE: [&str; 3] = ["profiles", "default_profile", "backend"];
    if SECRETS.contains(&name) {
        return true;
    }
    let stem = name.strip_suffix("_file").or_else(|| name.strip_suffix("_command"));
    if STRUCTURE.contains(&name) || stem.is_some_and(|stem| SECRETS.contains(&stem)) {
        return false;
    }
    let options = all_option_names();
    if options.contains(&name) {
        return false;
    }
    nearest(name, SECRETS).is_some() || nearest(name, options.into_iter().chain(STRUCTURE)).is_none()
}

/// Whether `text` looks like a string whose end is missing, and that now holds the options after it.
pub(super) fn has_swallowed_options(text: &str) -> bool {
    SECRETS.iter().any(|secret| text.contains(secret)) || (text.contains('=') && text.contains(['"', '\'', ' ', '\n']))
}

/// The parts to hide of a line in a file that is no TOML: what is not certainly harmless.
fn hidden_in_broken(text: &str, line: Range<usize>) -> Vec<Range<usize>> {
    let shown = text.get(line.clone()).unwrap_or_default();
    let until_here = text.get(..line.end).unwrap_or_default();
    // In a string or array over several lines, a line can look like anything.
    let continued = until_here.contains("\"\"\"") || until_here.contains("'''") || open_bracket(until_here, line.start);
    let trimmed = shown.trim_start();
    let indent = shown.len() - trimmed.len();
    let is_name = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '.');
    let word =
        trimmed.get(..trimmed.find(|character| !is_name(character)).unwrap_or(trimmed.len())).unwrap_or_default();
    let rest = trimmed.get(word.len()..).unwrap_or_default();
    let last_word = word.rsplit('.').next().unwrap_or_default();

    let is_header = word.is_empty()
        && rest.starts_with('[')
        && rest.chars().all(|character| is_name(character) || matches!(character, '[' | ']' | '"' | '\'' | ' '));
    if !continued && is_header {
        return Vec::new();
    }
    let harmless = !word.is_empty()
        && !is_sensitive(last_word)
        && !SECRETS.iter().any(|secret| shown.contains(secret))
        && !shown.contains('{')
        // Two lines that were joined by mistake have two values.
        && shown.matches('=').count() <= 1
        && shown.matches(['"', '\'']).count() <= 2;
    if !continued && harmless {
        let comment = shown.find('#').map(|place| line.start + place + 1..line.end);
        return comment.into_iter().collect();
    }
    let is_assignment = !continued && rest.trim_start().starts_with('=');
    let kept = if is_assignment { indent + word.len() + rest.find('=').map_or(0, |place| place + 1) } else { 0 };
    let padding = shown.get(kept..).map_or(0, |value| value.len() - value.trim_start().len());
    std::iter::once(line.start + kept + padding..line.end).collect()
}

/// Whether more brackets open than close before `line_start`, in values.
fn open_bracket(text: &str, line_start: usize) -> bool {
    let before = text.get(..line_start).unwrap_or_default();
    let values = before.lines().filter(|line| !line.trim_start().starts_with('[') || !line.trim_end().ends_with(']'));
    let mut depth = 0_i64;
    for character in values.flat_map(str::chars) {
        match character {
            '[' | '{' => depth += 1,
            ']' | '}' => depth -= 1,
            _ => {}
        }
    }
    depth > 0
}

/// The key of `table` called `name`.
pub(super) fn key_span(table: &DeTable<'_>, name: &str) -> Option<Range<usize>> {
    table.get_key_value(name).map(|(key, _): (&Spanned<Cow<'_, str>>, _)| key.span())
}
