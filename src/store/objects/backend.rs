//! Properties of a kind of object store that `object_store` does not express.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use object_store::path::Path;
use object_store::{Attributes, ObjectStore, TagSet};

use super::foreign_names::ForeignNames;
use super::layout::KeyLayout;
use super::options::PythonIndex;
use crate::error::Result;
use crate::result::{DocumentLimit, Entry, Layout, Redaction, TimeZone};
use crate::store::contract::{Finding, Placement, StorageTiers, Tier, TierChange};

/// Maximum number of concurrent requests for directories or objects.
pub(super) const CONCURRENT_REQUESTS: usize = 8;

/// One kind of object store, opened for one namespace: everything that [`ObjectResultStore`](super::ObjectResultStore)
/// needs to know.
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub(super) struct Backend {
    /// Name of the backend in a profile.
    pub(super) name: &'static str,
    /// Address for messages, without secrets.
    pub(super) location: String,
    /// The objects.
    pub(super) store: Arc<dyn ObjectStore>,
    /// Their names.
    pub(super) keys: KeyLayout,
    /// The longest document that is read, decompressed.
    pub(super) limit: DocumentLimit,
    /// Attributes of new documents: content type, encoding, storage class, metadata.
    pub(super) attributes: Attributes,
    /// Metadata of a new document that depends on its content. Metadata from the profile takes precedence.
    pub(super) describe: Option<Describe>,
    /// Tags of new documents.
    pub(super) tags: TagSet,
    /// Layout of the documents that this program writes itself.
    pub(super) layout: Layout,
    /// Whether Python's index is kept up to date.
    pub(super) python_index: PythonIndex,
    /// Time zone of times without an offset.
    pub(super) time_zone: TimeZone,
    /// Data that `save` drops from documents.
    pub(super) redaction: Redaction,
    /// How Python's index refers to a document.
    pub(super) reference: Reference,
    /// How names are listed.
    pub(super) listing: Listing,
    /// Guarantees of writes.
    pub(super) writes: Writes,
    /// Changes the tier of a document; `None` for a backend without tiers.
    pub(super) tiers: Option<Arc<dyn Tiers>>,
    /// Deletes a document only in the version that was read. Without it, the version is looked at just before the
    /// delete.
    pub(super) removal: Option<Arc<dyn Removal>>,
    /// Finds names faster than a list does, for a backend that lists whole directories.
    pub(super) search: Option<Arc<dyn NameSearch>>,
    /// Removes files that killed writers left behind, for a backend where they can leave any.
    pub(super) sweep: Option<Arc<dyn Sweep>>,
    /// The checks of `doctor` that only this backend has.
    pub(super) inspection: Option<Arc<dyn Inspection>>,
    /// Objects that its lists have skipped.
    pub(super) foreign: Arc<ForeignNames>,
}

impl Backend {
    /// Number of writes that are worth being under way at once: files become durable in groups.
    pub(super) fn writes_at_once(&self) -> u16 {
        match self.listing {
            Listing::Directories => 256,
            Listing::Flat => 8,
        }
    }

    /// Number of batches of [`writes_at_once`](Self::writes_at_once) that are worth being under way at once: the files
    /// of all of them become durable in the same groups.
    pub(super) fn batches_at_once(&self) -> usize {
        match self.listing {
            Listing::Directories => 4,
            Listing::Flat => 1,
        }
    }

    /// Whether objects have metadata. Files have none.
    pub(super) fn has_metadata(&self) -> bool {
        self.reference != Reference::File
    }
}

/// Returns the metadata for a document with this entry: header names in lower case, and values that a header can hold.
pub(super) type Describe = fn(&Entry) -> Vec<(&'static str, String)>;

/// How Python's index refers to a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reference {
    /// `"file"`: its name in the directory.
    File,
    /// `"key"`: its whole key.
    Key,
    /// `"blob_name"`: its whole name.
    BlobName,
}

/// How names are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Listing {
    /// In order, from any name on, page by page.
    Flat,
    /// One directory at a time, unordered.
    Directories,
}

/// Guarantees of writes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Writes {
    /// Whether a large document, too, is created or replaced conditionally ([`UploadCondition`](super::stream::UploadCondition)).
    pub(super) conditional_parts: bool,
    /// Whether equal content gets an equal version, so that a version can come back.
    pub(super) versions_repeat: bool,
    /// Whether a request is sent again when its answer is lost, so that a writer can meet its own document.
    pub(super) requests_repeat: bool,
    /// Whether a server decides about conditions, and some servers ignore them.
    pub(super) conditions_of_server: bool,
}

impl Writes {
    /// Whether a document carries the token of the write that made it.
    pub(super) fn have_tokens(self) -> bool {
        self.versions_repeat || self.requests_repeat
    }
}

/// Changes the tier of a document.
#[async_trait]
pub(super) trait Tiers: fmt::Debug + Send + Sync {
    /// Tiers to which a document can be moved.
    fn tiers(&self) -> StorageTiers;

    /// Returns the tier and the size of the object at `path`, or `None` if the object does not exist.
    async fn placement(&self, path: &Path) -> Result<Option<Placement>>;

    /// Moves the object at `path` to `tier`.
    ///
    /// # Errors
    /// [`NotFound`](crate::error::ErrorKind::NotFound) if the object does not exist.
    async fn set_tier(&self, path: &Path, tier: &Tier) -> Result<TierChange>;
}

/// Deletes an object only if it is the version that was read.
#[async_trait]
pub(super) trait Removal: fmt::Debug + Send + Sync {
    /// Deletes the object at `path` if it has this ETag.
    ///
    /// # Errors
    /// [`Precondition`](object_store::Error::Precondition) if it has another ETag,
    /// [`NotFound`](object_store::Error::NotFound) if it does not exist.
    async fn remove_if(&self, path: &Path, e_tag: &str) -> object_store::Result<()>;
}

/// The checks of `doctor` that only one backend has.
#[async_trait]
pub(super) trait Inspection: fmt::Debug + Send + Sync {
    /// Looks at credentials, server and bucket, or at the directory. Writes nothing.
    async fn inspect(&self) -> Vec<Finding>;

    /// Writing checks that only this backend has. They leave nothing behind.
    async fn probe(&self) -> Vec<Finding> {
        Vec::new()
    }

    /// The least permissions for this profile, in the form that the service takes.
    fn policy(&self, read_only: bool) -> String;
}

/// Finds files and directories without building the key of every name: a directory of the catalog can hold thousands.
#[async_trait]
pub(super) trait NameSearch: fmt::Debug + Send + Sync {
    /// Returns the names of the directories in a directory, in any order.
    async fn directories(&self, directory: &Path) -> object_store::Result<Vec<String>>;

    /// Returns the files in the directory of `start` whose names begin with its name.
    async fn beginning(&self, start: &Path) -> object_store::Result<Vec<Path>>;
}

/// Removes files that killed writers left behind.
#[async_trait]
pub(super) trait Sweep: fmt::Debug + Send + Sync {
    /// Removes all files that are too old for any writer to be still writing them.
    async fn sweep(&self) -> object_store::Result<()>;
}
