//! `doctor`: check credentials, permissions and what the server promises.

use clap::Args;
use futures_util::StreamExt as _;
use serde::{Serialize, Serializer};

use crate::error::{Error, ErrorKind, Result};
use crate::output::{Cell, Color, Output, OutputFormat, OutputRow, RowPrinter, Shortening};
use crate::store::contract::{DoctorOptions, Finding, FindingLevel, ResultStore};

/// Check configuration, credentials, permissions and what the server promises
///
/// Prints a line per check: ✓ as it should be, ! worth a look, ✗ wrong, with the next step. The exit code is that of
/// the first ✗. Checks write objects of their own beside the results, or statements that change no row, and leave
/// nothing behind, also after Ctrl-C.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  truthound-store doctor --profile prod
  truthound-store doctor --all --read-only
  truthound-store doctor --policy --profile prod")]
pub struct DoctorArgs {
    /// Check every profile of the configuration
    #[arg(long, conflicts_with_all = ["profile", "policy"])]
    all: bool,
    /// Write nothing, not even for a moment
    #[arg(long)]
    read_only: bool,
    /// Print the least permissions that the profile needs, in the form that its service takes, and check nothing
    #[arg(long)]
    policy: bool,
}

impl DoctorArgs {
    /// Whether every profile is checked.
    pub fn all(&self) -> bool {
        self.all
    }
}

/// A profile to check.
pub struct DoctorProfile {
    /// Its name.
    pub name: String,
    /// Where its options come from.
    pub origin: String,
    /// The store, or the reason why it cannot be opened.
    pub store: Result<Box<dyn ResultStore>>,
}

/// Checks the profiles, one after the other. On an interruption the check that is running ends first, so that it leaves
/// nothing behind.
///
/// # Errors
/// If stdout cannot be written, or the command was interrupted.
pub async fn run(
    args: DoctorArgs,
    profiles: Vec<DoctorProfile>,
    interrupted: impl Future<Output = Error>,
    out: &mut Output,
) -> Result<()> {
    let options = DoctorOptions { read_only: args.read_only };
    if args.policy {
        for profile in profiles {
            print_policy(&profile.store?.policy(options), out)?;
        }
        return Ok(());
    }
    let mut interrupted = std::pin::pin!(interrupted);
    let mut signal = None;
    let mut worst = None;
    let mut rows = out.rows();
    'profiles: for DoctorProfile { name, origin, store } in profiles {
        let row = |mut finding: Finding, rows: &RowPrinter<'_, FindingRow>| {
            finding.remedy = finding.remedy.map(|remedy| rows.followable(&remedy).into_owned());
            FindingRow { profile: name.clone(), finding }
        };
        let mut print = |finding: Finding| {
            if let FindingLevel::Bad(kind) = finding.level {
                worst.get_or_insert(kind);
            }
            let row = row(finding, &rows);
            rows.push(&row)
        };
        print(Finding::good("configuration", origin))?;
        let store = match store {
            Ok(store) => store,
            Err(error) => {
                print(Finding::failed("profile", &error))?;
                continue;
            }
        };
        print(Finding::good("profile", store.location()))?;
        let mut findings = store.diagnose(options);
        loop {
            // An interruption is remembered until the check has ended.
            let finding = tokio::select! {
                biased;
                error = &mut interrupted, if signal.is_none() => {
                    signal = Some(error);
                    continue;
                }
                finding = findings.next() => finding,
            };
            if let Some(finding) = finding {
                print(finding)?;
            } else {
                break;
            }
            if signal.is_some() {
                break 'profiles;
            }
        }
    }
    rows.finish()?;
    if let Some(error) = signal {
        return Err(error);
    }
    if let Some(kind) = worst {
        out.remember(kind);
    }
    Ok(())
}

fn print_policy(policy: &str, out: &mut Output) -> Result<()> {
    match out.format() {
        Some(OutputFormat::Json | OutputFormat::Jsonl) => match serde_json::from_str::<serde_json::Value>(policy) {
            Ok(document) => out.json(&document),
            Err(_) => out.json(&policy),
        },
        _ => out.raw(format!("{policy}\n").as_bytes()),
    }
}

/// A finding about one profile.
struct FindingRow {
    profile: String,
    finding: Finding,
}

impl FindingRow {
    fn level(&self) -> &'static str {
        match self.finding.level {
            FindingLevel::Good => "ok",
            FindingLevel::Doubtful => "warning",
            FindingLevel::Bad(_) => "failed",
        }
    }
}

impl Serialize for FindingRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct as _;
        let kind = match self.finding.level {
            FindingLevel::Bad(kind) => Some(ErrorKind::name(kind)),
            FindingLevel::Good | FindingLevel::Doubtful => None,
        };
        let mut row = serializer.serialize_struct("finding", 6)?;
        row.serialize_field("profile", &self.profile)?;
        row.serialize_field("check", self.finding.check)?;
        row.serialize_field("level", self.level())?;
        row.serialize_field("kind", &kind)?;
        row.serialize_field("message", &self.finding.message)?;
        row.serialize_field("remedy", &self.finding.remedy)?;
        row.end()
    }
}

impl OutputRow for FindingRow {
    const HEADINGS: &'static [&'static str] = &["", "PROFILE", "CHECK", "FINDING"];

    fn cells(&self) -> Vec<Cell> {
        let (mark, color) = match self.finding.level {
            FindingLevel::Good => ("✓", Color::Good),
            FindingLevel::Doubtful => ("!", Color::Doubtful),
            FindingLevel::Bad(_) => ("✗", Color::Bad),
        };
        let message = match &self.finding.remedy {
            Some(remedy) => format!("{}; {remedy}", self.finding.message),
            None => self.finding.message.clone(),
        };
        vec![
            Cell::colored(mark, color),
            self.profile.as_str().into(),
            self.finding.check.into(),
            Cell::from(message).shortening(Shortening::Lines),
        ]
    }
}
