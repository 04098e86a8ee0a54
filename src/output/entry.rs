//! Entries as rows.

use super::cell::{Cell, Color, Shortening};
use super::row::OutputRow;
use crate::result::{Entry, RunTime, Status, Tags};

impl OutputRow for Entry {
    const HEADINGS: &'static [&'static str] = &["RUN TIME", "STATUS", "DATA ASSET", "RUN ID", "TAGS"];

    fn cells(&self) -> Vec<Cell> {
        vec![
            time_cell(&self.run_time),
            status_cell(self.status),
            Cell::from(self.data_asset.as_str()).shortening(Shortening::Middle),
            Cell::from(self.run_id.as_str()).shortening(Shortening::Id),
            Cell::from(tags_text(&self.tags)).shortening(Shortening::Tail),
        ]
    }
}

/// A time in UTC, to the second.
fn time_cell(run_time: &RunTime) -> Cell {
    let text = run_time.instant().to_utc().strftime("%Y-%m-%d %H:%M:%SZ").to_string();
    Cell::colored(text, Color::Faint).shortening(Shortening::Time)
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
