//! Pulling values from a stream.

use std::io::Read;

use super::buffer::{Buffer, SIZE};
use super::error::{JsonError, JsonErrorKind, TextPosition};
use super::keys::{ObjectKeys, SeenKeys};
use super::scalar::{Raw, ShortText, Sink};
use super::text::{self, JsonText};
use super::{JsonKind, MAX_DEPTH, MAX_KEY, MAX_TEXT};

/// Reads JSON from a stream, value by value, in memory that does not grow with the text.
///
/// The caller asks for the expected value: [`begin_object`](Self::begin_object), then [`next_key`](Self::next_key) and
/// a value in turn until the keys end; [`begin_array`](Self::begin_array), then [`next_element`](Self::next_element) and
/// a value in turn. Skipped values are checked too. After an error only
/// [`resume_at_next_line`](Self::resume_at_next_line) and [`resume_here`](Self::resume_here) may be called.
#[derive(Debug)]
pub struct JsonReader<R> {
    buffer: Buffer<R>,
    frames: Vec<Frame>,
    keys: SeenKeys,
    key: Raw,
    /// The decoded key, if it is spelled with escapes.
    decoded: Vec<u8>,
    shown: String,
}

#[derive(Debug)]
struct Frame {
    /// The keys seen, of an object.
    seen: Option<ObjectKeys>,
    empty: bool,
}

impl<R: Read> JsonReader<R> {
    /// A reader of a whole text. A byte order mark at its beginning is skipped.
    pub fn new(input: R) -> Self {
        Self::with_buffer(input, SIZE, TextPosition::START)
    }

    /// A reader of a part of a text that begins at `start`. Errors name places in the whole text.
    pub fn starting_at(input: R, start: TextPosition) -> Self {
        Self::with_buffer(input, SIZE, start)
    }

    /// As [`starting_at`](Self::starting_at), of a part of so many bytes. The buffer is no larger than the part.
    pub fn of_part(input: R, start: TextPosition, length: u64) -> Self {
        Self::with_buffer(input, usize::try_from(length).unwrap_or(SIZE).min(SIZE), start)
    }

    pub(super) fn with_buffer(input: R, size: usize, start: TextPosition) -> Self {
        Self {
            buffer: Buffer::new(input, size, start),
            frames: Vec::new(),
            keys: SeenKeys::default(),
            key: Raw::new("a key", MAX_KEY),
            decoded: Vec::new(),
            shown: String::new(),
        }
    }

    /// The input. At least the bytes up to [`offset`](Self::offset) have been read from it.
    pub fn input(&mut self) -> &mut R {
        self.buffer.input()
    }

    /// Whether the text began with a byte order mark.
    pub fn had_byte_order_mark(&self) -> bool {
        self.buffer.had_byte_order_mark()
    }

    /// The number of bytes consumed, a byte order mark included.
    pub fn offset(&self) -> u64 {
        self.buffer.offset()
    }

    /// The place of the next byte.
    pub fn position(&mut self) -> TextPosition {
        self.buffer.position()
    }

    /// The number of open arrays and objects.
    pub fn depth(&self) -> usize {
        self.frames.len()
    }

    /// Skips white space, and returns whether anything follows.
    ///
    /// # Errors
    /// If the text cannot be read.
    pub fn more(&mut self) -> Result<bool, JsonError> {
        Ok(self.buffer.peek_token()?.is_some())
    }

    /// Skips white space to the end of the text.
    ///
    /// # Errors
    /// If anything else follows.
    pub fn end(&mut self) -> Result<(), JsonError> {
        match self.buffer.peek_token()? {
            None => Ok(()),
            Some(_) => Err(self.buffer.expected("the end of the text")),
        }
    }

    /// Skips white space, and returns whether an object or an array begins there.
    ///
    /// # Errors
    /// If the text cannot be read.
    pub fn at_object_or_array(&mut self) -> Result<bool, JsonError> {
        Ok(matches!(self.buffer.peek_token()?, Some(b'{' | b'[')))
    }

    /// Skips white space, and returns whether a tag of XML or HTML begins there.
    ///
    /// # Errors
    /// If the text cannot be read.
    pub fn at_markup(&mut self) -> Result<bool, JsonError> {
        Ok(self.buffer.peek_token()? == Some(b'<'))
    }

    /// Skips white space, and returns whether an array ends there.
    ///
    /// # Errors
    /// If the text cannot be read.
    pub fn at_array_end(&mut self) -> Result<bool, JsonError> {
        Ok(self.buffer.peek_token()? == Some(b']'))
    }

    /// The kind of the next value. Consumes only white space.
    ///
    /// # Errors
    /// If no value follows.
    pub fn peek(&mut self) -> Result<JsonKind, JsonError> {
        Ok(match self.buffer.peek_token()? {
            Some(b'"') => JsonKind::String,
            Some(b'{') => JsonKind::Object,
            Some(b'[') => JsonKind::Array,
            Some(b'-' | b'0'..=b'9' | b'N' | b'I') => JsonKind::Number,
            Some(b't' | b'f') => JsonKind::Bool,
            Some(b'n') => JsonKind::Null,
            _ => return Err(self.buffer.expected("a value")),
        })
    }

    fn require(&mut self, kind: JsonKind) -> Result<(), JsonError> {
        let found = self.peek()?;
        if found == kind {
            return Ok(());
        }
        let message = format!("expected {}, found {}", kind.name(), found.name());
        Err(JsonError::new(JsonErrorKind::Type, self.position(), message))
    }

    /// Enters an object.
    ///
    /// # Errors
    /// If the next value has another kind, or is nested too deep.
    pub fn begin_object(&mut self) -> Result<(), JsonError> {
        self.require(JsonKind::Object)?;
        let seen = self.keys.open();
        self.open(Some(seen))
    }

    /// Enters an array.
    ///
    /// # Errors
    /// If the next value has another kind, or is nested too deep.
    pub fn begin_array(&mut self) -> Result<(), JsonError> {
        self.require(JsonKind::Array)?;
        self.open(None)
    }

    fn open(&mut self, seen: Option<ObjectKeys>) -> Result<(), JsonError> {
        if self.frames.len() >= MAX_DEPTH {
            let message = format!("arrays and objects are nested deeper than {MAX_DEPTH} levels, the limit");
            return Err(JsonError::new(JsonErrorKind::TooDeep, self.position(), message));
        }
        self.buffer.advance(1);
        self.frames.push(Frame { seen, empty: true });
        Ok(())
    }

    /// The next key of the innermost object; its value must be consumed next. `None` at the end of the object, which is
    /// then left.
    ///
    /// A lone surrogate in the key shows as U+FFFD; [`key`](Self::key) has it exactly.
    ///
    /// # Errors
    /// If neither a key nor the end follows, or the key is a duplicate.
    pub fn next_key(&mut self) -> Result<Option<&str>, JsonError> {
        if !self.advance_key()? {
            return Ok(None);
        }
        if self.key.escaped {
            self.shown = self.key().to_str_lossy().into_owned();
            return Ok(Some(&self.shown));
        }
        Ok(Some(std::str::from_utf8(&self.key.bytes).unwrap_or_default()))
    }

    /// The last key, in its spelling.
    pub fn key(&self) -> JsonText {
        JsonText::from_raw(String::from_utf8_lossy(&self.key.bytes).into_owned())
    }

    /// The place where the last key begins.
    pub fn key_position(&self) -> TextPosition {
        self.buffer.watched()
    }

    fn advance_key(&mut self) -> Result<bool, JsonError> {
        let Some(frame) = self.frames.last_mut() else { return Ok(false) };
        let first = std::mem::replace(&mut frame.empty, false);
        match self.buffer.peek_token()? {
            Some(b'}') => {
                self.close();
                return Ok(false);
            }
            Some(b'"') if first => {}
            Some(b',') if !first => {
                self.buffer.advance(1);
                if self.buffer.peek_token()? != Some(b'"') {
                    return Err(self.buffer.expected("a key"));
                }
            }
            _ => return Err(self.buffer.expected(if first { "a key or `}`" } else { "`,` or `}`" })),
        }
        self.buffer.watch();
        self.key.clear();
        self.buffer.string(&mut self.key)?;
        self.check_key()?;
        if self.buffer.peek_token()? != Some(b':') {
            return Err(self.buffer.expected("`:`"));
        }
        self.buffer.advance(1);
        Ok(true)
    }

    fn check_key(&mut self) -> Result<(), JsonError> {
        let meant = if self.key.escaped {
            self.decoded.clear();
            text::decode(std::str::from_utf8(&self.key.bytes).unwrap_or_default(), &mut self.decoded);
            &self.decoded
        } else {
            &self.key.bytes
        };
        let Some(seen) = self.frames.last_mut().and_then(|frame| frame.seen.as_mut()) else { return Ok(()) };
        if self.keys.insert(seen, meant) {
            return Ok(());
        }
        let message = format!("duplicate key `{}`", self.key());
        Err(JsonError::new(JsonErrorKind::DuplicateKey, self.buffer.watched(), message))
    }

    /// Whether the innermost array has another element, which must be consumed next. At the end, the array is left.
    ///
    /// # Errors
    /// If neither an element nor the end follows.
    pub fn next_element(&mut self) -> Result<bool, JsonError> {
        let Some(frame) = self.frames.last_mut() else { return Ok(false) };
        let first = std::mem::replace(&mut frame.empty, false);
        match self.buffer.peek_token()? {
            Some(b']') => {
                self.close();
                return Ok(false);
            }
            Some(b',') if !first => self.buffer.advance(1),
            Some(_) if first => {}
            _ => return Err(self.buffer.expected(if first { "a value or `]`" } else { "`,` or `]`" })),
        }
        Ok(true)
    }

    fn close(&mut self) {
        self.buffer.advance(1);
        if let Some(Frame { seen: Some(seen), .. }) = self.frames.pop() {
            self.keys.close(&seen);
        }
    }

    /// Moves to the next member of the innermost array or object, and leaves it at its end.
    pub(super) fn next_member(&mut self) -> Result<bool, JsonError> {
        match self.frames.last() {
            Some(Frame { seen: Some(_), .. }) => self.advance_key(),
            _ => self.next_element(),
        }
    }

    pub(super) fn scalar<S: Sink>(&mut self, kind: JsonKind, sink: &mut S) -> Result<(), JsonError> {
        match self.buffer.peek_token()? {
            Some(b'"') => self.buffer.string(sink),
            Some(b'N') => self.buffer.literal("NaN", sink),
            Some(b'I') => self.buffer.literal("Infinity", sink),
            Some(b't') => self.buffer.literal("true", sink),
            Some(b'f') => self.buffer.literal("false", sink),
            Some(b'n') => self.buffer.literal("null", sink),
            Some(b'-' | b'0'..=b'9') => self.buffer.number(sink),
            _ => Err(self.buffer.expected(kind.name())),
        }
    }

    fn literal(&mut self, kind: JsonKind, limit: usize) -> Result<String, JsonError> {
        self.require(kind)?;
        let mut raw = Raw::new(kind.name(), limit);
        self.scalar(kind, &mut raw)?;
        // The reader accepts only UTF-8; this copies nothing.
        Ok(String::from_utf8(raw.bytes).unwrap_or_default())
    }

    /// The next value, which must be a string.
    ///
    /// # Errors
    /// If the value has another kind, or more than 16 MiB.
    pub fn string(&mut self) -> Result<JsonText, JsonError> {
        self.string_within(MAX_TEXT)
    }

    /// The next value, which must be a string with a spelling of at most `limit` bytes.
    ///
    /// # Errors
    /// If the value has another kind, or is longer. It is read no further than the limit.
    pub fn string_within(&mut self, limit: usize) -> Result<JsonText, JsonError> {
        Ok(JsonText::from_raw(self.literal(JsonKind::String, limit)?))
    }

    /// The next value, which must be a string: its text, or `None` if its spelling is longer than `limit` bytes or holds
    /// a lone surrogate. Memory stays within `limit`.
    ///
    /// # Errors
    /// If the value has another kind.
    pub fn short_string(&mut self, limit: usize) -> Result<Option<String>, JsonError> {
        self.require(JsonKind::String)?;
        let mut sink = ShortText { bytes: Vec::new(), limit };
        self.scalar(JsonKind::String, &mut sink)?;
        if sink.bytes.len() > limit {
            return Ok(None);
        }
        let text = JsonText::from_raw(String::from_utf8(sink.bytes).unwrap_or_default());
        Ok(text.is_exact().then(|| text.to_str_lossy().into_owned()))
    }

    /// The next value, which must be a number, in its spelling.
    ///
    /// # Errors
    /// If the value has another kind.
    pub fn number(&mut self) -> Result<Box<str>, JsonError> {
        Ok(self.literal(JsonKind::Number, MAX_TEXT)?.into())
    }

    /// The next value, which must be true or false.
    ///
    /// # Errors
    /// If the value has another kind.
    pub fn bool(&mut self) -> Result<bool, JsonError> {
        Ok(self.literal(JsonKind::Bool, MAX_TEXT)? == "true")
    }

    /// The next value, which must be null.
    ///
    /// # Errors
    /// If the value has another kind.
    pub fn null(&mut self) -> Result<(), JsonError> {
        self.literal(JsonKind::Null, MAX_TEXT).map(drop)
    }

    /// Checks and skips the next value.
    ///
    /// # Errors
    /// If it is not valid.
    pub fn skip(&mut self) -> Result<(), JsonError> {
        let depth = self.frames.len();
        loop {
            match self.buffer.peek_token()? {
                Some(b'{') => self.begin_object()?,
                Some(b'[') => self.begin_array()?,
                Some(b'"') => self.buffer.string(&mut ())?,
                Some(b'-' | b'0'..=b'9') => self.buffer.number(&mut ())?,
                _ => {
                    let kind = self.peek()?;
                    self.scalar(kind, &mut ())?;
                }
            }
            while self.frames.len() > depth {
                if self.next_member()? {
                    break;
                }
            }
            if self.frames.len() <= depth {
                return Ok(());
            }
        }
    }

    /// After an error, skips the rest of the line and forgets the open arrays and objects. Returns whether there is a
    /// next line.
    ///
    /// # Errors
    /// If the text cannot be read.
    pub fn resume_at_next_line(&mut self) -> Result<bool, JsonError> {
        self.resume_here();
        self.buffer.skip_line()
    }

    /// After an error, forgets the open arrays and objects, to go on with another text here.
    pub fn resume_here(&mut self) {
        self.frames.clear();
        self.keys = SeenKeys::default();
    }
}
