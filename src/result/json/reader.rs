//! Pulling values out of a stream.

use std::io::Read;

use super::buffer::{Buffer, SIZE};
use super::error::{JsonError, JsonErrorKind, TextPosition};
use super::keys::{Keys, Seen};
use super::scalar::{Raw, ShortText, Sink};
use super::text::{self, JsonText};
use super::{JsonKind, MAX_DEPTH};

/// Reads JSON from a stream, value by value, in memory that does not grow with the text.
///
/// It is asked for what should come next: [`begin_object`](Self::begin_object), then [`next_key`](Self::next_key) and
/// a value in turn until there is no key any more; [`begin_array`](Self::begin_array), then
/// [`next_element`](Self::next_element) and a value in turn. Everything that passes is checked, also what is skipped.
/// After an error only [`resume_at_next_line`](Self::resume_at_next_line) makes sense.
#[derive(Debug)]
pub struct JsonReader<R> {
    buffer: Buffer<R>,
    frames: Vec<Frame>,
    keys: Keys,
    key: Raw,
    /// The key as text, where it is spelled with escapes.
    decoded: Vec<u8>,
    shown: String,
}

#[derive(Debug)]
struct Frame {
    /// The keys seen, of an object.
    seen: Option<Seen>,
    empty: bool,
}

impl<R: Read> JsonReader<R> {
    /// A reader of a whole text. A byte order mark at its beginning is passed over.
    pub fn new(input: R) -> Self {
        Self::with_buffer(input, SIZE, TextPosition::START)
    }

    /// A reader of a text that is a part of another: errors speak of places in the whole.
    pub fn starting_at(input: R, start: TextPosition) -> Self {
        Self::with_buffer(input, SIZE, start)
    }

    pub(super) fn with_buffer(input: R, size: usize, start: TextPosition) -> Self {
        Self {
            buffer: Buffer::new(input, size, start),
            frames: Vec::new(),
            keys: Keys::default(),
            key: Raw::default(),
            decoded: Vec::new(),
            shown: String::new(),
        }
    }

    /// What the text is read from. What has been read from it is at least all up to [`offset`](Self::offset).
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

    /// Where the next byte stands.
    pub fn position(&mut self) -> TextPosition {
        self.buffer.position()
    }

    /// How many arrays and objects are open.
    pub fn depth(&self) -> usize {
        self.frames.len()
    }

    /// Passes over white space, and says whether anything follows.
    ///
    /// # Errors
    /// If the text cannot be read.
    pub fn more(&mut self) -> Result<bool, JsonError> {
        Ok(self.buffer.peek_token()?.is_some())
    }

    /// Passes over white space to the end of the text.
    ///
    /// # Errors
    /// If anything else follows.
    pub fn end(&mut self) -> Result<(), JsonError> {
        match self.buffer.peek_token()? {
            None => Ok(()),
            Some(_) => Err(self.buffer.expected("the end of the text")),
        }
    }

    /// Passes over white space, and says whether an object or an array begins there.
    ///
    /// # Errors
    /// If the text cannot be read.
    pub fn at_object_or_array(&mut self) -> Result<bool, JsonError> {
        Ok(matches!(self.buffer.peek_token()?, Some(b'{' | b'[')))
    }

    /// Passes over white space, and says whether an array ends there.
    ///
    /// # Errors
    /// If the text cannot be read.
    pub fn at_array_end(&mut self) -> Result<bool, JsonError> {
        Ok(self.buffer.peek_token()? == Some(b']'))
    }

    /// What sort of value comes next. Consumes no more than white space.
    ///
    /// # Errors
    /// If none comes.
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
    /// If another value comes next, or it is nested too deep.
    pub fn begin_object(&mut self) -> Result<(), JsonError> {
        self.require(JsonKind::Object)?;
        let seen = self.keys.open();
        self.open(Some(seen))
    }

    /// Enters an array.
    ///
    /// # Errors
    /// If another value comes next, or it is nested too deep.
    pub fn begin_array(&mut self) -> Result<(), JsonError> {
        self.require(JsonKind::Array)?;
        self.open(None)
    }

    fn open(&mut self, seen: Option<Seen>) -> Result<(), JsonError> {
        if self.frames.len() >= MAX_DEPTH {
            let message = format!("arrays and objects are nested deeper than {MAX_DEPTH} levels, the limit");
            return Err(JsonError::new(JsonErrorKind::TooDeep, self.position(), message));
        }
        self.buffer.advance(1);
        self.frames.push(Frame { seen, empty: true });
        Ok(())
    }

    /// The next key of the object that was entered last; its value must be consumed next. At the object's end there
    /// is none, and the object is left.
    ///
    /// A lone surrogate in the key shows as U+FFFD; [`key`](Self::key) has it exactly.
    ///
    /// # Errors
    /// If neither a key nor the end comes, or the object has had the key before.
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

    /// The key that was read last, as it is spelled.
    pub fn key(&self) -> JsonText {
        JsonText::from_raw(String::from_utf8_lossy(&self.key.bytes).into_owned())
    }

    /// Where the key that was read last begins.
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
        let message = format!("the key `{}` stands twice in one object", self.key());
        Err(JsonError::new(JsonErrorKind::DuplicateKey, self.buffer.watched(), message))
    }

    /// Whether the array that was entered last has another element, which must be consumed next. At the array's end
    /// it is left.
    ///
    /// # Errors
    /// If neither an element nor the end comes.
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

    /// Goes to the next member of the array or object that was entered last; leaves it at its end.
    pub(super) fn next_member(&mut self) -> Result<bool, JsonError> {
        match self.frames.last() {
            Some(Frame { seen: Some(_), .. }) => self.advance_key(),
            _ => self.next_element(),
        }
    }

    fn scalar<S: Sink>(&mut self, kind: JsonKind, sink: &mut S) -> Result<(), JsonError> {
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

    fn literal(&mut self, kind: JsonKind) -> Result<String, JsonError> {
        self.require(kind)?;
        let mut raw = Raw::default();
        self.scalar(kind, &mut raw)?;
        // What the reader lets pass is UTF-8; this copies nothing.
        Ok(String::from_utf8(raw.bytes).unwrap_or_default())
    }

    /// The next value, which must be a string.
    ///
    /// # Errors
    /// If it is none.
    pub fn string(&mut self) -> Result<JsonText, JsonError> {
        Ok(JsonText::from_raw(self.literal(JsonKind::String)?))
    }

    /// The next value, which must be a string: its text if that is exact Unicode and at most `limit` bytes long, as
    /// the document spells it. Holds no more than `limit` bytes of a longer one.
    ///
    /// # Errors
    /// If it is none.
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

    /// The next value, which must be a number, as it is spelled.
    ///
    /// # Errors
    /// If it is none.
    pub fn number(&mut self) -> Result<Box<str>, JsonError> {
        Ok(self.literal(JsonKind::Number)?.into())
    }

    /// The next value, which must be true or false.
    ///
    /// # Errors
    /// If it is neither.
    pub fn bool(&mut self) -> Result<bool, JsonError> {
        Ok(self.literal(JsonKind::Bool)? == "true")
    }

    /// The next value, which must be null.
    ///
    /// # Errors
    /// If it is not.
    pub fn null(&mut self) -> Result<(), JsonError> {
        self.literal(JsonKind::Null).map(drop)
    }

    /// Checks the next value and passes over it.
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

    /// After an error, passes over the rest of the line and forgets what was open. Says whether there is a next line.
    ///
    /// # Errors
    /// If the text cannot be read.
    pub fn resume_at_next_line(&mut self) -> Result<bool, JsonError> {
        self.resume_here();
        self.buffer.skip_line()
    }

    /// After an error, forgets what was open, to go on with another text from here.
    pub fn resume_here(&mut self) {
        self.frames.clear();
        self.keys = Keys::default();
    }
}
