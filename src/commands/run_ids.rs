//! The run ids that a command is given: as arguments, or one per line on standard input.

use std::collections::{HashSet, VecDeque};
use std::io::{self, BufRead, Read as _};

use futures_util::future;
use futures_util::stream::{self, BoxStream, StreamExt as _};
use tokio::sync::mpsc;

use super::prefixes::whole_run_id;
use crate::error::{Error, ErrorKind, Result};
use crate::output::Output;
use crate::result::RunId;
use crate::store::contract::ResultStore;

/// The argument that stands for the run ids on standard input.
const STDIN: &str = "-";

/// Bytes of the longest line that is read. Stores take shorter run ids.
const LONGEST_LINE: usize = 16 * 1024;

/// Lines that are read ahead of the command.
const READ_AHEAD: usize = 64;

/// Run ids among which a repeated one is found.
const REMEMBERED: usize = 65_536;

/// The run ids of a command line. `-` stands for those on standard input.
#[derive(Clone, Debug)]
pub(super) struct GivenRunIds {
    arguments: Vec<RunId>,
    /// Whether standard input may have no run ids.
    may_be_empty: bool,
    /// Whether an argument may be the beginning of a run id.
    may_be_prefixes: bool,
}

impl GivenRunIds {
    pub(super) fn new(arguments: Vec<RunId>) -> Self {
        Self { arguments, may_be_empty: false, may_be_prefixes: false }
    }

    /// Accepts standard input without run ids.
    #[must_use]
    pub(super) fn or_none(mut self, may_be_empty: bool) -> Self {
        self.may_be_empty = may_be_empty;
        self
    }

    /// Accepts beginnings of run ids as arguments, if `out` is a terminal: scripts must not depend on which run ids are taken.
    #[must_use]
    pub(super) fn or_prefixes(mut self, out: &Output) -> Self {
        self.may_be_prefixes = out.is_interactive();
        self
    }

    /// Whether an argument may be the beginning of a run id.
    pub(super) fn may_be_prefixes(&self) -> bool {
        self.may_be_prefixes
    }

    /// Completes each argument that is the beginning of a run id. Returns the arguments that were completed, with their run
    /// ids.
    ///
    /// # Errors
    /// If several run ids begin with an argument, or the store cannot be read.
    pub(super) async fn complete(&mut self, store: &dyn ResultStore) -> Result<Vec<(RunId, RunId)>> {
        let mut completed = Vec::new();
        for argument in self.arguments.iter_mut().filter(|argument| self.may_be_prefixes && !is_stdin(argument)) {
            if !exists(argument, store).await?
                && let Some(whole) = whole_run_id(argument, store).await?
            {
                completed.push((std::mem::replace(argument, whole.clone()), whole));
            }
        }
        Ok(completed)
    }

    /// The arguments.
    pub(super) fn into_arguments(self) -> Vec<RunId> {
        self.arguments
    }

    /// Whether no argument is given.
    pub(super) fn is_empty(&self) -> bool {
        self.arguments.is_empty()
    }

    /// Whether they may be several.
    pub(super) fn are_many(&self) -> bool {
        self.arguments.len() > 1 || self.arguments.iter().any(is_stdin)
    }

    /// The number of run ids, if it is known before standard input is read.
    pub(super) fn known_count(&self) -> Option<u64> {
        let is_known = !self.is_empty() && !self.arguments.iter().any(is_stdin);
        is_known.then_some(self.arguments.len() as u64)
    }

    /// The run ids in their order. Those on standard input are read as they are needed. A line that is not a run id is an
    /// error item; the stream goes on after it.
    pub(super) fn stream(&self) -> BoxStream<'static, Result<RunId>> {
        let may_be_empty = self.may_be_empty;
        let arguments = stream::iter(self.arguments.clone());
        let run_ids = arguments.flat_map(move |argument| match is_stdin(&argument) {
            true => on_stdin(may_be_empty),
            false => stream::once(future::ready(Ok(argument))).boxed(),
        });
        run_ids.boxed()
    }
}

fn is_stdin(argument: &RunId) -> bool {
    argument.as_str() == STDIN
}

/// Drops each run id that was among the last [`REMEMBERED`]: two changes of the same result would be in each other's way.
pub(super) fn without_repeats(
    run_ids: BoxStream<'_, Result<RunId>>,
) -> impl futures_util::Stream<Item = Result<RunId>> + Send {
    let (mut seen, mut order) = (HashSet::new(), VecDeque::new());
    run_ids.filter(move |run_id| {
        let is_new = match run_id {
            Ok(run_id) if !seen.insert(run_id.clone()) => false,
            Ok(run_id) => {
                order.push_back(run_id.clone());
                if order.len() > REMEMBERED
                    && let Some(oldest) = order.pop_front()
                {
                    seen.remove(&oldest);
                }
                true
            }
            Err(_) => true,
        };
        future::ready(is_new)
    })
}

/// The run ids on standard input, read by a thread of its own: reading blocks.
fn on_stdin(may_be_empty: bool) -> BoxStream<'static, Result<RunId>> {
    let (sender, mut receiver) = mpsc::channel(READ_AHEAD);
    let reading = std::thread::Builder::new().name("run ids".to_owned()).spawn(move || {
        for run_id in RunIdLines::new(io::stdin().lock(), may_be_empty) {
            // The receiver is gone if the command has ended.
            if sender.blocking_send(run_id).is_err() {
                return;
            }
        }
    });
    match reading {
        Ok(_) => stream::poll_fn(move |context| receiver.poll_recv(context)).boxed(),
        Err(error) => stream::once(future::ready(Err(Error::no_thread(error)))).boxed(),
    }
}

/// The run ids in a text, one per line. Empty lines are skipped.
struct RunIdLines<R> {
    reader: R,
    line: u64,
    is_empty: bool,
    may_be_empty: bool,
    has_ended: bool,
}

impl<R: BufRead> RunIdLines<R> {
    fn new(reader: R, may_be_empty: bool) -> Self {
        Self { reader, line: 0, is_empty: true, may_be_empty, has_ended: false }
    }

    /// The next line without its end; `None` at the end of the text.
    fn next_line(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        let read = self.reader.by_ref().take(LONGEST_LINE as u64 + 1).read_until(b'\n', &mut line)?;
        if read > LONGEST_LINE && !line.ends_with(b"\n") {
            self.skip_line()?;
        }
        if line.last() == Some(&b'\n') {
            line.pop();
        }
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        Ok((read > 0).then_some(line))
    }

    /// Reads to the end of the line.
    fn skip_line(&mut self) -> io::Result<()> {
        loop {
            let buffer = self.reader.fill_buf()?;
            let (used, has_ended) = match buffer.iter().position(|byte| *byte == b'\n') {
                Some(position) => (position + 1, true),
                None => (buffer.len(), buffer.is_empty()),
            };
            self.reader.consume(used);
            if has_ended {
                return Ok(());
            }
        }
    }

    fn parsed(&self, line: Vec<u8>) -> Result<RunId> {
        let refused = |reason: String| {
            Error::usage(format!("line {} of standard input is not a run id", self.line))
                .with_source(reason)
                .with_hint("`truthound-store list --ids` prints one run id per line")
        };
        if line.len() > LONGEST_LINE {
            return Err(refused(format!("it is longer than {LONGEST_LINE} bytes")));
        }
        let text = String::from_utf8(line).map_err(|_| refused("it is not UTF-8".to_owned()))?;
        if text.starts_with(['{', '[']) && serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok() {
            return Err(refused("it is JSON".to_owned()));
        }
        RunId::new(text)
    }
}

impl<R: BufRead> Iterator for RunIdLines<R> {
    type Item = Result<RunId>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.has_ended {
            self.line += 1;
            match self.next_line() {
                Ok(Some(line)) if line.trim_ascii().is_empty() => {}
                Ok(Some(line)) => {
                    self.is_empty = false;
                    return Some(self.parsed(line));
                }
                Ok(None) => {
                    self.has_ended = true;
                    if self.is_empty && !self.may_be_empty {
                        return Some(Err(Error::usage("standard input has no run ids")
                            .with_hint("pipe one run id per line to `-`: truthound-store list --ids")));
                    }
                }
                Err(error) => {
                    self.has_ended = true;
                    return Some(Err(Error::usage("cannot read run ids from standard input").with_source(error)));
                }
            }
        }
        None
    }
}

/// Whether the result exists.
pub(super) async fn exists(run_id: &RunId, store: &dyn ResultStore) -> Result<bool> {
    match store.get(run_id).await {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &[u8]) -> Vec<std::result::Result<String, String>> {
        let shown = |error: &Error| {
            let reason = std::error::Error::source(error).map(|source| format!(": {source}"));
            format!("{error}{}", reason.unwrap_or_default())
        };
        let each = |run_id: Result<RunId>| run_id.map(|it| it.as_str().to_owned()).map_err(|error| shown(&error));
        RunIdLines::new(text, false).map(each).collect()
    }

    #[test]
    fn each_line_is_a_run_id_whatever_ends_it() {
        let ids = ["a", "b c", "é", "-"].map(|id| Ok(id.to_owned()));
        assert_eq!(lines("a\r\n\n  \nb c\né\n-".as_bytes()), ids);
    }

    #[test]
    fn a_line_that_is_not_a_run_id_is_named_and_the_next_one_is_read() {
        let long = [vec![b'x'; LONGEST_LINE], vec![b'y'; 70_000], b"\nb\n".to_vec()].concat();
        for (text, reason) in [
            (b"a\n\xff\nb".to_vec(), "not UTF-8"),
            (b"a\n{\"run_id\": \"x\"}\nb".to_vec(), "JSON"),
            ([b"a\n".to_vec(), long].concat(), "longer than 16384 bytes"),
        ] {
            let found = lines(&text);
            assert_eq!((found.len(), &found[0], &found[2]), (3, &Ok("a".to_owned()), &Ok("b".to_owned())));
            let error = found[1].clone().unwrap_err();
            assert!(
                error.starts_with("line 2 of standard input is not a run id: ") && error.contains(reason),
                "{error}"
            );
        }
        let longest = [vec![b'x'; LONGEST_LINE], b"\n".to_vec()].concat();
        assert_eq!(lines(&longest).len(), 1);
        lines(&longest)[0].clone().unwrap();
    }

    #[test]
    fn a_text_without_run_ids_is_refused_unless_it_may_be_empty() {
        for text in ["", "\n", "\r\n \n"] {
            assert_eq!(lines(text.as_bytes()), [Err("standard input has no run ids".to_owned())], "{text:?}");
            assert_eq!(RunIdLines::new(text.as_bytes(), true).count(), 0, "{text:?}");
        }
    }
}
