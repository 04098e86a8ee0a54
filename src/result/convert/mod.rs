//! Building blocks of the conversions in [`formats`](super::formats).

mod conversion;
mod converted;
mod converted_check;
mod derived_run_id;
mod divided;
mod element_span;
mod elements;
pub(super) mod python_value;

pub(super) use conversion::{Conversion, ConversionError};
pub(super) use converted::{ConvertedResult, ResultStatistics, SEVERITIES, ValidatorEntry, count_value};
pub(super) use converted_check::{ConvertedCheck, ConvertedChecks, ConvertedFacts};
pub(super) use derived_run_id::derived_run_id;
pub(super) use divided::{ConvertedResults, DividedDocument};
pub(super) use element_span::ElementSpan;
pub(super) use elements::{each_object, samples};
