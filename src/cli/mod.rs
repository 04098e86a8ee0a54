//! The command line: arguments, dispatch to one command, and exit codes.

mod arguments;
mod call;
mod complete;
mod copy_stores;
mod exit;
mod help;
mod parse;
mod prune_profiles;
mod rule_profiles;
mod run;
mod version;

pub use arguments::{Cli, Command, GlobalOptions};
pub use exit::Exit;
pub use help::command;
pub use run::main;
