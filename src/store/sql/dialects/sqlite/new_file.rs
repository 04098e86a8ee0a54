//! Creates an empty database.
//!
//! SQLite takes a file without bytes for an empty database. So would then be a database that was cut to nothing. A file
//! of this program therefore always has its first page: it appears at its path as a whole.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;

use super::failure::from_file;
#[cfg(unix)]
use crate::error::ErrorKind;
use crate::store::contract::Finding;
use crate::store::sql::failure::SqlFailure;
#[cfg(unix)]
use crate::store::sql::inspection::RIGHTS;

/// The size of the first page.
const PAGE: usize = 4096;

/// Creates a database at `path`, with the directories above it, unless there is a file.
pub(super) fn create_file(path: &Path) -> Result<(), SqlFailure> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(directory).map_err(|error| from_file(&error))?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".").suffix(".new");
    // As any other new file: the system removes what `umask` forbids.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(directory).map_err(|error| from_file(&error))?;
    file.write_all(&first_page()).and_then(|()| file.as_file().sync_all()).map_err(|error| from_file(&error))?;
    if file.persist_noclobber(path).is_err() {
        // Another process was faster; or `path` is a link to a file that is missing, or the file system has no such
        // operation. Opening to append never changes what is there.
        OpenOptions::new().create(true).append(true).open(path).map_err(|error| from_file(&error))?;
    }
    // The directory entry must be as durable as the rows. Not every system can sync a directory.
    if let Ok(directory) = File::open(directory) {
        let _ = directory.sync_all();
    }
    Ok(())
}

/// The check of `doctor` for a file that does not exist yet and that this user cannot create.
#[cfg(unix)]
pub(super) fn obstacle(path: &Path) -> Option<Finding> {
    use rustix::fs::{Access, access};

    if path.exists() {
        return None;
    }
    let mut above =
        path.ancestors().skip(1).map(|above| if above.as_os_str().is_empty() { Path::new(".") } else { above });
    let nearest = above.find(|above| above.exists())?;
    let error = access(nearest, Access::WRITE_OK | Access::EXEC_OK).err()?;
    let kind = if error == rustix::io::Errno::ACCESS { ErrorKind::Denied } else { ErrorKind::Write };
    let message = format!("{} cannot be created in {}: {error}", path.display(), nearest.display());
    Some(Finding::bad(RIGHTS, kind, message, "let this user write to the directory, or name another file"))
}

#[cfg(not(unix))]
pub(super) fn obstacle(_: &Path) -> Option<Finding> {
    None
}

/// Returns the first page of a database without tables: the header, and the empty root of the schema. See "Database File
/// Format" in SQLite's documentation.
fn first_page() -> Vec<u8> {
    let mut page = vec![0; PAGE];
    let mut put = |place: usize, bytes: &[u8]| {
        for (byte, value) in page.iter_mut().skip(place).zip(bytes) {
            *byte = *value;
        }
    };
    put(0, b"SQLite format 3\0");
    // The size of a page; a rollback journal for writing and for reading; fractions that SQLite prescribes.
    put(16, &[0x10, 0, 1, 1, 0, 64, 32, 32]);
    // The number of changes, and the size in pages.
    put(24, &[0, 0, 0, 1, 0, 0, 0, 1]);
    // The format of the schema, and UTF-8.
    put(44, &[0, 0, 0, 4]);
    put(56, &[0, 0, 0, 1]);
    // The change that the size belongs to, and the version of SQLite, 3.45.0, of which nothing depends.
    put(92, &[0, 0, 0, 1]);
    put(96, &3_045_000_u32.to_be_bytes());
    // An empty leaf of a table, whose content would begin at the end of the page.
    put(100, &[0x0d, 0, 0, 0, 0, 0x10, 0, 0]);
    page
}

#[cfg(test)]
mod tests {
    use diesel::connection::SimpleConnection as _;
    use diesel::{Connection as _, SqliteConnection};

    use super::*;

    #[test]
    fn a_new_file_is_a_whole_database_and_is_never_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("deep/er/store.db");
        create_file(&path).unwrap();
        assert_eq!(std::fs::read(&path).unwrap().len(), PAGE);
        let mut connection = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
        connection.batch_execute("PRAGMA journal_mode = WAL; CREATE TABLE t (x); INSERT INTO t VALUES (1)").unwrap();
        let check = "CREATE TABLE c AS SELECT * FROM pragma_integrity_check WHERE integrity_check <> 'ok'; INSERT INTO t \
                     SELECT 1 / 0 FROM c";
        connection.batch_execute(check).unwrap();
        drop(connection);
        let before = std::fs::read(&path).unwrap();
        create_file(&path).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), before);
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing else is left");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_nothing_is_followed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("store.db");
        std::os::unix::fs::symlink(directory.path().join("elsewhere.db"), &path).unwrap();
        create_file(&path).unwrap();
        assert!(directory.path().join("elsewhere.db").exists());
    }
}
