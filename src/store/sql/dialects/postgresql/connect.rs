//! Opens a connection to a server, encrypted as `sslmode` says.
//!
//! The driver's own negotiation of encryption gives no hold on the stream of an unencrypted connection. It is therefore
//! done here, as if the driver began with the encryption at once.

use std::io;
use std::pin::Pin;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_postgres::config::{Host, SslMode, SslNegotiation};
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres::{Client, Error as PostgresError, NoTls, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::address::PostgresqlAddress;
use super::failure::{depends_on_encryption, from_connecting};
use super::guard::GuardedStream;
use super::handshake::HandshakeFailure;
use super::tls::PostgresqlSslMode;
use crate::store::sql::dialects::silence::Traffic;
use crate::store::sql::failure::SqlFailure;

/// Asks the server whether it can encrypt: a length, and a number in the place of a version.
const ENCRYPTION_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// Opens a connection. `traffic` knows from then on when something happens on it.
pub(super) async fn client(address: &PostgresqlAddress, traffic: &Traffic) -> Result<Client, SqlFailure> {
    let with = async |attempt| try_with(address, attempt, traffic).await;
    let refused = |error: PostgresError| from_connecting(&error);
    // A local socket cannot be intercepted.
    if address.config.get_hosts().iter().any(|host| matches!(host, Host::Unix(_))) {
        return local(address, traffic).await.map_err(refused);
    }
    match address.encryption.mode {
        PostgresqlSslMode::Disable => with(EncryptionAttempt::Never).await?.map_err(refused),
        PostgresqlSslMode::Allow => match with(EncryptionAttempt::Never).await? {
            Err(error) if depends_on_encryption(&error) => with(EncryptionAttempt::Always).await?.map_err(refused),
            result => result.map_err(refused),
        },
        PostgresqlSslMode::Prefer => match with(EncryptionAttempt::IfOffered).await? {
            // If both attempts are refused, report the first.
            Err(error) if depends_on_encryption(&error) => {
                with(EncryptionAttempt::Never).await?.map_err(|_| refused(error))
            }
            result => result.map_err(refused),
        },
        PostgresqlSslMode::Require | PostgresqlSslMode::VerifyCa | PostgresqlSslMode::VerifyFull => {
            with(EncryptionAttempt::Always).await?.map_err(refused)
        }
    }
}

async fn local(address: &PostgresqlAddress, traffic: &Traffic) -> Result<Client, PostgresError> {
    let (client, connection) = address.config.clone().ssl_mode(SslMode::Disable).connect(NoTls).await?;
    // Ends when the client is dropped or the server disconnects; the client notices both.
    tokio::spawn(traffic.watch(connection));
    Ok(client)
}

async fn try_with(
    address: &PostgresqlAddress,
    attempt: EncryptionAttempt,
    traffic: &Traffic,
) -> Result<Result<Client, PostgresError>, SqlFailure> {
    let tls = match attempt {
        EncryptionAttempt::Never => None,
        EncryptionAttempt::IfOffered | EncryptionAttempt::Always => Some(address.encryption.connector()?),
    };
    let mut config = address.config.clone();
    config.ssl_mode(SslMode::Require).ssl_negotiation(SslNegotiation::Direct);
    Ok(match config.connect(GuardedConnect { attempt, tls, traffic: traffic.clone() }).await {
        Ok((client, connection)) => {
            tokio::spawn(traffic.watch(connection));
            Ok(client)
        }
        Err(error) => Err(error),
    })
}

/// Whether one attempt to connect encrypts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum EncryptionAttempt {
    Never,
    IfOffered,
    Always,
}

/// Makes handshakes for the host names of servers.
struct GuardedConnect {
    attempt: EncryptionAttempt,
    tls: Option<MakeRustlsConnect>,
    traffic: Traffic,
}

/// The handshake with one server.
struct GuardedHandshake {
    attempt: EncryptionAttempt,
    tls: Option<<MakeRustlsConnect as MakeTlsConnect<Socket>>::TlsConnect>,
    traffic: Traffic,
}

impl MakeTlsConnect<Socket> for GuardedConnect {
    type Stream = GuardedStream;
    type TlsConnect = GuardedHandshake;
    type Error = HandshakeFailure;

    fn make_tls_connect(&mut self, domain: &str) -> Result<GuardedHandshake, HandshakeFailure> {
        let make = |tls: &mut MakeRustlsConnect| MakeTlsConnect::<Socket>::make_tls_connect(tls, domain);
        let Ok(tls) = self.tls.as_mut().map(make).transpose();
        Ok(GuardedHandshake { attempt: self.attempt, tls, traffic: self.traffic.clone() })
    }
}

impl TlsConnect<Socket> for GuardedHandshake {
    type Stream = GuardedStream;
    type Error = HandshakeFailure;
    type Future = Pin<Box<dyn Future<Output = Result<GuardedStream, HandshakeFailure>> + Send>>;

    fn connect(self, mut socket: Socket) -> Self::Future {
        Box::pin(async move {
            let Some(tls) = self.tls else { return Ok(GuardedStream::plain(socket, self.traffic)) };
            socket.write_all(&ENCRYPTION_REQUEST).await.map_err(HandshakeFailure::Wire)?;
            socket.flush().await.map_err(HandshakeFailure::Wire)?;
            let mut answer = [0];
            socket.read_exact(&mut answer).await.map_err(HandshakeFailure::Wire)?;
            match answer {
                [b'S'] => match tls.connect(socket).await {
                    Ok(stream) => Ok(GuardedStream::encrypted(stream, self.traffic)),
                    Err(error) => Err(HandshakeFailure::Tls(error)),
                },
                [b'N'] if self.attempt == EncryptionAttempt::IfOffered => {
                    Ok(GuardedStream::plain(socket, self.traffic))
                }
                [b'N'] => Err(HandshakeFailure::NotOffered),
                _ => Err(HandshakeFailure::Wire(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "the server does not answer as PostgreSQL does",
                ))),
            }
        })
    }
}
