//! A proxy before a real server that ends the client between two of its requests.

use std::io::{self, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Output};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use crate::http::{Message, read_answer, read_request};

/// Where the client is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cut {
    /// At this request, counted from 1 over all connections.
    request: usize,
    /// Whether the server still gets it, and only its answer is lost.
    is_delivered: bool,
}

impl Cut {
    /// The `point`th of all cuts, from 1: two at each request.
    pub(crate) fn at(point: usize) -> Self {
        Self { request: point.div_ceil(2), is_delivered: point.is_multiple_of(2) }
    }
}

/// What is going on, over all connections.
#[derive(Default)]
struct Traffic {
    cut: Option<Cut>,
    client: Option<Child>,
    requests: usize,
    /// Requests that the server is answering.
    in_flight: usize,
    /// The request that was cut; nothing passes after it.
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

/// How a client ended.
pub(crate) struct Ended {
    /// The request at which it was killed.
    pub(crate) killed_at: Option<String>,
    /// How many it had sent.
    pub(crate) requests: usize,
    pub(crate) output: Output,
}

/// A running proxy.
pub(crate) struct Proxy {
    port: u16,
    traffic: Arc<Mutex<Traffic>>,
}

impl Proxy {
    /// Starts a proxy before the server at `address`, a host and a port.
    pub(crate) fn start(address: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = Self { port: listener.local_addr().unwrap().port(), traffic: Arc::default() };
        let (traffic, address) = (proxy.traffic.clone(), address.to_owned());
        thread::spawn(move || {
            for connection in listener.incoming() {
                let (traffic, address) = (traffic.clone(), address.clone());
                // A client that is gone, or a server that is, ends the connection.
                thread::spawn(move || connection.and_then(|connection| serve(connection, &address, &traffic)));
            }
        });
        proxy
    }

    /// Its host and port.
    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Runs `command`, which sends its requests here, until it ends or is cut.
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
            // A request that the server has got is carried out, whatever becomes of the client.
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
