//! Printing: results to stdout in the requested format, everything else to stderr.

use std::io::{self, IsTerminal as _, Write as _};

use serde::Serialize;

use super::message::{self, safe};
use super::options::{OutputFormat, OutputOptions, Verbosity};
use super::progress::ProgressCounter;
use super::row::OutputRow;
use super::strip::StripSigns;
use super::table::Table;
use crate::error::{Error, ErrorKind, Result};
use crate::store::contract::Notice;

/// The receiver of a command's results and failures.
#[derive(Debug)]
pub struct Output {
    options: OutputOptions,
    profile: Option<String>,
    first_failure: Option<ErrorKind>,
    outlives_reader: bool,
    reader_gone: bool,
}

impl Output {
    /// An output to the stdout and stderr of the process.
    pub fn new(options: OutputOptions) -> Self {
        Self { options, profile: None, first_failure: None, outlives_reader: false, reader_gone: false }
    }

    /// The requested format, if any.
    pub fn format(&self) -> Option<OutputFormat> {
        self.options.format
    }

    /// The signs of outcomes in strips.
    pub fn strip_signs(&self) -> StripSigns {
        StripSigns::new(self.options.unicode)
    }

    /// Sets the profile that failures are reported for from now on.
    pub fn set_profile(&mut self, profile: impl Into<String>) {
        self.profile = Some(profile.into());
    }

    /// Lets the command continue without output after the reader of stdout has closed the pipe. For commands that change
    /// a store.
    pub fn outlive_reader(&mut self) {
        self.outlives_reader = true;
    }

    /// The kind of the first reported failure. A verdict is none: it counts only if nothing failed.
    pub fn first_failure(&self) -> Option<ErrorKind> {
        self.first_failure
    }

    /// Writes bytes of a document unchanged.
    ///
    /// # Errors
    /// If stdout cannot be written.
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

    /// Flushes stdout.
    ///
    /// # Errors
    /// If stdout cannot be written.
    pub fn flush(&mut self) -> Result<()> {
        match io::stdout().flush() {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe && self.outlives_reader => Ok(()),
            flushed => flushed.map_err(unwritable),
        }
    }

    /// Prints one line. Characters that would break it are escaped, and at a terminal all that are unsafe to print.
    ///
    /// # Errors
    /// If stdout cannot be written.
    pub fn line(&mut self, text: &str) -> Result<()> {
        let text = if io::stdout().is_terminal() { safe(text) } else { message::one_line(text) };
        self.raw(format!("{text}\n").as_bytes())
    }

    /// Prints one value as JSON: indented, or on one line with `jsonl`.
    ///
    /// # Errors
    /// If stdout cannot be written.
    pub fn json(&mut self, value: &impl Serialize) -> Result<()> {
        let text = match self.options.format {
            Some(OutputFormat::Jsonl) => serde_json::to_string(value),
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

    /// Begins a list of rows. JSON and lines are printed as they come; a table is printed at the end.
    pub fn rows<T: OutputRow>(&mut self) -> RowPrinter<'_, T> {
        RowPrinter { table: Table::new(T::HEADINGS), count: 0, output: self, kind: std::marker::PhantomData }
    }

    /// Remembers the kind of a failure that a row has shown. It counts for the exit code as one that was reported.
    pub fn remember(&mut self, kind: ErrorKind) {
        if matches!(self.first_failure, None | Some(ErrorKind::Verdict)) {
            self.first_failure = Some(kind);
        }
    }

    /// Reports a failure on stderr and remembers the kind of the first one. The command continues.
    pub fn failure(&mut self, error: &Error) {
        self.remember(error.kind());
        let text = match self.options.is_json() {
            true => message::error_json(error, self.profile.as_deref()),
            false => message::error_text(error, self.profile.as_deref(), self.options.color_stderr),
        };
        to_stderr(&text);
    }

    /// Prints a warning.
    pub fn warn(&self, message: &str) {
        Self::notice(self.options, Notice::Warning(message));
    }

    /// Prints a notice from a store.
    pub fn notice(options: OutputOptions, notice: Notice<'_>) {
        let (label, text) = match notice {
            Notice::Warning(_) if options.verbosity < Verbosity::Normal => return,
            Notice::Warning(text) => ("warning", text),
            Notice::Statement(text) => ("statement", text),
        };
        to_stderr(&match notice {
            _ if options.is_json() => message::notice_json(label, text),
            Notice::Warning(_) => message::warning(text, options.color_stderr),
            Notice::Statement(_) => format!("sql: {}\n", safe(text)),
        });
    }

    /// Whether stderr is a terminal, and more than errors are printed there.
    pub fn is_attended(&self) -> bool {
        io::stderr().is_terminal() && self.options.verbosity >= Verbosity::Normal && !self.options.is_json()
    }

    /// Whether the user can be asked: stdin and stderr are a terminal.
    pub fn is_interactive(&self) -> bool {
        io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Prints what the user should know about the work, unless only errors are wanted.
    pub fn note(&self, message: &str) {
        if self.options.verbosity >= Verbosity::Normal {
            to_stderr(&match self.options.is_json() {
                true => message::notice_json("note", message),
                false => format!("{}\n", safe(message)),
            });
        }
    }

    /// Explains a table on stderr, at a terminal or with `--verbose`.
    pub fn explain(&self, text: &str) {
        let has_reader = self.is_attended() || self.options.verbosity >= Verbosity::Verbose;
        if has_reader && !self.options.is_json() {
            to_stderr(&format!("{}\n", safe(text)));
        }
    }

    /// Prints a step of the work, with `--verbose`.
    pub fn detail(&self, message: &str) {
        if self.options.verbosity >= Verbosity::Verbose {
            to_stderr(&match self.options.is_json() {
                true => message::notice_json("detail", message),
                false => format!("{}\n", safe(message)),
            });
        }
    }

    /// Shows progress at a terminal.
    pub fn progress(&self, what: &'static str) -> ProgressCounter {
        ProgressCounter::new(what, self.options.progress && self.options.verbosity >= Verbosity::Normal)
    }

    /// Asks a yes-or-no question at the terminal. `None` without a terminal.
    pub async fn confirm(&self, question: &str) -> Option<bool> {
        if !self.is_interactive() {
            return None;
        }
        to_stderr(&format!("{} [y/N] ", safe(question)));
        // On a separate thread: this one must notice Ctrl-C meanwhile.
        let answer = tokio::task::spawn_blocking(|| {
            let mut answer = String::new();
            io::stdin().read_line(&mut answer).map(|_| answer)
        });
        let answer = answer.await.ok()?.ok()?;
        if !answer.ends_with('\n') {
            // Ctrl-D leaves the cursor after the question.
            to_stderr("\n");
        }
        Some(matches!(answer.trim(), "y" | "Y" | "yes" | "Yes"))
    }
}

/// Writes to stderr. A failure cannot be reported and is ignored.
fn to_stderr(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

fn unwritable(error: io::Error) -> Error {
    Error::new(ErrorKind::Other, "cannot write to stdout").with_source(error)
}

fn unprintable(error: serde_json::Error) -> Error {
    Error::new(ErrorKind::Other, "cannot print a value as JSON").with_source(error)
}

/// Prints a list of rows to stdout.
#[derive(Debug)]
pub struct RowPrinter<'a, T> {
    output: &'a mut Output,
    table: Table,
    count: u64,
    kind: std::marker::PhantomData<T>,
}

impl<T: OutputRow> RowPrinter<'_, T> {
    /// Adds a row.
    ///
    /// # Errors
    /// If stdout cannot be written.
    pub fn push(&mut self, row: &T) -> Result<()> {
        self.count += 1;
        match self.output.options.format {
            Some(OutputFormat::Jsonl) => self.output.json(row),
            Some(OutputFormat::Json) => {
                let opening = if self.count == 1 { "[\n" } else { ",\n" };
                let text = serde_json::to_string(row).map_err(unprintable)?;
                self.output.raw(format!("{opening}  {text}").as_bytes())
            }
            Some(OutputFormat::Table) => {
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

    /// Prints a remark on a row to stderr, above the progress.
    pub fn remark(&self, text: &str, progress: &ProgressCounter) {
        if progress.is_shown() {
            progress.line(text);
        } else {
            to_stderr(&format!("{}\n", safe(text)));
        }
    }

    /// Prints a warning between rows.
    pub fn warn(&self, message: &str) {
        self.output.warn(message);
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
            Some(OutputFormat::Json) => self.output.raw(if self.count == 0 { b"[]\n" } else { b"\n]\n" }),
            _ => self.output.table(&self.table),
        }
    }
}
