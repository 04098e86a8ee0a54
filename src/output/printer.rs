//! Printing: results to stdout in the requested format, everything else to stderr.

use std::borrow::Cow;
use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Arc;

use serde::Serialize;

use super::message::{self, CallOptions, safe};
use super::options::{OutputFormat, OutputOptions, Verbosity};
use super::pager::PagedList;
use super::progress::ProgressCounter;
use super::row::OutputRow;
use super::stderr::Stderr;
use super::strip::StripSigns;
use super::table::{Table, TableStyle};
use super::terminal::Terminal;
use super::work::{Work, WorkState};
use crate::error::{Error, ErrorKind, Result};
use crate::store::contract::{Notice, Notices, RequestNotice};

/// The receiver of a command's results and failures.
#[derive(Debug)]
pub struct Output {
    options: OutputOptions,
    profile: Option<String>,
    first_failure: Option<ErrorKind>,
    outlives_reader: bool,
    reader_gone: bool,
    stderr: Stderr,
    paged: Option<PagedList>,
    /// Options for commands in hints.
    call: CallOptions,
    /// The work that goes on, or has ended.
    work: Option<Arc<WorkState>>,
}

impl Output {
    /// An output to the stdout and stderr of the process.
    pub fn new(options: OutputOptions) -> Self {
        Self {
            options,
            profile: None,
            first_failure: None,
            outlives_reader: false,
            reader_gone: false,
            stderr: Stderr::default(),
            paged: None,
            call: CallOptions::default(),
            work: None,
        }
    }

    /// The requested format, if any.
    pub fn format(&self) -> Option<OutputFormat> {
        self.options.format
    }

    /// The signs of outcomes in strips.
    pub fn strip_signs(&self) -> StripSigns {
        StripSigns::new(self.options.unicode)
    }

    /// Sets the options that commands in hints carry from now on.
    pub fn set_call(&mut self, call: CallOptions) {
        self.call = call;
    }

    /// `hint` with the options of this call in every command that it names, so that it can be followed literally.
    pub fn followable<'a>(&self, hint: &'a str) -> Cow<'a, str> {
        self.call.complete(hint)
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
        let written = match &mut self.paged {
            Some(list) => list.write(bytes),
            None => self.stderr.beside_bar(|| io::stdout().write_all(bytes)),
        };
        if self.paged.as_ref().is_some_and(PagedList::is_paged) {
            self.stderr.hold();
        }
        match written {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe && self.outlives_reader => {
                self.reader_gone = true;
                Ok(())
            }
            written => written.map_err(unwritable),
        }
    }

    /// Lets the results of this command, a list, go through the user's pager if they are longer than the terminal.
    pub fn page(&mut self) {
        self.paged = self.options.terminal.filter(|_| self.options.pager).map(PagedList::new);
    }

    /// Whether results are printed on a terminal.
    pub fn is_at_terminal(&self) -> bool {
        self.options.terminal.is_some()
    }

    /// Ends the output. Returns when the user has left the pager.
    ///
    /// # Errors
    /// If stdout cannot be written.
    pub fn end(&mut self) -> Result<()> {
        let ended = self.paged.take().map_or(Ok(()), PagedList::finish);
        self.stderr.release();
        ended.map_err(unwritable)
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
        let text = if self.is_at_terminal() { safe(text) } else { message::one_line(text) };
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
        let text = table.clone().take(self.table_style());
        self.raw(text.as_bytes())
    }

    fn table_style(&self) -> TableStyle {
        TableStyle { color: self.options.color_stdout, terminal: self.options.terminal }
    }

    /// Begins a list of rows. JSON and lines are printed as they come. Of a table, the first [`PAGE`] rows are collected to
    /// find the widths of its columns, then the next ones.
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
            true => message::error_json(error, self.profile.as_deref(), &self.call),
            false => message::error_text(error, self.profile.as_deref(), &self.call, self.options.color_stderr),
        };
        self.stderr.write(&text);
    }

    /// Prints a warning.
    pub fn warn(&self, message: &str) {
        notice(self.options, &self.stderr, &self.call, Notice::Warning(message));
    }

    /// Returns the receiver of the notices of a store.
    pub fn notices(&self) -> Notices {
        let (options, stderr, call) = (self.options, self.stderr.clone(), self.call.clone());
        let notices = Notices::new(move |message| notice(options, &stderr, &call, message));
        notices.detailed(self.options.verbosity >= Verbosity::Detailed)
    }

    /// Whether remarks have a reader: a person at a terminal, or with `--verbose`.
    pub fn has_reader(&self) -> bool {
        self.is_attended() || self.options.verbosity >= Verbosity::Verbose
    }

    /// Prints a fact that is of interest to people only.
    pub fn remark(&self, message: &str) {
        if self.has_reader() {
            self.note(message);
        }
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
            self.stderr.write(&match self.options.is_json() {
                true => message::notice_json("note", message),
                false => format!("{}\n", safe(message)),
            });
        }
    }

    /// Explains a table on stderr, at a terminal or with `--verbose`.
    pub fn explain(&self, text: &str) {
        let has_reader = self.is_attended() || self.options.verbosity >= Verbosity::Verbose;
        if has_reader && !self.options.is_json() {
            self.stderr.write(&format!("{}\n", safe(text)));
        }
    }

    /// Prints a step of the work, with `--verbose`.
    pub fn detail(&self, message: &str) {
        if self.options.verbosity >= Verbosity::Verbose {
            self.stderr.write(&match self.options.is_json() {
                true => message::notice_json("detail", message),
                false => format!("{}\n", safe(message)),
            });
        }
    }

    /// Begins to count the items of `work`, and shows the progress at a terminal.
    pub fn progress(&mut self, work: Work) -> ProgressCounter {
        let is_free = !(work.prints_results && self.is_at_terminal());
        let is_shown = self.options.progress && is_free && self.options.verbosity >= Verbosity::Normal;
        let state = Arc::new(WorkState::new(work));
        self.stderr.set_work(Some(Arc::clone(&state)));
        self.work = Some(Arc::clone(&state));
        ProgressCounter::new(state, is_shown, self.stderr.clone())
    }

    /// Whether rows are printed as they come, and not as a table. `has_lines` for rows that have a line.
    pub fn prints_rows_at_once(&self, has_lines: bool) -> bool {
        match self.options.format {
            Some(OutputFormat::Json | OutputFormat::Jsonl) => true,
            Some(OutputFormat::Table | OutputFormat::Findings(_) | OutputFormat::Data(_)) => false,
            None => has_lines,
        }
    }

    /// Says how far the work was when it was interrupted.
    pub fn interrupted(&self) -> Error {
        let message = self.work.as_ref().map_or_else(|| "interrupted".to_owned(), |work| work.interruption());
        Error::new(ErrorKind::Interrupted, message)
    }

    /// Shows a table on stderr, where a question follows.
    pub fn preview(&self, table: &Table) {
        let style = TableStyle { color: self.options.color_stderr, terminal: Terminal::of_stderr() };
        self.stderr.write(&table.clone().take(style));
    }

    /// Asks a yes-or-no question at the terminal. `None` without a terminal.
    pub async fn confirm(&self, question: &str) -> Option<bool> {
        if !self.is_interactive() {
            return None;
        }
        self.stderr.write(&format!("{} [y/N] ", safe(question)));
        // On a separate thread: this one must notice Ctrl-C meanwhile.
        let answer = tokio::task::spawn_blocking(|| {
            let mut answer = String::new();
            io::stdin().read_line(&mut answer).map(|_| answer)
        });
        let answer = answer.await.ok()?.ok()?;
        if !answer.ends_with('\n') {
            // Ctrl-D leaves the cursor after the question.
            self.stderr.write("\n");
        }
        Some(matches!(answer.trim(), "y" | "Y" | "yes" | "Yes"))
    }
}

/// Prints a notice from a store.
fn notice(options: OutputOptions, stderr: &Stderr, call: &CallOptions, notice: Notice<'_>) {
    let (label, text) = match notice {
        Notice::Warning(_) if options.verbosity < Verbosity::Normal => return,
        Notice::Warning(text) => ("warning", call.complete(text)),
        Notice::Statement(text) => ("statement", Cow::Borrowed(text)),
        Notice::Request(RequestNotice { method, url, outcome, elapsed }) => {
            ("request", Cow::Owned(format!("{method} {url}: {outcome}, {} ms", elapsed.as_millis())))
        }
        Notice::Source { value, place } => ("source", Cow::Owned(format!("{value}: {place}"))),
        Notice::Progress { done, finished, total, bytes } => {
            return stderr.set_progress(done, finished, total, bytes);
        }
    };
    stderr.write(&match notice {
        _ if options.is_json() => message::notice_json(label, &text),
        Notice::Warning(_) => message::warning(&text, options.color_stderr),
        Notice::Request(_) => format!("http: {}\n", safe(&text)),
        Notice::Source { .. } => format!("source: {}\n", safe(&text)),
        _ => format!("sql: {}\n", safe(&text)),
    });
}

/// Number of rows of a table that are collected before they are printed.
const PAGE: usize = 1_000;

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
    /// The output itself, for a command that reports findings instead of rows.
    pub fn output(&mut self) -> &mut Output {
        self.output
    }

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
            // A command without findings refuses their formats, and all commands that print rows those of exports.
            Some(OutputFormat::Table | OutputFormat::Findings(_) | OutputFormat::Data(_)) => self.push_cells(row),
            None => match row.line() {
                Some(line) => self.output.line(line),
                None => self.push_cells(row),
            },
        }
    }

    fn push_cells(&mut self, row: &T) -> Result<()> {
        self.table.push(row.cells());
        if self.table.len() < PAGE {
            return Ok(());
        }
        self.print_table()
    }

    fn print_table(&mut self) -> Result<()> {
        let text = self.table.take(self.output.table_style());
        self.output.raw(text.as_bytes())
    }

    /// `hint` with the options of this call in every command that it names.
    pub fn followable<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        self.output.followable(hint)
    }

    /// Prints a remark on a row to stderr.
    pub fn remark(&self, text: &str) {
        self.output.remark(text);
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
    pub fn finish(mut self) -> Result<()> {
        match self.output.options.format {
            Some(OutputFormat::Json) => self.output.raw(if self.count == 0 { b"[]\n" } else { b"\n]\n" }),
            _ => self.print_table(),
        }
    }
}
