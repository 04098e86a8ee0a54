//! The server side of the protocol: [MS-TDS].

use std::io::{self, Read, Write};

/// Types of messages.
pub(crate) const BATCH: u8 = 0x01;
pub(crate) const RPC: u8 = 0x03;
pub(crate) const ANSWER: u8 = 0x04;
pub(crate) const LOGIN: u8 = 0x10;
pub(crate) const PRELOGIN: u8 = 0x12;

/// A day in units of 100 nanoseconds.
const DAY: i64 = 864_000_000_000;

/// A collation. It does not matter for NVARCHAR.
const COLLATION: [u8; 5] = [0x09, 0x04, 0x00, 0x01, 0x00];

/// A value of a parameter or of a row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell {
    Null,
    Integer(i64),
    Text(String),
    /// The number of 100-nanosecond units since the first day of the year 1.
    Time(i64),
}

/// The type of a column in a response.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    Int,
    BigInt,
    Text,
    LongText,
    DateTime2,
    /// The type of Python's column, in units of 1/300 second.
    DateTime,
}

/// Reads a message. Returns its type and the content of its packets.
pub(crate) fn read_message(stream: &mut impl Read) -> io::Result<(u8, Vec<u8>)> {
    let mut content = Vec::new();
    loop {
        let mut head = [0; 8];
        stream.read_exact(&mut head)?;
        let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
        assert!(length >= 8, "a packet is as long as its head at least");
        let start = content.len();
        content.resize(start + length - 8, 0);
        stream.read_exact(&mut content[start..])?;
        if head[1] & 1 != 0 {
            return Ok((head[0], content));
        }
    }
}

/// Writes a message, in packets of `size` bytes.
pub(crate) fn write_message(stream: &mut impl Write, kind: u8, content: &[u8], size: usize) -> io::Result<()> {
    let parts: Vec<_> = content.chunks(size - 8).collect();
    let mut bytes = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        let length = u16::try_from(part.len() + 8).unwrap().to_be_bytes();
        let status = u8::from(index + 1 == parts.len());
        bytes.extend([kind, status, length[0], length[1], 0, 51, 1, 0]);
        bytes.extend(*part);
    }
    stream.write_all(&bytes)?;
    stream.flush()
}

/// Writes a packet that is not the last one of its message.
pub(crate) fn write_part(stream: &mut impl Write, kind: u8, part: &[u8]) -> io::Result<()> {
    let length = u16::try_from(part.len() + 8).unwrap().to_be_bytes();
    stream.write_all(&[&[kind, 0, length[0], length[1], 0, 51, 1, 0], part].concat())?;
    stream.flush()
}

/// Reads little-endian numbers and texts from a message.
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn bytes(&mut self, count: usize) -> &'a [u8] {
        let (now, later) = self.0.split_at(count);
        self.0 = later;
        now
    }

    pub(crate) fn number(&mut self, bytes: usize) -> u64 {
        self.bytes(bytes).iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
    }

    /// Reads a number of bytes or characters.
    pub(crate) fn size(&mut self, bytes: usize) -> usize {
        usize::try_from(self.number(bytes)).unwrap()
    }

    fn short_text(&mut self) -> String {
        let length = self.size(1);
        utf16(self.bytes(2 * length))
    }
}

pub(crate) fn utf16(bytes: &[u8]) -> String {
    let units: Vec<_> = bytes.chunks(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]])).collect();
    String::from_utf16(&units).unwrap()
}

pub(crate) fn units(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// Reads the headers of a batch or a call. Returns the transaction in them.
pub(crate) fn transaction(reader: &mut Reader<'_>) -> u64 {
    let all = reader.size(4);
    let mut headers = Reader(reader.bytes(all - 4));
    let _length = headers.number(4);
    assert_eq!(headers.number(2), 2, "the header of a transaction");
    headers.number(8)
}

/// Returns the parameters of a call of `sp_executesql`: name and value.
pub(crate) fn parameters(mut reader: Reader<'_>) -> Vec<(String, Cell)> {
    assert_eq!((reader.number(2), reader.number(2)), (0xffff, 10), "a call of sp_executesql");
    let _flags = reader.number(2);
    let mut parameters = Vec::new();
    while !reader.0.is_empty() {
        let name = reader.short_text();
        let _status = reader.number(1);
        parameters.push((name, parameter(&mut reader)));
    }
    parameters
}

fn parameter(reader: &mut Reader<'_>) -> Cell {
    match reader.number(1) {
        0x26 => {
            let _most = reader.number(1);
            let length = reader.size(1);
            if length == 0 { Cell::Null } else { Cell::Integer(reader.number(length) as i64) }
        }
        0xe7 => {
            let most = reader.number(2);
            let _collation = reader.bytes(5);
            if most < 0xffff {
                return match reader.size(2) {
                    0xffff => Cell::Null,
                    length => Cell::Text(utf16(reader.bytes(length))),
                };
            }
            if reader.number(8) == u64::MAX {
                return Cell::Null;
            }
            let mut text = Vec::new();
            loop {
                match reader.size(4) {
                    0 => return Cell::Text(utf16(&text)),
                    length => text.extend(reader.bytes(length)),
                }
            }
        }
        0x2a => {
            let scale = u32::try_from(reader.number(1)).unwrap();
            let length = reader.size(1);
            let increments = reader.number(length - 3) as i64;
            let days = reader.number(3) as i64;
            Cell::Time(days * DAY + increments * 10_i64.pow(7 - scale))
        }
        other => panic!("a parameter of type {other:#x}"),
    }
}

/// A response that is being built.
#[derive(Default)]
pub(crate) struct Answer(pub(crate) Vec<u8>);

impl Answer {
    fn token(&mut self, token: u8, content: &[u8]) -> &mut Self {
        self.0.push(token);
        self.0.extend(u16::try_from(content.len()).unwrap().to_le_bytes());
        self.0.extend(content);
        self
    }

    /// The login was accepted.
    pub(crate) fn login_ack(&mut self) -> &mut Self {
        let mut content = vec![1, 0x74, 0, 0, 4];
        content.extend(short("Microsoft SQL Server"));
        content.extend([16, 0, 0, 0]);
        self.token(0xad, &content)
    }

    /// The packets of the session have this size from now on.
    pub(crate) fn packet_size(&mut self, size: usize) -> &mut Self {
        let mut content = vec![4];
        content.extend(short(&size.to_string()));
        content.extend(short("4096"));
        self.token(0xe3, &content)
    }

    /// The client must connect to another server.
    pub(crate) fn routing(&mut self, host: &str, port: u16) -> &mut Self {
        let mut place = vec![0];
        place.extend(port.to_le_bytes());
        place.extend(u16::try_from(host.encode_utf16().count()).unwrap().to_le_bytes());
        place.extend(units(host));
        let mut content = vec![20];
        content.extend(u16::try_from(place.len()).unwrap().to_le_bytes());
        content.extend(place);
        content.extend([0, 0]);
        self.token(0xe3, &content)
    }

    /// A transaction has begun (8), was committed (9) or was rolled back (10).
    pub(crate) fn transaction(&mut self, change: u8, number: u64) -> &mut Self {
        let number = number.to_le_bytes();
        let mut content = vec![change];
        if change == 8 {
            content.push(8);
            content.extend(number);
            content.push(0);
        } else {
            content.extend([0, 8]);
            content.extend(number);
        }
        self.token(0xe3, &content)
    }

    /// An error.
    pub(crate) fn error(&mut self, number: u32, severity: u8, message: &str) -> &mut Self {
        let mut content = number.to_le_bytes().to_vec();
        content.extend([1, severity]);
        content.extend(u16::try_from(message.encode_utf16().count()).unwrap().to_le_bytes());
        content.extend(units(message));
        content.extend(short("scripted"));
        content.extend(short(""));
        content.extend(1_u32.to_le_bytes());
        self.token(0xaa, &content)
    }

    /// Columns and rows.
    pub(crate) fn rows(&mut self, columns: &[(String, Kind)], rows: &[Vec<Cell>]) -> &mut Self {
        self.0.push(0x81);
        self.0.extend(u16::try_from(columns.len()).unwrap().to_le_bytes());
        for (name, kind) in columns {
            self.0.extend([0, 0, 0, 0, 9, 0]);
            match kind {
                Kind::Int => self.0.extend([0x26, 4]),
                Kind::BigInt => self.0.extend([0x26, 8]),
                Kind::Text => self.0.extend([0xe7, 0xe8, 0x03]),
                Kind::LongText => self.0.extend([0xe7, 0xff, 0xff]),
                Kind::DateTime2 => self.0.extend([0x2a, 6]),
                Kind::DateTime => self.0.extend([0x6f, 8]),
            }
            if [Kind::Text, Kind::LongText].contains(kind) {
                self.0.extend(COLLATION);
            }
            self.0.extend(short(name));
        }
        for row in rows {
            self.0.push(0xd1);
            for ((_, kind), cell) in columns.iter().zip(row) {
                self.cell(*kind, cell);
            }
        }
        self
    }

    fn cell(&mut self, kind: Kind, cell: &Cell) {
        match (kind, cell) {
            (Kind::Text, Cell::Null) => self.0.extend([0xff, 0xff]),
            (Kind::LongText, Cell::Null) => self.0.extend([0xff; 8]),
            (_, Cell::Null) => self.0.push(0),
            (Kind::Int, Cell::Integer(number)) => {
                self.0.push(4);
                self.0.extend(i32::try_from(*number).unwrap().to_le_bytes());
            }
            (Kind::BigInt, Cell::Integer(number)) => {
                self.0.push(8);
                self.0.extend(number.to_le_bytes());
            }
            (Kind::Text, Cell::Text(text)) => {
                let text = units(text);
                self.0.extend(u16::try_from(text.len()).unwrap().to_le_bytes());
                self.0.extend(text);
            }
            (Kind::LongText, Cell::Text(text)) => {
                let text = units(text);
                self.0.extend((text.len() as u64).to_le_bytes());
                for part in text.chunks(60_000) {
                    self.0.extend(u32::try_from(part.len()).unwrap().to_le_bytes());
                    self.0.extend(part);
                }
                self.0.extend([0; 4]);
            }
            (Kind::DateTime2, Cell::Time(time)) => {
                let (days, rest) = (time / DAY, time % DAY / 10);
                self.0.push(8);
                self.0.extend(&rest.to_le_bytes()[..5]);
                self.0.extend(&days.to_le_bytes()[..3]);
            }
            (Kind::DateTime, Cell::Time(time)) => {
                let (days, rest) = (time / DAY, time % DAY);
                self.0.push(8);
                self.0.extend(i32::try_from(days - 693_595).unwrap().to_le_bytes());
                self.0.extend(u32::try_from((rest * 3 + 50_000) / 100_000).unwrap().to_le_bytes());
            }
            (kind, cell) => panic!("{cell:?} in a column of {kind:?}"),
        }
    }

    /// The end of the response.
    pub(crate) fn done(&mut self, is_call: bool, failed: bool) -> &mut Self {
        self.0.push(if is_call { 0xfe } else { 0xfd });
        self.0.extend([if failed { 2 } else { 0 }, 0, 0, 0]);
        self.0.extend([0; 8]);
        self
    }
}

fn short(text: &str) -> Vec<u8> {
    let mut bytes = vec![u8::try_from(text.encode_utf16().count()).unwrap()];
    bytes.extend(units(text));
    bytes
}
