//! `completions`: completion scripts for shells.

use clap::{Args, Command};
use clap_complete::Shell;

use crate::error::Result;
use crate::output::Output;

/// Print a completion script
///
/// In bash, zsh and fish it completes what is in the store, too: run ids, data assets, tags, tiers, profiles.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  truthound-store completions bash > ~/.local/share/bash-completion/completions/truthound-store
  truthound-store completions zsh > ~/.zfunc/_truthound-store
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
    match args.shell {
        Shell::Bash => out.raw(include_bytes!("../../completions/truthound-store.bash")),
        Shell::Fish => out.raw(include_bytes!("../../completions/truthound-store.fish")),
        Shell::Zsh => out.raw(include_bytes!("../../completions/_truthound-store")),
        // Commands and options alone: clap's way to ask the program from PowerShell would run what is typed.
        _ => {
            let mut script = Vec::new();
            clap_complete::generate(args.shell, &mut command, "truthound-store", &mut script);
            out.raw(&script)
        }
    }
}
