//! A run id for a document without one.

use std::io::{self, Read};

use sha2::{Digest as _, Sha256};

use crate::result::json::OneLine;
use crate::result::{RunId, RunTime};

/// A run id derived from the run time and the content of a document, in the shape of truthound's run ids. The white
/// space of the document makes no difference.
pub(in crate::result) fn derived_run_id(mut document: impl Read, run_time: RunTime) -> io::Result<RunId> {
    let mut hash = Sha256::new();
    let mut one_line = OneLine::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match document.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => hash.update(one_line.push(buffer.get(..count).unwrap_or_default())),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let digest = hash.finalize().iter().take(4).map(|byte| format!("{byte:02x}")).collect::<String>();
    let time = run_time.to_python_iso().replace(['-', ':'], "").replace('T', "_");
    let time = time.get(..15).unwrap_or(&time);
    RunId::new(format!("run_{time}_{digest}")).map_err(io::Error::other)
}
