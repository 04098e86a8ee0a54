//! `completions`: completion scripts for shells.

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
    /// Shell to complete for
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
    if args.shell == Shell::Bash {
        // The script spells a program name with a hyphen in two ways, and then never completes options after a command: https://github.com/clap-rs/clap/issues/6421
        let text = String::from_utf8_lossy(&script).replace("truthound__subcmd__store", "truthound__store");
        script = text.into_bytes();
    }
    out.raw(&script)
}
