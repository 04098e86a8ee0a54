//! Strips: the outcomes of one check, or of one data asset, run by run.

use askama::Template;
use askama::filters::HtmlSafe;

use crate::result::{CheckCounts, CheckOutcome};

/// The number of runs that a strip shows: the newest.
pub(super) const STRIP_RUNS: usize = 200;

/// The width of a run, including a gap of one to the next.
pub(super) const CELL: usize = 5;

/// The outcomes of the newest runs, from the oldest to the newest, as an image with a text that says the same.
///
/// Neighboring runs with the same outcome are one stroke, which the style sheet divides by dashes: thousands of strips
/// fit in a page. Outcomes differ in height as well as in color.
#[derive(Debug, Template)]
#[template(path = "strip.html")]
pub(super) struct Strip {
    label: String,
    width: usize,
    pixels: usize,
    marks: Vec<Mark>,
}

// The template of the strip has escaped it.
impl HtmlSafe for Strip {}

/// All strokes of one kind.
#[derive(Debug)]
struct Mark {
    class: &'static str,
    path: String,
}

/// The classes of strokes, and the height of their middle above which and below which half of the stroke lies.
const MARKS: [(CheckOutcome, &str, &str); 6] = [
    (CheckOutcome::Passed, "passed", "14"),
    (CheckOutcome::Warned, "warned", "11"),
    (CheckOutcome::Failed, "failed", "8"),
    (CheckOutcome::Errored, "errored", "5"),
    (CheckOutcome::Errored, "errored foot", "14.5"),
    (CheckOutcome::Skipped, "skipped", "8"),
];

impl Strip {
    /// A strip of these outcomes; `None` for a run without one. A run is `pixels` wide, where there is room.
    pub(super) fn new(outcomes: &[Option<CheckOutcome>], pixels: usize) -> Self {
        let newest = outcomes.get(outcomes.len().saturating_sub(STRIP_RUNS)..).unwrap_or_default();
        let marks =
            MARKS.into_iter().map(|(outcome, class, middle)| Mark { class, path: path(newest, outcome, middle) });
        Self {
            label: label(newest),
            width: newest.len() * CELL,
            pixels: newest.len() * pixels,
            marks: marks.filter(|mark| !mark.path.is_empty()).collect(),
        }
    }
}

fn path(outcomes: &[Option<CheckOutcome>], wanted: CheckOutcome, middle: &str) -> String {
    let mut path = String::new();
    let mut place = 0;
    for stretch in outcomes.chunk_by(|left, right| left == right) {
        if stretch.first() == Some(&Some(wanted)) {
            path.push_str(&format!("M{} {middle}h{}", place * CELL, stretch.len() * CELL - 1));
        }
        place += stretch.len();
    }
    path
}

/// The strip in words.
fn label(outcomes: &[Option<CheckOutcome>]) -> String {
    let mut counts = CheckCounts::default();
    outcomes.iter().flatten().for_each(|outcome| counts.add(*outcome));
    let runs = if outcomes.len() == 1 { "run" } else { "runs" };
    let newest = outcomes.last().copied().flatten().map_or("not in the newest", CheckOutcome::name);
    format!("{} {runs}: {counts}; newest: {newest}", outcomes.len())
}
