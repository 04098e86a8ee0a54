//! Command-line arguments.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::commands::completed::ValueKind;
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
use crate::output::OutputFormat;

/// Keep data-validation results in object stores, databases and on disk
///
/// Results are the documents that truthound, dbt, Great Expectations and other data-quality tools write. A profile
/// in truthound-store.toml selects the backend. Without a profile, results go to .truthound/store.db.
#[derive(Debug, Parser)]
#[command(name = "truthound-store", version, propagate_version = false, after_long_help = EXAMPLES)]
pub struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub global: GlobalOptions,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "\
Examples:
  truthound check customers.csv -f json | truthound-store save -
  truthound-store save results/*.json --tag env=prod
  truthound-store list --status failure --since 7d
  truthound-store get run-123 --profile prod

Exit codes:
  0 done   1 other failure   2 wrong usage, configuration or document   3 not found   4 cannot connect
  5 cannot read   6 cannot write   7 exists already   8 denied   9 not supported   130 interrupted
  10 the verdict is no (gate, diff --exit-code, save --fail-on)";

/// Options of every command.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Global options")]
pub struct GlobalOptions {
    /// Profile to use
    #[arg(short, long, global = true, value_name = "NAME", env = "TRUTHOUND_STORE_PROFILE", add = ValueKind::Profile.completer())]
    pub profile: Option<String>,
    /// Store to use instead of a profile's: s3://BUCKET/PREFIX, postgresql://USER@HOST/DATABASE, sqlite:FILE, ./DIRECTORY, ...
    #[arg(long, global = true, value_name = "ADDRESS", env = "TRUTHOUND_STORE_STORE", hide_env_values = true)]
    pub store: Option<String>,
    /// Configuration file
    #[arg(short, long, global = true, value_name = "FILE", env = "TRUTHOUND_STORE_CONFIG", add = ValueKind::File.completer())]
    pub config: Option<PathBuf>,
    /// Namespace to use instead of the profile's
    #[arg(short, long, global = true, value_name = "NS", env = "TRUTHOUND_STORE_NAMESPACE", add = ValueKind::Namespace.completer())]
    pub namespace: Option<String>,
    /// Output format
    #[arg(short, long, global = true, value_enum, env = "TRUTHOUND_STORE_FORMAT")]
    pub format: Option<OutputFormat>,
    /// Show errors only
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Show each step; twice, requests, SQL statements, and where values come from too
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Do not show progress
    #[arg(long, global = true)]
    pub no_progress: bool,
    /// Do not show long lists through a pager ($PAGER, or less)
    #[arg(long, global = true)]
    pub no_pager: bool,
    /// When to use colors
    #[arg(long, global = true, value_enum, default_value_t = ColorMode::Auto, value_name = "WHEN")]
    pub color: ColorMode,
}

/// When to use colors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ColorMode {
    /// At a terminal, unless `NO_COLOR` is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The commands. Their argument types have the help.
#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "a comment here would replace the help")]
pub enum Command {
    Save(SaveArgs),
    Get(GetArgs),
    #[command(visible_alias = "ls")]
    List(ListArgs),
    #[command(visible_alias = "rm")]
    Delete(DeleteArgs),
    SetTier(SetTierArgs),
    Prune(PruneArgs),
    Copy(CopyArgs),
    PoolStatus(PoolStatusArgs),
    Diff(DiffArgs),
    Gate(GateArgs),
    History(HistoryArgs),
    Report(ReportArgs),
    Export(ExportArgs),
    Reindex(ReindexArgs),
    Verify(VerifyArgs),
    Doctor(DoctorArgs),
    Profiles(ProfilesArgs),
    Completions(CompletionsArgs),
    #[command(hide = true)]
    Complete(CompleteArgs),
}

impl Command {
    /// Says which commands have this format, if this one does not. `export` itself knows what it has.
    pub(super) fn lacks(&self, format: OutputFormat) -> Option<String> {
        let name = format.name();
        match (format, self) {
            (OutputFormat::Table | OutputFormat::Json | OutputFormat::Jsonl, _) | (_, Self::Export(_)) => None,
            (OutputFormat::Findings(_), Self::Get(_) | Self::Diff(_) | Self::Gate(_)) => None,
            (OutputFormat::Findings(_), _) => {
                Some(format!("the commands with the format `{name}` are get, diff and gate"))
            }
            (OutputFormat::Data(_), _) => Some(format!("the command with the format `{name}` is export")),
        }
    }
}

/// Print what a word of a command line can be, for the scripts of shells
#[derive(Debug, Args)]
pub struct CompleteArgs {
    /// Number of the word, from 0
    pub(super) index: usize,
    /// Words of the command line up to this one
    #[arg(last = true)]
    pub(super) words: Vec<OsString>,
}
