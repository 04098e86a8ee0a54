//! Reading directories. All functions block.

use std::ffi::OsStr;
use std::fs::{self, DirEntry, FileType};
use std::io;
use std::path::Path as DiskPath;

use object_store::path::Path;
use object_store::{ListResult, ObjectMeta, Result};

use super::files::object_meta;
use super::opening::generic;
use super::skipped::SkippedNames;

/// FileFacts that a listing needs of each file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileFacts {
    /// The name alone. For a hundred thousand entries, the metadata of each file would take most of the time.
    Name,
    /// Size, age and version too.
    All,
}

/// Lists the directory of the store that has the key `prefix`: regular files, and directories. Other names are
/// skipped, and counted if they look like results; those that do not begin with `beginning` are not looked at.
pub(super) fn list(
    directory: &DiskPath,
    prefix: &Path,
    beginning: &str,
    facts: FileFacts,
    skipped: &SkippedNames,
) -> Result<ListResult> {
    let mut listed = ListResult { common_prefixes: Vec::new(), objects: Vec::new(), extensions: Default::default() };
    let files = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(listed),
        files => files.map_err(generic)?,
    };
    for file in files {
        let file = file.map_err(generic)?;
        let name = file.file_name();
        if !name.as_encoded_bytes().starts_with(beginning.as_bytes()) {
            continue;
        }
        if !is_internal(&name, prefix) {
            add(&file, &name, prefix, facts, skipped, &mut listed)?;
        }
    }
    Ok(listed)
}

/// Returns the names of the directories in the directory of the store that has the key `prefix`. Other names are skipped and
/// counted as [`list`] does.
pub(super) fn directories(directory: &DiskPath, prefix: &Path, skipped: &SkippedNames) -> Result<Vec<String>> {
    let mut names = Vec::new();
    let files = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(names),
        files => files.map_err(generic)?,
    };
    for file in files {
        let file = file.map_err(generic)?;
        let name = file.file_name();
        if is_internal(&name, prefix) {
            continue;
        }
        let Some(kind) = kind_of(&file)? else { continue };
        match name.to_str().filter(|name| is_key(name)) {
            Some(name) if kind.is_dir() => names.push(name.to_owned()),
            Some(_) if kind.is_file() => {}
            _ => skipped.add(&name, prefix),
        }
    }
    Ok(names)
}

/// Whether a name can be part of a key. Those of the catalog's own directories are looked at quickly.
fn is_key(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric()) || Path::parse(name).is_ok()
}

/// The kind of a name, which for a link is that of the link itself; `None` if it is gone.
fn kind_of(file: &DirEntry) -> Result<Option<FileType>> {
    match file.file_type() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        kind => kind.map(Some).map_err(generic),
    }
}

fn add(
    file: &DirEntry,
    name: &OsStr,
    prefix: &Path,
    facts: FileFacts,
    skipped: &SkippedNames,
    listed: &mut ListResult,
) -> Result<()> {
    let location = name.to_str().and_then(|name| Path::parse(format!("{prefix}/{name}")).ok());
    let Some(kind) = kind_of(file)? else { return Ok(()) };
    match location {
        Some(location) if kind.is_dir() => listed.common_prefixes.push(location),
        Some(location) if kind.is_file() => match facts {
            FileFacts::Name => {
                let (size, e_tag, version) = (0, None, None);
                listed.objects.push(ObjectMeta { location, last_modified: Default::default(), size, e_tag, version });
            }
            FileFacts::All => match file.metadata() {
                Ok(metadata) => listed.objects.push(object_meta(location, &metadata)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(generic(error)),
            },
        },
        _ => skipped.add(name, prefix),
    }
    Ok(())
}

/// Whether this is a file that a writer has not named yet, or the lock. Beside documents, which may be hidden files, the
/// `#` and digits at its end tell.
fn is_internal(name: &OsStr, prefix: &Path) -> bool {
    if !prefix.as_ref().is_empty() {
        return name.as_encoded_bytes().starts_with(b".");
    }
    name.to_string_lossy()
        .split_once('#')
        .is_some_and(|(_, id)| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()))
}
