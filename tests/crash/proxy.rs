//! A proxy in front of a real server that kills the client between two of its requests.

use std::io::{self, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Output};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use crate::http::{Message, read_answer, read_request};

/// The point at which the client is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cut {
    /// The number of the request, counted from 1 over all connections.
    request: usize,
    /// Whether the server still receives it, and only its response is lost.
    is_delivered: bool,
}

impl Cut {
    /// Returns the cut with number `point`, from 1. There are two at each request.
    pub(crate) fn at(point: usize) -> Self {
        Self { request: point.div_ceil(2), is_delivered: point.is_multiple_of(2) }
    }
}

/// The state of all connections.
#[derive(Default)]
struct Traffic {
    cut: Option<Cut>,
    client: Option<Child>,
    requests: usize,
    /// Requests that the server is processing.
    in_flight: usize,
    /// The request that was cut. Nothing is forwarded after it.
    killed_at: Option<String>,
}

impl Traffic {
    fn kill(&mut self, request: &Message, what: &str) {
        self.killed_at = Some(format!("{what} {}", request.line.trim_end_matches(" HTTP/1.1")));
        if let Some(client) = &mut self.client {
            client.kill().unwrap();
        }
    }
}

/// The end of a client.
pub(crate) struct Ended {
    /// The request at which it was killed.
    pub(crate) killed_at: Option<String>,
    /// The number of requests that it had sent.
    pub(crate) requests: usize,
    pub(crate) output: Output,
}

/// A running proxy.
pub(crate) struct Proxy {
    port: u16,
    traffic: Arc<Mutex<Traffic>>,
}

impl Proxy {
    /// Starts a proxy in front of the server at `address`, a host and a port.
    pub(crate) fn start(address: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = Self { port: listener.local_addr().unwrap().port(), traffic: Arc::default() };
        let (traffic, address) = (proxy.traffic.clone(), address.to_owned());
        thread::spawn(move || {
            for connection in listener.incoming() {
                let (traffic, address) = (traffic.clone(), address.clone());
                // The connection ends when the client or the server is gone.
                thread::spawn(move || connection.and_then(|connection| serve(connection, &address, &traffic)));
            }
        });
        proxy
    }

    /// The host and port of the proxy.
    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Runs `command`, which sends its requests through this proxy, until it exits or is killed.
    pub(crate) fn run(&self, command: &mut Command, cut: Option<Cut>) -> Ended {
        {
            let mut traffic = lock(&self.traffic);
            *traffic = Traffic { cut, ..Traffic::default() };
            traffic.client = Some(command.spawn().unwrap());
        }
        loop {
            thread::sleep(Duration::from_millis(1));
            let mut traffic = lock(&self.traffic);
            let has_ended = traffic.client.as_mut().unwrap().try_wait().unwrap().is_some();
            // The server processes every request that it has received, even if the client is gone.
            if has_ended && traffic.in_flight == 0 {
                let output = traffic.client.take().unwrap().wait_with_output().unwrap();
                return Ended { killed_at: traffic.killed_at.take(), requests: traffic.requests, output };
            }
        }
    }
}

fn lock(traffic: &Mutex<Traffic>) -> MutexGuard<'_, Traffic> {
    traffic.lock().unwrap()
}

fn serve(client: TcpStream, address: &str, traffic: &Mutex<Traffic>) -> io::Result<()> {
    client.set_nodelay(true)?;
    let mut requests = BufReader::new(client.try_clone()?);
    let mut answers = client;
    while let Some(request) = read_request(&mut requests)? {
        let number = {
            let mut traffic = lock(traffic);
            if traffic.killed_at.is_some() {
                return Ok(());
            }
            traffic.requests += 1;
            if traffic.cut == Some(Cut { request: traffic.requests, is_delivered: false }) {
                traffic.kill(&request, "before");
                return Ok(());
            }
            traffic.in_flight += 1;
            traffic.requests
        };
        let answer = forward(&request, address);
        {
            let mut traffic = lock(traffic);
            traffic.in_flight -= 1;
            if traffic.killed_at.is_some() {
                return Ok(());
            }
            if traffic.cut == Some(Cut { request: number, is_delivered: true }) {
                traffic.kill(&request, "after");
                return Ok(());
            }
        }
        match answer? {
            Some(answer) => answers.write_all(&answer.bytes)?,
            None => return Ok(()),
        }
    }
    Ok(())
}

fn forward(request: &Message, address: &str) -> io::Result<Option<Message>> {
    let mut server = TcpStream::connect(address)?;
    server.set_nodelay(true)?;
    server.write_all(&request.bytes)?;
    read_answer(&mut BufReader::new(server), request)
}
