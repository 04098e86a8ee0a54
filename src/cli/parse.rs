//! Reads the words of the command line.
//!
//! The definitions of all commands cost as much as the rest of a start. The definition of one command is enough to read it;
//! all of them are made for help and for mistakes: their messages may name other commands.

use std::env;
use std::ffi::OsString;

use clap::{ArgMatches, Args as _};

use super::arguments::{CompleteArgs, GlobalOptions};
use super::help::{command, without_empty_variables};
use crate::commands::completions::CompletionsArgs;
use crate::commands::copy::CopyArgs;
use crate::commands::delete::DeleteArgs;
use crate::commands::diff::DiffArgs;
use crate::commands::doctor::DoctorArgs;
use crate::commands::export::ExportArgs;
use crate::commands::gate::GateArgs;
use crate::commands::get::GetArgs;
use crate::commands::history::HistoryArgs;
use crate::commands::list::ListArgs;
use crate::commands::pool_status::PoolStatusArgs;
use crate::commands::profiles::ProfilesArgs;
use crate::commands::prune::PruneArgs;
use crate::commands::reindex::ReindexArgs;
use crate::commands::report::ReportArgs;
use crate::commands::save::SaveArgs;
use crate::commands::set_tier::SetTierArgs;
use crate::commands::verify::VerifyArgs;

/// Returns the arguments of the process.
///
/// # Errors
/// For help, the version, and mistakes.
pub(super) fn matches() -> Result<ArgMatches, clap::Error> {
    let words: Vec<OsString> = env::args_os().collect();
    // The word may be the value of an option. Then the line is a mistake for this definition, and is read by all of them.
    let alone = words.iter().skip(1).find_map(|word| alone(word.to_str()?));
    match alone.map(|command| without_empty_variables(command).try_get_matches_from(&words)) {
        Some(Ok(matches)) => Ok(matches),
        Some(Err(_)) | None => command().try_get_matches_from(words),
    }
}

/// Adds the arguments of a command to its definition.
type Augment = fn(clap::Command) -> clap::Command;

/// The name of each command, its alias, and its arguments.
const COMMANDS: [(&str, Option<&str>, Augment); 19] = [
    ("save", None, SaveArgs::augment_args),
    ("get", None, GetArgs::augment_args),
    ("list", Some("ls"), ListArgs::augment_args),
    ("delete", Some("rm"), DeleteArgs::augment_args),
    ("set-tier", None, SetTierArgs::augment_args),
    ("prune", None, PruneArgs::augment_args),
    ("copy", None, CopyArgs::augment_args),
    ("pool-status", None, PoolStatusArgs::augment_args),
    ("diff", None, DiffArgs::augment_args),
    ("gate", None, GateArgs::augment_args),
    ("history", None, HistoryArgs::augment_args),
    ("report", None, ReportArgs::augment_args),
    ("export", None, ExportArgs::augment_args),
    ("reindex", None, ReindexArgs::augment_args),
    ("verify", None, VerifyArgs::augment_args),
    ("doctor", None, DoctorArgs::augment_args),
    ("profiles", None, ProfilesArgs::augment_args),
    ("completions", None, CompletionsArgs::augment_args),
    ("complete", None, CompleteArgs::augment_args),
];

/// Returns the definition of the command with this name or alias, as if there were no other.
fn alone(word: &str) -> Option<clap::Command> {
    let (name, alias, augment) = COMMANDS.into_iter().find(|(name, alias, _)| *name == word || *alias == Some(word))?;
    let program = clap::Command::new(env!("CARGO_PKG_NAME")).subcommand_required(true);
    Some(GlobalOptions::augment_args(program).subcommand(augment(clap::Command::new(name).alias(alias))))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::super::arguments::Cli;
    use super::*;

    fn arguments(command: &clap::Command) -> Vec<String> {
        command.get_arguments().map(|argument| format!("{argument:?}")).collect()
    }

    #[test]
    fn each_command_is_defined_alone_as_it_is_among_all() {
        for command in Cli::command().get_subcommands() {
            for word in std::iter::once(command.get_name()).chain(command.get_all_aliases()) {
                let program = alone(word).expect(word);
                let alone = program.find_subcommand(word).expect(word);
                assert_eq!(alone.get_name(), command.get_name());
                assert_eq!(arguments(alone), arguments(command));
                assert_eq!(arguments(&program), arguments(&Cli::command()));
            }
        }
    }
}
