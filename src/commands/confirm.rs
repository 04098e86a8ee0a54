//! The question before a command changes several results, and the options that answer it.

use clap::Args;

use crate::error::{Error, ErrorKind, Result};
use crate::output::{Output, Table};

/// The options of a command that asks before it changes results.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct ConfirmArgs {
    /// Do not ask for confirmation
    #[arg(short, long)]
    yes: bool,
    /// Show what would be done, without doing it
    #[arg(long)]
    dry_run: bool,
}

/// A question about the changes that a command is about to make.
pub(super) struct ConfirmQuestion {
    /// The question: "Delete 3 results in memory:?"
    pub(super) question: String,
    /// The reason for the question, for the error without a terminal: "3 results match".
    pub(super) finding: String,
    /// The things that `--dry-run` shows: "the results".
    pub(super) shown: &'static str,
}

impl ConfirmArgs {
    /// Whether nothing is to be changed.
    pub(super) fn is_dry_run(self) -> bool {
        self.dry_run
    }

    /// Asks the question at a terminal, below the table that `preview` makes. Asks nothing with `--yes` or `--dry-run`.
    ///
    /// # Errors
    /// If the user says no, or there is no terminal to ask at.
    pub(super) async fn confirm(
        self,
        question: ConfirmQuestion,
        preview: impl FnOnce() -> Table,
        out: &Output,
    ) -> Result<()> {
        if self.yes || self.dry_run {
            return Ok(());
        }
        let ConfirmQuestion { question, finding, shown } = question;
        if out.is_interactive() {
            out.preview(&preview());
        }
        match out.confirm(&question).await {
            Some(true) => Ok(()),
            Some(false) => Err(Error::new(ErrorKind::Other, "nothing was changed")),
            None => Err(Error::usage(format!("{finding}, and there is no terminal to ask for confirmation"))
                .with_hint(format!("use --yes to go ahead, or --dry-run to see {shown}"))),
        }
    }
}
