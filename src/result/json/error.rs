//! Errors of reading JSON, with their place.

use std::fmt;
use std::io;

/// A place in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextPosition {
    /// Bytes before it.
    pub offset: u64,
    /// The line, from 1; only `\n` ends one.
    pub line: u64,
    /// The column in characters, from 1.
    pub column: u64,
}

impl TextPosition {
    /// The beginning of a text.
    pub const START: Self = Self { offset: 0, line: 1, column: 1 };
}

impl fmt::Display for TextPosition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}, column {}", self.line, self.column)
    }
}

/// The kind of a [`JsonError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JsonErrorKind {
    /// The bytes cannot be read.
    Io,
    /// The text ends in the middle of a value.
    Truncated,
    /// The text is not JSON in Python's dialect.
    Syntax,
    /// The bytes are not UTF-8.
    Encoding,
    /// An object names the same key twice.
    DuplicateKey,
    /// Arrays and objects are nested deeper than [`MAX_DEPTH`](super::MAX_DEPTH).
    TooDeep,
    /// A key or a value is longer than the limit for it.
    TooLong,
    /// The value has another kind than the requested one.
    Type,
}

/// The reason why a text is refused, and its place.
#[derive(Debug)]
pub struct JsonError(Box<JsonErrorDetails>);

#[derive(Debug)]
struct JsonErrorDetails {
    kind: JsonErrorKind,
    position: TextPosition,
    message: String,
    source: Option<io::Error>,
}

impl JsonError {
    /// An error at a place. `message` names the mistake, without the place and without a full stop.
    pub fn new(kind: JsonErrorKind, position: TextPosition, message: impl Into<String>) -> Self {
        Self(Box::new(JsonErrorDetails { kind, position, message: message.into(), source: None }))
    }

    pub(in crate::result) fn io(position: TextPosition, source: io::Error) -> Self {
        let message = "the text cannot be read".to_owned();
        Self(Box::new(JsonErrorDetails { kind: JsonErrorKind::Io, position, message, source: Some(source) }))
    }

    /// The kind of the error.
    pub fn kind(&self) -> JsonErrorKind {
        self.0.kind
    }

    /// The place where the error was noticed.
    pub fn position(&self) -> TextPosition {
        self.0.position
    }

    /// The line, from 1.
    pub fn line(&self) -> u64 {
        self.0.position.line
    }

    /// The column in characters, from 1.
    pub fn column(&self) -> u64 {
        self.0.position.column
    }

    /// The message, without the place.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The I/O error, if that is the reason.
    pub fn into_io(self) -> Result<io::Error, Self> {
        match self.0.source {
            Some(source) => Ok(source),
            None => Err(self),
        }
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.kind {
            JsonErrorKind::Io => formatter.write_str(&self.0.message),
            _ => write!(formatter, "{} at {}", self.0.message, self.0.position),
        }
    }
}

impl std::error::Error for JsonError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_ref().map(|source| source as &(dyn std::error::Error + 'static))
    }
}
