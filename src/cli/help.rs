//! The definition of the command line, with the help that all commands share: groups of commands, and where the documentation
//! is.

use std::ffi::OsStr;
use std::fmt::Write as _;

use clap::builder::Resettable;
use clap::{Command, CommandFactory as _};

use super::arguments::Cli;

/// The commands by purpose. Those in no group are shown after these.
const GROUPS: [(&str, &[&str]); 4] = [
    ("Results", &["save", "get", "list", "delete", "set-tier", "prune"]),
    ("Questions", &["diff", "gate", "history", "report", "export"]),
    ("Stores", &["verify", "doctor", "reindex", "pool-status"]),
    ("This program", &["profiles", "completions"]),
];

/// Adds the groups of commands and the address of the documentation to the help.
fn with_help(command: Command) -> Command {
    let documentation = format!("Documentation: {}", env!("CARGO_PKG_REPOSITORY"));
    let template = format!(
        "{{before-help}}{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{}Options:\n{{options}}{{after-help}}",
        groups(&command)
    );
    let command = command.mut_subcommands(|subcommand| {
        let help = subcommand.get_after_help().map(|help| format!("{help}\n\n")).unwrap_or_default();
        subcommand.after_help(format!("{help}{documentation}"))
    });
    let examples = command.get_after_long_help().map(|help| format!("{help}\n\n")).unwrap_or_default();
    command
        .after_help(documentation.clone())
        .after_long_help(format!("{examples}{documentation}"))
        .help_template(template)
}

/// The list of commands under the names of their groups.
fn groups(command: &Command) -> String {
    let grouped = |name: &str| GROUPS.iter().any(|(_, names)| names.contains(&name));
    let others: Vec<&str> = command
        .get_subcommands()
        .filter(|command| !command.is_hide_set())
        .map(Command::get_name)
        .filter(|name| !grouped(name))
        .collect();
    let groups = GROUPS.into_iter().chain((!others.is_empty()).then_some(("Others", others.as_slice())));
    let mut text = String::new();
    for (group, names) in groups {
        let found: Vec<&Command> = names.iter().filter_map(|name| command.find_subcommand(name)).collect();
        if found.is_empty() {
            continue;
        }
        // A failure to write to a text does not happen.
        let _ = writeln!(text, "{group}:");
        for command in found {
            let about = command.get_about().map(ToString::to_string).unwrap_or_default();
            let aliases: Vec<&str> = command.get_visible_aliases().collect();
            let aliases = if aliases.is_empty() { String::new() } else { format!(" [alias: {}]", aliases.join(", ")) };
            let _ = writeln!(text, "  {:12} {about}{aliases}", command.get_name());
        }
        if names.contains(&"completions") {
            let _ = writeln!(text, "  {:12} Print the help of a command", "help");
        }
        text.push('\n');
    }
    text
}

/// The definition of the command line, for what describes it elsewhere, such as man pages.
pub fn command() -> Command {
    without_empty_variables(with_help(Cli::command()))
}

/// The same command, for which an environment variable with an empty value counts as not set.
pub(super) fn without_empty_variables(command: Command) -> Command {
    let is_empty = |variable: &OsStr| std::env::var_os(variable).is_some_and(|value| value.is_empty());
    let empty: Vec<clap::Id> = command
        .get_arguments()
        .filter(|argument| argument.get_env().is_some_and(is_empty))
        .map(|argument| argument.get_id().clone())
        .collect();
    empty.into_iter().fold(command, |command, id| command.mut_arg(id, |argument| argument.env(Resettable::Reset)))
}
