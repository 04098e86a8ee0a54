//! Workflow commands of GitHub Actions: `::error title=...::message`.
//!
//! Escaped as the runner's own toolkit does (`escapeData` and `escapeProperty` in `packages/core/src/command.ts` of
//! actions/toolkit). GitHub shows 10 errors and 10 warnings of a step; the others are counted in one notice.

use super::group::FindingsGroup;
use super::text;
use super::writer::{FindingsWriter, ReportSink};
use crate::error::Result;
use crate::result::CheckOutcome;

/// The annotations of one kind that GitHub shows for a step.
const SHOWN: u64 = 10;

/// Writes workflow commands.
#[derive(Default)]
pub(super) struct GithubWriter {
    errors: u64,
    warnings: u64,
}

impl FindingsWriter for GithubWriter {
    fn add(&mut self, group: &mut FindingsGroup, sink: &mut dyn ReportSink) -> Result<()> {
        let (asset, origin) = (text::name(&group.data_asset), text::name(&group.origin));
        for finding in group.findings.iter() {
            let finding = finding?;
            let (command, count) = match finding.outcome {
                CheckOutcome::Failed | CheckOutcome::Errored => ("error", &mut self.errors),
                CheckOutcome::Warned => ("warning", &mut self.warnings),
                CheckOutcome::Skipped | CheckOutcome::Passed => continue,
            };
            *count += 1;
            if *count <= SHOWN {
                let title = format!("{asset}: {} {}", text::name(&finding.check), finding.verdict);
                let details = finding.details();
                let separator = if details.is_empty() { "" } else { "\n" };
                let message = format!("{details}{separator}{origin}");
                sink.write(workflow_command(command, &title, &message).as_bytes())?;
            }
        }
        Ok(())
    }

    fn finish(&mut self, sink: &mut dyn ReportSink) -> Result<()> {
        let hidden = [(self.errors, "error"), (self.warnings, "warning")];
        let hidden = hidden.map(|(count, name)| (count.saturating_sub(SHOWN), name));
        let parts = hidden.iter().filter(|(count, _)| *count > 0).map(|(count, name)| match count {
            1 => format!("1 more {name}"),
            count => format!("{count} more {name}s"),
        });
        let parts = parts.collect::<Vec<_>>().join(" and ");
        if parts.is_empty() {
            return Ok(());
        }
        let message = format!("GitHub shows {SHOWN} errors and {SHOWN} warnings of a step.");
        sink.write(workflow_command("notice", &parts, &message).as_bytes())
    }
}

/// A workflow command on one line.
fn workflow_command(command: &str, title: &str, message: &str) -> String {
    format!("::{command} title={}::{}\n", escaped_property(title), escaped_data(message))
}

fn escaped_data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn escaped_property(text: &str) -> String {
    escaped_data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::super::testing::{finding, group, written};
    use super::*;
    use crate::output::findings::Finding;

    fn commands(outcomes: &[(CheckOutcome, usize)]) -> Vec<String> {
        let findings = outcomes.iter().flat_map(|(outcome, count)| {
            (0..*count).map(|number| Finding { outcome: *outcome, ..finding(&format!("check {number}")) })
        });
        written(GithubWriter::default(), [group(findings)]).lines().map(str::to_owned).collect()
    }

    #[test]
    fn ten_errors_and_ten_warnings_are_shown_and_the_others_counted() {
        let shown = commands(&[(CheckOutcome::Failed, 8), (CheckOutcome::Errored, 2), (CheckOutcome::Warned, 10)]);
        assert_eq!(shown.len(), 20, "{shown:?}");
        let cut = commands(&[(CheckOutcome::Failed, 11), (CheckOutcome::Errored, 3), (CheckOutcome::Warned, 11)]);
        assert_eq!(cut.len(), 21, "{cut:?}");
        assert_eq!(
            cut[20],
            "::notice title=4 more errors and 1 more warning::GitHub shows 10 errors and 10 warnings of a step."
        );
        assert_eq!(commands(&[(CheckOutcome::Passed, 3), (CheckOutcome::Skipped, 3)]), [""; 0]);
    }

    #[test]
    fn text_cannot_end_a_property_or_the_line() {
        assert_eq!(
            workflow_command("error", "a:b,c%0A::", "x%\r\n::error::y, z"),
            "::error title=a%3Ab%2Cc%250A%3A%3A::x%25%0D%0A::error::y, z\n"
        );
    }
}
