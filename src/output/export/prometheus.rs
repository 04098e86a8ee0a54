//! The text format of Prometheus, version 0.0.4, as the textfile collector of node_exporter reads it.
//!
//! All samples of a metric must stand together, and no two may have the same labels. So the samples of each metric are kept
//! until the end, and of two checks with the same labels the worse counts.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, BufRead as _, BufReader, Seek as _, Write as _};

use tempfile::SpooledTempFile;

use super::run::{ExportedCheck, ExportedRun};
use super::writer::{CHUNK, ExportWriter};
use crate::error::{Error, ErrorKind, Result};
use crate::output::findings::ReportSink;
use crate::result::{CheckCounts, CheckOutcome, Entry, Status};

/// The metrics and what they mean. All are gauges.
const METRICS: [(&str, &str); 6] = [
    (
        "truthound_result_status",
        "Status of the newest result of a data asset: 1 for the status that it has, 0 for the others.",
    ),
    ("truthound_result_run_timestamp_seconds", "Time of the newest run, in seconds since 1970."),
    ("truthound_result_checks", "Number of checks of the newest result, by their outcome."),
    ("truthound_result_pass_ratio", "Share of the checks of the newest result that passed, from 0 to 1."),
    ("truthound_check_passed", "1 if the check passed in the newest result, 0 if it failed, warned or could not run."),
    ("truthound_check_failed_values", "Number of values that the check found wrong; 0 if it is not known."),
];

/// The longest samples of one metric that are held in memory, in bytes. Longer ones go to a temporary file.
const IN_MEMORY: usize = 1 << 20;

/// Writes the text format of Prometheus.
pub(super) struct PrometheusWriter {
    /// The samples of each metric.
    samples: [SpooledTempFile; METRICS.len()],
}

impl Default for PrometheusWriter {
    fn default() -> Self {
        Self { samples: std::array::from_fn(|_| SpooledTempFile::new(IN_MEMORY)) }
    }
}

/// A check of the newest run of a data asset.
struct CheckSample {
    outcome: CheckOutcome,
    severity: Option<String>,
    count: u64,
}

impl ExportWriter for PrometheusWriter {
    fn add(&mut self, run: &mut ExportedRun, _sink: &mut dyn ReportSink) -> Result<()> {
        let mut checks: BTreeMap<String, CheckSample> = BTreeMap::new();
        for check in run.checks.iter() {
            let check = check?;
            let sample = CheckSample { outcome: check.outcome, severity: check.severity.clone(), count: check.count };
            let present = checks.entry(check_labels(&run.facts.entry.data_asset, &check));
            present.and_modify(|present| present.make_worse(&sample)).or_insert(sample);
        }
        let mut lines: [String; METRICS.len()] = Default::default();
        push_result(&mut lines, &run.facts.entry, &checks);
        for (labels, check) in &checks {
            push_check(&mut lines, labels, check);
        }
        for (samples, lines) in self.samples.iter_mut().zip(&lines) {
            samples.write_all(lines.as_bytes()).map_err(unusable_file)?;
        }
        Ok(())
    }

    fn finish(&mut self, sink: &mut dyn ReportSink) -> Result<()> {
        for ((name, meaning), samples) in METRICS.into_iter().zip(&mut self.samples) {
            sink.write(format!("# HELP {name} {meaning}\n# TYPE {name} gauge\n").as_bytes())?;
            samples.rewind().map_err(unusable_file)?;
            let mut samples = BufReader::with_capacity(CHUNK, samples);
            loop {
                let chunk = samples.fill_buf().map_err(unusable_file)?;
                if chunk.is_empty() {
                    break;
                }
                sink.write(chunk)?;
                let length = chunk.len();
                samples.consume(length);
            }
        }
        Ok(())
    }
}

impl CheckSample {
    /// Becomes `other` if that is worse.
    fn make_worse(&mut self, other: &Self) {
        if (rank(other.outcome), other.count) > (rank(self.outcome), self.count) {
            *self = Self { severity: other.severity.clone(), ..*other };
        }
    }
}

/// How bad an outcome is.
fn rank(outcome: CheckOutcome) -> u8 {
    match outcome {
        CheckOutcome::Passed => 0,
        CheckOutcome::Skipped => 1,
        CheckOutcome::Warned => 2,
        CheckOutcome::Failed => 3,
        CheckOutcome::Errored => 4,
    }
}

fn push_result(lines: &mut [String; METRICS.len()], entry: &Entry, checks: &BTreeMap<String, CheckSample>) {
    let [statuses, times, counts, ratios, ..] = lines;
    let asset = label("asset", &entry.data_asset);
    for status in Status::ALL {
        let has = u8::from(entry.status == status);
        push_sample(statuses, 0, &[&asset, &label("status", status.name())], has);
    }
    #[expect(clippy::cast_precision_loss, reason = "microseconds of all years are exact")]
    push_sample(times, 1, &[&asset], entry.run_time.instant().as_microsecond() as f64 / 1e6);
    let mut by_outcome = CheckCounts::default();
    checks.values().for_each(|check| by_outcome.add(check.outcome));
    for outcome in CheckOutcome::ALL {
        push_sample(counts, 2, &[&asset, &label("outcome", outcome.name())], by_outcome.of(outcome));
    }
    if by_outcome.total() > 0 {
        #[expect(clippy::cast_precision_loss, reason = "a share of checks need not be exact")]
        let ratio = by_outcome.of(CheckOutcome::Passed) as f64 / by_outcome.total() as f64;
        push_sample(ratios, 3, &[&asset], ratio);
    }
}

fn push_check(lines: &mut [String; METRICS.len()], labels: &str, check: &CheckSample) {
    let [.., passed, failed_values] = lines;
    let severity = label("severity", check.severity.as_deref().unwrap_or_default());
    // A check that was not run says nothing.
    if check.outcome != CheckOutcome::Skipped {
        push_sample(passed, 4, &[labels, &severity], u8::from(check.outcome == CheckOutcome::Passed));
        push_sample(failed_values, 5, &[labels, &severity], check.count);
    }
}

/// Adds a sample of the metric at `place`.
fn push_sample(lines: &mut String, place: usize, labels: &[&str], value: impl std::fmt::Display) {
    let (name, _) = METRICS.get(place).copied().unwrap_or_default();
    // A failure to write to a text does not happen.
    let _ = writeln!(lines, "{name}{{{}}} {value}", labels.join(","));
}

/// The labels that tell a check apart.
fn check_labels(data_asset: &str, check: &ExportedCheck) -> String {
    let (asset, name) = (label("asset", data_asset), label("check", &check.name));
    let column = label("column", check.column.as_deref().unwrap_or_default());
    let condition = match (&check.kwargs, &check.issue_type) {
        (Some(kwargs), _) => label("kwargs", kwargs),
        (None, issue_type) => label("issue_type", issue_type.as_deref().unwrap_or_default()),
    };
    [asset, name, column, condition].join(",")
}

/// A label. Its value may be any text but the character NUL, at which readers end.
fn label(name: &str, value: &str) -> String {
    let mut label = format!("{name}=\"");
    for character in value.chars() {
        match character {
            '\\' => label.push_str("\\\\"),
            '"' => label.push_str("\\\""),
            '\n' => label.push_str("\\n"),
            '\0' => label.push(char::REPLACEMENT_CHARACTER),
            other => label.push(other),
        }
    }
    label.push('"');
    label
}

fn unusable_file(error: io::Error) -> Error {
    Error::new(ErrorKind::Write, "cannot keep the samples in a temporary file").with_source(error)
}
