//! One line of the report in lines that truthound's NDJSON reporter writes (`truthound/reporters/ndjson_reporter.py`).
//!
//! The header line has the members of a stored result, so this format is tried before that one.

use super::format::{Format, FormatReading, Recognition};
use super::outline::Outline;

pub(super) const FORMAT: Format = Format {
    name: "one line of a truthound report in NDJSON, which spreads one result over many lines",
    hint: None,
    recognize,
    reading: FormatReading::Refused { instead: "save the output of `truthound check -f json` instead" },
};

fn recognize(outline: &Outline) -> Recognition {
    let is_line = matches!(outline.text("type"), Some("header" | "issue" | "summary"));
    Recognition::certain_if(is_line && !outline.has("results"))
}
