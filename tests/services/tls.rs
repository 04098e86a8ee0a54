//! TLS in front of a scripted server, with a certificate of its own.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use rustls::crypto::ring;
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// Forwards requests without a body to a server that closes each connection after its response. Runs until the process
/// exits.
pub(crate) struct Terminator {
    port: u16,
    certificate: String,
}

impl Terminator {
    /// Starts in front of the server at `address`.
    pub(crate) fn start(address: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let target = address.trim_start_matches("http://").to_owned();
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        let (chain, key) = (vec![made.cert.der().clone()], PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key.into())
            .unwrap();
        let config = Arc::new(config);
        thread::spawn(move || {
            for connection in listener.incoming() {
                let connection = StreamOwned::new(ServerConnection::new(config.clone()).unwrap(), connection.unwrap());
                let target = target.clone();
                thread::spawn(move || drop(forward(connection, &target)));
            }
        });
        Self { port, certificate: made.cert.pem() }
    }

    pub(crate) fn address(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }

    /// The certificate, which is its own issuer, in the form PEM.
    pub(crate) fn certificate(&self) -> &str {
        &self.certificate
    }
}

fn forward(mut from: StreamOwned<ServerConnection, TcpStream>, target: &str) -> std::io::Result<()> {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") {
        from.read_exact(&mut byte)?;
        request.push(byte[0]);
    }
    let mut to = TcpStream::connect(target)?;
    to.write_all(&request)?;
    let mut response = Vec::new();
    to.read_to_end(&mut response)?;
    from.write_all(&response)?;
    from.conn.send_close_notify();
    from.flush()
}
