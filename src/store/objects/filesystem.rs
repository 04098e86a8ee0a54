//! The local disk.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

#[cfg(feature = "filesystem")]
pub use opening::open;

use super::options::{PythonIndex, default_namespace, yes};

/// The options of a `filesystem` profile: those of truthound's `FileSystemConfig`
/// (`truthound/stores/backends/filesystem.py`).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilesystemOptions {
    /// The directory that holds all namespaces.
    #[serde(default = "base_path")]
    pub base_path: PathBuf,
    /// The directory of results in a namespace.
    #[serde(default = "prefix")]
    pub prefix: String,
    /// Keeps projects and environments apart.
    #[serde(default = "default_namespace")]
    pub namespace: String,
    /// The extension of document files, `.gz` aside.
    #[serde(default = "file_extension")]
    pub file_extension: String,
    /// Whether missing directories are made.
    #[serde(default = "yes")]
    pub create_dirs: bool,
    /// Whether documents that we write ourselves are indented.
    #[serde(default = "yes")]
    pub pretty_print: bool,
    /// Whether documents are stored as gzip.
    #[serde(default, alias = "compression")]
    pub use_compression: bool,
    /// Taken for Python's sake; files have no metadata.
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
    /// Whether Python's `_index.json` is kept up to date.
    #[serde(default)]
    pub python_index: PythonIndex,
}

fn base_path() -> PathBuf {
    PathBuf::from(".truthound/store")
}

fn prefix() -> String {
    "validations".to_owned()
}

fn file_extension() -> String {
    ".json".to_owned()
}

#[cfg(feature = "filesystem")]
mod opening {
    use std::sync::Arc;

    use object_store::{Attributes, TagSet};

    use super::FilesystemOptions;
    use crate::error::Result;
    use crate::result::Layout;
    use crate::store::contract::StoreContext;
    use crate::store::objects::ObjectResultStore;
    use crate::store::objects::backend::{Backend, Listing, Reference, Writes};
    use crate::store::objects::disk::Disk;
    use crate::store::objects::layout::{KeyLayout, disk_directory};

    /// Opens the store in a directory, without looking whether that exists.
    ///
    /// # Errors
    /// [`Usage`](crate::error::ErrorKind::Usage) for a namespace, prefix or extension that cannot be part of a path.
    pub fn open(options: &FilesystemOptions, context: StoreContext) -> Result<ObjectResultStore> {
        let root = options.base_path.join(disk_directory(&options.namespace, &options.prefix)?);
        let disk = Arc::new(Disk::new(root.clone(), options.create_dirs));
        let backend = Backend {
            name: "filesystem",
            location: root.display().to_string(),
            store: Arc::clone(&disk) as Arc<dyn object_store::ObjectStore>,
            keys: KeyLayout::on_disk(&options.file_extension, options.use_compression)?,
            attributes: Attributes::new(),
            describe: None,
            tags: TagSet::default(),
            layout: if options.pretty_print { Layout::Pretty } else { Layout::Compact },
            python_index: options.python_index,
            reference: Reference::File,
            listing: Listing::Directories,
            writes: Writes { conditional_parts: true, versions_repeat: false, requests_repeat: false },
            tiers: None,
            removal: Some(disk.clone()),
            sweep: Some(disk),
        };
        Ok(ObjectResultStore::new(backend, context))
    }
}
