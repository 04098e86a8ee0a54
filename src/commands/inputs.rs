//! The inputs of `save`: files, directories, and standard input.

use std::fs;
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::result::InputSource;

/// The inputs of `save`, in the given order.
#[derive(Default)]
pub(super) struct Inputs {
    /// The sources of documents, and the failures to find some.
    pub(super) sources: Vec<Result<InputSource>>,
    /// The number of names in directories that belong to something else than a file, and the first of them.
    skipped: Option<(u64, PathBuf)>,
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

    /// The warning about the names that were skipped, if there are any.
    pub(super) fn warning(&self) -> Option<String> {
        let (count, first) = self.skipped.as_ref()?;
        let first = first.display();
        Some(match count {
            1 => format!("skipped `{first}`: it is not a regular file"),
            _ => format!("skipped {count} names that are not regular files, such as `{first}`"),
        })
    }

    /// Adds the files of `directory` and of the directories in it. Links to files are followed. A link to a directory
    /// may lead anywhere, also back, and is skipped.
    fn add_files_below(&mut self, directory: &Path) {
        let listed = fs::read_dir(directory).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let entries = match listed {
            Ok(entries) => entries,
            Err(error) => {
                let message = format!("cannot read the directory `{}`", directory.display());
                self.sources.push(Err(Error::usage(message).with_source(error)));
                return;
            }
        };
        let mut entries: Vec<fs::DirEntry> = entries
            .into_iter()
            .filter(|entry| !entry.file_name().as_encoded_bytes().starts_with(b"."))
            .filter(|entry| !entry.file_name().as_encoded_bytes().starts_with(b"_"))
            .collect();
        entries.sort_by_key(fs::DirEntry::path);
        for entry in entries {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => self.add_files_below(&path),
                Ok(kind) if kind.is_file() || kind.is_symlink() && path.is_file() => {
                    self.sources.push(Ok(InputSource::File(path)));
                }
                Ok(_) => self.skip(path),
                Err(error) => {
                    let message = format!("cannot read `{}`", path.display());
                    self.sources.push(Err(Error::usage(message).with_source(error)));
                }
            }
        }
    }

    fn skip(&mut self, path: PathBuf) {
        let (count, _) = self.skipped.get_or_insert((0, path));
        *count += 1;
    }
}
