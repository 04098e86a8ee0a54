//! From an option that a backend refuses to its place in the file.

use std::borrow::Cow;
use std::ops::Range;

use toml::Spanned;
use toml::de::DeTable;

use super::problem::Problem;
use crate::error::{InvalidOption, OptionPlace};

/// `invalid` with its place in `table`, the options of a profile with its name at `header`.
pub(super) fn placed(invalid: InvalidOption, table: &DeTable<'_>, header: &Range<usize>) -> Problem {
    let found = match &invalid.place {
        OptionPlace::Value(option) => value_span(table, option),
        OptionPlace::LastName(names) => {
            names.iter().filter_map(|name| key_span(table, name)).max_by_key(|span| span.start)
        }
    };
    let problem = Problem::of_option(invalid.subject).detail(invalid.reason);
    let problem = match invalid.hint {
        Some(hint) => problem.hint(hint),
        None => problem,
    };
    problem.at(found.unwrap_or_else(|| header.clone()))
}

/// The place of the value of `option`; `table.name` is one in a table.
fn value_span(table: &DeTable<'_>, option: &str) -> Option<Range<usize>> {
    let (table, name) = match option.split_once('.') {
        Some((outer, name)) => (table.get(outer)?.get_ref().as_table()?, name),
        None => (table, option),
    };
    table.get(name).map(Spanned::span)
}

/// The place of the key of `table` called `name`.
pub(super) fn key_span(table: &DeTable<'_>, name: &str) -> Option<Range<usize>> {
    table.get_key_value(name).map(|(key, _): (&Spanned<Cow<'_, str>>, _)| key.span())
}
