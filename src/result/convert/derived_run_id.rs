//! A run id for a document without one.

use crate::error::Result;
use crate::result::json::ContentHash;
use crate::result::{RunId, RunTime};

/// A run id in the shape of truthound's, derived from the run time and from what a document means: the order of keys,
/// white space and the spelling of strings and numbers make no difference. `part` counts the results of one document.
pub(in crate::result) fn derived_run_id(content: &ContentHash, part: u64, run_time: RunTime) -> Result<RunId> {
    let digest = content.iter().take(4).map(|byte| format!("{byte:02x}")).collect::<String>();
    let time = run_time.to_python_iso().replace(['-', ':'], "").replace('T', "_");
    let time = time.get(..15).unwrap_or(&time);
    let part = if part == 0 { String::new() } else { format!("_{}", part + 1) };
    RunId::new(format!("run_{time}_{digest}{part}"))
}
