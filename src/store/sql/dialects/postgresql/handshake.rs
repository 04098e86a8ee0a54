//! Why the handshake of an encrypted connection failed.

use std::fmt;
use std::io;

/// Why a handshake failed.
#[derive(Debug)]
pub(super) enum HandshakeFailure {
    /// Before the encryption began.
    Wire(io::Error),
    /// The server cannot encrypt.
    NotOffered,
    /// The encryption itself, or the server's certificate.
    Tls(io::Error),
}

impl fmt::Display for HandshakeFailure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wire(error) | Self::Tls(error) => error.fmt(formatter),
            Self::NotOffered => formatter.write_str("server does not support TLS"),
        }
    }
}

impl std::error::Error for HandshakeFailure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Wire(error) | Self::Tls(error) => Some(error),
            Self::NotOffered => None,
        }
    }
}
