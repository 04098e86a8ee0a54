//! The names of the site's files.

use crate::result::{DigestHasher, RunId};

/// Characters of a foreign name that stay in the name of its file.
const LEGIBLE: usize = 60;

/// Names that Windows reserves for devices, whatever extension follows.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];

/// The page of a data asset, relative to the directory of the site.
pub fn asset_page_name(data_asset: &str) -> String {
    format!("assets/{}.html", file_stem(data_asset))
}

/// The page of a run, relative to the directory of the site.
pub fn run_page_name(run_id: &RunId) -> String {
    format!("runs/{}.html", file_stem(run_id.as_str()))
}

/// The data of a run, relative to the directory of the site.
pub fn data_name(run_id: &RunId) -> String {
    format!("data/{}.jsonl", file_stem(run_id.as_str()))
}

/// A file name for a foreign name. No two names share one, on any file system: it has only lowercase letters, digits,
/// `.`, `_`, `-` and `~`, and at most 93 characters, so that it needs no escape in a link either.
///
/// A name of these characters, without `~`, is kept. Of any other name, what is legible is followed by `~` and by the
/// first half of its SHA-256: a name that someone chose cannot be made to take the file of another.
fn file_stem(name: &str) -> String {
    let is_kept = |character: char| {
        character.is_ascii_lowercase() || character.is_ascii_digit() || matches!(character, '.' | '_' | '-')
    };
    let has_kept_ends =
        name.starts_with(|first: char| first.is_ascii_lowercase() || first.is_ascii_digit()) && !name.ends_with('.');
    if name.len() <= LEGIBLE && has_kept_ends && name.chars().all(is_kept) && !is_device(name) {
        return name.to_owned();
    }
    let mut legible = String::new();
    for character in name.chars().map(|character| character.to_ascii_lowercase()) {
        if legible.len() == LEGIBLE {
            break;
        }
        if is_kept(character) {
            legible.push(character);
        } else if !legible.is_empty() && !legible.ends_with('-') {
            legible.push('-');
        }
    }
    let mut hasher = DigestHasher::default();
    hasher.update(name.as_bytes());
    let digest = hasher.finish().to_string();
    format!("{}~{}", legible.trim_matches(['.', '-']), digest.get(..32).unwrap_or_default())
}

/// Whether Windows would open a device instead of a file of this name.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default();
    let numbered = stem.strip_prefix("com").or_else(|| stem.strip_prefix("lpt"));
    DEVICES.contains(&stem) || numbered.is_some_and(|number| number.len() == 1)
}
