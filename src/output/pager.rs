//! The user's pager, for lists that are longer than the terminal.

use std::io::{self, Write as _};
use std::process::{Child, Command, Stdio};

use super::terminal::Terminal;

/// A list on its way to the terminal. A pager is started when the list has become longer than the screen: a short one needs
/// none, whatever program it is.
#[derive(Debug)]
pub(super) struct PagedList {
    terminal: Terminal,
    state: PagingState,
}

#[derive(Debug)]
enum PagingState {
    /// The list may still fit on the screen.
    Short(Vec<u8>),
    /// The pager reads it.
    Paged(Child),
    /// It is printed without a pager, because there is none.
    Direct,
}

impl PagedList {
    pub(super) fn new(terminal: Terminal) -> Self {
        Self { terminal, state: PagingState::Short(Vec::new()) }
    }

    /// Whether a pager owns the screen.
    pub(super) fn is_paged(&self) -> bool {
        matches!(self.state, PagingState::Paged(_))
    }

    /// Writes more of the list.
    ///
    /// # Errors
    /// [`BrokenPipe`](io::ErrorKind::BrokenPipe) if the user has left the pager.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.state {
            PagingState::Short(text) => {
                text.extend_from_slice(bytes);
                // The prompt of the shell takes a line, too.
                let is_short =
                    text.iter().filter(|byte| **byte == b'\n').count() < self.terminal.lines.saturating_sub(1);
                if is_short {
                    return Ok(());
                }
                let text = std::mem::take(text);
                match start() {
                    Some(pager) => self.state = PagingState::Paged(pager),
                    None => self.state = PagingState::Direct,
                }
                self.write(&text)
            }
            PagingState::Paged(pager) => match &mut pager.stdin {
                Some(pipe) => pipe.write_all(bytes),
                None => Err(io::ErrorKind::BrokenPipe.into()),
            },
            PagingState::Direct => io::stdout().write_all(bytes),
        }
    }

    /// Ends the list. Returns when the user has left the pager.
    ///
    /// # Errors
    /// If stdout cannot be written.
    pub(super) fn finish(self) -> io::Result<()> {
        match self.state {
            PagingState::Short(text) => io::stdout().write_all(&text),
            PagingState::Paged(mut pager) => {
                drop(pager.stdin.take());
                // How the pager ends says nothing about the list.
                pager.wait().map(drop)
            }
            PagingState::Direct => Ok(()),
        }
    }
}

/// Starts the user's pager. `None` if the user wants none, or there is none.
fn start() -> Option<Child> {
    let words = match std::env::var("PAGER") {
        Ok(pager) => shlex::split(&pager)?,
        Err(_) => vec!["less".to_owned(), "-FRX".to_owned()],
    };
    let (program, arguments) = words.split_first().filter(|(program, _)| *program != "cat")?;
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped());
    // As Git does: `PAGER=less` alone shows colors, too, and does not stay for one screen.
    if std::env::var_os("LESS").is_none() {
        command.env("LESS", "FRX");
    }
    command.spawn().ok()
}
