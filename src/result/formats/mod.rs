//! The formats that `save` reads, one file each.
//!
//! A format is a [`Format`] in a file of its own and its line in [`FORMATS`]. See `docs/adding-a-format.md`.

mod dbt;
mod deequ;
mod format;
mod frictionless;
mod great_expectations;
mod junit;
mod openlineage;
mod outline;
mod soda;
mod stored_result;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod truthound_checkpoint;
mod truthound_report;
mod truthound_report_lines;
mod truthound_run;

pub(super) use format::{Converter, Divider, Format, FormatReading, Recognition};
pub(super) use outline::Outline;
pub(super) use stored_result::StoredResultFacts;

/// The formats in the order in which they are tried.
const FORMATS: &[&Format] = &[
    &truthound_report_lines::FORMAT,
    &truthound_checkpoint::FORMAT,
    &stored_result::FORMAT,
    &truthound_report::FORMAT,
    &truthound_report::OTHER_REPORT,
    &great_expectations::CHECKPOINT,
    &great_expectations::FORMAT,
    &soda::FORMAT,
    &frictionless::FORMAT,
    &openlineage::FORMAT,
    &deequ::CHECK_RESULTS,
    &deequ::METRICS,
    &junit::FORMAT,
    &truthound_run::FORMAT,
    &dbt::run_results::FORMAT,
    &dbt::sources::FORMAT,
    &dbt::MANIFEST,
    &dbt::CATALOG,
    &dbt::OTHER_ARTIFACT,
];

/// The format of a document: the first that is certain, else the first that fits in part.
pub(super) fn recognize(outline: &Outline) -> Option<&'static Format> {
    let first = |wanted| FORMATS.iter().copied().find(|format| (format.recognize)(outline) == wanted);
    first(Recognition::Certain).or_else(|| first(Recognition::Partial))
}

/// The hint for a document that has none of the formats.
pub(super) fn accepted_formats() -> String {
    let hints = FORMATS.iter().filter_map(|format| format.hint).collect::<Vec<_>>();
    match hints.split_last() {
        Some((last, others)) if !others.is_empty() => format!("give {}, or {last}", others.join(", ")),
        _ => format!("give {}", hints.concat()),
    }
}
