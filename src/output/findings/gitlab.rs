//! The Code Quality report of GitLab: the members that its page "Code Quality report format" requires
//! (docs.gitlab.com/ci/testing/code_quality).

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::finding::Finding;
use super::group::FindingsGroup;
use super::repeats::Repeats;
use super::text;
use super::writer::{FindingsWriter, ReportSink};
use crate::error::{Error, ErrorKind, Result};
use crate::result::CheckOutcome;

/// Writes a Code Quality report.
#[derive(Default)]
pub(super) struct GitlabWriter {
    has_violations: bool,
    /// The keys of the violations, with their data asset.
    keys: Repeats,
}

#[derive(Serialize)]
struct CodeQualityViolation<'a> {
    description: String,
    check_name: String,
    fingerprint: String,
    severity: &'static str,
    location: ViolationLocation<'a>,
}

#[derive(Serialize)]
struct ViolationLocation<'a> {
    path: &'a str,
    lines: ViolationLines,
}

#[derive(Serialize)]
struct ViolationLines {
    begin: u32,
}

impl FindingsWriter for GitlabWriter {
    fn add(&mut self, group: &mut FindingsGroup, sink: &mut dyn ReportSink) -> Result<()> {
        let asset = text::name(&group.data_asset);
        let path = relative(&asset);
        for finding in group.findings.iter() {
            let finding = finding?;
            if !finding.outcome.is_finding() {
                continue;
            }
            let check_name = text::name(&finding.check);
            let (details, verdict) = (finding.details(), &finding.verdict);
            let separator = if details.is_empty() { "" } else { ": " };
            let violation = CodeQualityViolation {
                description: format!("{asset}: {check_name} {verdict}{separator}{details}"),
                fingerprint: self.fingerprint(&group.data_asset, &finding.key),
                severity: severity(&finding),
                location: ViolationLocation { path, lines: ViolationLines { begin: 1 } },
                check_name,
            };
            let opening = if std::mem::replace(&mut self.has_violations, true) { ",\n" } else { "[\n" };
            let violation = serde_json::to_string(&violation).map_err(|error| {
                Error::new(ErrorKind::Other, "cannot write a Code Quality report").with_source(error)
            })?;
            sink.write(format!("{opening}  {violation}").as_bytes())?;
        }
        Ok(())
    }

    fn finish(&mut self, sink: &mut dyn ReportSink) -> Result<()> {
        sink.write(if self.has_violations { b"\n]\n" } else { b"[]\n" })
    }
}

impl GitlabWriter {
    /// The same from run to run, so that GitLab finds what is new, and different for each violation of the report.
    fn fingerprint(&mut self, data_asset: &str, key: &str) -> String {
        let count = self.keys.count((data_asset, key));
        let mut hasher = Sha256::new();
        // The length separates the two texts.
        hasher.update(format!("{count} {} {data_asset}{key}", data_asset.len()));
        hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// One of `info`, `minor`, `major`, `critical` and `blocker`.
fn severity(finding: &Finding) -> &'static str {
    match (finding.severity_rank(), finding.outcome) {
        (0, _) => "critical",
        (1, _) => "major",
        (2, _) => "minor",
        (3, _) => "info",
        (_, CheckOutcome::Warned) => "minor",
        _ => "major",
    }
}

/// The data asset as a path in the repository: relative, and without `./` before it.
fn relative(asset: &str) -> &str {
    let path = asset.trim_start_matches(['.', '/']);
    if path.is_empty() { "unnamed" } else { path }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::testing::{finding, group, written};
    use super::*;

    fn violations(groups: impl IntoIterator<Item = FindingsGroup>) -> Vec<serde_json::Value> {
        let text = written(GitlabWriter::default(), groups);
        serde_json::from_str::<serde_json::Value>(&text).unwrap().as_array().unwrap().clone()
    }

    #[test]
    fn fingerprints_are_the_same_in_each_report_and_differ_within_one() {
        let groups = || [group([finding("a"), finding("b"), finding("a")]), group([finding("a")])];
        let fingerprints = |violations: Vec<serde_json::Value>| {
            violations.iter().map(|violation| violation["fingerprint"].to_string()).collect::<Vec<_>>()
        };
        let first = fingerprints(violations(groups()));
        assert_eq!(first.iter().collect::<HashSet<_>>().len(), 4);
        assert_eq!(first, fingerprints(violations(groups())));
        let mut changed = finding("a");
        changed.message = Some("another count".to_owned());
        assert_eq!(fingerprints(violations([group([changed])])), first[..1]);
    }

    #[test]
    fn a_report_without_violations_is_an_empty_array() {
        assert_eq!(violations([]), Vec::<serde_json::Value>::new());
        let passed = Finding { outcome: CheckOutcome::Passed, ..finding("a") };
        assert_eq!(violations([group([passed])]), Vec::<serde_json::Value>::new());
    }

    #[test]
    fn the_path_is_relative() {
        for (asset, path) in [
            ("shop.orders", "shop.orders"),
            ("/data/a.csv", "data/a.csv"),
            ("./a", "a"),
            ("../../etc/x", "etc/x"),
            ("/", "unnamed"),
        ] {
            assert_eq!(relative(asset), path);
        }
    }
}
