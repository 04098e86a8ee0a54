//! Tables with aligned columns.

use unicode_width::UnicodeWidthStr as _;

use super::cell::Cell;
use super::message::safe;

/// Rows under headings, aligned by the display width of their characters.
#[derive(Clone, Debug)]
pub struct Table {
    headings: &'static [&'static str],
    rows: Vec<Vec<Cell>>,
}

const GAP: usize = 2;

impl Table {
    /// A table without rows. Empty `headings` make a table without a heading line.
    pub fn new(headings: &'static [&'static str]) -> Self {
        Self { headings, rows: Vec::new() }
    }

    /// Adds a row. Control characters are escaped.
    pub fn push(&mut self, cells: Vec<Cell>) {
        let safe_cells = cells.into_iter().map(|cell| Cell { text: safe(&cell.text).into_owned(), ..cell });
        self.rows.push(safe_cells.collect());
    }

    /// The text, one line per row. Empty if the table has no rows.
    pub fn render(&self, color: bool) -> String {
        if self.rows.is_empty() {
            return String::new();
        }
        let headings: Vec<Cell> = self.headings.iter().map(|heading| Cell::from(*heading)).collect();
        let lines = || std::iter::once(&headings).filter(|line| !line.is_empty()).chain(&self.rows);
        let mut widths: Vec<usize> = Vec::new();
        for line in lines() {
            widths.resize(widths.len().max(line.len()), 0);
            for (width, cell) in widths.iter_mut().zip(line) {
                *width = (*width).max(cell.text.width());
            }
        }
        let mut text = String::new();
        for line in lines() {
            let mut padding = 0;
            for (cell, width) in line.iter().zip(&widths) {
                if cell.text.is_empty() {
                    padding += width + GAP;
                    continue;
                }
                text.extend(std::iter::repeat_n(' ', padding));
                match cell.color.filter(|_| color) {
                    Some(style) => text.push_str(&style.paint(&cell.text)),
                    None => text.push_str(&cell.text),
                }
                padding = width - cell.text.width() + GAP;
            }
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align_by_the_width_of_characters_and_lines_do_not_end_in_blanks() {
        let mut table = Table::new(&["NAME", "COUNT"]);
        table.push(vec!["이름".into(), "1".into()]);
        table.push(vec!["x".into(), "".into()]);
        assert_eq!(table.render(false), "NAME  COUNT\n이름  1\nx\n");
    }

    #[test]
    fn a_table_without_rows_is_an_empty_text() {
        assert_eq!(Table::new(&["NAME"]).render(true), "");
    }

    #[test]
    fn a_cell_cannot_control_the_terminal() {
        let mut table = Table::new(&[]);
        table.push(vec!["a\u{1b}[31mb\nc".into()]);
        assert_eq!(table.render(false), "a\\u{1b}[31mb\\nc\n");
    }
}
