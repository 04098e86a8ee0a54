//! Runs a command and kills it at one point.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use crate::backends::{Backend, Place};
use crate::is_long;
use crate::proxy::{Cut, Ended, Proxy};

const PROGRAM: &str = env!("CARGO_BIN_EXE_truthound-store");

/// The exit status of a killed process.
const KILLED: i32 = 137;

/// How a run of a command ended.
#[derive(Debug)]
pub(crate) struct Run {
    /// The system call or the request at which it was killed; `None` if it exited by itself.
    pub(crate) killed_at: Option<String>,
    /// The exit status, if it exited by itself.
    pub(crate) code: Option<i32>,
    /// The output up to then.
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    fn new(killed_at: Option<String>, output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        let code = if killed_at.is_some() { None } else { output.status.code() };
        Self { killed_at, code, stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

/// The tool that kills: the tracer if results are files, a proxy if they are on a server.
pub(crate) enum Killer {
    Tracer,
    Proxy(Proxy),
}

impl Killer {
    pub(crate) fn new(backend: &Backend) -> Self {
        if backend.is_remote() { Self::Proxy(Proxy::start(&backend.server())) } else { Self::Tracer }
    }

    /// Runs a command to its end. Returns the number of its points.
    pub(crate) fn count(&self, place: &Place, arguments: &[String]) -> (usize, Run) {
        match self {
            Self::Tracer => {
                let output = traced(place, 0, arguments);
                let points = report(place).lines().count();
                (points, Run::new(None, output))
            }
            Self::Proxy(proxy) => {
                let Ended { killed_at, requests, output } = through(proxy, place, None, arguments);
                (2 * requests, Run::new(killed_at, output))
            }
        }
    }

    /// Runs a command and kills it at `point`, counted from 1.
    pub(crate) fn kill(&self, place: &Place, point: usize, arguments: &[String]) -> Run {
        match self {
            Self::Tracer => {
                let output = traced(place, point, arguments);
                let killed = output.status.code() == Some(KILLED);
                let call = report(place).trim().replace(place.file("").to_str().unwrap(), "");
                Run::new(killed.then(|| format!("before {call}")), output)
            }
            Self::Proxy(proxy) => {
                let Ended { killed_at, output, .. } = through(proxy, place, Some(Cut::at(point)), arguments);
                Run::new(killed_at, output)
            }
        }
    }
}

/// Runs a command to its end, without a kill.
pub(crate) fn run(place: &Place, arguments: &[String]) -> Run {
    let mut command = place.command(&place.backend.server(), Path::new(PROGRAM));
    Run::new(None, command.args(arguments).output().unwrap())
}

fn through(proxy: &Proxy, place: &Place, cut: Option<Cut>, arguments: &[String]) -> Ended {
    proxy.run(place.command(&proxy.address(), Path::new(PROGRAM)).args(arguments), cut)
}

fn traced(place: &Place, point: usize, arguments: &[String]) -> Output {
    let calls = if is_long() { "all" } else { "changes" };
    let mut command = place.command("", tracer());
    command.args([calls, &point.to_string()]).arg(place.file("calls")).arg(PROGRAM).args(arguments);
    command.output().unwrap()
}

fn report(place: &Place) -> String {
    fs::read_to_string(place.file("calls")).unwrap()
}

/// Returns the tracer, which is built once.
fn tracer() -> &'static Path {
    static TRACER: OnceLock<PathBuf> = OnceLock::new();
    TRACER.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/crash/tracer.c");
        let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tracer");
        let made = program.with_extension(std::process::id().to_string());
        let output = Command::new("cc").args(["-O1", "-Wall", "-o"]).arg(&made).arg(source).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        // Two test processes may build it at the same time.
        fs::rename(&made, &program).unwrap();
        program
    })
}
