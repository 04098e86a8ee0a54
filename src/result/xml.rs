//! Reading XML as a stream, in memory that does not grow with the document.

use std::io::{self, BufRead, Read};

use crate::result::json::TextPosition;

/// The longest tag or text that is read. The text of a failure is far shorter.
const LONGEST: u64 = 16 << 20;

const BUFFER: usize = 64 << 10;

/// Bytes that can be looked at together: longer than each of the marks.
const LOOKAHEAD: usize = 16;

/// The input of a reader of XML. It fails instead of delivering a tag or a text that is too long, and can pass over the
/// content of an element.
#[derive(Debug)]
pub(super) struct XmlInput<R> {
    input: R,
    buffer: Vec<u8>,
    consumed: usize,
    has_ended: bool,
    /// The bytes of the current tag or text.
    current: u64,
    position: TextPosition,
}

impl<R: Read> XmlInput<R> {
    /// An input that begins at `start` of a larger text.
    pub(super) fn new(input: R, start: TextPosition) -> Self {
        let buffer = Vec::with_capacity(BUFFER);
        Self { input, buffer, consumed: 0, has_ended: false, current: 0, position: start }
    }

    /// Begins another tag or text.
    pub(super) fn begin_event(&mut self) {
        self.current = 0;
    }

    /// The place that is read next.
    pub(super) fn position(&self) -> TextPosition {
        self.position
    }

    /// Passes over the content of the element `name`, after its start tag and up to its end tag.
    ///
    /// # Errors
    /// If the input cannot be read, or ends.
    pub(super) fn skip_content(&mut self, name: &str) -> io::Result<()> {
        let end_tag = format!("</{name}");
        loop {
            self.begin_event();
            let rest = self.fill_buf()?;
            let Some(mark) = rest.iter().position(|byte| *byte == b'<') else {
                let count = rest.len();
                if count == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                self.consume(count);
                continue;
            };
            self.consume(mark);
            let rest = self.fill_buf()?;
            if rest.starts_with(end_tag.as_bytes()) {
                return Ok(());
            } else if rest.starts_with(b"<![CDATA[") {
                self.skip_past(b"]]>")?;
            } else if rest.starts_with(b"<!--") {
                self.skip_past(b"-->")?;
            } else {
                self.consume(1);
            }
        }
    }

    fn skip_past(&mut self, mark: &[u8]) -> io::Result<()> {
        loop {
            self.begin_event();
            let rest = self.fill_buf()?;
            if let Some(place) = rest.windows(mark.len()).position(|window| window == mark) {
                self.consume(place + mark.len());
                return Ok(());
            }
            // The mark may begin in the last bytes.
            let count = (rest.len() + 1).saturating_sub(mark.len());
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.consume(count);
        }
    }
}

impl<R: Read> Read for XmlInput<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut rest = self.fill_buf()?;
        let count = rest.read(buffer)?;
        self.consume(count);
        Ok(count)
    }
}

impl<R: Read> BufRead for XmlInput<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.current > LONGEST {
            let reason = format!("a tag or text is longer than {} MiB, the limit", LONGEST >> 20);
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, reason));
        }
        while self.buffer.len() - self.consumed < LOOKAHEAD && !self.has_ended {
            self.buffer.drain(..self.consumed);
            self.consumed = 0;
            let wanted = BUFFER - self.buffer.len();
            self.has_ended = self.input.by_ref().take(wanted as u64).read_to_end(&mut self.buffer)? == 0;
        }
        Ok(self.buffer.get(self.consumed..).unwrap_or_default())
    }

    fn consume(&mut self, count: usize) {
        for byte in self.buffer.get(self.consumed..self.consumed + count).unwrap_or_default() {
            self.position.offset += 1;
            match byte {
                b'\n' => (self.position.line, self.position.column) = (self.position.line + 1, 1),
                // The first byte of a character.
                byte if byte & 0xc0 != 0x80 => self.position.column += 1,
                _ => {}
            }
        }
        self.consumed += count;
        self.current += count as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Delivers one byte at a time.
    struct Slow<'a>(&'a [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = buffer.len().min(1);
            self.0.read(&mut buffer[..count])
        }
    }

    fn rest_after(text: &str) -> io::Result<String> {
        let mut input = XmlInput::new(Slow(text.as_bytes()), TextPosition::START);
        input.skip_content("out")?;
        let mut rest = String::new();
        input.read_to_string(&mut rest)?;
        Ok(rest)
    }

    #[test]
    fn the_content_of_an_element_is_passed_over_to_its_end_tag() {
        for content in ["", "a &lt; b", "<![CDATA[</out> ]] ]>]]>", "<!-- </out> -->x", "<b>c</b>", "]]>", "\u{fc}<"] {
            assert_eq!(rest_after(&format!("{content}</out><more/>")).unwrap(), "</out><more/>", "{content}");
        }
        for content in ["", "a", "<![CDATA[</out>", "<!-- </out>", "</ou"] {
            assert_eq!(rest_after(content).unwrap_err().kind(), io::ErrorKind::UnexpectedEof, "{content}");
        }
    }

    #[test]
    fn content_of_any_length_is_passed_over_but_not_delivered() {
        let start = io::repeat(b'x').take(LONGEST * 2);
        let mut input = XmlInput::new(start.chain(&b"\n</out>"[..]), TextPosition::START);
        input.skip_content("out").unwrap();
        assert_eq!((input.position().line, input.position().column), (2, 1));
        assert!(input.buffer.capacity() <= BUFFER);

        let mut input = XmlInput::new(io::repeat(b'x'), TextPosition::START);
        let error = io::copy(&mut input, &mut io::sink()).unwrap_err();
        assert_eq!(error.to_string(), "a tag or text is longer than 16 MiB, the limit");
    }
}
