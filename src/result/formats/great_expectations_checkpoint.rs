//! A checkpoint result of Great Expectations, which holds several validation results.

use super::format::{Format, FormatReading, Recognition};
use super::outline::Outline;

pub(super) const FORMAT: Format = Format {
    name: "a checkpoint result of Great Expectations, which holds several validation results",
    hint: None,
    recognize,
    reading: FormatReading::Refused {
        instead: "give the validation results in its `run_results`, one after the other",
    },
};

fn recognize(outline: &Outline) -> Recognition {
    Recognition::certain_if(outline.has("run_results"))
}
