//! `profiles`: show the configured profiles.

use clap::Args;

use crate::config::{Configuration, Environment, ProfileDescription};
use crate::error::Result;
use crate::output::{Cell, Color, Output, OutputRow, Shortening};

/// Show the configured profiles with their backends and locations
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  truthound-store profiles
  truthound-store profiles --format json --config prod.toml")]
pub struct ProfilesArgs {}

/// Shows the profiles. A broken profile shows its problem instead of its location.
///
/// # Errors
/// If the file is not TOML, or stdout cannot be written.
pub fn run(
    _args: &ProfilesArgs,
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
    if let Some(problem) = &described.problem {
        out.warn(problem);
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
