//! A list of findings that may be long.

use std::collections::BTreeMap;

use super::finding::Finding;
use crate::error::Result;
use crate::output::spooled_list::SpooledList;
use crate::result::CheckCounts;

/// Findings in order, by rank and then as they were added, in memory that does not grow with their number.
#[derive(Debug, Default)]
pub struct FindingList {
    /// The findings of each rank.
    by_rank: BTreeMap<u8, SpooledList<Finding>>,
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
        self.counts.add(finding.outcome);
        self.by_rank.entry(rank).or_default().push(finding)
    }

    /// The number of findings by their outcome.
    pub fn counts(&self) -> CheckCounts {
        self.counts
    }

    /// The findings in order.
    pub(super) fn iter(&mut self) -> impl Iterator<Item = Result<Finding>> {
        self.by_rank.values_mut().flat_map(SpooledList::iter)
    }
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
        assert!(list.by_rank[&0].is_in_file());
        for _ in 0..2 {
            let names = list.iter().map(|finding| finding.unwrap().check);
            assert!(names.eq((0..10_000).map(|number| number.to_string())));
        }
    }
}
