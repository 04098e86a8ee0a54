//! The text of `--version --verbose`: how this binary was built.

use std::env::consts::{ARCH, OS};
use std::fmt::Write as _;

use crate::store::sqlite_version;

/// The commit that `packaging/build` was run at.
const COMMIT: Option<&str> = option_env!("TRUTHOUND_STORE_COMMIT");

/// The backends and whether this binary has them.
const FEATURES: [(&str, bool); 9] = [
    ("azure", cfg!(feature = "azure")),
    ("filesystem", cfg!(feature = "filesystem")),
    ("gcs", cfg!(feature = "gcs")),
    ("memory", cfg!(feature = "memory")),
    ("mssql", cfg!(feature = "mssql")),
    ("mysql", cfg!(feature = "mysql")),
    ("postgres", cfg!(feature = "postgres")),
    ("s3", cfg!(feature = "s3")),
    ("sqlite", cfg!(feature = "sqlite")),
];

/// Returns the version, and below it one line each for the commit, the target, the features and SQLite.
pub(super) fn detailed_version() -> String {
    let features: Vec<&str> = FEATURES.into_iter().filter(|(_, is_built)| *is_built).map(|(name, _)| name).collect();
    let mut text = format!(
        "{} {}\ncommit: {}\ntarget: {ARCH} {OS}{}{}\nfeatures: {}\n",
        env!("CARGO_PKG_NAME"),
        env!("CARGO_PKG_VERSION"),
        COMMIT.unwrap_or("unknown"),
        if cfg!(target_env = "musl") { " musl" } else { "" },
        if cfg!(target_feature = "crt-static") { ", static" } else { "" },
        features.join(" "),
    );
    if let Some(version) = sqlite_version() {
        // A failure to write to a text does not happen.
        let _ = writeln!(text, "sqlite: {version}");
    }
    text
}
