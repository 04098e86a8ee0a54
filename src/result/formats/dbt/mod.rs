//! The artifacts of dbt (<https://docs.getdbt.com/reference/artifacts/dbt-artifacts>).
//!
//! `run_results.json` becomes one result for each data asset that was tested or built, `sources.json` one for each
//! source. Both say which invocation of dbt made them; the manifest beside them says what each test tests.

mod artifact;
mod manifest;
mod node;
mod outcome;
pub(super) mod run_results;
pub(super) mod sources;
#[cfg(test)]
mod tests;

use super::format::{Format, FormatReading, Recognition};
use super::outline::Outline;

/// The manifest, which describes a project.
pub(super) const MANIFEST: Format = Format {
    name: "the manifest of a dbt project, which holds no test results",
    hint: None,
    recognize: |outline| artifact::recognize(outline, "/dbt/manifest/"),
    reading: FormatReading::Refused { instead: "give the `run_results.json` beside it, or the directory of both" },
};

/// The catalog, which describes tables.
pub(super) const CATALOG: Format = Format {
    name: "the catalog of a dbt project, which holds no test results",
    hint: None,
    recognize: |outline| artifact::recognize(outline, "/dbt/catalog/"),
    reading: FormatReading::Refused { instead: "give the `run_results.json` beside it, or the directory of both" },
};

/// Any other artifact.
pub(super) const OTHER_ARTIFACT: Format = Format {
    name: "an artifact of dbt that holds no test results",
    hint: None,
    recognize: recognize_any,
    reading: FormatReading::Refused { instead: "give the `run_results.json` or `sources.json` of the dbt project" },
};

fn recognize_any(outline: &Outline) -> Recognition {
    Recognition::certain_if(outline.has("metadata.dbt_schema_version"))
}
