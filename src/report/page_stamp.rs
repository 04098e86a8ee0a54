//! The facts and the templates behind a page, as a digest.

use std::fmt;

use serde::Serialize;

use super::asset_run::AssetRun;
use crate::result::{DigestHasher, Entry};

/// Changes when a page of the same facts changes for another reason than its template.
const REVISION: &[u8] = b"1";

/// The templates. A page that another version of them wrote is written anew.
const TEMPLATES: [&str; 7] = [
    include_str!("../../templates/asset.html"),
    include_str!("../../templates/base.html"),
    include_str!("../../templates/check.html"),
    include_str!("../../templates/legend.html"),
    include_str!("../../templates/run.html"),
    include_str!("../../templates/strip.html"),
    include_str!("../../templates/style.css"),
];

/// A digest of the facts and the templates that a page is made of. A page with this stamp need not be written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PageStamp(String);

impl PageStamp {
    /// The stamp of the page of a run. A result that was overwritten has another one, although nothing is known of its
    /// document.
    pub fn of_run(entry: &Entry) -> Self {
        Self::of("run", &(entry, entry.revision))
    }

    /// The stamp of the page of a data asset.
    pub fn of_asset(data_asset: &str, has_older: bool, runs: &[AssetRun]) -> Self {
        let runs: Vec<_> = runs.iter().map(|run| (&run.entry, run.entry.revision, run.counts)).collect();
        Self::of("asset", &(data_asset, has_older, runs))
    }

    /// The stamp of the first page, which is always written.
    pub fn of_overview() -> Self {
        Self::of("overview", &())
    }

    fn of(kind: &str, facts: &impl Serialize) -> Self {
        let mut hasher = DigestHasher::default();
        // Facts of strings, numbers and lists always serialize.
        let facts = serde_json::to_vec(facts).unwrap_or_default();
        let parts = TEMPLATES.iter().map(|template| template.as_bytes());
        for part in parts.chain([REVISION, kind.as_bytes(), &facts]) {
            hasher.update(&part.len().to_le_bytes());
            hasher.update(part);
        }
        Self(hasher.finish().to_string())
    }

    /// Whether `head`, the beginning of a page, names this stamp.
    pub fn is_in(&self, head: &[u8]) -> bool {
        let wanted = format!("<meta name=\"truthound-store-page\" content=\"{self}\">");
        head.windows(wanted.len()).any(|part| part == wanted.as_bytes())
    }

    /// The number of bytes of a page that name its stamp.
    pub const HEAD: u64 = 512;

    /// Whether `head`, the beginning of a page, is that of a page of this program.
    pub fn is_any_in(head: &[u8]) -> bool {
        let wanted = b"<meta name=\"generator\" content=\"truthound-store\">";
        head.windows(wanted.len()).any(|part| part == wanted)
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PageStamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
