//! A list of findings that may be long.

use std::collections::BTreeMap;
use std::io::{self, BufRead as _, BufReader, Seek as _, Write as _};

use tempfile::SpooledTempFile;

use super::finding::Finding;
use crate::error::{Error, ErrorKind, Result};
use crate::result::CheckCounts;

/// The longest findings of one rank together that are held in memory. Longer ones go to a temporary file.
const IN_MEMORY: usize = 1 << 20;

/// Findings in order, by rank and then as they were added, in memory that does not grow with their number.
#[derive(Debug, Default)]
pub struct FindingList {
    /// The findings of each rank, as lines of JSON.
    by_rank: BTreeMap<u8, SpooledTempFile>,
    counts: CheckCounts,
}

impl FindingList {
    /// Adds a finding after the ones before it.
    ///
    /// # Errors
    /// If the temporary file cannot be written.
    pub fn push(&mut self, finding: &Finding) -> Result<()> {
        self.push_to(0, finding)
    }

    /// Adds a finding after the worse ones.
    ///
    /// # Errors
    /// If the temporary file cannot be written.
    pub fn push_worst_first(&mut self, finding: &Finding) -> Result<()> {
        self.push_to(finding.rank(), finding)
    }

    fn push_to(&mut self, rank: u8, finding: &Finding) -> Result<()> {
        let file = self.by_rank.entry(rank).or_insert_with(|| SpooledTempFile::new(IN_MEMORY));
        let written = serde_json::to_vec(finding).map_err(io::Error::from).and_then(|mut line| {
            line.push(b'\n');
            // One write for each finding, as the file has no buffer.
            file.write_all(&line)
        });
        self.counts.add(finding.outcome);
        written.map_err(unusable_file)
    }

    /// The number of findings by their outcome.
    pub fn counts(&self) -> CheckCounts {
        self.counts
    }

    /// The findings in order.
    pub(super) fn iter(&mut self) -> impl Iterator<Item = Result<Finding>> {
        self.by_rank.values_mut().flat_map(|file| {
            let (failure, file) = match file.rewind() {
                Err(error) => (Some(Err(unusable_file(error))), None),
                Ok(()) => (None, Some(file)),
            };
            let findings = file.into_iter().flat_map(|file| {
                let lines = BufReader::with_capacity(1 << 16, file).split(b'\n');
                lines.map(|line| Ok(serde_json::from_slice(&line?)?)).map(|finding| finding.map_err(unusable_file))
            });
            failure.into_iter().chain(findings)
        })
    }
}

fn unusable_file(error: io::Error) -> Error {
    Error::new(ErrorKind::Write, "cannot keep the checks in a temporary file").with_source(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::findings::testing::finding;
    use crate::result::CheckOutcome;

    #[test]
    fn findings_come_worst_first_or_as_they_were_added() {
        let mut checks = Vec::new();
        for outcome in [CheckOutcome::Passed, CheckOutcome::Warned, CheckOutcome::Errored, CheckOutcome::Failed] {
            for severity in [None, Some("low"), Some("critical")] {
                let name = format!("{} {}", outcome.name(), severity.unwrap_or("none"));
                let severity = severity.map(str::to_owned);
                checks.push(Finding { outcome, severity, ..finding(&name) });
            }
        }
        let (mut sorted, mut unsorted) = (FindingList::default(), FindingList::default());
        for check in &checks {
            sorted.push_worst_first(check).unwrap();
            unsorted.push(check).unwrap();
        }
        let names = |list: &mut FindingList| list.iter().map(|finding| finding.unwrap().check).collect::<Vec<_>>();
        assert_eq!(
            names(&mut sorted)[..7],
            [
                "failed critical",
                "failed low",
                "failed none",
                "errored critical",
                "errored low",
                "errored none",
                "warned critical"
            ]
        );
        assert_eq!(names(&mut unsorted), checks.iter().map(|check| check.check.clone()).collect::<Vec<_>>());
        assert_eq!(sorted.counts().of(CheckOutcome::Failed), 3);
    }

    #[test]
    fn many_findings_go_to_a_file_and_are_all_there_twice() {
        let mut list = FindingList::default();
        for number in 0..10_000 {
            list.push(&Finding { message: Some("x".repeat(200)), ..finding(&number.to_string()) }).unwrap();
        }
        assert!(list.by_rank[&0].is_rolled());
        for _ in 0..2 {
            let names = list.iter().map(|finding| finding.unwrap().check);
            assert!(names.eq((0..10_000).map(|number| number.to_string())));
        }
    }
}
