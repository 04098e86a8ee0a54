//! Building blocks of the conversions in [`formats`](super::formats).

mod conversion;
mod converted;
mod derived_run_id;
mod elements;
pub(super) mod python_value;

pub(super) use conversion::{Conversion, ConversionError};
pub(super) use converted::{ConvertedResult, ResultStatistics, SEVERITIES, ValidatorEntry, count_value};
pub(super) use derived_run_id::derived_run_id;
pub(super) use elements::{each_object, samples};
