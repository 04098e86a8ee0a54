//! Python, as a process that answers requests.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Mutex;

use serde_json::{Value, json};

/// The environment variable with the path of the interpreter that has truthound; tests/run sets it.
const VARIABLE: &str = "TRUTHOUND_STORE_TEST_PYTHON";

/// Returns the interpreter that has truthound, if there is one.
pub(crate) fn interpreter() -> Option<PathBuf> {
    std::env::var_os(VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// Processes that wait for the next test, because importing truthound takes longer than most tests.
static IDLE: Mutex<Vec<Worker>> = Mutex::new(Vec::new());

struct Worker {
    process: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// A Python process for one test.
pub(crate) struct Python(Option<Worker>);

impl Python {
    pub(crate) fn new() -> Self {
        let idle = IDLE.lock().unwrap().pop();
        Self(Some(idle.unwrap_or_else(Worker::start)))
    }

    /// Returns the answer of `question`, a function of worker.py, to these arguments.
    pub(crate) fn ask(&mut self, question: &str, arguments: Value) -> Value {
        self.try_ask(question, arguments).unwrap_or_else(|error| panic!("Python fails to {question}: {error}"))
    }

    /// Returns the answer of `question`, or Python's error.
    pub(crate) fn try_ask(&mut self, question: &str, arguments: Value) -> Result<Value, String> {
        let Some(worker) = &mut self.0 else { unreachable!("the worker leaves when dropped") };
        let mut request = arguments;
        request["ask"] = question.into();
        writeln!(worker.requests, "{request}").unwrap();
        let mut line = String::new();
        worker.answers.read_line(&mut line).unwrap();
        let mut answer: Value =
            serde_json::from_str(&line).unwrap_or_else(|error| panic!("{question}: {error}: {line}"));
        match answer.get("error") {
            Some(error) => Err(error.as_str().unwrap().to_owned()),
            None => Ok(answer["answer"].take()),
        }
    }

    /// Returns the text that `question` answers.
    pub(crate) fn ask_text(&mut self, question: &str, arguments: Value) -> String {
        self.ask(question, arguments).as_str().unwrap().to_owned()
    }

    /// Checks that two texts contain the same JSON, as Python reads it.
    pub(crate) fn assert_same(&mut self, ours: &str, theirs: &str) {
        let difference = self.ask("same", json!({"one": ours, "other": theirs}));
        assert!(difference.is_null(), "{}", difference.as_str().unwrap());
    }

    /// Checks that `ValidationResult.from_dict` accepts a document without changing its content.
    pub(crate) fn assert_accepted(&mut self, document: &str) {
        let understood = self.ask_text("accept", json!({"document": document}));
        self.assert_same(document, &understood);
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        // After a failed test, the process may be in the middle of an answer.
        if let (Some(worker), false) = (self.0.take(), std::thread::panicking()) {
            IDLE.lock().unwrap().push(worker);
        }
    }
}

impl Worker {
    fn start() -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop/worker.py");
        let mut process = Command::new(interpreter().expect("ignored without an interpreter"))
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let requests = process.stdin.take().unwrap();
        let answers = BufReader::new(process.stdout.take().unwrap());
        Self { process, requests, answers }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
