//! Writing checks: each permission by one harmless act, and the promises of conditional writes under competition. Each
//! check has an object of its own, which no list and no other client of the store looks at, and removes it.

use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use object_store::path::Path;
use object_store::{
    Attribute, Attributes, Error as Failure, ObjectStoreExt as _, PutMode, PutMultipartOptions, PutOptions,
    UpdateVersion,
};

use crate::error::ErrorKind;
use crate::random;
use crate::store::contract::{Finding, FindingStream};
use crate::store::objects::ObjectResultStore;
use crate::store::objects::access::optional;
use crate::store::objects::backend::Listing;
use crate::store::objects::translate::Access;
use crate::store::objects::upload::is_conflict;

/// Number of clients that compete. A server that is not atomic lets more than one of them win, but not each time.
const CLIENTS: usize = 8;

/// Number of competitions. On a busy machine s3s-fs, which is not atomic, shows it in every second one; so this many miss
/// it once in some thousand times.
const ROUNDS: usize = 12;

const WRITE: &str = "write, read and delete";
const CREATE: &str = "create if absent";
const REPLACE: &str = "compare and swap";
const REMOVE: &str = "delete a version";
const LARGE: &str = "large documents";

/// The remedy for a server that does not keep the promises of conditional writes.
const OTHER_SERVER: &str = "use a server that keeps them; with this one, let no two processes save the same run id, and \
                            do not rely on `--if-absent`";

impl ObjectResultStore {
    /// Runs the writing checks. If the first one fails, the others would fail for the same reason.
    pub(super) fn probe_writes(&self) -> FindingStream<'_> {
        let probes = [
            (WRITE, Probe::Write),
            (CREATE, Probe::Create),
            (REPLACE, Probe::Replace),
            (REMOVE, Probe::Remove),
            (LARGE, Probe::Large),
        ];
        stream::unfold((probes.into_iter(), true), move |(mut probes, goes_on)| async move {
            let (check, probe) = probes.next().filter(|_| goes_on)?;
            let findings = self.probe(check, probe).await;
            let goes_on = check != WRITE || findings.iter().all(|finding| finding.remedy.is_none());
            Some((stream::iter(findings), (probes, goes_on)))
        })
        .flatten()
        .boxed()
    }

    /// Runs one check on an object of its own, and removes that.
    async fn probe(&self, check: &'static str, probe: Probe) -> Vec<Finding> {
        let path = self.probe_path();
        let found = match probe {
            Probe::Write => self.probe_write(&path).await,
            Probe::Create => self.probe_create(&path).await,
            Probe::Replace => self.probe_replace(&path).await,
            Probe::Remove => self.probe_remove(&path).await,
            Probe::Large if self.backend.listing == Listing::Directories => return Vec::new(),
            Probe::Large => self.probe_large(&path).await,
        };
        let removed = self.backend.remove(vec![path.clone()]).await;
        let mut findings = vec![found.unwrap_or_else(|error| {
            Finding::failed(check, &self.backend.failed("write a test object", Access::Write, error))
        })];
        if let Err(error) = removed {
            let error = self.backend.failed(&format!("delete the test object `{path}`"), Access::Write, error);
            findings.push(Finding::failed(check, &error));
        }
        findings
    }

    /// A name that no other object has: beside the catalog, where neither lists nor Python look.
    fn probe_path(&self) -> Path {
        let catalog = self.backend.keys.catalog();
        let mut parts: Vec<_> = catalog.parts().collect();
        parts.pop();
        let root = Path::from_iter(parts);
        let name = format!("{:016x}", random::bits());
        match self.backend.listing {
            Listing::Flat => root.join("_doctor").join(name),
            Listing::Directories => root.join(format!("_doctor-{name}")),
        }
    }

    async fn put(&self, path: &Path, content: String, mode: PutMode) -> object_store::Result<Option<String>> {
        let mut attributes = Attributes::new();
        if self.backend.has_metadata() {
            attributes.insert(Attribute::ContentType, "text/plain".into());
        }
        let options = PutOptions { mode, attributes, ..PutOptions::default() };
        Ok(self.backend.store.put_opts(path, content.into(), options).await?.e_tag)
    }

    async fn content(&self, path: &Path) -> object_store::Result<String> {
        let bytes = self.backend.store.get(path).await?.bytes().await?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Returns whether a list has the object.
    async fn is_in_list(&self, path: &Path) -> object_store::Result<bool> {
        match self.backend.listing {
            Listing::Flat => {
                let parts: Vec<_> = path.parts().collect();
                let directory = Path::from_iter(parts.into_iter().rev().skip(1).rev());
                let mut names = self.backend.store.list(Some(&directory));
                while let Some(meta) = names.try_next().await? {
                    if meta.location == *path {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Listing::Directories => {
                let listed = self.backend.store.list_with_delimiter(Some(&self.backend.keys.documents())).await?;
                Ok(listed.objects.iter().any(|meta| meta.location == *path))
            }
        }
    }

    /// Reads and lists directly after a write, and directly after a delete.
    async fn probe_write(&self, path: &Path) -> object_store::Result<Finding> {
        let stale = |what: &str| {
            let remedy = "use a server with strong consistency; with this one, lists and reads may be outdated";
            Finding::bad(WRITE, ErrorKind::Unsupported, what, remedy)
        };
        self.put(path, "first".to_owned(), PutMode::Overwrite).await?;
        if self.content(path).await? != "first" {
            return Ok(stale("what was written is not what is read directly afterwards"));
        }
        if !self.is_in_list(path).await? {
            return Ok(stale("what was written is not in a list directly afterwards"));
        }
        self.put(path, "second".to_owned(), PutMode::Overwrite).await?;
        if self.content(path).await? != "second" {
            return Ok(stale("a replaced object is read as it was before"));
        }
        self.backend.remove(vec![path.clone()]).await?;
        if optional(self.backend.store.head(path).await)?.is_some() || self.is_in_list(path).await? {
            return Ok(stale("a deleted object is still there directly afterwards"));
        }
        Ok(Finding::good(WRITE, "allowed; reads and lists are up to date directly after writes and deletes"))
    }

    /// Creates the same object several times at once, and once more.
    async fn probe_create(&self, path: &Path) -> object_store::Result<Finding> {
        for round in 0..ROUNDS {
            let winners = self.compete(path, &PutMode::Create).await?;
            let content = self.content(path).await?;
            if winners.len() != 1 || !winners.contains(&content) {
                return Ok(unsafe_writes(CREATE, "creations of one object", winners.len()));
            }
            if round > 0 {
                self.backend.remove(vec![path.clone()]).await?;
                continue;
            }
            match self.put(path, "late".to_owned(), PutMode::Create).await {
                Err(error) if is_conflict(&error) => {}
                Err(error) => return Err(error),
                Ok(_) => {
                    let message = "an object that exists is replaced: the server ignores the condition";
                    return Ok(Finding::bad(CREATE, ErrorKind::Unsupported, message, OTHER_SERVER));
                }
            }
            self.backend.remove(vec![path.clone()]).await?;
        }
        Ok(Finding::good(CREATE, format!("of {CLIENTS} creations at once, one succeeds, each of {ROUNDS} times")))
    }

    /// Replaces the same version several times at once, and once more.
    async fn probe_replace(&self, path: &Path) -> object_store::Result<Finding> {
        self.put(path, "old".to_owned(), PutMode::Overwrite).await?;
        for round in 0..ROUNDS {
            let meta = self.backend.store.head(path).await?;
            let version = || UpdateVersion { e_tag: meta.e_tag.clone(), version: meta.version.clone() };
            let winners = self.compete(path, &PutMode::Update(version())).await?;
            let content = self.content(path).await?;
            if winners.len() != 1 || !winners.contains(&content) {
                return Ok(unsafe_writes(REPLACE, "replacements of one version", winners.len()));
            }
            if round > 0 {
                continue;
            }
            match self.put(path, "late".to_owned(), PutMode::Update(version())).await {
                Err(error) if is_conflict(&error) => {}
                Err(error) => return Err(error),
                Ok(_) => {
                    let message = "a version that is gone is replaced: the server ignores the condition";
                    return Ok(Finding::bad(REPLACE, ErrorKind::Unsupported, message, OTHER_SERVER));
                }
            }
        }
        Ok(Finding::good(REPLACE, format!("of {CLIENTS} replacements at once, one succeeds, each of {ROUNDS} times")))
    }

    /// Returns the contents of the writes that succeeded.
    async fn compete(&self, path: &Path, mode: &PutMode) -> object_store::Result<Vec<String>> {
        let writing = (0..CLIENTS).map(|client| async move {
            let content = format!("{client} {:016x}", random::bits());
            match self.put(path, content.clone(), mode.clone()).await {
                Ok(_) => Ok(Some(content)),
                Err(error) if is_conflict(&error) => Ok(None),
                Err(error) => Err(error),
            }
        });
        let outcomes: object_store::Result<Vec<_>> = join_all(writing).await.into_iter().collect();
        Ok(outcomes?.into_iter().flatten().collect())
    }

    /// Deletes another version than the present one, which must fail.
    async fn probe_remove(&self, path: &Path) -> object_store::Result<Finding> {
        let Some(removal) = &self.backend.removal else {
            return Ok(Finding::good(REMOVE, "this backend looks at the version just before it deletes"));
        };
        let first = self.put(path, "first".to_owned(), PutMode::Overwrite).await?.unwrap_or_default();
        let second = self.put(path, "second".to_owned(), PutMode::Overwrite).await?.unwrap_or_default();
        match removal.remove_if(path, &first).await {
            Err(Failure::Precondition { .. }) => {}
            Err(error) => return Err(error),
            Ok(()) => {
                let message = "another version than the one that was named is deleted";
                let remedy = "use a server that honors If-Match in DELETE; with this one, a result that is saved while it \
                              is deleted can be lost";
                return Ok(Finding::doubtful(REMOVE, message, remedy));
            }
        }
        removal.remove_if(path, &second).await?;
        Ok(Finding::good(REMOVE, "only the version that was read is deleted"))
    }

    /// Begins an upload in parts, and gives it up.
    async fn probe_large(&self, path: &Path) -> object_store::Result<Finding> {
        let mut upload = self.backend.store.put_multipart_opts(path, PutMultipartOptions::default()).await?;
        let sent = upload.put_part("part".into()).await;
        upload.abort().await?;
        sent?;
        Ok(Finding::good(LARGE, "uploads in parts can be begun and given up"))
    }
}

/// The check to run.
#[derive(Clone, Copy)]
enum Probe {
    Write,
    Create,
    Replace,
    Remove,
    Large,
}

fn unsafe_writes(check: &'static str, what: &str, winners: usize) -> Finding {
    let message = format!("of {CLIENTS} {what} at once, {winners} succeed: conditional writes are not atomic");
    Finding::bad(check, ErrorKind::Unsupported, message, OTHER_SERVER)
}
