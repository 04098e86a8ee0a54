//! The outcomes of saved results, shown to a person.

use crate::output::grouped;
use crate::result::Status;

/// The outcomes of saved results: a line for each of the first, and the numbers of the others, so that a large save does
/// not scroll away what was on the terminal.
#[derive(Default)]
pub(super) struct OutcomeLines {
    count: usize,
    /// The results without a line, by status, in the order of [`Status::ALL`].
    others: [u64; Status::ALL.len()],
}

impl OutcomeLines {
    /// Number of results that have a line: fewer than the 24 lines of a common terminal.
    const LIMIT: usize = 20;

    /// Whether one more result has a line. Counts it if not.
    pub(super) fn takes(&mut self, status: Status) -> bool {
        self.count += 1;
        if self.count > Self::LIMIT {
            let counts = self.others.iter_mut().zip(Status::ALL);
            counts.filter(|(_, known)| *known == status).for_each(|(count, _)| *count += 1);
        }
        self.count <= Self::LIMIT
    }

    /// The line about the others, if there are any.
    pub(super) fn rest(&self) -> Option<String> {
        let counts = self.others.iter().zip(Status::ALL).filter(|(count, _)| **count > 0);
        let counts = counts.map(|(count, status)| format!("{} {status}", grouped(*count))).collect::<Vec<_>>();
        (!counts.is_empty()).then(|| format!("... and {}", counts.join(", ")))
    }
}
