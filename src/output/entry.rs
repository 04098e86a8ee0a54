//! Entries as rows.

use super::cell::{Cell, Color};
use super::row::OutputRow;
use crate::result::{Entry, Status, Tags};

impl OutputRow for Entry {
    const HEADINGS: &'static [&'static str] = &["RUN TIME", "STATUS", "DATA ASSET", "RUN ID", "TAGS"];

    fn cells(&self) -> Vec<Cell> {
        vec![
            Cell::colored(self.run_time.instant().to_utc().strftime("%Y-%m-%d %H:%M:%SZ").to_string(), Color::Faint),
            status_cell(self.status),
            self.data_asset.as_str().into(),
            self.run_id.as_str().into(),
            tags_text(&self.tags).into(),
        ]
    }
}

/// A status in its color.
pub fn status_cell(status: Status) -> Cell {
    let color = match status {
        Status::Success => Color::Good,
        Status::Warning => Color::Doubtful,
        Status::Failure | Status::Error => Color::Bad,
    };
    Cell::colored(status.name(), color)
}

/// Tags in the notation of the command line.
pub(super) fn tags_text(tags: &Tags) -> String {
    tags.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(",")
}
