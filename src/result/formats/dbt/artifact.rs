//! The metadata that all artifacts of dbt have.

use std::io::Read;
use std::time::Duration;

use crate::result::convert::{Conversion, ConversionError};
use crate::result::formats::format::Recognition;
use crate::result::formats::outline::Outline;
use crate::result::json::{JsonReader, JsonValue};
use crate::result::problem::shortened;
use crate::result::{RunId, RunTime};

/// Recognises an artifact by the kind in the URL of its schema, such as `/dbt/manifest/`.
pub(super) fn recognize(outline: &Outline, kind: &str) -> Recognition {
    let schema = outline.text("metadata.dbt_schema_version").unwrap_or_default();
    Recognition::certain_if(schema.contains(kind))
}

/// The `metadata` of an artifact.
#[derive(Clone, Debug, Default)]
pub(super) struct ArtifactMetadata {
    /// All members, as they are.
    pub(super) all: JsonValue,
}

impl ArtifactMetadata {
    pub(super) fn read<R: Read>(reader: &mut JsonReader<R>) -> Result<Self, ConversionError> {
        Ok(Self { all: reader.value()? })
    }

    /// The text of a member.
    pub(super) fn text(&self, key: &str) -> Option<String> {
        self.all.get(key)?.as_str().map(String::from)
    }

    /// Checks that the version of the schema is one of `1..=newest`.
    ///
    /// # Errors
    /// If it is another one. `format` is "the run results of dbt".
    pub(super) fn check_version(
        &self,
        newest: u32,
        format: &str,
        conversion: Conversion<'_>,
    ) -> Result<(), ConversionError> {
        let schema = self.text("dbt_schema_version").unwrap_or_default();
        let version =
            schema.rsplit('/').next().and_then(|file| file.strip_prefix('v')?.strip_suffix(".json")?.parse().ok());
        match version {
            Some(version) if (1..=newest).contains(&version) => Ok(()),
            _ => Err(conversion.refuses(
                format!("these are {format} of a version that is not known here: `{}`", shortened(&schema)),
                "check for a newer truthound-store",
            )),
        }
    }

    /// When the artifact was written: the end of the run.
    pub(super) fn run_time(&self, conversion: Conversion<'_>) -> Result<RunTime, ConversionError> {
        conversion.run_time_of("metadata.generated_at", self.text("generated_at").as_deref(), "this artifact of dbt")
    }

    /// The run id of the result for this data asset.
    ///
    /// # Errors
    /// If the artifact does not name the invocation of dbt.
    pub(super) fn invocation(&self, format: &str, conversion: Conversion<'_>) -> Result<String, ConversionError> {
        let invocation = self.text("invocation_id").filter(|invocation| !invocation.is_empty());
        invocation.ok_or_else(|| conversion.lacks(format, &["metadata.invocation_id"]))
    }
}

/// The run id of the result for a data asset.
pub(super) fn run_id(invocation: &str, data_asset: &str) -> Option<RunId> {
    RunId::new(format!("{invocation}.{data_asset}")).ok()
}

/// The time that a node took.
pub(super) fn duration(result: &JsonValue) -> Option<Duration> {
    Duration::try_from_secs_f64(result.get("execution_time")?.as_f64()?).ok()
}
