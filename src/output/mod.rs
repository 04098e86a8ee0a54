//! What is printed: results to stdout in the format that was asked for, everything else to stderr.
//!
//! A command hands over one value; its serde face and its table face come from the same type and cannot drift apart.

mod entry;
mod file;
mod progress;
mod summary;
mod table;
mod text;

use std::io::{self, IsTerminal as _, Write};

use clap::ValueEnum;
use serde::Serialize;

pub use entry::{status_cell, tags_text};
pub use file::DocumentFile;
pub use progress::Progress;
pub use summary::summary_table;
pub use table::Table;
pub use text::{Color, safe};

use crate::error::{Error, ErrorKind, Result};
use crate::store::contract::Notice;

/// The form in which results are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Aligned columns for people
    Table,
    /// One JSON value
    Json,
    /// One JSON value a line, as it arrives
    Jsonl,
}

/// One thing that is printed among others of its kind.
pub trait Row: Serialize {
    /// The columns' headings, in capitals.
    const HEADINGS: &'static [&'static str];

    /// The text of each column.
    fn cells(&self) -> Vec<Cell>;

    /// The text that stands for the row where no format was asked for: its run id, say. `None` for rows whose natural
    /// form is the table.
    fn line(&self) -> Option<&str> {
        None
    }
}

/// One cell of a table: a text, and how it is to stand out.
#[derive(Clone, Debug)]
pub struct Cell {
    text: String,
    color: Option<Color>,
}

impl Cell {
    /// A cell in a colour.
    pub fn colored(text: impl Into<String>, color: Color) -> Self {
        Self { text: text.into(), color: Some(color) }
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self { text: text.into(), color: None }
    }
}

/// How much is said on stderr beside errors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Errors only.
    Quiet,
    /// Warnings and hints too.
    #[default]
    Normal,
    /// And what is being done.
    Verbose,
}

/// How output is to be made.
#[derive(Clone, Copy, Debug, Default)]
pub struct OutputOptions {
    /// The format that was asked for, if any.
    pub format: Option<Format>,
    /// How much is said on stderr.
    pub verbosity: Verbosity,
    /// Whether results are coloured.
    pub color_stdout: bool,
    /// Whether errors and hints are coloured.
    pub color_stderr: bool,
    /// Whether progress may be shown.
    pub progress: bool,
}

/// Where a command's results and failures go.
#[derive(Debug)]
pub struct Output {
    options: OutputOptions,
    profile: Option<String>,
    first_failure: Option<ErrorKind>,
    outlives_reader: bool,
    reader_gone: bool,
}

impl Output {
    /// Prints to the process's own stdout and stderr.
    pub fn new(options: OutputOptions) -> Self {
        Self { options, profile: None, first_failure: None, outlives_reader: false, reader_gone: false }
    }

    /// The format that was asked for, if any.
    pub fn format(&self) -> Option<Format> {
        self.options.format
    }

    /// Names the profile that failures from now on belong to.
    pub fn set_profile(&mut self, profile: impl Into<String>) {
        self.profile = Some(profile.into());
    }

    /// Lets the command go on, in silence, when nobody reads its output any more: for commands that change a store.
    pub fn outlive_reader(&mut self) {
        self.outlives_reader = true;
    }

    /// The kind of the first failure that was reported.
    pub fn first_failure(&self) -> Option<ErrorKind> {
        self.first_failure
    }

    /// Writes bytes of a document as they are.
    ///
    /// # Errors
    /// If stdout cannot be written; see [`is_closed_pipe`](crate::cli::Exit) for a reader that has gone.
    pub fn raw(&mut self, bytes: &[u8]) -> Result<()> {
        if self.reader_gone {
            return Ok(());
        }
        match io::stdout().write_all(bytes) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe && self.outlives_reader => {
                self.reader_gone = true;
                Ok(())
            }
            written => written.map_err(unwritable),
        }
    }

    /// Hands to stdout what may still be buffered.
    ///
    /// # Errors
    /// If stdout cannot be written.
    pub fn flush(&mut self) -> Result<()> {
        match io::stdout().flush() {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe && self.outlives_reader => Ok(()),
            flushed => flushed.map_err(unwritable),
        }
    }

    /// Prints one line. At a terminal, what could control it is made visible.
    ///
    /// # Errors
    /// If stdout cannot be written.
    pub fn line(&mut self, text: &str) -> Result<()> {
        let text = if io::stdout().is_terminal() { safe(text) } else { text.into() };
        self.raw(format!("{text}\n").as_bytes())
    }

    /// Prints one value as JSON: indented, or on one line with `jsonl`.
    ///
    /// # Errors
    /// If stdout cannot be written.
    pub fn json(&mut self, value: &impl Serialize) -> Result<()> {
        let text = match self.options.format {
            Some(Format::Jsonl) => serde_json::to_string(value),
            _ => serde_json::to_string_pretty(value),
        };
        self.raw(format!("{}\n", text.map_err(unprintable)?).as_bytes())
    }

    /// Prints a table.
    ///
    /// # Errors
    /// If stdout cannot be written.
    pub fn table(&mut self, table: &Table) -> Result<()> {
        self.raw(table.render(self.options.color_stdout).as_bytes())
    }

    /// Begins a list of rows, printed as they come where the format allows it.
    pub fn rows<T: Row>(&mut self) -> Rows<'_, T> {
        Rows { table: Table::new(T::HEADINGS), count: 0, output: self, kind: std::marker::PhantomData }
    }

    /// Reports a failure on stderr and remembers the first one's kind; the command goes on with what is left.
    pub fn failure(&mut self, error: &Error) {
        self.first_failure.get_or_insert(error.kind());
        let text = match self.options.format {
            Some(Format::Json | Format::Jsonl) => text::error_json(error, self.profile.as_deref()),
            _ => text::error_text(error, self.profile.as_deref(), self.options.color_stderr),
        };
        to_stderr(&text);
    }

    /// Says that something is not as it should be; no failure.
    pub fn warn(&self, message: &str) {
        Self::notice(self.options, Notice::Warning(message));
    }

    /// Shows what a store has to say.
    pub fn notice(options: OutputOptions, notice: Notice<'_>) {
        match notice {
            Notice::Warning(message) if options.verbosity >= Verbosity::Normal => {
                to_stderr(&text::warning(message, options.color_stderr));
            }
            Notice::Statement(statement) => to_stderr(&format!("sql: {}\n", safe(statement))),
            Notice::Warning(_) => {}
        }
    }

    /// Says what is being done, with `--verbose`.
    pub fn detail(&self, message: &str) {
        if self.options.verbosity >= Verbosity::Verbose {
            to_stderr(&format!("{}\n", safe(message)));
        }
    }

    /// Shows how work goes on, at a terminal.
    pub fn progress(&self, what: &'static str) -> Progress {
        Progress::new(what, self.options.progress && self.options.verbosity >= Verbosity::Normal)
    }

    /// Asks a question at the terminal. `None` where there is no terminal to ask at.
    pub async fn confirm(&self, question: &str) -> Option<bool> {
        if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
            return None;
        }
        to_stderr(&format!("{} [y/N] ", safe(question)));
        // On a thread of its own: while this one waits for an answer, it could not see Ctrl-C.
        let answer = tokio::task::spawn_blocking(|| {
            let mut answer = String::new();
            io::stdin().read_line(&mut answer).map(|_| answer)
        });
        let answer = answer.await.ok()?.ok()?;
        if !answer.ends_with('\n') {
            // Ctrl-D leaves the cursor behind the question.
            to_stderr("\n");
        }
        Some(matches!(answer.trim(), "y" | "Y" | "yes" | "Yes"))
    }
}

/// Nothing can be done, or said, where stderr is closed.
fn to_stderr(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

fn unwritable(error: io::Error) -> Error {
    Error::new(ErrorKind::Other, "cannot write to stdout").with_source(error)
}

fn unprintable(error: serde_json::Error) -> Error {
    Error::new(ErrorKind::Other, "cannot print a value as JSON").with_source(error)
}

/// A list of rows on its way to stdout.
#[derive(Debug)]
pub struct Rows<'a, T> {
    output: &'a mut Output,
    table: Table,
    count: u64,
    kind: std::marker::PhantomData<T>,
}

impl<T: Row> Rows<'_, T> {
    /// Adds a row.
    ///
    /// # Errors
    /// If stdout cannot be written.
    pub fn push(&mut self, row: &T) -> Result<()> {
        self.count += 1;
        match self.output.options.format {
            Some(Format::Jsonl) => self.output.json(row),
            Some(Format::Json) => {
                let opening = if self.count == 1 { "[\n" } else { ",\n" };
                let text = serde_json::to_string(row).map_err(unprintable)?;
                self.output.raw(format!("{opening}  {text}").as_bytes())
            }
            Some(Format::Table) => {
                self.table.push(row.cells());
                Ok(())
            }
            None => match row.line() {
                Some(line) => self.output.line(line),
                None => {
                    self.table.push(row.cells());
                    Ok(())
                }
            },
        }
    }

    /// Reports a failure between rows.
    pub fn failure(&mut self, error: &Error) {
        self.output.failure(error);
    }

    /// Ends the list.
    ///
    /// # Errors
    /// If stdout cannot be written.
    pub fn finish(self) -> Result<()> {
        match self.output.options.format {
            Some(Format::Json) => self.output.raw(if self.count == 0 { b"[]\n" } else { b"\n]\n" }),
            _ => self.output.table(&self.table),
        }
    }
}
