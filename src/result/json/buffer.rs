//! The buffered bytes of a text, and their place in it.

use std::io::{self, Read};

use super::error::{JsonError, JsonErrorKind, TextPosition};
use super::scan;

/// Number of bytes per read.
pub(super) const SIZE: usize = 64 * 1024;

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

#[derive(Debug)]
pub(super) struct Buffer<R> {
    input: R,
    bytes: Box<[u8]>,
    /// The next byte that is not consumed.
    at: usize,
    /// The end of the bytes read.
    end: usize,
    /// The place of `bytes[counted]`. Lines and columns are counted only on request, or when bytes are dropped.
    mark: TextPosition,
    counted: usize,
    /// A place that may be requested later, and its value when its bytes were dropped.
    watched_offset: u64,
    watched: TextPosition,
    byte_order_mark: bool,
}

impl<R: Read> Buffer<R> {
    pub(super) fn new(input: R, size: usize, start: TextPosition) -> Self {
        Self {
            input,
            bytes: vec![0; size.max(16)].into(),
            at: 0,
            end: 0,
            mark: start,
            counted: 0,
            watched_offset: start.offset,
            watched: start,
            byte_order_mark: false,
        }
    }

    pub(super) fn input(&mut self) -> &mut R {
        &mut self.input
    }

    pub(super) fn had_byte_order_mark(&self) -> bool {
        self.byte_order_mark
    }

    /// The bytes read and not consumed.
    #[inline]
    pub(super) fn rest(&self) -> &[u8] {
        self.bytes.get(self.at..self.end).unwrap_or_default()
    }

    /// Consumes `count` bytes of the rest.
    #[inline]
    pub(super) fn advance(&mut self, count: usize) {
        self.at = self.end.min(self.at + count);
    }

    /// The number of bytes consumed, those before the start included.
    pub(super) fn offset(&self) -> u64 {
        self.mark.offset - self.counted as u64 + self.at as u64
    }

    /// The place of the next byte.
    pub(super) fn position(&mut self) -> TextPosition {
        self.count_to(self.at);
        self.mark
    }

    /// The place of the `count`th byte of the rest.
    pub(super) fn position_after(&self, count: usize) -> TextPosition {
        let bytes = self.bytes.get(self.counted..self.end.min(self.at + count)).unwrap_or_default();
        counted(self.mark, bytes)
    }

    /// Remembers the place of the next byte, for [`watched`](Self::watched).
    pub(super) fn watch(&mut self) {
        self.watched_offset = self.offset();
    }

    /// The place that was remembered.
    pub(super) fn watched(&self) -> TextPosition {
        let Some(ahead) = self.watched_offset.checked_sub(self.mark.offset) else { return self.watched };
        let end = usize::try_from(ahead).map_or(self.end, |ahead| self.counted + ahead).min(self.end);
        counted(self.mark, self.bytes.get(self.counted..end).unwrap_or_default())
    }

    fn count_to(&mut self, end: usize) {
        if self.watched_offset >= self.mark.offset && self.watched_offset <= self.offset() {
            self.watched = self.watched();
            let ahead = usize::try_from(self.watched_offset - self.mark.offset).unwrap_or(0);
            if self.counted + ahead <= end {
                self.counted += ahead;
                self.mark = self.watched;
            }
        }
        self.mark = counted(self.mark, self.bytes.get(self.counted..end).unwrap_or_default());
        self.counted = end;
    }

    /// Reads on; what is not consumed stays. Says whether there was more.
    #[cold]
    pub(super) fn fill(&mut self) -> Result<bool, JsonError> {
        self.count_to(self.at);
        self.bytes.copy_within(self.at..self.end, 0);
        self.end -= self.at;
        self.at = 0;
        self.counted = 0;
        let started = self.mark.offset > 0 || self.end > 0;
        loop {
            let room = self.bytes.get_mut(self.end..).unwrap_or_default();
            match self.input.read(room) {
                Ok(count) => {
                    self.end = self.bytes.len().min(self.end + count);
                    if !started && count > 0 && self.end < 4 {
                        continue; // The first bytes tell the encoding; wait for all of them.
                    }
                    if !started {
                        self.begin()?;
                    }
                    return Ok(if started { count > 0 } else { self.end > self.at });
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(JsonError::io(self.mark, error)),
            }
        }
    }

    /// Looks at the first bytes of a text.
    fn begin(&mut self) -> Result<(), JsonError> {
        let wide = match self.rest() {
            [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] | [0, 0, 0, 1..=255, ..] | [1..=255, 0, 0, 0, ..] => {
                Some("UTF-32")
            }
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, 1..=255, ..] | [1..=255, 0, ..] => Some("UTF-16"),
            _ => None,
        };
        if let Some(encoding) = wide {
            let message = format!("the text is {encoding}, not UTF-8; convert it with `iconv -f {encoding} -t UTF-8`");
            return Err(JsonError::new(JsonErrorKind::Encoding, self.mark, message));
        }
        if self.rest().starts_with(BYTE_ORDER_MARK) {
            self.byte_order_mark = true;
            self.at = BYTE_ORDER_MARK.len();
            self.counted = self.at;
            self.mark.offset += self.at as u64;
        }
        Ok(())
    }

    /// The next byte, or nothing at the end of the text.
    #[inline]
    pub(super) fn peek(&mut self) -> Result<Option<u8>, JsonError> {
        loop {
            if let Some(byte) = self.rest().first() {
                return Ok(Some(*byte));
            }
            if !self.fill()? {
                return Ok(None);
            }
        }
    }

    /// The next byte that is not white space; `None` at the end of the text.
    #[inline]
    pub(super) fn peek_token(&mut self) -> Result<Option<u8>, JsonError> {
        match self.rest().first() {
            Some(byte) if *byte > b' ' => Ok(Some(*byte)),
            _ => self.peek_token_after_space(),
        }
    }

    fn peek_token_after_space(&mut self) -> Result<Option<u8>, JsonError> {
        loop {
            let count = scan::white_space(self.rest());
            self.advance(count);
            if let Some(byte) = self.rest().first() {
                return Ok(Some(*byte));
            }
            if !self.fill()? {
                return Ok(None);
            }
        }
    }

    /// Reads until the rest holds `count` bytes, which must be few. Returns whether the text has that many.
    pub(super) fn ensure(&mut self, count: usize) -> Result<bool, JsonError> {
        while self.rest().len() < count {
            if !self.fill()? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Consumes the rest of the line with its line feed. Returns whether there was a line feed.
    pub(super) fn skip_line(&mut self) -> Result<bool, JsonError> {
        loop {
            if let Some(count) = self.rest().iter().position(|byte| *byte == b'\n') {
                self.advance(count + 1);
                return Ok(true);
            }
            self.advance(self.rest().len());
            if !self.fill()? {
                return Ok(false);
            }
        }
    }

    /// An error at the next byte: "expected this, found that".
    #[cold]
    pub(super) fn expected(&mut self, what: &str) -> JsonError {
        let found = match self.ensure(4) {
            Err(error) => return error,
            Ok(_) => describe(self.rest()),
        };
        let position = self.position();
        match found {
            None => {
                JsonError::new(JsonErrorKind::Truncated, position, format!("the text ends where {what} is expected"))
            }
            Some(found) => JsonError::new(JsonErrorKind::Syntax, position, format!("expected {what}, found {found}")),
        }
    }
}

/// The place after `bytes`, which begin at `position`.
fn counted(position: TextPosition, bytes: &[u8]) -> TextPosition {
    let lines = count(bytes, |byte| byte == b'\n');
    let (column, last_line) = match lines {
        0 => (position.column, bytes),
        _ => (1, bytes.rsplit(|byte| *byte == b'\n').next().unwrap_or_default()),
    };
    // Bytes of the form 10xxxxxx continue a character.
    let characters = count(last_line, |byte| byte & 0xc0 != 0x80);
    TextPosition {
        offset: position.offset + bytes.len() as u64,
        line: position.line + lines,
        column: column + characters,
    }
}

/// The number of `wanted` bytes. Counted in parts of at most 255 bytes, which the compiler vectorizes.
fn count(bytes: &[u8], wanted: impl Fn(u8) -> bool) -> u64 {
    bytes.chunks(240).map(|part| u64::from(part.iter().map(|byte| u8::from(wanted(*byte))).sum::<u8>())).sum()
}

/// The first character of the bytes, for a message.
fn describe(bytes: &[u8]) -> Option<String> {
    let first = bytes.first()?;
    let head = bytes.get(..bytes.len().min(4)).unwrap_or_default();
    let character = match std::str::from_utf8(head) {
        Ok(text) => text.chars().next(),
        Err(error) => head.get(..error.valid_up_to()).and_then(|valid| std::str::from_utf8(valid).ok()?.chars().next()),
    };
    Some(match character {
        Some('`') => "a backtick".to_owned(),
        Some('\'') => "a single quote (JSON has double quotes only)".to_owned(),
        Some(character) if character.is_control() || character == '\u{feff}' => {
            format!("U+{:04X}", u32::from(character))
        }
        Some(character) => format!("`{character}`"),
        None => format!("the byte 0x{first:02X}"),
    })
}
