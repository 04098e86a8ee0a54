//! Markdown as GitHub writes it: for `$GITHUB_STEP_SUMMARY`, comments and chats.

use super::group::{FindingsGroup, ShownChecks};
use super::text;
use super::writer::{FindingsWriter, ReportSink};
use crate::error::Result;

/// The longest report, in bytes. GitHub refuses a summary of more than 1 MiB, to which other programs of the step may add.
const LONGEST: usize = 1_000_000;

/// Bytes that are kept free for what ends a report.
const END: usize = 200;

/// Writes Markdown, up to [`LONGEST`] bytes.
pub(super) struct MarkdownWriter {
    /// The bytes that may still be written.
    left: usize,
    is_first: bool,
    /// Whether something did not fit. All that comes later is left out, too, so that the end says what is missing.
    is_full: bool,
    /// The number of groups that did not fit.
    hidden: u64,
}

impl Default for MarkdownWriter {
    fn default() -> Self {
        Self { left: LONGEST - END, is_first: true, is_full: false, hidden: 0 }
    }
}

impl FindingsWriter for MarkdownWriter {
    fn add(&mut self, group: &mut FindingsGroup, sink: &mut dyn ReportSink) -> Result<()> {
        let opening = if std::mem::replace(&mut self.is_first, false) { "" } else { "\n" };
        let head = format!("{opening}{}", head(group));
        if self.is_full || !self.write(&head, END, sink)? {
            self.is_full = true;
            self.hidden += 1;
            return Ok(());
        }
        let compares = group.checks == ShownChecks::Changes;
        let headings = if compares { CHANGE_HEADINGS } else { HEADINGS };
        let (count, findings) = group.shown();
        let mut written = 0_u64;
        for finding in findings {
            let finding = finding?;
            let before = compares.then(|| finding.before.clone().unwrap_or_default());
            let count = if finding.count > 0 { finding.count.to_string() } else { String::new() };
            let severity = finding.severity.as_deref().map(text::name).unwrap_or_default();
            let cells =
                [finding.verdict, text::name(&finding.check)].into_iter().chain(before).chain([count, severity]);
            let mut row: String = cells.map(|cell| format!("| {} ", as_text(&cell))).collect();
            let message = finding.message.as_deref().map(text::lines).unwrap_or_default();
            let message = message.lines().map(as_text).collect::<Vec<_>>().join("<br>");
            row.push_str(&format!("| {message} |\n"));
            let row = if written == 0 { format!("{headings}{row}") } else { row };
            if !self.write(&row, END, sink)? {
                self.is_full = true;
                break;
            }
            written += 1;
        }
        if written < count {
            self.write(&format!("\nand {} more\n", count - written), 0, sink)?;
        }
        Ok(())
    }

    fn finish(&mut self, sink: &mut dyn ReportSink) -> Result<()> {
        match self.hidden {
            0 => Ok(()),
            1 => sink.write(b"\nand 1 more result\n"),
            count => sink.write(format!("\nand {count} more results\n").as_bytes()),
        }
    }
}

impl MarkdownWriter {
    /// Writes `text`, if at least `reserve` bytes are left after it. Returns whether it is written.
    fn write(&mut self, text: &str, reserve: usize, sink: &mut dyn ReportSink) -> Result<bool> {
        match self.left.checked_sub(text.len()).filter(|left| *left >= reserve) {
            None => Ok(false),
            Some(left) => {
                self.left = left;
                sink.write(text.as_bytes()).map(|()| true)
            }
        }
    }
}

const HEADINGS: &str = "\n| outcome | check | count | severity | message |\n|---|---|--:|---|---|\n";

const CHANGE_HEADINGS: &str =
    "\n| outcome | check | before | count | severity | message |\n|---|---|---|--:|---|---|\n";

fn head(group: &FindingsGroup) -> String {
    let mut head = format!("### {}\n\n", as_text(&text::name(&group.title)));
    for fact in &group.facts {
        head.push_str(&format!("- {}: {}\n", fact.name, as_text(&text::name(&fact.value.text))));
    }
    head
}

/// One line of foreign text, so that it is shown as it is: no markup, no HTML, no cell, no link, no mention.
///
/// Character references are never markup, and neither is punctuation after a backslash. GitHub and GitLab also turn
/// plain text into links, mentions and emoji (`@name`, `#1`, `:tada:`, `www.`, `https://`). A zero-width space breaks
/// these.
fn as_text(text: &str) -> String {
    let mut written = String::with_capacity(text.len() + text.len() / 8);
    let mut characters = text.chars().peekable();
    let mut before = ' ';
    while let Some(character) = characters.next() {
        match character {
            '<' => written.push_str("&lt;"),
            '>' => written.push_str("&gt;"),
            '&' => written.push_str("&amp;"),
            '|' => written.push_str("&#124;"),
            '$' => written.push_str("&#36;"),
            // `www.example.org`: after the dot it would be too late.
            '.' if matches!(before, 'w' | 'W') => written.push_str("&#8203;."),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '#' | '~' => written.extend(['\\', character]),
            _ => written.push(character),
        }
        let next = characters.peek().copied().unwrap_or(' ');
        let is_joint = match character {
            // A time of day.
            ':' if before.is_ascii_digit() && next.is_ascii_digit() => false,
            '@' | '#' | ':' | '!' | '~' | '%' | '$' | '&' => {
                next.is_alphanumeric() || matches!(next, '/' | '_' | '+' | '-')
            }
            // `GH-1`.
            '-' => matches!(before, 'h' | 'H') && next.is_ascii_digit(),
            _ => false,
        };
        if is_joint {
            written.push_str("&#8203;");
        }
        before = character;
    }
    written
}

#[cfg(test)]
mod tests {
    use super::super::testing::{finding, group, written};
    use super::*;
    use crate::output::findings::Finding;
    use crate::result::CheckOutcome;

    fn report(groups: impl IntoIterator<Item = FindingsGroup>) -> String {
        written(MarkdownWriter::default(), groups)
    }

    #[test]
    fn a_long_report_ends_below_the_limit_with_a_whole_row_and_the_number_of_the_others() {
        let many =
            || (0..20_000).map(|number| Finding { message: Some("<".repeat(40)), ..finding(&number.to_string()) });
        let text = report([group(many()), group(many()), group(many())]);
        assert!((900_000..1 << 20).contains(&text.len()), "{} bytes", text.len());
        let rows = text.lines().filter(|line| line.starts_with("| failed ")).count();
        assert!(
            text.lines().filter(|line| line.starts_with('|')).all(|line| line.ends_with(" |") || line.ends_with("-|"))
        );
        assert!(text.ends_with(&format!("\n\nand {} more\n\nand 2 more results\n", 20_000 - rows)), "{rows} rows");
    }

    #[test]
    fn a_report_of_very_many_results_ends_below_the_limit() {
        let text = report((0..40_000).map(|_| group([])));
        assert!(text.len() < 1 << 20);
        let shown = text.lines().filter(|line| line.starts_with("### ")).count();
        assert!(text.ends_with(&format!("\nand {} more results\n", 40_000 - shown)));
    }

    #[test]
    fn checks_that_passed_are_shown_on_request() {
        let findings = || [Finding { outcome: CheckOutcome::Passed, verdict: "passed".to_owned(), ..finding("a") }];
        assert!(!report([group(findings())]).contains('|'));
        let all = FindingsGroup { checks: ShownChecks::All, ..group(findings()) };
        assert!(report([all]).ends_with("| passed | a |  |  |  |\n"));
    }

    #[test]
    fn foreign_text_is_no_markup() {
        for (text, written) in [
            ("a|b", "a&#124;b"),
            ("\\|", "\\\\&#124;"),
            ("<script>", "&lt;script&gt;"),
            ("`x` *y* _z_", "\\`x\\` \\*y\\* \\_z\\_"),
            ("[x](y)", "\\[x\\](y)"),
            ("&amp;", "&amp;&#8203;amp;"),
            ("@me a@b.c", "@&#8203;me a@&#8203;b.c"),
            ("#1 GH-1 :tada:", "\\#&#8203;1 GH-&#8203;1 :&#8203;tada:"),
            ("https://x www.y", "https:&#8203;//x www&#8203;.y"),
            ("12:00: 5%, $1", "12:00: 5%, &#36;&#8203;1"),
        ] {
            assert_eq!(as_text(text), written);
        }
    }
}
