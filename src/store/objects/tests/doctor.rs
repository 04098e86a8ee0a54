//! `doctor`: what a server keeps and does not keep of its promises, and what is left behind.

use std::fmt;
use std::ops::Range;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, PutMode, PutMultipartOptions,
    PutOptions, PutPayload, PutResult,
};

use super::*;
use crate::store::contract::{DoctorOptions, Finding, FindingLevel};

/// Objects in memory, whatever condition a write has.
#[derive(Debug)]
struct Careless(InMemory);

impl fmt::Display for Careless {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

#[async_trait]
impl ObjectStore for Careless {
    async fn put_opts(&self, to: &Path, payload: PutPayload, options: PutOptions) -> object_store::Result<PutResult> {
        self.0.put_opts(to, payload, PutOptions { mode: PutMode::Overwrite, ..options }).await
    }

    async fn put_multipart_opts(
        &self,
        to: &Path,
        options: PutMultipartOptions,
    ) -> object_store::Result<Box<dyn MultipartUpload>> {
        self.0.put_multipart_opts(to, options).await
    }

    async fn get_opts(&self, from: &Path, options: GetOptions) -> object_store::Result<GetResult> {
        self.0.get_opts(from, options).await
    }

    async fn get_ranges(&self, from: &Path, ranges: &[Range<u64>]) -> object_store::Result<Vec<Bytes>> {
        self.0.get_ranges(from, ranges).await
    }

    fn delete_stream(
        &self,
        paths: BoxStream<'static, object_store::Result<Path>>,
    ) -> BoxStream<'static, object_store::Result<Path>> {
        self.0.delete_stream(paths)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
        self.0.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> object_store::Result<ListResult> {
        self.0.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> object_store::Result<()> {
        self.0.copy_opts(from, to, options).await
    }
}

async fn diagnose(store: &ObjectResultStore, read_only: bool) -> Vec<Finding> {
    store.diagnose(DoctorOptions { read_only }).collect().await
}

fn faults(findings: &[Finding]) -> Vec<&'static str> {
    let is_bad = |finding: &&Finding| matches!(finding.level, FindingLevel::Bad(_));
    findings.iter().filter(is_bad).map(|finding| finding.check).collect()
}

async fn count(store: &ObjectResultStore) -> usize {
    store.backend.store.list(None).count().await
}

#[tokio::test]
async fn a_store_that_keeps_its_promises_has_no_fault_and_is_left_as_it_was() {
    let directory = tempfile::tempdir().unwrap();
    for store in [memory(), disk(&directory)] {
        save(&store, &result("a", "2026-01-01")).await;
        let before = count(&store).await;
        let findings = diagnose(&store, false).await;
        assert_eq!(faults(&findings), [""; 0], "{findings:?}");
        for check in ["list", "write, read and delete", "create if absent", "compare and swap", "Python's index"] {
            assert!(findings.iter().any(|finding| finding.check == check), "{check}: {findings:?}");
        }
        assert_eq!(count(&store).await, before);
    }
    assert!(std::fs::read_dir(root(&directory)).unwrap().count() == 2, "the document and the catalog");
}

#[tokio::test]
async fn a_server_that_ignores_conditions_is_found_out() {
    let store = cloud(Arc::new(Careless(InMemory::new())), true);
    let findings = diagnose(&store, false).await;
    assert_eq!(faults(&findings), ["create if absent", "compare and swap"], "{findings:?}");
    let is_unsupported = |finding: &Finding| finding.level == FindingLevel::Bad(ErrorKind::Unsupported);
    assert_eq!(findings.iter().filter(|finding| is_unsupported(finding)).count(), 2);
    assert_eq!(count(&store).await, 0);
}

#[tokio::test]
async fn nothing_is_written_where_reading_is_all_that_is_allowed() {
    let directory = tempfile::tempdir().unwrap();
    let findings = diagnose(&disk(&directory), true).await;
    assert!(findings.iter().all(|finding| finding.check != "create if absent"), "{findings:?}");
    assert!(!root(&directory).exists());
}

#[tokio::test]
async fn a_directory_that_cannot_be_made_is_one_fault_with_a_remedy() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("default"), "a file").unwrap();
    let findings = diagnose(&disk(&directory), false).await;
    assert!(faults(&findings).contains(&"directory"), "{findings:?}");
    assert!(!faults(&findings).contains(&"create if absent"), "the cause is named once: {findings:?}");
}
