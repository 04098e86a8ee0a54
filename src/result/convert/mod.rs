//! Building blocks of the conversions in [`formats`](super::formats).

mod conversion;
mod converted;
mod converted_check;
mod derived_run_id;
mod divided;
mod element_groups;
mod element_span;
mod elements;
mod message;
pub(super) mod python_value;
mod written_entries;

pub(super) use conversion::{Conversion, ConversionError, OwnedConversion, RUN_TIME_HINT};
pub(super) use converted::{ConvertedResult, ResultStatistics, SEVERITIES, ValidatorEntry, count_value};
pub(super) use converted_check::{ConvertedCheck, ConvertedChecks, ConvertedFacts};
pub(super) use derived_run_id::derived_run_id;
pub(super) use divided::{ConvertedResults, DividedDocument};
pub(super) use element_groups::ElementGroups;
pub(super) use element_span::ElementSpan;
pub(super) use elements::{each_object, samples};
pub(super) use message::{exact_text, plain};
pub(super) use written_entries::WrittenEntries;
