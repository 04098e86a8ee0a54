//! The command line: what can be typed, which command it starts, and how the process ends.

mod arguments;
mod exit;
mod run;

pub use arguments::{Cli, Command, GlobalOptions};
pub use exit::Exit;
pub use run::main;
