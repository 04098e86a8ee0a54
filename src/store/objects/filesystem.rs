//! The local disk.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

#[cfg(feature = "filesystem")]
pub use opening::open;

use super::layout::{KeyLayout, disk_directory};
use super::options::{PythonIndex, check_relative, default_namespace, max_document_size, yes};
use crate::error::{InvalidOption, Result};
use crate::result::Redaction;
use crate::secret::Secret;
use crate::store::address::{AddressOptions, StoreAddress};
use crate::store::contract::{ResultStore, StoreContext};
#[cfg(not(feature = "filesystem"))]
use crate::store::options::not_built;
use crate::store::options::{OpenStore, StoreOptions, TimeZoneName, anchor, check_document_size, check_namespace};

/// The options of a `filesystem` profile: those of truthound's `FileSystemConfig`
/// (`truthound/stores/backends/filesystem.py`).
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    /// Time zone of times without an offset.
    #[serde(default)]
    pub time_zone: TimeZoneName,
    /// Data that `save` drops from documents.
    #[serde(default)]
    pub redact: Redaction,
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
    /// The longest document that is saved or read, decompressed, in bytes.
    #[serde(default = "max_document_size")]
    pub max_document_size: u64,
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

impl StoreOptions for FilesystemOptions {
    const NAME: &'static str = "filesystem";
    const ADDRESSES: &'static [&'static str] = &["./DIRECTORY"];

    fn at(address: &StoreAddress<'_>) -> Option<Result<AddressOptions>> {
        Some(Ok(vec![("base_path", Secret::from(address.directory()?))]))
    }

    fn check(&mut self) -> Result<(), InvalidOption> {
        check_document_size(self.max_document_size)?;
        check_namespace(&self.namespace)?;
        check_relative("namespace", &self.namespace)?;
        if self.base_path.as_os_str().is_empty() {
            return Err(InvalidOption::value("base_path", "it is empty").hint("write \".\" for the working directory"));
        }
        check_relative("prefix", &self.prefix)?;
        let has_name = self.file_extension.strip_prefix('.').is_some_and(|name| !name.is_empty());
        if !has_name || KeyLayout::on_disk(&self.file_extension, self.use_compression).is_err() {
            return Err(InvalidOption::value("file_extension", "it must begin with `.` and be part of a file name"));
        }
        Ok(())
    }

    fn set_directory(&mut self, directory: &Path) {
        anchor(&mut self.base_path, directory);
    }

    fn location(&self, _: &dyn Fn(&str) -> Option<String>) -> String {
        let inner = disk_directory(&self.namespace, &self.prefix).unwrap_or_default();
        self.base_path.join(inner).display().to_string()
    }
}

impl OpenStore for FilesystemOptions {
    fn open(&self, context: StoreContext) -> Result<Box<dyn ResultStore>> {
        #[cfg(feature = "filesystem")]
        return Ok(Box::new(open(self, context)?));
        #[cfg(not(feature = "filesystem"))]
        {
            drop(context);
            Err(not_built(Self::NAME))
        }
    }
}

#[cfg(feature = "filesystem")]
mod opening {
    use std::sync::Arc;

    use object_store::{Attributes, TagSet};

    use super::FilesystemOptions;
    use crate::error::Result;
    use crate::result::{DocumentLimit, Layout};
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
        let disk = Arc::new(Disk::new(root.clone(), options.create_dirs, &options.file_extension, &context.notices));
        let backend = Backend {
            name: "filesystem",
            location: root.display().to_string(),
            store: Arc::clone(&disk) as Arc<dyn object_store::ObjectStore>,
            keys: KeyLayout::on_disk(&options.file_extension, options.use_compression)?.in_namespace(
                &options.base_path,
                &options.namespace,
                &options.prefix,
            ),
            limit: DocumentLimit::new(options.max_document_size),
            attributes: Attributes::new(),
            describe: None,
            tags: TagSet::default(),
            layout: if options.pretty_print { Layout::Pretty } else { Layout::Compact },
            python_index: options.python_index,
            time_zone: options.time_zone.zone()?,
            redaction: options.redact,
            reference: Reference::File,
            listing: Listing::Directories,
            writes: Writes {
                conditional_parts: true,
                versions_repeat: false,
                requests_repeat: false,
                conditions_of_server: false,
            },
            tiers: None,
            removal: Some(disk.clone()),
            inspection: Some(disk.clone()),
            search: Some(disk.clone()),
            sweep: Some(disk),
            foreign: Arc::default(),
        };
        Ok(ObjectResultStore::new(backend, context))
    }
}
