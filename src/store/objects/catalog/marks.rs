//! Marks: the versions of Python's index in which catalog and documents were compared.

use futures_util::TryStreamExt as _;
use object_store::path::Path;
use object_store::{PutOptions, PutPayload};

use super::Catalog;
use crate::store::objects::backend::Listing;

/// Directory of marks. It sorts after that of the intents, and before those of entries.
const DIRECTORY: &str = "-python";

/// A version of Python's index as the name of a mark: a checksum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct IndexMark(String);

impl IndexMark {
    /// The mark for a store without an index.
    pub(in super::super) fn absent() -> Self {
        Self("none".to_owned())
    }

    /// The mark for this version of the index.
    pub(in super::super) fn version(version: &str) -> Self {
        use sha2::Digest as _;
        let digest = sha2::Sha256::digest(version.as_bytes());
        Self(digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect())
    }
}

impl Catalog {
    pub(super) fn directory_of_marks(&self) -> Path {
        self.backend.keys.catalog().join(DIRECTORY)
    }

    /// Lists the marks. Several exist if several processes compared at once.
    pub(in super::super) async fn marks(&self) -> object_store::Result<Vec<IndexMark>> {
        let directory = self.directory_of_marks();
        if self.backend.listing == Listing::Directories {
            let listed = self.backend.store.list_with_delimiter(Some(&directory)).await?;
            return Ok(listed.objects.iter().map(|meta| mark_at(&meta.location)).collect());
        }
        let listed = self.backend.store.list(Some(&directory));
        listed.map_ok(|meta| mark_at(&meta.location)).try_collect().await
    }

    /// Records that the catalog had all documents that existed after the index was seen in this version. Removes the
    /// `outdated` marks.
    pub(in super::super) async fn set_mark(
        &self,
        mark: &IndexMark,
        outdated: &[IndexMark],
    ) -> object_store::Result<()> {
        let path = |mark: &IndexMark| self.directory_of_marks().join(mark.0.as_str());
        self.backend.store.put_opts(&path(mark), PutPayload::new(), PutOptions::default()).await?;
        self.backend.remove(outdated.iter().filter(|other| *other != mark).map(path).collect()).await
    }
}

pub(super) fn mark_at(path: &Path) -> IndexMark {
    IndexMark(path.filename().unwrap_or_default().to_owned())
}
