//! A stream from a server that believes no announced length.
//!
//! The driver keeps a message in memory until it is complete, and those before sign-in until the sign-in is. Whatever a
//! server announces or repeats, only what PostgreSQL can send is read.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::Socket;
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsStream};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::store::sql::dialects::silence::Traffic;

/// An encrypted connection.
pub(super) type EncryptedStream = <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream;

/// The tag, and the length without the tag.
const HEAD: usize = 5;
/// The tag of a row.
const ROW: u8 = b'D';
/// The tag of the end of an answer, and of the sign-in.
const READY: u8 = b'Z';

/// The longest message before the end of the sign-in, and all of them together.
const SIGN_IN_MESSAGE: u64 = 64 << 10;
const SIGN_IN: u64 = 1 << 20;
/// The longest message other than a row, and all of them in one answer.
const MESSAGE: u64 = 1 << 20;
const MESSAGES: u64 = 4 << 20;
/// The longest row: PostgreSQL's limit for a value and for a message is 1 GB.
const LONGEST_ROW: u64 = (1 << 30) + MESSAGE;
/// All rows of one answer: one document, or a page of a list.
const ROWS: u64 = LONGEST_ROW + (256 << 20);

/// A connection that ends at the first message that PostgreSQL cannot have sent.
pub(super) struct GuardedStream {
    stream: WireStream,
    guard: MessageGuard,
    traffic: Traffic,
}

enum WireStream {
    Plain(Socket),
    Encrypted(Box<EncryptedStream>),
}

impl GuardedStream {
    /// Returns an unencrypted connection.
    pub(super) fn plain(socket: Socket, traffic: Traffic) -> Self {
        Self { stream: WireStream::Plain(socket), guard: MessageGuard::default(), traffic }
    }

    /// Returns an encrypted connection.
    pub(super) fn encrypted(stream: EncryptedStream, traffic: Traffic) -> Self {
        Self { stream: WireStream::Encrypted(Box::new(stream)), guard: MessageGuard::default(), traffic }
    }
}

impl AsyncRead for GuardedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = match &mut self.stream {
            WireStream::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            WireStream::Encrypted(stream) => Pin::new(stream).poll_read(context, buffer),
        };
        ready!(read)?;
        let heard = buffer.filled().get(before..).unwrap_or_default();
        self.traffic.count(heard.len());
        Poll::Ready(self.guard.hear(heard))
    }
}

impl AsyncWrite for GuardedStream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let sent = ready!(match &mut self.stream {
            WireStream::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            WireStream::Encrypted(stream) => Pin::new(stream).poll_write(context, bytes),
        })?;
        self.traffic.count(sent);
        Poll::Ready(Ok(sent))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            WireStream::Plain(stream) => Pin::new(stream).poll_flush(context),
            WireStream::Encrypted(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            WireStream::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            WireStream::Encrypted(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}

impl TlsStream for GuardedStream {
    fn channel_binding(&self) -> ChannelBinding {
        match &self.stream {
            WireStream::Plain(_) => ChannelBinding::none(),
            WireStream::Encrypted(stream) => stream.channel_binding(),
        }
    }
}

/// Follows the messages of a server by their heads.
#[derive(Debug, Default)]
struct MessageGuard {
    head: [u8; HEAD],
    head_read: usize,
    /// Bytes left of the message that is being read.
    left: u64,
    is_signed_in: bool,
    /// Bytes of rows, and of other messages, since the last answer ended.
    rows: u64,
    others: u64,
}

impl MessageGuard {
    /// Follows the next bytes.
    ///
    /// # Errors
    /// [`InvalidData`](io::ErrorKind::InvalidData) at the head of a message that PostgreSQL cannot have sent.
    fn hear(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while let Some((first, rest)) = bytes.split_first() {
            if self.left > 0 {
                let taken = usize::try_from(self.left).unwrap_or(usize::MAX).min(bytes.len());
                self.left -= taken as u64;
                bytes = bytes.get(taken..).unwrap_or_default();
                continue;
            }
            if let Some(byte) = self.head.get_mut(self.head_read) {
                *byte = *first;
            }
            self.head_read += 1;
            bytes = rest;
            if self.head_read == HEAD {
                self.head_read = 0;
                let [tag, length @ ..] = self.head;
                let length = u64::from(u32::from_be_bytes(length));
                self.begin(tag, length)?;
            }
        }
        Ok(())
    }

    fn begin(&mut self, tag: u8, length: u64) -> io::Result<()> {
        self.left = length.checked_sub(4).ok_or_else(|| unbelievable("a message without a length"))?;
        if tag == READY && length <= MESSAGE {
            *self = Self { is_signed_in: true, left: self.left, ..Self::default() };
            return Ok(());
        }
        let (longest, all, sum, most) = match (self.is_signed_in, tag) {
            (false, _) => (SIGN_IN_MESSAGE, "messages before the sign-in", &mut self.others, SIGN_IN),
            (true, ROW) => (LONGEST_ROW, "rows", &mut self.rows, ROWS),
            (true, _) => (MESSAGE, "messages", &mut self.others, MESSAGES),
        };
        *sum += length;
        if length > longest {
            return Err(unbelievable(&format!("a message of {length} bytes")));
        }
        if *sum > most {
            return Err(unbelievable(&format!("{all} without end")));
        }
        Ok(())
    }
}

fn unbelievable(what: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("the server does not answer as PostgreSQL does: it sends {what}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(tag: u8, announced: u32, content: &[u8]) -> Vec<u8> {
        [&[tag][..], &announced.to_be_bytes(), content].concat()
    }

    fn ready() -> Vec<u8> {
        message(READY, 5, b"I")
    }

    fn signed_in() -> MessageGuard {
        let mut guard = MessageGuard::default();
        guard.hear(&message(b'R', 8, &[0; 4])).unwrap();
        guard.hear(&ready()).unwrap();
        guard
    }

    #[test]
    fn an_ordinary_conversation_passes_in_pieces_of_any_size() {
        let bytes = [
            message(b'R', 8, &[0; 4]),
            message(b'S', 14, b"name\0text\0"),
            ready(),
            message(b'T', 6, &[0; 2]),
            message(ROW, 2_004, &[7; 2_000]),
            message(b'C', 13, b"SELECT 1\0"),
            ready(),
        ]
        .concat();
        for size in [1, 2, 3, 7, bytes.len()] {
            let mut guard = MessageGuard::default();
            for piece in bytes.chunks(size) {
                guard.hear(piece).unwrap();
            }
            assert_eq!((guard.left, guard.head_read, guard.rows), (0, 0, 0), "{size}");
        }
    }

    #[test]
    fn a_length_that_no_server_means_is_refused_at_its_announcement() {
        for announced in [0, 3, 70_000, 0x7fff_fff0, u32::MAX] {
            assert!(MessageGuard::default().hear(&message(b'R', announced, &[])).is_err(), "{announced}");
        }
        for (tag, announced) in [(ROW, 0x7fff_fff0), (b'E', 2 << 20), (b'T', u32::MAX), (READY, 2 << 20)] {
            assert!(signed_in().hear(&message(tag, announced, &[])).is_err(), "{tag}");
        }
        signed_in().hear(&message(ROW, 1 << 30, &[])).unwrap();
    }

    #[test]
    fn messages_without_end_are_ended() {
        let notice = message(b'N', 1_004, &[7; 1_000]);
        for (mut guard, most) in [(MessageGuard::default(), SIGN_IN), (signed_in(), MESSAGES)] {
            let count = (0..).take_while(|_| guard.hear(&notice).is_ok()).count() as u64;
            assert!(count < most / 1_000 && count > most / 2_000, "{count}");
        }
    }
}
