//! Tables with aligned columns, as wide as their terminal.

use unicode_width::UnicodeWidthStr as _;

use super::cell::{Cell, Shortening, first};
use super::column_widths::{GAP, fit, natural};
use super::message::safe;
use super::terminal::Terminal;

/// Rows under headings, aligned by the display width of their characters.
#[derive(Clone, Debug)]
pub struct Table {
    headings: &'static [&'static str],
    rows: Vec<Vec<Cell>>,
    /// The widths of the rows that were rendered before.
    widths: Vec<usize>,
    /// Whether rows were rendered before.
    is_begun: bool,
}

/// The looks of a table.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct TableStyle {
    /// Whether cells are colored.
    pub(super) color: bool,
    /// The terminal; the table must not be wider.
    pub(super) terminal: Option<Terminal>,
}

impl Table {
    /// A table without rows. Empty `headings` make a table without a heading line: names and values. A long value
    /// is broken between words.
    pub fn new(headings: &'static [&'static str]) -> Self {
        Self { headings, rows: Vec::new(), widths: Vec::new(), is_begun: false }
    }

    /// Adds a row. Control characters are escaped.
    pub fn push(&mut self, cells: Vec<Cell>) {
        let safe_cells = cells.into_iter().map(|cell| Cell { text: safe(&cell.text).into_owned(), ..cell });
        self.rows.push(safe_cells.collect());
    }

    /// Whether it has no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Number of rows that were not rendered yet.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Removes the rows and returns their text, one line per row, below the headings the first time. The columns are at
    /// least as wide as before. Empty without rows.
    pub(super) fn take(&mut self, style: TableStyle) -> String {
        if self.rows.is_empty() {
            return String::new();
        }
        let rows = std::mem::take(&mut self.rows);
        let heading: Vec<Cell> = self.headings.iter().map(|heading| Cell::from(*heading)).collect();
        self.widths = natural(std::iter::once(&heading).chain(&rows), std::mem::take(&mut self.widths));
        let shortening = shortenings(&rows);
        let mut widths = self.widths.clone();
        let mut breaks_lines = self.headings.is_empty() || shortening.last() == Some(&Shortening::Lines);
        if let Some(terminal) = style.terminal {
            // Broken lines need no shortening, if there is room for them.
            let most = widths.len().checked_sub(1).filter(|_| breaks_lines).map(|names| {
                let names: usize = widths.iter().take(names).map(|width| width + GAP).sum();
                terminal.columns.saturating_sub(names)
            });
            match (most.filter(|most| *most >= SHORTEST_LINE), widths.last_mut()) {
                (Some(most), Some(last)) => *last = (*last).min(most),
                (_, Some(last)) if breaks_lines => {
                    // The other columns give way for as long as they can.
                    *last = (*last).min(SHORTEST_LINE);
                    let shortest = *last;
                    fit(&mut widths, &shortening, terminal.columns);
                    breaks_lines = widths.last() == Some(&shortest);
                }
                _ => fit(&mut widths, &shortening, terminal.columns),
            }
        }
        let mut text = String::new();
        if !self.is_begun && !heading.is_empty() {
            push_line(&mut text, &heading, &widths, &[], style);
        }
        for line in rows.iter().flat_map(|row| broken(row, &widths, breaks_lines)) {
            push_line(&mut text, &line, &widths, &shortening, style);
        }
        self.is_begun = true;
        text
    }
}

/// The shortest line between words into which a long value is broken.
const SHORTEST_LINE: usize = 16;

/// How each column is shortened: as the first row says.
fn shortenings(rows: &[Vec<Cell>]) -> Vec<Shortening> {
    rows.first().into_iter().flatten().map(|cell| cell.shortening).collect()
}

/// The lines of a row. Only the last cell is broken, and only `if breaks`.
fn broken(cells: &[Cell], widths: &[usize], breaks: bool) -> Vec<Vec<Cell>> {
    let (Some((last, names)), Some(width)) = (cells.split_last(), widths.get(cells.len().saturating_sub(1))) else {
        return vec![cells.to_vec()];
    };
    if !breaks || cells.len() < widths.len() || last.text.width() <= *width {
        return vec![cells.to_vec()];
    }
    let mut lines: Vec<String> = vec![String::new()];
    for word in last.text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.width() + 1 + word.width() <= *width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
        // A word that is longer than a line.
        while let Some(line) = lines.last_mut().filter(|line| line.width() > *width) {
            let fitting = first(line, *width).len();
            if fitting == 0 {
                break;
            }
            let rest = line.split_off(fitting);
            lines.push(rest);
        }
    }
    let cell = |text| Cell { text, ..last.clone() };
    let blank = || names.iter().map(|_| Cell::from("")).collect::<Vec<_>>();
    let with = |first: Vec<Cell>, text| first.into_iter().chain([cell(text)]).collect();
    let rows = lines.into_iter().enumerate();
    rows.map(|(number, text)| with(if number == 0 { names.to_vec() } else { blank() }, text)).collect()
}

fn push_line(text: &mut String, cells: &[Cell], widths: &[usize], shortening: &[Shortening], style: TableStyle) {
    let mut padding = 0;
    for (column, (cell, width)) in cells.iter().zip(widths).enumerate() {
        if *width == 0 {
            continue;
        }
        let unicode = style.terminal.is_none_or(|terminal| terminal.unicode);
        let how = shortening.get(column).copied().unwrap_or_default();
        let shown = how.apply(&cell.text, *width, unicode);
        if shown.is_empty() {
            padding += width + GAP;
            continue;
        }
        text.extend(std::iter::repeat_n(' ', padding));
        match cell.color.filter(|_| style.color) {
            Some(color) => text.push_str(&color.paint(&shown)),
            None => text.push_str(&shown),
        }
        padding = width - shown.width() + GAP;
    }
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text through a pipe.
    fn plain(mut table: Table) -> String {
        table.take(TableStyle::default())
    }

    /// The text at a terminal with this number of columns.
    fn at_width(mut table: Table, columns: usize) -> String {
        let terminal = Some(Terminal { columns, lines: 24, unicode: true });
        table.take(TableStyle { color: false, terminal })
    }

    #[test]
    fn columns_align_by_the_width_of_characters_and_lines_do_not_end_in_blanks() {
        let mut table = Table::new(&["NAME", "COUNT"]);
        table.push(vec!["이름".into(), "1".into()]);
        table.push(vec!["x".into(), "".into()]);
        assert_eq!(plain(table), "NAME  COUNT\n이름  1\nx\n");
    }

    #[test]
    fn a_table_without_rows_is_an_empty_text() {
        assert_eq!(plain(Table::new(&["NAME"])), "");
    }

    #[test]
    fn a_cell_cannot_control_the_terminal() {
        let mut table = Table::new(&[]);
        table.push(vec!["a\u{1b}[31mb\nc".into()]);
        assert_eq!(plain(table), "a\\u{1b}[31mb\\nc\n");
    }

    #[test]
    fn a_table_that_is_rendered_in_parts_has_one_heading_and_columns_that_do_not_become_narrower() {
        let mut table = Table::new(&["NAME", "COUNT"]);
        table.push(vec!["a long name".into(), "1".into()]);
        assert_eq!(table.take(TableStyle::default()), "NAME         COUNT\na long name  1\n");
        table.push(vec!["b".into(), "2".into()]);
        assert_eq!(table.take(TableStyle::default()), "b            2\n");
        assert_eq!(table.take(TableStyle::default()), "");
    }

    #[test]
    fn a_long_value_beside_its_name_is_broken_between_words() {
        let mut table = Table::new(&[]);
        table.push(vec!["status".into(), "failure".into()]);
        table.push(vec!["failed".into(), "not_null (email): 3 values are null".into()]);
        assert_eq!(
            at_width(table.clone(), 26),
            "status  failure\nfailed  not_null (email):\n        3 values are null\n"
        );
        assert_eq!(at_width(table, 14), "status  failu…\nfailed  not_n…\n");
        let mut table = Table::new(&["CHECK", "FINDING"]);
        let finding = Cell::from("SELECT is allowed here").shortening(Shortening::Lines);
        table.push(vec!["rights of the database".into(), finding]);
        assert_eq!(at_width(table, 30), "CHECK         FINDING\nrights of t…  SELECT is\n              allowed here\n");
        let mut table = Table::new(&[]);
        table.push(vec!["place".into(), "s3://bucket/a/long/prefix".into()]);
        assert_eq!(at_width(table, 24), "place  s3://bucket/a/lon\n       g/prefix\n");
    }
}
