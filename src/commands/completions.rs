//! `completions`: scripts that let a shell complete commands and options.

use clap::{Args, Command};
use clap_complete::Shell;

use crate::error::Result;
use crate::output::Output;

/// Print a completion script
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  truthound-store completions bash > /etc/bash_completion.d/truthound-store
  truthound-store completions fish > ~/.config/fish/completions/truthound-store.fish")]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the script for `command`.
///
/// # Errors
/// If stdout cannot be written.
pub fn run(args: &CompletionsArgs, mut command: Command, out: &mut Output) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "truthound-store", &mut script);
    out.raw(&script)
}
