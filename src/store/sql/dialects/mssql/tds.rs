//! The byte stream between tiberius and a server.
//!
//! In TDS 7 the TLS handshake travels inside TDS packets, and everything after it as plain TLS: [`TdsPackets`] wraps
//! and unwraps it. tiberius then starts with a prelogin message that was already exchanged: [`TdsStream`] answers it
//! instead of the server.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use crate::store::sql::dialects::silence::Traffic;

/// The length of a packet header: kind, status, length, session, number, window.
pub(super) const HEAD: usize = 8;
/// The packet kind of a prelogin message, also used for the handshake.
pub(super) const PRELOGIN: u8 = 0x12;
/// The packet kind of a reply.
pub(super) const ANSWER: u8 = 0x04;
/// The status of the last packet of a message.
pub(super) const LAST: u8 = 0x01;
/// The packet size before another one is negotiated.
const LARGEST: usize = 4096;

/// Bytes of an answer before its rows, and with them: a value has at most 2 GB.
const MESSAGES: u64 = 4 << 20;
const ROWS: u64 = (2 << 30) + (256 << 20);

/// The reply to tiberius's prelogin message: version 0, and no encryption, because the stream is already encrypted.
const GREETED: [u8; 8 + 11 + 7] =
    [ANSWER, LAST, 0, 26, 0, 0, 1, 0, 0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xff, 16, 0, 0, 0, 0, 0, 2];

/// Splits a message into TDS packets.
pub(super) fn packets(kind: u8, message: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(message.len() + HEAD);
    let mut parts = message.chunks(LARGEST - HEAD).peekable();
    let mut number = 0_u8;
    while let Some(part) = parts.next() {
        number = number.wrapping_add(1);
        let status = if parts.peek().is_none() { LAST } else { 0 };
        let length = u16::try_from(part.len() + HEAD).unwrap_or(u16::MAX).to_be_bytes();
        bytes.extend([kind, status]);
        bytes.extend(length);
        bytes.extend([0, 0, number, 0]);
        bytes.extend(part);
    }
    bytes
}

/// A connection that sends and receives bytes in TDS packets, or unchanged.
#[derive(Debug)]
pub(super) struct TdsPackets {
    tcp: TcpStream,
    is_packed: bool,
    /// Bytes to be wrapped at the next flush.
    message: Vec<u8>,
    /// Wrapped bytes that are still to be sent.
    outgoing: Vec<u8>,
    head: [u8; HEAD],
    head_read: usize,
    /// Bytes left in the packet that is being read.
    left: usize,
}

impl TdsPackets {
    /// Returns a connection that wraps bytes in packets, or not.
    pub(super) fn new(tcp: TcpStream, is_packed: bool) -> Self {
        Self { tcp, is_packed, message: Vec::new(), outgoing: Vec::new(), head: [0; HEAD], head_read: 0, left: 0 }
    }

    /// Stops wrapping.
    pub(super) fn unpack(&mut self) {
        self.is_packed = false;
    }

    /// Reads the next packet header. Returns false at the end of the connection.
    fn poll_head(&mut self, context: &mut Context<'_>) -> Poll<io::Result<bool>> {
        while self.head_read < HEAD {
            let mut part = ReadBuf::new(self.head.get_mut(self.head_read..).unwrap_or_default());
            ready!(Pin::new(&mut self.tcp).poll_read(context, &mut part))?;
            match part.filled().len() {
                0 => return Poll::Ready(Ok(false)),
                read => self.head_read += read,
            }
        }
        self.head_read = 0;
        let [kind, _, high, low, ..] = self.head;
        if kind != PRELOGIN && kind != ANSWER {
            return Poll::Ready(Err(io::Error::other("the server has left the handshake")));
        }
        self.left = usize::from(u16::from_be_bytes([high, low])).saturating_sub(HEAD);
        Poll::Ready(Ok(true))
    }
}

impl AsyncRead for TdsPackets {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.is_packed {
            return Pin::new(&mut self.tcp).poll_read(context, buffer);
        }
        while self.left == 0 {
            if !ready!(self.poll_head(context))? {
                return Poll::Ready(Ok(()));
            }
        }
        let mut bytes = [0; LARGEST];
        let most = self.left.min(buffer.remaining()).min(LARGEST);
        let mut part = ReadBuf::new(bytes.get_mut(..most).unwrap_or_default());
        ready!(Pin::new(&mut self.tcp).poll_read(context, &mut part))?;
        self.left -= part.filled().len();
        buffer.put_slice(part.filled());
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for TdsPackets {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if !self.is_packed {
            return Pin::new(&mut self.tcp).poll_write(context, bytes);
        }
        self.message.extend(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let message = std::mem::take(&mut this.message);
        this.outgoing.extend(packets(PRELOGIN, &message));
        while !this.outgoing.is_empty() {
            let sent = ready!(Pin::new(&mut this.tcp).poll_write(context, &this.outgoing))?;
            if sent == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            this.outgoing.drain(..sent);
        }
        Pin::new(&mut this.tcp).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(context)
    }
}

/// How many bytes the server may still send as its present answer: tiberius passes over messages, however many come.
#[derive(Clone, Debug)]
pub(super) struct AnswerBudget(Arc<AtomicU64>);

impl Default for AnswerBudget {
    fn default() -> Self {
        Self(Arc::new(AtomicU64::new(MESSAGES)))
    }
}

impl AnswerBudget {
    /// An answer is awaited: until its rows begin it consists of messages.
    pub(super) fn expect_messages(&self) {
        self.0.store(MESSAGES, Ordering::Relaxed);
    }

    /// Rows follow, and messages after them.
    pub(super) fn expect_rows(&self) {
        self.0.store(ROWS, Ordering::Relaxed);
    }

    fn spend(&self, bytes: usize) -> io::Result<()> {
        let spent = |left: u64| left.checked_sub(bytes as u64);
        match self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, spent) {
            Ok(_) => Ok(()),
            Err(_) => Err(io::Error::new(io::ErrorKind::InvalidData, "the server sends messages without end")),
        }
    }
}

/// An encrypted connection in the form that tiberius expects.
#[derive(Debug)]
pub(super) struct TdsStream {
    tls: TlsStream<TdsPackets>,
    traffic: Traffic,
    budget: AnswerBudget,
    /// The part received so far of tiberius's prelogin message; `None` once it was answered.
    greeting: Option<Vec<u8>>,
    /// The reply to it.
    answer: &'static [u8],
}

impl TdsStream {
    /// Returns a stream for a connection with prelogin done.
    pub(super) fn new(tls: TlsStream<TdsPackets>, traffic: Traffic, budget: AnswerBudget) -> Self {
        Self { tls, traffic, budget, greeting: Some(Vec::new()), answer: &GREETED }
    }
}

impl futures_io::AsyncRead for TdsStream {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &mut [u8]) -> Poll<io::Result<usize>> {
        if !self.answer.is_empty() {
            let (now, later) = self.answer.split_at(self.answer.len().min(bytes.len()));
            if let Some(place) = bytes.get_mut(..now.len()) {
                place.copy_from_slice(now);
            }
            self.answer = later;
            return Poll::Ready(Ok(now.len()));
        }
        let mut buffer = ReadBuf::new(bytes);
        ready!(Pin::new(&mut self.tls).poll_read(context, &mut buffer))?;
        let read = buffer.filled().len();
        self.traffic.count(read);
        self.budget.spend(read)?;
        Poll::Ready(Ok(read))
    }
}

impl futures_io::AsyncWrite for TdsStream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let Some(greeting) = &mut self.greeting else {
            let sent = ready!(Pin::new(&mut self.tls).poll_write(context, bytes))?;
            self.traffic.count(sent);
            return Poll::Ready(Ok(sent));
        };
        // Consumes exactly one packet.
        let length = match greeting.as_slice() {
            [_, _, high, low, ..] => usize::from(u16::from_be_bytes([*high, *low])).max(HEAD),
            _ => HEAD,
        };
        let taken = length.saturating_sub(greeting.len()).min(bytes.len());
        greeting.extend(bytes.iter().take(taken));
        if length > HEAD && greeting.len() == length {
            self.greeting = None;
        }
        Poll::Ready(Ok(taken))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tls).poll_flush(context)
    }

    fn poll_close(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tls).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_goes_into_as_many_packets_as_it_needs() {
        let bytes = packets(PRELOGIN, &[7; 5000]);
        assert_eq!(bytes.len(), 5000 + 2 * HEAD);
        assert_eq!(bytes[..HEAD], [PRELOGIN, 0, 0x10, 0, 0, 0, 1, 0]);
        assert_eq!(bytes[LARGEST..LARGEST + HEAD], [PRELOGIN, LAST, 3, 152, 0, 0, 2, 0]);
        assert!(packets(PRELOGIN, &[]).is_empty());
    }
}
