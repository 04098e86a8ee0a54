//! The hidden command `complete`, which the scripts of shells run to complete a word.

use std::ffi::OsString;
use std::time::Duration;

use clap::FromArgMatches as _;
use clap_complete::engine;

use super::arguments::{CompleteArgs, GlobalOptions};
use super::call::Call;
use super::help::command;
use crate::commands::completed::{Candidate, ValueKind, WantedValues};
use crate::config::{Configuration, Environment};
use crate::error::{Error, ErrorKind, Result};
use crate::output::Output;
use crate::secret::is_unsafe_to_print;
use crate::store::contract::Notices;

/// Time limit, so that a slow server does not hold up the shell. Values found until then are shown.
const LONGEST: Duration = Duration::from_millis(1_500);

/// Tells a shell to complete files by itself.
const FILES: &str = ":files";

/// Prints a line for each candidate: the value, and a remark behind a tab. A store that cannot be opened or does not answer
/// in time yields none.
///
/// # Errors
/// If stdout cannot be written.
pub(super) async fn run(args: CompleteArgs, out: &mut Output) -> Result<()> {
    let CompleteArgs { index, words } = args;
    let global = global_options(words.iter().take(index));
    let directory = std::env::current_dir().ok();
    // A command line that cannot be completed has no candidates.
    let candidates = engine::complete(&mut command(), words, index, directory.as_deref()).unwrap_or_default();
    let (mut found, mut options) = (Vec::new(), Vec::new());
    for candidate in candidates {
        let value = candidate.get_value().to_string_lossy().into_owned();
        let Some(wanted) = WantedValues::parse(&value) else {
            let remark = candidate.get_help().map(|help| help.to_string()).unwrap_or_default();
            let remark = remark.lines().next().unwrap_or_default().to_owned();
            options.push(Candidate { value, remark });
            continue;
        };
        if wanted.kind == ValueKind::File {
            return out.raw(format!("{FILES}\n").as_bytes());
        }
        // A shell has no place for the message of an error.
        let _ = tokio::time::timeout(LONGEST, find(&wanted, global.clone(), &mut found)).await;
        for candidate in &mut found {
            candidate.value.insert_str(0, &wanted.before);
        }
    }
    // Options are in the way of values.
    let shown = if found.is_empty() { options } else { found };
    let is_shown =
        |candidate: &&Candidate| !candidate.value.is_empty() && !candidate.value.contains(is_unsafe_to_print);
    for Candidate { value, remark } in shown.iter().filter(is_shown) {
        let remark = remark.replace(is_unsafe_to_print, " ");
        out.raw(if remark.is_empty() { format!("{value}\n") } else { format!("{value}\t{remark}\n") }.as_bytes())?;
    }
    out.flush()
}

/// The global options in an unfinished command line.
fn global_options<'a>(words: impl Iterator<Item = &'a OsString>) -> Option<GlobalOptions> {
    let matches = command().ignore_errors(true).try_get_matches_from(words).ok()?;
    GlobalOptions::from_arg_matches(&matches).ok()
}

async fn find(wanted: &WantedValues, global: Option<GlobalOptions>, found: &mut Vec<Candidate>) -> Result<()> {
    let Some(global) = global else { return Ok(()) };
    if wanted.kind == ValueKind::Profile {
        let environment = Environment::from_process()?;
        let names = Configuration::find(&environment, global.config.as_deref())?.names(&environment);
        let names = names.into_iter().filter(|name| name.starts_with(&wanted.typed));
        found.extend(names.map(|value| Candidate { value, remark: String::new() }));
        return Ok(());
    }
    // The namespace is being typed: those beside the profile's own are wanted.
    let global = match wanted.kind {
        ValueKind::Namespace => GlobalOptions { namespace: None, ..global },
        _ => global,
    };
    // A profile may ask a program for a secret, and wait for it.
    let opening = tokio::task::spawn_blocking(move || {
        let environment = Environment::from_process()?;
        let call = Call::of(&global, None);
        call.open_store(&call.profile(&environment)?, &environment, Notices::new(|_| {}))
    });
    let store = opening.await.map_err(|error| Error::new(ErrorKind::Other, "cannot open").with_source(error))??;
    wanted.kind.find(&wanted.typed, &*store, found).await
}
