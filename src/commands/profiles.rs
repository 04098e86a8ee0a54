//! `profiles`: show the configured profiles.

use clap::Args;

use crate::config::{Configuration, Environment, ProfileDescription};
use crate::error::{Error, Result};
use crate::output::{Cell, Color, Output, OutputRow, Shortening};

/// Show the configured profiles with their backends and locations
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  truthound-store profiles
  truthound-store profiles --format json --config prod.toml
  truthound-store profiles --check --config truthound-store.toml")]
pub struct ProfilesArgs {
    /// Fail if a profile is broken; variables, files and programs that it names are not asked
    #[arg(long)]
    check: bool,
}

/// Shows the profiles. A broken profile shows its problem instead of its location; with `--check`, it is a failure that is
/// reported to `out`.
///
/// # Errors
/// If the file is not TOML, or stdout cannot be written.
pub fn run(
    args: &ProfilesArgs,
    configuration: &Configuration,
    environment: &Environment,
    out: &mut Output,
) -> Result<()> {
    let described = configuration.describe(environment)?;
    let mut rows = out.rows();
    for profile in &described.profiles {
        rows.push(profile)?;
    }
    rows.finish()?;
    match &described.problem {
        Some(problem) if args.check => out.failure(&Error::usage(problem)),
        Some(problem) => out.warn(problem),
        None => {}
    }
    if args.check {
        for profile in &described.profiles {
            if let Some(problem) = &profile.problem {
                out.failure(&Error::usage(format!("profile `{}` is broken: {problem}", profile.name)));
            }
        }
    }
    Ok(())
}

impl OutputRow for ProfileDescription {
    const HEADINGS: &'static [&'static str] = &["PROFILE", "DEFAULT", "BACKEND", "NAMESPACE", "LOCATION"];

    fn cells(&self) -> Vec<Cell> {
        let default = if self.default { Cell::colored("yes", Color::Good) } else { "".into() };
        let location = match (&self.problem, &self.location) {
            (Some(problem), _) => Cell::colored(problem.as_str(), Color::Bad),
            (None, Some(location)) => location.as_str().into(),
            (None, None) => "".into(),
        };
        vec![
            self.name.as_str().into(),
            default,
            self.backend.as_deref().unwrap_or_default().into(),
            self.namespace.as_deref().unwrap_or_default().into(),
            location.shortening(Shortening::Lines),
        ]
    }
}
