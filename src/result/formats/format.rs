//! The description of one input format.

use super::outline::Outline;
use crate::result::convert::{Conversion, ConversionError, ConvertedResult, DividedDocument};
use crate::result::json::JsonReader;
use crate::result::{Body, BodyReader};

/// A kind of document that users may give to `save`.
#[derive(Debug)]
pub(in crate::result) struct Format {
    /// Name for messages, with its article: "a truthound run".
    pub(in crate::result) name: &'static str,
    /// Completes "give ..." in the hint that is shown when no format fits. `None` leaves the format out of the hint.
    pub(in crate::result) hint: Option<&'static str>,
    /// Compares the outline of a document with the format.
    pub(in crate::result) recognize: fn(&Outline) -> Recognition,
    /// The way from a document in this format to a stored result.
    pub(in crate::result) reading: FormatReading,
}

/// The answer of [`Format::recognize`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::result) enum Recognition {
    /// The document has this format. Formats later in the list are not asked.
    Certain,
    /// The document may be damaged or incomplete. It is read as this format if no format is certain, so that the
    /// message names the missing members.
    Partial,
    /// The document has another format.
    No,
}

impl Recognition {
    /// `Certain` if the condition holds, else `No`.
    pub(in crate::result) fn certain_if(condition: bool) -> Self {
        if condition { Self::Certain } else { Self::No }
    }
}

/// Reads one document and converts it.
pub(in crate::result) type Converter =
    fn(&mut JsonReader<BodyReader>, Conversion<'_>) -> Result<ConvertedResult, ConversionError>;

/// Reads one document and divides it into results.
pub(in crate::result) type Divider = fn(&Body, Conversion<'_>) -> Result<DividedDocument, ConversionError>;

/// The way from a document to stored results.
#[derive(Debug)]
pub(in crate::result) enum FormatReading {
    /// The document is a stored result, and is kept byte for byte.
    Kept,
    /// The document is converted.
    Converted(Converter),
    /// The document holds several results, which are converted one by one.
    Divided(Divider),
    /// As `Divided`, of a document that is an array: its elements are no documents of their own.
    DividedArray(Divider),
    /// The document is recognised in order to refuse it with a better hint than the list of formats.
    Refused {
        /// The hint: what to give instead.
        instead: &'static str,
    },
}
