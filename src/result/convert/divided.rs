//! A document that holds several results.

use std::fmt;

use super::conversion::ConversionError;
use super::converted::ConvertedResult;

/// The results of one document.
pub(in crate::result) struct DividedDocument {
    /// The results, converted one by one, so that memory holds one of them. There may be none.
    pub(in crate::result) results: ConvertedResults,
    /// Facts that the user should know: "the manifest is missing".
    pub(in crate::result) warnings: Vec<String>,
    /// Why there may be no result, for a document that has none: "no input of the event has assertions".
    pub(in crate::result) empty: &'static str,
}

/// The results of one document, in its order.
pub(in crate::result) type ConvertedResults = Box<dyn Iterator<Item = Result<ConvertedResult, ConversionError>> + Send>;

impl fmt::Debug for DividedDocument {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { warnings, empty, .. } = self;
        formatter
            .debug_struct("DividedDocument")
            .field("warnings", warnings)
            .field("empty", empty)
            .finish_non_exhaustive()
    }
}
