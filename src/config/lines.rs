//! Where a profile stands in its file.

use std::ops::RangeInclusive;

use super::contents::Contents;
use super::{Configuration, Environment, parse};

impl Configuration {
    /// The lines of the profile called `name`, counted from 1; `None` if the file has none.
    pub fn lines_of(&self, name: &str) -> Option<RangeInclusive<usize>> {
        self.file.as_ref()?;
        let root = parse(self.source()).ok()?;
        let contents = Contents::of(root.get_ref()).ok()?;
        let entry = contents.named(name)?;
        let line_at = |offset: usize| self.text.get(..offset).map_or(1, |before| before.matches('\n').count() + 1);
        let first = line_at(entry.header.start);
        let table = entry.value.get_ref().as_table();
        let ends = table.into_iter().flat_map(|table| table.iter().map(|(_, value)| value.span().end));
        Some(first..=line_at(ends.max().unwrap_or(entry.header.start)))
    }

    /// The names of all profiles, in the order of the file; empty if it cannot be read.
    pub fn names(&self, environment: &Environment) -> Vec<String> {
        let described = self.describe(environment);
        described
            .map(|described| described.profiles.into_iter().map(|profile| profile.name).collect())
            .unwrap_or_default()
    }
}
