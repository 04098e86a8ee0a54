//! The parts of a line that must not be shown.
//!
//! A value is shown only where the file could be parsed and the value's option is known and no secret. Of a file that
//! is not TOML only the names of known options are shown.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fields::{self, FieldKind, fields};
use super::secrets::shown_program;
use crate::secret::{MASK, shown_name, shown_path};
use crate::store::BackendOptions;

/// The parts of `line`, a range of `text`, that must not be shown.
pub(super) fn hidden_ranges(text: &str, line: Range<usize>) -> Vec<Range<usize>> {
    match DeTable::parse(text) {
        Ok(root) => {
            let mut values = ValueRanges { hidden: Vec::new(), shown: Vec::new() };
            values.add_table(root.get_ref(), TableKind::Top);
            values.hide_comment(text, line);
            values.hidden
        }
        Err(_) => hidden_in_broken(text, line),
    }
}

/// The kind of a table, which tells what its values are.
#[derive(Clone, Copy)]
enum TableKind {
    /// The file itself.
    Top,
    /// `profiles`.
    Profiles,
    /// A profile.
    Profile,
    /// A table of options in a profile, with their names.
    Options(&'static [&'static str]),
    /// Any other table: its values are hidden.
    Unknown,
}

struct ValueRanges {
    hidden: Vec<Range<usize>>,
    /// Keys and values that are shown; a `#` in them begins no comment.
    shown: Vec<Range<usize>>,
}

impl ValueRanges {
    fn add_table(&mut self, table: &DeTable<'_>, kind: TableKind) {
        for (key, value) in table {
            let name: &str = key.get_ref();
            let is_name = shown_name(name) != MASK;
            if is_name { &mut self.shown } else { &mut self.hidden }.push(key.span());
            let is_shown = match kind {
                TableKind::Top => name == "default_profile",
                TableKind::Profile => name == "backend" || self.adds_origin(name, value) || is_plain_option(name),
                TableKind::Options(names) => names.contains(&name),
                TableKind::Profiles | TableKind::Unknown => false,
            };
            let below = match kind {
                TableKind::Top if name == "profiles" => TableKind::Profiles,
                TableKind::Profiles => TableKind::Profile,
                TableKind::Profile => {
                    let rules = fields::rule_tables().into_iter().find(|(table, _)| *table == name);
                    let options = rules.map(|(_, options)| options);
                    let options = options.or_else(|| option_kinds(name).find_map(table_of));
                    options.map_or(TableKind::Unknown, TableKind::Options)
                }
                TableKind::Options(_) if name == "rules" => TableKind::Options(fields::tier_rule_names()),
                _ => TableKind::Unknown,
            };
            self.add_value(value, is_shown, below);
        }
    }

    /// Adds the values of `X_file` and `X_command`: the file and the program are shown, its arguments are not.
    fn adds_origin(&mut self, name: &str, value: &Spanned<DeValue<'_>>) -> bool {
        let is_secret =
            |stem: Option<&str>| stem.is_some_and(|stem| option_kinds(stem).any(|it| it == FieldKind::Secret));
        match value.get_ref() {
            DeValue::Array(items) if is_secret(name.strip_suffix("_command")) => {
                let is_program = |item: &&Spanned<DeValue<'_>>| {
                    item.get_ref().as_str().is_some_and(|program| shown_program(program) != MASK)
                };
                let shown = items.first().filter(is_program).is_some().into();
                self.hidden.extend(items.iter().skip(shown).map(Spanned::span));
                true
            }
            DeValue::String(path) => is_secret(name.strip_suffix("_file")) && shown_path(path) != MASK,
            _ => false,
        }
    }

    fn add_value(&mut self, value: &Spanned<DeValue<'_>>, is_shown: bool, below: TableKind) {
        match value.get_ref() {
            DeValue::Table(table) => self.add_table(table, below),
            // A secret may stand in any option: a URL with a password, the content of a key file.
            DeValue::String(text) if shown_name(text) == MASK => self.hidden.push(value.span()),
            DeValue::Array(items) if is_shown => {
                items.iter().for_each(|item| self.add_value(item, true, below));
            }
            _ if is_shown => self.shown.push(value.span()),
            _ => self.hidden.push(value.span()),
        }
    }

    /// Hides the comment of `line`, which may hold a password that was used before.
    fn hide_comment(&mut self, text: &str, line: Range<usize>) {
        let Some(shown) = text.get(line.clone()) else { return };
        let comment = shown
            .match_indices('#')
            .map(|(offset, _)| line.start + offset)
            .find(|place| !self.shown.iter().chain(&self.hidden).any(|range| range.contains(place)));
        self.hidden.extend(comment.map(|start| start + 1..line.end));
    }
}

/// The kinds of the option called `name`, in all backends that have one.
fn option_kinds(name: &str) -> impl Iterator<Item = FieldKind> {
    BackendOptions::NAMES
        .iter()
        .flat_map(|backend| fields(backend))
        .filter_map(move |(field, kind)| (field == name).then_some(kind))
}

fn is_plain_option(name: &str) -> bool {
    let mut kinds = option_kinds(name).peekable();
    kinds.peek().is_some() && kinds.all(|kind| kind == FieldKind::Plain)
}

fn table_of(kind: FieldKind) -> Option<&'static [&'static str]> {
    match kind {
        FieldKind::Table(names) => Some(names),
        _ => None,
    }
}

/// The parts to hide of a line in a file that is not TOML: all but the name of a known option that begins it, and but
/// a `[header]` of words.
fn hidden_in_broken(text: &str, line: Range<usize>) -> Vec<Range<usize>> {
    let shown = text.get(line.clone()).unwrap_or_default();
    let is_word = |word: &str| word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    if let Some(header) = shown.strip_prefix("[profiles.") {
        let header = header.trim_end().trim_end_matches(']');
        let mut words = header.split('.');
        // A profile's name of one word, or of one word and a table of options.
        let is_header = words.next().is_some_and(|name| is_word(name) && name.len() <= 40)
            && words.next().is_none_or(|table| option_kinds(table).next().is_some())
            && words.next().is_none();
        if is_header
            && !text.get(..line.start).is_some_and(|before| before.contains("\"\"\"") || before.contains("'''"))
        {
            return Vec::new();
        }
    }
    let indent = shown.len() - shown.trim_start().len();
    let name = shown.trim_start().split(|letter: char| !is_word(letter.encode_utf8(&mut [0; 4]))).next();
    let name = name.unwrap_or_default();
    let secret = |suffix: &str| name.strip_suffix(suffix).is_some_and(|stem| option_kinds(stem).next().is_some());
    let is_known = matches!(name, "backend" | "default_profile" | "profiles")
        || option_kinds(name).next().is_some()
        || secret("_file")
        || secret("_command");
    let mut kept = if is_known { indent + name.len() } else { indent };
    let rest = shown.get(kept..).unwrap_or_default();
    let padded = |text: &str| text.len() - text.trim_start_matches(' ').len();
    if is_known && rest.trim_start_matches(' ').starts_with('=') {
        let after_equals = padded(rest) + 1;
        kept += after_equals + rest.get(after_equals..).map_or(0, padded);
    }
    std::iter::once(line.start + kept..line.end).filter(|range| !range.is_empty()).collect()
}
