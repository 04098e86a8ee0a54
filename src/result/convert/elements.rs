//! Arrays of objects, read one object at a time.

use std::io::Read;

use super::conversion::ConversionError;
use crate::result::json::{JsonError, JsonKind, JsonReader, JsonValue};
use crate::result::problem::DocumentProblem;

/// Reads the next value, which must be an array of objects. Calls `read` for each object, which must consume it.
///
/// # Errors
/// If the value is not such an array, and the errors of `read`.
pub(in crate::result) fn each_object<R: Read>(
    reader: &mut JsonReader<R>,
    key: &str,
    mut read: impl FnMut(&mut JsonReader<R>) -> Result<(), ConversionError>,
) -> Result<(), ConversionError> {
    let kind = reader.peek()?;
    if kind != JsonKind::Array {
        return Err(DocumentProblem::new(reader.position(), format!("`{key}` is {}, not an array", kind.name())).into());
    }
    reader.begin_array()?;
    while reader.next_element()? {
        let kind = reader.peek()?;
        if kind != JsonKind::Object {
            let reason = format!("an entry of `{key}` is {}, not an object", kind.name());
            return Err(DocumentProblem::new(reader.position(), reason).into());
        }
        read(reader)?;
    }
    Ok(())
}

/// Sample values of an issue that are kept: `max_sample_values` of truthound's `build_run_presentation`.
const SAMPLES: usize = 5;

/// Reads the next value. Of an array, which may be as long as the data, only the first elements are kept.
pub(in crate::result) fn samples<R: Read>(reader: &mut JsonReader<R>) -> Result<JsonValue, JsonError> {
    if reader.peek()? != JsonKind::Array {
        return reader.value();
    }
    let mut samples = Vec::new();
    reader.begin_array()?;
    while reader.next_element()? {
        if samples.len() < SAMPLES { samples.push(reader.value()?) } else { reader.skip()? }
    }
    Ok(JsonValue::Array(samples))
}
