//! The entries of one run: written, found and removed.

use std::collections::BTreeSet;

use futures_util::TryStreamExt as _;
use jiff::Timestamp;
use object_store::path::Path;
use object_store::{PutOptions, PutPayload};

use super::name::{self, Moment, Named, Nonce};
use super::scan::{Listed, Span, listed};
use super::{Catalog, scan};
use crate::result::{Entry, RunId};
use crate::store::objects::backend::Listing;

/// An entry of one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Found {
    /// Its name.
    pub(in super::super) path: Path,
    /// What it says.
    pub(in super::super) entry: Entry,
}

impl Found {
    /// Whether the writer of the document wrote it, and not one who found the document without an entry.
    pub(in super::super) fn is_of_writer(&self) -> bool {
        name::is_of_writer(self.path.filename().unwrap_or_default())
    }

    /// Whether it is the entry of this version of the document; nothing where its name does not tell.
    pub(in super::super) fn is_of_version(&self, version: &str) -> Option<bool> {
        name::is_of_version(self.path.filename().unwrap_or_default(), version)
    }
}

impl Catalog {
    /// Writes the entry of this `version` of a document, whose writer this process is, under a name that no other entry
    /// has had or will have.
    pub(in super::super) async fn put(&self, entry: &Entry, version: &str) -> object_store::Result<Path> {
        self.put_as(entry, Nonce::of_writer(version)).await
    }

    /// Writes the entry of a document that was found without one. All who find the same `version` of it write the same
    /// name.
    pub(in super::super) async fn restore(&self, entry: &Entry, version: &str) -> object_store::Result<Path> {
        self.put_as(entry, Nonce::of_version(version)).await
    }

    async fn put_as(&self, entry: &Entry, nonce: Nonce) -> object_store::Result<Path> {
        let places = &self.backend.places;
        let (moment, content) = name::encode(entry, &nonce, places.limits(), places.catalog().as_ref().len());
        let path = self.path(&moment)?;
        self.backend.store.put_opts(&path, PutPayload::from(content), PutOptions::default()).await?;
        Ok(path)
    }

    /// Writes an entry once more under the name that it has, so that it is younger than its document.
    pub(in super::super) async fn touch(&self, found: &Found) -> object_store::Result<()> {
        let places = &self.backend.places;
        let (_, content) =
            name::encode(&found.entry, &Nonce::fresh(), places.limits(), places.catalog().as_ref().len());
        self.backend.store.put_opts(&found.path, PutPayload::from(content), PutOptions::default()).await.map(drop)
    }

    /// Removes these entries. An absent one is not a failure.
    pub(in super::super) async fn remove(&self, paths: Vec<Path>) -> object_store::Result<()> {
        self.backend.remove(paths).await
    }

    /// The entries of this run at these times.
    pub(in super::super) async fn at(
        &self,
        run_id: &RunId,
        times: &BTreeSet<Timestamp>,
    ) -> object_store::Result<Vec<Found>> {
        let mut found = Vec::new();
        for time in times {
            found.extend(self.at_one(run_id, *time).await?);
        }
        Ok(found)
    }

    async fn at_one(&self, run_id: &RunId, time: Timestamp) -> object_store::Result<Vec<Found>> {
        let places = &self.backend.places;
        let begin = name::beginning(run_id, time, places.limits(), places.catalog().as_ref().len());
        let start = self.path(&begin)?;
        let Some(hour) = start.parent() else { return Ok(Vec::new()) };
        let matches = |path: &Path| path.as_ref().starts_with(start.as_ref());
        let paths: Vec<Path> = match self.backend.listing {
            Listing::Flat => {
                let names = self.backend.store.list_with_offset(Some(&hour), &start);
                let names = names.map_ok(|meta| meta.location);
                names.try_take_while(|path| std::future::ready(Ok(matches(path)))).try_collect().await?
            }
            Listing::Directories => {
                let listed = self.backend.store.list_with_delimiter(Some(&hour)).await?;
                listed.objects.into_iter().map(|meta| meta.location).filter(matches).collect()
            }
        };
        let batch = paths.into_iter().filter_map(|path| listed(path, Span::default())).collect();
        // A run id that was cut may be another's.
        Ok(self.of_run(batch, run_id).await)
    }

    /// All entries of this run. Reads the names of the whole catalog.
    pub(in super::super) async fn of_run_anywhere(&self, run_id: &RunId) -> object_store::Result<Vec<Found>> {
        let mut found = Vec::new();
        let mut batches = self.scan(Span::default(), true);
        while let Some(batch) = batches.try_next().await? {
            let may_be = |listed: &Listed| match &listed.named {
                Named::Whole(entry) => entry.run_id == *run_id,
                Named::Overflow => true,
            };
            found.extend(self.of_run(batch.into_iter().filter(may_be).collect(), run_id).await);
        }
        Ok(found)
    }

    async fn of_run(&self, batch: Vec<Listed>, run_id: &RunId) -> Vec<Found> {
        let read = self.read(batch).await.into_iter();
        let read = read.filter_map(|scan::Read { path, entry }| Some(Found { path, entry: entry.ok()? }));
        read.filter(|found| found.entry.run_id == *run_id).collect()
    }

    pub(super) fn path(&self, moment: &Moment) -> object_store::Result<Path> {
        Ok(Path::parse(format!("{}/{}/{}", self.backend.places.catalog(), moment.hour, moment.within))?)
    }
}
