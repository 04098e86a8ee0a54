//! The widths of the columns of a table.

use unicode_width::UnicodeWidthStr as _;

use super::cell::{Cell, DAY, Shortening, TIME_TO_MINUTES};

/// Blanks between two columns.
pub(super) const GAP: usize = 2;

/// The steps in which a table becomes narrower: the columns of one kind, down to a width. First what is seldom read to its
/// end, at last what everybody looks for. A column of width 0 is left out.
const STEPS: [(Shortening, usize); 20] = [
    (Shortening::Id, 40),
    (Shortening::Middle, 24),
    (Shortening::Tail, 16),
    (Shortening::Time, TIME_TO_MINUTES),
    (Shortening::Middle, 16),
    (Shortening::Tail, NARROWEST_TAIL),
    (Shortening::Middle, 12),
    (Shortening::Tail, 0),
    (Shortening::Time, DAY),
    (Shortening::Id, 9),
    (Shortening::Middle, 8),
    (Shortening::Beginning, 12),
    (Shortening::Last, 12),
    (Shortening::Last, 4),
    (Shortening::Lines, 1),
    (Shortening::Beginning, 1),
    (Shortening::Middle, 1),
    (Shortening::Last, 1),
    (Shortening::Id, 1),
    (Shortening::Time, 1),
];

/// The narrowest column that shows anything of what can be done without.
const NARROWEST_TAIL: usize = 6;

/// The widths in which nothing is shortened, and which are at least `widths`.
pub(super) fn natural<'a>(lines: impl Iterator<Item = &'a Vec<Cell>>, mut widths: Vec<usize>) -> Vec<usize> {
    for line in lines {
        widths.resize(widths.len().max(line.len()), 0);
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = (*width).max(cell.text.width());
        }
    }
    widths
}

/// Makes the columns narrower until they and their gaps take `columns`, as far as their kinds allow.
pub(super) fn fit(widths: &mut [usize], kinds: &[Shortening], columns: usize) {
    let natural = widths.to_vec();
    let kind = |column: usize| kinds.get(column).copied().unwrap_or_default();
    for (step, floor) in STEPS {
        while let Some(excess) = excess(widths, columns) {
            let of_kind =
                widths.iter_mut().enumerate().filter(|(column, width)| kind(*column) == step && **width > floor);
            // The widest gives way first, so that equal columns stay equal.
            let Some((_, widest)) = of_kind.max_by_key(|(_, width)| **width) else { break };
            // A column that is left out takes its gap along.
            let is_left_out = floor == 0 && *widest <= NARROWEST_TAIL && *widest + GAP >= excess;
            *widest = if is_left_out || step == Shortening::Time { floor } else { *widest - 1 };
        }
    }
    // The last step may have made more room than was needed.
    let mut room = columns.saturating_sub(total(widths));
    let shortened = widths.iter_mut().zip(natural).enumerate().filter(|(_, (width, _))| **width > 0);
    for (_, (width, natural)) in shortened.filter(|(column, _)| kind(*column) == Shortening::Middle) {
        let more = natural.saturating_sub(*width).min(room);
        *width += more;
        room -= more;
    }
}

/// The width of the table.
fn total(widths: &[usize]) -> usize {
    let (count, sum) =
        widths.iter().filter(|width| **width > 0).fold((0, 0), |(count, sum), width| (count + 1, sum + width));
    sum + GAP * usize::saturating_sub(count, 1)
}

/// How much wider than `columns` the table is, if it is.
fn excess(widths: &[usize], columns: usize) -> Option<usize> {
    total(widths).checked_sub(columns).filter(|excess| *excess > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The kinds of the columns of `list`: time, status, asset, run id, tags.
    const LIST: [Shortening; 5] =
        [Shortening::Time, Shortening::Last, Shortening::Middle, Shortening::Id, Shortening::Tail];

    fn fitted(widths: [usize; 5], columns: usize) -> [usize; 5] {
        let mut fitted = widths;
        fit(&mut fitted, &LIST, columns);
        fitted
    }

    #[test]
    fn a_table_that_fits_keeps_its_widths() {
        assert_eq!(fitted([20, 7, 12, 8, 10], 80), [20, 7, 12, 8, 10]);
    }

    #[test]
    fn assets_give_way_before_tags_and_tags_before_run_ids() {
        assert_eq!(fitted([20, 7, 40, 36, 30], 120), [20, 7, 24, 36, 25]);
        assert_eq!(fitted([20, 7, 40, 36, 30], 80), [16, 7, 15, 36, 0]);
        assert_eq!(fitted([20, 7, 40, 36, 0], 40), [10, 7, 8, 9, 0]);
    }

    #[test]
    fn no_table_is_wider_than_its_terminal() {
        for columns in 24..200 {
            for widths in [[20, 7, 40, 36, 30], [20, 7, 300, 300, 300], [20, 7, 3, 36, 2], [20, 7, 1, 8, 0]] {
                let fitted = fitted(widths, columns);
                assert_eq!(excess(&fitted, columns), None, "{widths:?} in {columns}: {fitted:?}");
            }
        }
    }
}
