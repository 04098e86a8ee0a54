//! Strings, numbers and literals.

use std::io::Read;

use super::buffer::Buffer;
use super::error::{JsonError, JsonErrorKind};
use super::scan;

/// A receiver of the bytes of a value while it is read. `()` drops them.
pub(super) trait Sink {
    fn take(&mut self, bytes: &[u8]);
    /// Called when the bytes hold an escape.
    fn escaped(&mut self) {}
    /// The complaint about more bytes than there is room for, as soon as there are too many.
    fn complaint(&self) -> Option<String> {
        None
    }
}

impl Sink for () {
    fn take(&mut self, _: &[u8]) {}
}

/// The bytes of a literal, up to a limit.
#[derive(Debug)]
pub(super) struct Raw {
    pub(super) bytes: Vec<u8>,
    pub(super) escaped: bool,
    what: &'static str,
    limit: usize,
}

impl Raw {
    /// Room for `limit` bytes of `what`: "a key".
    pub(super) fn new(what: &'static str, limit: usize) -> Self {
        Self { bytes: Vec::new(), escaped: false, what, limit }
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.escaped = false;
    }
}

impl Sink for Raw {
    fn take(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    fn escaped(&mut self) {
        self.escaped = true;
    }

    fn complaint(&self) -> Option<String> {
        let Self { what, limit, .. } = self;
        (self.bytes.len() > *limit).then(|| format!("{what} is longer than {limit} bytes, the limit"))
    }
}

/// The bytes of a literal, up to one more than `limit`.
#[derive(Debug)]
pub(super) struct ShortText {
    pub(super) bytes: Vec<u8>,
    pub(super) limit: usize,
}

impl Sink for ShortText {
    fn take(&mut self, bytes: &[u8]) {
        let room = (self.limit + 1).saturating_sub(self.bytes.len());
        self.bytes.extend_from_slice(bytes.get(..room.min(bytes.len())).unwrap_or_default());
    }
}

impl<R: Read> Buffer<R> {
    /// Consumes a string with its quotes; `sink` gets the bytes between them.
    pub(super) fn string<S: Sink>(&mut self, sink: &mut S) -> Result<(), JsonError> {
        self.advance(1);
        loop {
            let rest = self.rest();
            let (length, ascii) = scan::plain(rest);
            let segment = rest.get(..length).unwrap_or_default();
            let mut valid = length;
            if !ascii && let Err(error) = std::str::from_utf8(segment) {
                valid = error.valid_up_to();
                // A character may continue after the end of the buffer.
                if error.error_len().is_some() || length < rest.len() {
                    return Err(self.invalid_encoding(valid));
                }
            }
            sink.take(segment.get(..valid).unwrap_or_default());
            self.advance(valid);
            self.check(sink)?;
            match self.rest().first() {
                Some(b'"') => {
                    self.advance(1);
                    return Ok(());
                }
                Some(b'\\') => self.escape(sink)?,
                Some(control @ 0..0x20) => {
                    let message = match control {
                        b'\n' => "a string is not closed before the end of the line".to_owned(),
                        _ => format!("a string holds the control character U+{control:04X}, which must be escaped"),
                    };
                    return Err(JsonError::new(JsonErrorKind::Syntax, self.position(), message));
                }
                _ => {
                    let before = self.rest().len();
                    if !self.fill()? {
                        return Err(if before > 0 { self.invalid_encoding(0) } else { self.unclosed() });
                    }
                }
            }
        }
    }

    /// Fails as soon as there are more bytes than `sink` has room for.
    fn check<S: Sink>(&mut self, sink: &S) -> Result<(), JsonError> {
        match sink.complaint() {
            None => Ok(()),
            Some(complaint) => Err(JsonError::new(JsonErrorKind::TooLong, self.position(), complaint)),
        }
    }

    fn escape<S: Sink>(&mut self, sink: &mut S) -> Result<(), JsonError> {
        if !self.ensure(2)? {
            return Err(self.unclosed());
        }
        let length = match self.rest() {
            [_, b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => 2,
            [_, b'u', ..] => 6,
            _ => {
                let position = self.position();
                return Err(JsonError::new(JsonErrorKind::Syntax, position, "a backslash begins no valid escape here"));
            }
        };
        let complete = self.ensure(length)?;
        let escape = self.rest().get(..length).unwrap_or(self.rest());
        if !escape.iter().skip(2).all(u8::is_ascii_hexdigit) {
            let position = self.position();
            return Err(JsonError::new(
                JsonErrorKind::Syntax,
                position,
                "`\\u` is not followed by four hexadecimal digits",
            ));
        }
        if !complete {
            return Err(self.unclosed());
        }
        sink.take(escape);
        sink.escaped();
        self.advance(length);
        Ok(())
    }

    #[cold]
    fn unclosed(&mut self) -> JsonError {
        self.advance(usize::MAX / 2);
        JsonError::new(JsonErrorKind::Truncated, self.position(), "the text ends within a string")
    }

    #[cold]
    fn invalid_encoding(&mut self, after: usize) -> JsonError {
        let byte = self.rest().get(after).copied().unwrap_or_default();
        let message = format!("the text is not UTF-8: the byte 0x{byte:02X} belongs to no character");
        JsonError::new(JsonErrorKind::Encoding, self.position_after(after), message)
    }

    /// Consumes a number, except `NaN` and `Infinity`.
    #[inline]
    pub(super) fn number<S: Sink>(&mut self, sink: &mut S) -> Result<(), JsonError> {
        // Nearly every number ends before the buffer does.
        if let Some(length) = scan::number(self.rest()) {
            sink.take(self.rest().get(..length).unwrap_or_default());
            self.advance(length);
            return Ok(());
        }
        self.number_in_pieces(sink)
    }

    /// Consumes a number part by part, for numbers that are malformed or reach the end of the buffer.
    fn number_in_pieces<S: Sink>(&mut self, sink: &mut S) -> Result<(), JsonError> {
        if self.peek()? == Some(b'-') {
            self.take_byte(sink);
            if self.peek()? == Some(b'I') {
                return self.literal("Infinity", sink);
            }
        }
        if self.peek()? == Some(b'0') {
            self.take_byte(sink);
            if self.peek()?.is_some_and(|byte| byte.is_ascii_digit()) {
                let position = self.position();
                return Err(JsonError::new(JsonErrorKind::Syntax, position, "a number must not begin with a zero"));
            }
        } else {
            self.digits(sink)?;
        }
        if self.peek()? == Some(b'.') {
            self.take_byte(sink);
            self.digits(sink)?;
        }
        if matches!(self.peek()?, Some(b'e' | b'E')) {
            self.take_byte(sink);
            if matches!(self.peek()?, Some(b'+' | b'-')) {
                self.take_byte(sink);
            }
            self.digits(sink)?;
        }
        Ok(())
    }

    fn take_byte<S: Sink>(&mut self, sink: &mut S) {
        sink.take(self.rest().get(..1).unwrap_or_default());
        self.advance(1);
    }

    /// Consumes one digit or more.
    fn digits<S: Sink>(&mut self, sink: &mut S) -> Result<(), JsonError> {
        if !self.peek()?.is_some_and(|byte| byte.is_ascii_digit()) {
            return Err(self.expected("a digit"));
        }
        while self.peek()?.is_some_and(|byte| byte.is_ascii_digit()) {
            let count = self.rest().iter().take_while(|byte| byte.is_ascii_digit()).count();
            sink.take(self.rest().get(..count).unwrap_or_default());
            self.advance(count);
            self.check(sink)?;
        }
        Ok(())
    }

    /// Consumes exactly `word`.
    pub(super) fn literal<S: Sink>(&mut self, word: &str, sink: &mut S) -> Result<(), JsonError> {
        let complete = self.ensure(word.len())?;
        if !self.rest().starts_with(word.as_bytes()) {
            if !complete && word.as_bytes().starts_with(self.rest()) {
                self.advance(word.len());
                return Err(JsonError::new(
                    JsonErrorKind::Truncated,
                    self.position(),
                    format!("the text ends within `{word}`"),
                ));
            }
            return Err(self.expected("a value"));
        }
        sink.take(word.as_bytes());
        self.advance(word.len());
        Ok(())
    }
}
