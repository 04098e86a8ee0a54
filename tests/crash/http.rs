//! Messages of HTTP/1.1, forwarded complete and unchanged by a proxy.

use std::io::{self, BufRead, Read as _};

/// A request or a response.
pub(crate) struct Message {
    /// The first line.
    pub(crate) line: String,
    /// The whole message, as received.
    pub(crate) bytes: Vec<u8>,
}

/// How the body of a message ends if no header says so.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// There is no body.
    Nothing,
    /// At the end of the connection.
    Connection,
}

/// Reads the next request; `None` if the client has closed the connection.
pub(crate) fn read_request(from: &mut impl BufRead) -> io::Result<Option<Message>> {
    read(from, Ending::Nothing)
}

/// Reads the response to `request`.
pub(crate) fn read_answer(from: &mut impl BufRead, request: &Message) -> io::Result<Option<Message>> {
    let ending = if request.line.starts_with("HEAD ") { Ending::Nothing } else { Ending::Connection };
    read(from, ending)
}

fn read(from: &mut impl BufRead, ending: Ending) -> io::Result<Option<Message>> {
    let mut bytes = Vec::new();
    let (mut length, mut chunked) = (None, false);
    loop {
        let start = bytes.len();
        if from.read_until(b'\n', &mut bytes)? == 0 {
            return Ok(None);
        }
        let line = String::from_utf8_lossy(bytes.get(start..).unwrap_or_default()).to_ascii_lowercase();
        if line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse::<u64>().ok();
        } else if let Some(value) = line.strip_prefix("transfer-encoding:") {
            chunked = value.contains("chunked");
        }
    }
    let line = String::from_utf8_lossy(bytes.split(|byte| *byte == b'\r').next().unwrap_or_default()).into_owned();
    // The response to HEAD states the length that the response to GET would have.
    let is_answer = line.starts_with("HTTP/");
    let bodiless = is_answer && (ending == Ending::Nothing || line.contains(" 204 ") || line.contains(" 304 "));
    match length {
        _ if bodiless => {}
        _ if chunked => read_chunks(from, &mut bytes)?,
        Some(length) => drop(from.by_ref().take(length).read_to_end(&mut bytes)?),
        None if ending == Ending::Connection => drop(from.read_to_end(&mut bytes)?),
        None => {}
    }
    Ok(Some(Message { line, bytes }))
}

fn read_chunks(from: &mut impl BufRead, bytes: &mut Vec<u8>) -> io::Result<()> {
    loop {
        let start = bytes.len();
        from.read_until(b'\n', bytes)?;
        let line = String::from_utf8_lossy(bytes.get(start..).unwrap_or_default()).into_owned();
        let size = u64::from_str_radix(line.split(';').next().unwrap_or_default().trim(), 16)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        // The line ending after each chunk, including the last.
        from.by_ref().take(size + 2).read_to_end(bytes)?;
        if size == 0 {
            return Ok(());
        }
    }
}
