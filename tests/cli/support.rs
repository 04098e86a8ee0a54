//! A sealed room: the binary with its own environment, home and working directory.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;

use tempfile::TempDir;

/// A place isolated from the user's files and settings. It is removed when dropped.
pub(crate) struct Room {
    root: TempDir,
}

impl Room {
    /// An empty room: an empty working directory and no configuration.
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        for directory in ["home", "work", "tmp"] {
            fs::create_dir(root.path().join(directory)).unwrap();
        }
        Self { root }
    }

    /// A room with one profile, `disk`, that uses the filesystem backend below `store/`.
    pub(crate) fn with_disk_profile(more: &str) -> Self {
        let room = Self::new();
        room.write(
            "truthound-store.toml",
            format!(
                "default_profile = \"disk\"\n\n[profiles.disk]\nbackend = \"filesystem\"\nbase_path = \"store\"\n{more}"
            ),
        );
        room
    }

    /// The directory that contains the home and the working directory.
    pub(crate) fn root(&self) -> &Path {
        self.root.path()
    }

    /// The working directory.
    pub(crate) fn work(&self) -> PathBuf {
        self.root.path().join("work")
    }

    /// The user's home directory.
    pub(crate) fn home(&self) -> PathBuf {
        self.root.path().join("home")
    }

    /// Writes a file in the working directory.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.work().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Returns the content of a file in the working directory.
    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.work().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Returns the sorted names in a directory below the working directory.
    pub(crate) fn names_in(&self, directory: &str) -> Vec<String> {
        let items = fs::read_dir(self.work().join(directory)).unwrap();
        let mut names: Vec<_> = items.map(|item| item.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Saves a result, without writing a document file.
    pub(crate) fn save(&self, result: &Stored) {
        self.start(["save", "-"]).input(result.text()).run().succeeds();
    }

    /// Runs the program with empty standard input.
    pub(crate) fn run<Argument: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = Argument>) -> Outcome {
        self.start(arguments).run()
    }

    /// Prepares a run of the program.
    pub(crate) fn start<Argument: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = Argument>) -> Run<'_> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_truthound-store"));
        command.env_clear().current_dir(self.work()).args(arguments);
        for (name, value) in [("HOME", self.home()), ("XDG_CONFIG_HOME", self.home().join(".config"))] {
            command.env(name, value);
        }
        command.env("XDG_STATE_HOME", self.home().join(".local/state")).env("PATH", "/usr/bin:/bin");
        for name in ["TMPDIR", "TEMP", "TMP"] {
            command.env(name, self.root.path().join("tmp"));
        }
        // Windows needs it to find its libraries.
        if let Some(value) = std::env::var_os("SystemRoot") {
            command.env("SystemRoot", value);
        }
        command.env("COLUMNS", "100").env("TZ", "Asia/Kolkata");
        Run { room: self, command, input: Input::Bytes(Vec::new()) }
    }
}

/// No run of the program may leave a temporary file behind, even if it failed or was killed.
impl Drop for Room {
    fn drop(&mut self) {
        let left: Vec<_> = fs::read_dir(self.root.path().join("tmp")).into_iter().flatten().flatten().collect();
        assert!(left.is_empty() || thread::panicking(), "left behind: {left:?}");
    }
}

/// A run of the program before it starts.
#[must_use = "nothing runs before `run` or `spawn`"]
pub(crate) struct Run<'a> {
    room: &'a Room,
    command: Command,
    input: Input,
}

/// The source of standard input.
enum Input {
    Bytes(Vec<u8>),
    Pipe(Stdio),
}

impl Run<'_> {
    /// Sets an environment variable.
    pub(crate) fn env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.command.env(name, value.into());
        self
    }

    /// Sets the content of standard input.
    pub(crate) fn input(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = Input::Bytes(input.into());
        self
    }

    /// Connects standard input to the output of another program.
    pub(crate) fn input_from(mut self, pipe: impl Into<Stdio>) -> Self {
        self.input = Input::Pipe(pipe.into());
        self
    }

    /// Sets the working directory, below the room's working directory.
    pub(crate) fn in_directory(mut self, directory: impl AsRef<Path>) -> Self {
        let directory = self.room.work().join(directory);
        fs::create_dir_all(&directory).unwrap();
        self.command.current_dir(directory);
        self
    }

    /// Lets another program start this one: the words of its command line before it.
    pub(crate) fn under(mut self, words: &[&str]) -> Self {
        let (program, arguments) = words.split_first().unwrap();
        let mut command = Command::new(program);
        command.args(arguments).arg(self.command.get_program()).args(self.command.get_args());
        command.env_clear().current_dir(self.command.get_current_dir().unwrap());
        command.envs(self.command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        self.command = command;
        self
    }

    /// Lets the program run at a terminal of this many columns and 12 lines. Standard input is what is typed, and stdout is all
    /// that the terminal shows.
    #[cfg(target_os = "linux")]
    pub(crate) fn at_terminal(mut self, columns: usize) -> Self {
        let quoted = |word: &OsStr| format!("'{}'", word.to_str().unwrap().replace('\'', "'\\''"));
        let words = std::iter::once(self.command.get_program()).chain(self.command.get_args());
        let words = words.map(quoted).collect::<Vec<_>>().join(" ");
        let mut command = Command::new("script");
        let script = format!("stty cols {columns} rows 12; exec {words}");
        command.args(["-q", "-e", "-E", "never", "-c", &script, "/dev/null"]);
        command.env_clear().current_dir(self.command.get_current_dir().unwrap());
        command.envs(self.command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        for (name, value) in [("TERM", "xterm"), ("LANG", "C.UTF-8"), ("SHELL", "/bin/sh"), ("NO_COLOR", "1")] {
            command.env(name, value);
        }
        self.command = command;
        self
    }

    /// Gives the program this much memory, in megabytes of addresses.
    pub(crate) fn with_memory(self, megabytes: u32) -> Self {
        let limit = format!("ulimit -v {}; exec \"$0\" \"$@\"", megabytes * 1024);
        self.under(&["/bin/sh", "-c", &limit])
    }

    /// Starts the program and waits until it exits.
    pub(crate) fn run(self) -> Outcome {
        let room = self.room.root.path().to_owned();
        let command_line = shown(&self.command);
        let output = self.spawn().wait_with_output().unwrap();
        Outcome { command_line, room, stdout: output.stdout, stderr: output.stderr, code: output.status.code() }
    }

    /// Starts the program. Another thread writes its standard input and closes it.
    pub(crate) fn spawn(mut self) -> Child {
        self.command.stdout(Stdio::piped()).stderr(Stdio::piped());
        match self.input {
            Input::Pipe(pipe) => drop(self.command.stdin(pipe)),
            Input::Bytes(bytes) => {
                let (reader, mut writer) = std::io::pipe().unwrap();
                self.command.stdin(reader);
                // A program that does not read its input closes the pipe. The test does not fail then.
                thread::spawn(move || drop(writer.write_all(&bytes)));
            }
        }
        self.command.spawn().unwrap()
    }
}

fn shown(command: &Command) -> String {
    let arguments: Vec<_> = command.get_args().map(|argument| argument.to_string_lossy()).collect();
    format!("truthound-store {}", arguments.join(" "))
}

/// The output and the exit status of a run. Its text is stdout, then stderr if it is not empty and the exit status if
/// it is not 0, with the room's directory replaced by `[room]`.
#[must_use = "either snapshot the outcome or check that it succeeded"]
pub(crate) struct Outcome {
    command_line: String,
    room: PathBuf,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    code: Option<i32>,
}

impl Outcome {
    /// Checks that the exit status is 0. Returns stdout.
    pub(crate) fn succeeds(self) -> String {
        assert!(self.code == Some(0), "{}\n{self}", self.command_line);
        String::from_utf8(self.stdout).unwrap()
    }

    /// Checks the exit status. Returns stderr.
    pub(crate) fn fails_with(self, code: i32) -> String {
        assert!(self.code == Some(code), "{} does not end with {code}\n{self}", self.command_line);
        String::from_utf8(self.stderr).unwrap()
    }

    /// The exit status; `None` for a program that was killed.
    pub(crate) fn code(&self) -> Option<i32> {
        self.code
    }

    /// Returns stdout, whatever the exit status.
    pub(crate) fn stdout(&self) -> String {
        String::from_utf8(self.stdout.clone()).unwrap()
    }

    /// Checks the exit status. Returns what the terminal showed.
    #[cfg(target_os = "linux")]
    pub(crate) fn shows_with(self, code: i32) -> String {
        assert!(self.code == Some(code), "{} does not end with {code}\n{self}", self.command_line);
        self.filtered(&self.stdout).replace("\r\n", "\n")
    }

    /// Checks that the exit status is 0. Returns what the terminal showed.
    #[cfg(target_os = "linux")]
    pub(crate) fn shows(self) -> String {
        self.shows_with(0)
    }

    /// Returns stderr, whatever the exit status.
    pub(crate) fn stderr(&self) -> String {
        String::from_utf8(self.stderr.clone()).unwrap()
    }

    /// Checks that the exit status is 0. Returns the bytes of stdout.
    pub(crate) fn bytes(self) -> Vec<u8> {
        assert!(self.code == Some(0), "{}\n{self}", self.command_line);
        self.stdout
    }

    /// Checks that the exit status is 0. Returns stdout, parsed as JSON.
    pub(crate) fn json(self) -> serde_json::Value {
        let text = self.succeeds();
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in {text}"))
    }

    /// Replaces the parts of the text that differ between runs.
    fn filtered(&self, bytes: &[u8]) -> String {
        let text = String::from_utf8_lossy(bytes);
        let room = self.room.to_str().unwrap();
        text.replace(room, "[room]").replace(&room.replace('\\', "\\\\"), "[room]").replace("store.exe", "store")
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.filtered(&self.stdout))?;
        if !self.stderr.is_empty() {
            write!(formatter, "--- stderr ---\n{}", self.filtered(&self.stderr))?;
        }
        match self.code {
            Some(0) => Ok(()),
            Some(code) => write!(formatter, "--- exit status {code} ---"),
            None => formatter.write_str("--- killed ---"),
        }
    }
}

/// A stored result in the shape of truthound's `ValidationResult.to_dict()`.
#[derive(Clone)]
pub(crate) struct Stored {
    pub(crate) run_id: String,
    run_time: String,
    data_asset: String,
    status: String,
    tags: serde_json::Map<String, serde_json::Value>,
}

/// A stored result of a successful run.
pub(crate) fn stored(run_id: &str) -> Stored {
    Stored {
        run_id: run_id.to_owned(),
        run_time: "2026-03-01T12:00:00".to_owned(),
        data_asset: "customers.csv".to_owned(),
        status: "success".to_owned(),
        tags: serde_json::Map::new(),
    }
}

impl Stored {
    /// Sets the run time.
    pub(crate) fn at(mut self, run_time: &str) -> Self {
        run_time.clone_into(&mut self.run_time);
        self
    }

    /// Sets the data asset.
    pub(crate) fn of(mut self, data_asset: &str) -> Self {
        data_asset.clone_into(&mut self.data_asset);
        self
    }

    /// Sets the status.
    pub(crate) fn ended(mut self, status: &str) -> Self {
        status.clone_into(&mut self.status);
        self
    }

    /// Adds a tag.
    pub(crate) fn tagged(mut self, key: &str, value: &str) -> Self {
        self.tags.insert(key.to_owned(), value.into());
        self
    }

    /// Returns the document with `bytes` more bytes.
    pub(crate) fn padded(&self, bytes: usize) -> String {
        self.text().replacen('{', &format!("{{\"padding\":\"{}\",", "x".repeat(bytes)), 1)
    }

    /// Returns the document.
    pub(crate) fn text(&self) -> String {
        serde_json::json!({
            "run_id": self.run_id,
            "run_time": self.run_time,
            "data_asset": self.data_asset,
            "status": self.status,
            "results": [],
            "statistics": {"total_validators": 0},
            "tags": self.tags,
            "metadata": {},
            "suite_name": null,
            "runtime_environment": {},
        })
        .to_string()
    }
}

/// Compresses bytes with gzip.
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

/// Returns the path of a file in `tests/fixtures`.
pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}
