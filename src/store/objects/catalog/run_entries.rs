//! Writing, finding and removing the entries of one run.

use std::collections::BTreeSet;

use futures_util::TryStreamExt as _;
use object_store::path::Path;
use object_store::{PutMode, PutOptions, PutPayload, UpdateVersion};

use super::entry::CatalogEntry;
use super::entry_name::{self, CatalogKey, EntryName};
use super::nonce::Nonce;
use super::scan::{ListedEntry, TimeRange, listed};
use super::{Catalog, scan};
use crate::result::{DocumentDigest, Entry, RunId, UtcReading};
use crate::store::objects::access::{LONGEST_NOTE, read_whole};

impl Catalog {
    /// Writes the entry for this `version` of a document that this process wrote. Its name is unique among all entries,
    /// past and future. On a backend without metadata, the entry has the digest of the document.
    pub(in super::super) async fn put(
        &self,
        entry: &Entry,
        version: &str,
        digest: Option<DocumentDigest>,
    ) -> object_store::Result<Path> {
        let digest = digest.filter(|_| !self.backend.has_metadata());
        self.put_as(entry, digest, Nonce::of_writer(version)).await
    }

    /// Writes the entry for a document that was found without one. All processes that find the same `version` write the
    /// same name.
    pub(in super::super) async fn restore(&self, entry: &Entry, version: &str) -> object_store::Result<Path> {
        self.put_as(entry, None, Nonce::of_version(version)).await
    }

    async fn put_as(&self, entry: &Entry, digest: Option<DocumentDigest>, nonce: Nonce) -> object_store::Result<Path> {
        let keys = &self.backend.keys;
        let (key, content) = entry_name::encode(entry, digest, &nonce, keys.limits(), keys.catalog().as_ref().len());
        let path = self.path(&key)?;
        self.backend.store.put_opts(&path, PutPayload::from(content), PutOptions::default()).await?;
        Ok(path)
    }

    /// Writes an entry again under its name, so that it is younger than its document. `keeps_digest` says whether its
    /// digest can be that of the document.
    pub(in super::super) async fn touch(&self, found: &CatalogEntry, keeps_digest: bool) -> object_store::Result<()> {
        let keys = &self.backend.keys;
        let digest = match keeps_digest && !self.backend.has_metadata() {
            true => self.digest_of(found).await?,
            false => None,
        };
        let (_, content) =
            entry_name::encode(&found.entry, digest, &Nonce::fresh(), keys.limits(), keys.catalog().as_ref().len());
        self.backend.store.put_opts(&found.path, PutPayload::from(content), PutOptions::default()).await.map(drop)
    }

    /// Returns the digest of the document in an entry, if it has one.
    pub(in super::super) async fn digest_of(
        &self,
        found: &CatalogEntry,
    ) -> object_store::Result<Option<DocumentDigest>> {
        match self.backend.get(&found.path).await? {
            Some(present) => Ok(entry_name::digest_in(&read_whole(present, LONGEST_NOTE).await?)),
            None => Ok(None),
        }
    }

    /// Returns whether the server replaces an entry on a condition that does not hold. On a server that heeds conditions
    /// nothing changes, even if the entry has been removed meanwhile; on any other, the entry is written as it is.
    pub(in super::super) async fn is_condition_ignored(&self, entry: &Entry, path: &Path) -> bool {
        // The version of no object.
        let (e_tag, version) = (format!("\"{}\"", "0".repeat(32)), i64::MAX.to_string());
        let mode = PutMode::Update(UpdateVersion { e_tag: Some(e_tag), version: Some(version) });
        let keys = &self.backend.keys;
        let (_, content) =
            entry_name::encode(entry, None, &Nonce::fresh(), keys.limits(), keys.catalog().as_ref().len());
        let options = PutOptions { mode, ..PutOptions::default() };
        self.backend.store.put_opts(path, PutPayload::from(content), options).await.is_ok()
    }

    /// Removes these entries. An entry that does not exist is not a failure.
    pub(in super::super) async fn remove(&self, paths: Vec<Path>) -> object_store::Result<()> {
        self.backend.remove(paths).await
    }

    /// Returns the entries of this run at these times.
    pub(in super::super) async fn at(
        &self,
        run_id: &RunId,
        times: &BTreeSet<UtcReading>,
    ) -> object_store::Result<Vec<CatalogEntry>> {
        let mut found = Vec::new();
        for time in times {
            found.extend(self.at_one(run_id, *time).await?);
        }
        Ok(found)
    }

    async fn at_one(&self, run_id: &RunId, time: UtcReading) -> object_store::Result<Vec<CatalogEntry>> {
        let keys = &self.backend.keys;
        let begin = entry_name::beginning(run_id, time, keys.limits(), keys.catalog().as_ref().len());
        let start = self.path(&begin)?;
        let Some(hour) = start.parent() else { return Ok(Vec::new()) };
        let matches = |path: &Path| path.as_ref().starts_with(start.as_ref());
        let paths: Vec<Path> = match &self.backend.search {
            Some(search) => search.beginning(&start).await?,
            None => {
                let names = self.backend.store.list_with_offset(Some(&hour), &start);
                let names = names.map_ok(|meta| meta.location);
                names.try_take_while(|path| std::future::ready(Ok(matches(path)))).try_collect().await?
            }
        };
        let batch = paths.into_iter().filter_map(|path| listed(path, TimeRange::default())).collect();
        // A run id that was cut may belong to another run.
        Ok(self.of_run(batch, run_id).await)
    }

    /// Returns all entries of this run. Reads the names of the whole catalog.
    pub(in super::super) async fn of_run_anywhere(&self, run_id: &RunId) -> object_store::Result<Vec<CatalogEntry>> {
        let mut found = Vec::new();
        let mut batches = self.scan(TimeRange::default(), true);
        while let Some(batch) = batches.try_next().await? {
            let may_be = |listed: &ListedEntry| match &listed.named {
                EntryName::Whole(entry) => entry.run_id == *run_id,
                EntryName::Overflow => true,
            };
            found.extend(self.of_run(batch.into_iter().filter(may_be).collect(), run_id).await);
        }
        Ok(found)
    }

    async fn of_run(&self, batch: Vec<ListedEntry>, run_id: &RunId) -> Vec<CatalogEntry> {
        let read = self.read(batch).await.into_iter();
        let read = read.filter_map(|scan::ReadEntry { path, entry }| Some(CatalogEntry { path, entry: entry.ok()? }));
        read.filter(|found| found.entry.run_id == *run_id).collect()
    }

    pub(super) fn path(&self, key: &CatalogKey) -> object_store::Result<Path> {
        Ok(Path::parse(format!("{}/{}/{}", self.backend.keys.catalog(), key.hour, key.within))?)
    }
}
