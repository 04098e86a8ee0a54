//! The inputs of `save`: files, directories, and standard input.

use std::fs;
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use super::skipped_items::SkippedItems;
use crate::error::{Error, Result};
use crate::result::InputSource;

/// The inputs of `save`, in the given order.
#[derive(Default)]
pub(super) struct Inputs {
    /// The sources of documents, and the failures to find some.
    pub(super) sources: Vec<Result<InputSource>>,
    /// The names in directories that belong to something else than a file.
    no_files: SkippedItems<PathBuf>,
    /// The names in directories that begin with a dot.
    hidden: SkippedItems<PathBuf>,
}

impl Inputs {
    /// Finds the sources. A directory stands for the regular files in it and below, sorted by name.
    ///
    /// # Errors
    /// [`Usage`](crate::error::ErrorKind::Usage) if there is no input and standard input is a terminal.
    pub(super) fn find(inputs: Vec<PathBuf>) -> Result<Self> {
        if inputs.is_empty() && io::stdin().is_terminal() {
            return Err(Error::usage("nothing to save")
                .with_hint("name a file or directory, or pipe a document in: truthound-store save result.json"));
        }
        let mut found = Self::default();
        if inputs.is_empty() {
            found.sources.push(Ok(InputSource::Stdin));
        }
        for input in inputs {
            if input.as_os_str() == "-" {
                found.sources.push(Ok(InputSource::Stdin));
            } else if input.is_dir() {
                let count = found.sources.len();
                found.add_files_below(&input);
                if found.sources.len() == count {
                    let message = format!("the directory `{}` has no files", input.display());
                    found.sources.push(Err(Error::usage(message)));
                }
            } else {
                found.sources.push(Ok(InputSource::File(input)));
            }
        }
        Ok(found)
    }

    /// Number of files, if there are several: each counts as one item. How many documents a single one has, or standard
    /// input, is not known before.
    pub(super) fn known_count(&self) -> Option<u64> {
        let are_files = self.sources.iter().all(|source| !matches!(source, Ok(InputSource::Stdin)));
        (are_files && self.sources.len() > 1).then_some(self.sources.len() as u64)
    }

    /// Number of bytes of all files, compressed ones as they are; `None` with standard input. It is for the progress, so
    /// that a file that is gone counts nothing.
    pub(super) fn known_bytes(&self) -> Option<u64> {
        let length = |source: &Result<InputSource>| match source {
            Ok(source) => source.path().map(|path| fs::metadata(path).map_or(0, |found| found.len())),
            Err(_) => Some(0),
        };
        self.sources.iter().map(length).sum()
    }

    /// The warnings about the names that were skipped.
    pub(super) fn warnings(&self) -> impl Iterator<Item = String> {
        let no_files = warning(&self.no_files, "it is not a regular file", "are not regular files");
        let hidden = warning(&self.hidden, "its name begins with `.`", "begin with `.`");
        no_files.into_iter().chain(hidden)
    }

    /// Adds the files of `directory` and of the directories in it. Links to files are followed. A link to a directory
    /// may lead anywhere, also back, and is skipped.
    fn add_files_below(&mut self, directory: &Path) {
        let listed = fs::read_dir(directory).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let mut entries = match listed {
            Ok(entries) => entries,
            Err(error) => {
                let message = format!("cannot read the directory `{}`", directory.display());
                self.sources.push(Err(Error::usage(message).with_source(error)));
                return;
            }
        };
        entries.sort_by_key(fs::DirEntry::path);
        for entry in entries {
            let path = entry.path();
            if entry.file_name().as_encoded_bytes().starts_with(b".") {
                self.hidden.add(path);
                continue;
            }
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => self.add_files_below(&path),
                Ok(kind) if kind.is_file() || kind.is_symlink() && path.is_file() => {
                    self.sources.push(Ok(InputSource::Found(path)));
                }
                Ok(_) => self.no_files.add(path),
                Err(error) => {
                    let message = format!("cannot read `{}`", path.display());
                    self.sources.push(Err(Error::usage(message).with_source(error)));
                }
            }
        }
    }
}

/// The warning about names in directories that were skipped for one reason, if there are any. `one` says why a single name
/// was skipped, `many` what several names are.
fn warning(skipped: &SkippedItems<PathBuf>, one: &str, many: &str) -> Option<String> {
    let (count, first) = skipped.count_and_first()?;
    let first = first.display();
    Some(match count {
        1 => format!("skipped `{first}`: {one}"),
        count => format!("skipped {count} names that {many}, such as `{first}`"),
    })
}
