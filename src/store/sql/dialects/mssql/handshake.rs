//! Opens an encrypted connection to an address.
//!
//! tiberius can do this too, but only with aws-lc, a second crypto library in C that would take a third of the build
//! time. Here nothing except prelogin messages is sent before encryption: there is no plaintext mode at all.

use std::io;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::address::MssqlAddress;
use super::failure::{from_handshake, unreachable};
use super::tds::{ANSWER, HEAD, LAST, PRELOGIN, TdsPackets, packets};
use super::tls::{self, MssqlEncryption};
use crate::store::sql::failure::{FailureClass, SqlFailure};

/// The prelogin option for encryption, and the values in a reply that mean yes.
const ENCRYPTION: u8 = 1;
const ON: u8 = 1;
const REQUIRED: u8 = 3;
/// More bytes than any greeting has, and room for a packet of the greatest size.
const LONGEST_GREETING: usize = 128 << 10;
/// The terminator of prelogin options.
const END: u8 = 0xff;

/// Exchanges prelogin messages with the server at `host` and `port` and encrypts the connection, as `address` requires.
pub(super) async fn connect(
    address: &MssqlAddress,
    host: &str,
    port: u16,
) -> Result<TlsStream<TdsPackets>, SqlFailure> {
    let place = format!("{host}:{port}");
    let connector = TlsConnector::from(Arc::new(tls::config(&address.trust, address.encryption)?));
    let name = tls::expected_name(&address.trust, host)?;
    let mut tcp = TcpStream::connect((host, port)).await.map_err(|error| unreachable(&place, &error))?;
    tcp.set_nodelay(true).map_err(|error| unreachable(&place, &error))?;
    let shake = |packets| connector.connect(name, packets);
    match address.encryption {
        MssqlEncryption::Negotiated => {
            let answer = greet(&mut tcp, ON).await.map_err(|error| unreachable(&place, &error))?;
            if ![Some(ON), Some(REQUIRED)].contains(&answer) {
                return Err(SqlFailure::new(
                    FailureClass::Untrusted,
                    format!("{place} offers no encryption, and without it nothing is sent"),
                ));
            }
            let mut tls = shake(TdsPackets::new(tcp, true)).await.map_err(|error| from_handshake(&place, &error))?;
            tls.get_mut().0.unpack();
            Ok(tls)
        }
        MssqlEncryption::Strict => {
            let mut tls = shake(TdsPackets::new(tcp, false)).await.map_err(|error| from_handshake(&place, &error))?;
            // The connection is already encrypted, whatever the reply says.
            greet(&mut tls, REQUIRED).await.map_err(|error| unreachable(&place, &error))?;
            Ok(tls)
        }
    }
}

/// Exchanges prelogin messages. Returns the server's encryption option.
async fn greet(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), encryption: u8) -> io::Result<Option<u8>> {
    stream.write_all(&packets(PRELOGIN, &greeting(encryption))).await?;
    stream.flush().await?;
    let mut message = Vec::new();
    loop {
        let mut head = [0; HEAD];
        stream.read_exact(&mut head).await?;
        let [kind, status, high, low, ..] = head;
        let length = usize::from(u16::from_be_bytes([high, low]));
        // SQL Server sends a reply packet; other servers of the protocol send a prelogin packet.
        if ![ANSWER, PRELOGIN].contains(&kind) || length < HEAD {
            return Err(io::Error::other("the server is not a SQL Server"));
        }
        if message.len() + length > LONGEST_GREETING {
            return Err(io::Error::other("the server is not a SQL Server: its greeting has no end"));
        }
        let mut part = vec![0; length - HEAD];
        stream.read_exact(&mut part).await?;
        message.extend(part);
        if status & LAST != 0 {
            return Ok(option(&message, ENCRYPTION));
        }
        if message.len() > usize::from(u16::MAX) {
            return Err(io::Error::other("the server is not a SQL Server"));
        }
    }
}

/// Returns a prelogin message: a table of options with offset and length, then their values.
fn greeting(encryption: u8) -> Vec<u8> {
    // Program version, instance (any), thread id (none), MARS (off).
    let options: [(u8, &[u8]); 5] =
        [(0, &[0, 1, 0, 0, 0, 0]), (ENCRYPTION, &[encryption]), (2, &[0]), (3, &[0; 4]), (4, &[0])];
    let mut place = u16::try_from(options.len() * 5 + 1).unwrap_or_default();
    let (mut table, mut values) = (Vec::new(), Vec::<u8>::new());
    for (option, value) in options {
        let length = u16::try_from(value.len()).unwrap_or_default();
        table.push(option);
        table.extend(place.to_be_bytes());
        table.extend(length.to_be_bytes());
        values.extend_from_slice(value);
        place += length;
    }
    table.push(END);
    table.extend(values);
    table
}

/// Returns the first byte of an option's value.
fn option(message: &[u8], wanted: u8) -> Option<u8> {
    message.chunks_exact(5).take_while(|option| option.first() != Some(&END)).find_map(|option| match option {
        [kind, high, low, ..] if *kind == wanted => {
            message.get(usize::from(u16::from_be_bytes([*high, *low]))).copied()
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_greeting_says_what_it_was_told_to() {
        let message = greeting(ON);
        assert_eq!(option(&message, ENCRYPTION), Some(ON));
        assert_eq!(option(&message, 4), Some(0));
        assert_eq!(option(&message, 9), None);
    }

    #[test]
    fn an_answer_that_points_outside_itself_says_nothing() {
        for message in [&[][..], &[1], &[1, 0, 99, 0, 1, END], &[END; 5], &[1, 255, 255, 0, 1]] {
            assert_eq!(option(message, ENCRYPTION), None, "{message:?}");
        }
    }
}
