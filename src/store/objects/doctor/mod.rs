//! The checks of `doctor` that all object stores and the disk have in common. Those of one service are in its
//! `inspection.rs`.

#[cfg(any(feature = "azure", feature = "gcs", feature = "s3"))]
mod clock;
#[cfg(any(feature = "azure", feature = "gcs", feature = "s3"))]
mod lifecycle;
mod probes;
#[cfg(any(feature = "azure", feature = "gcs", feature = "s3"))]
mod reached;

use futures_util::stream::{self, StreamExt as _};

#[cfg(any(feature = "azure", feature = "gcs", feature = "s3"))]
pub(super) use self::lifecycle::unknown_lifecycle;
#[cfg(any(feature = "gcs", feature = "s3"))]
pub(super) use self::lifecycle::{ExpiryRule, lifecycle};
#[cfg(any(feature = "azure", feature = "gcs", feature = "s3"))]
pub(super) use self::reached::AskedBucket;
use super::ObjectResultStore;
use super::catalog::IndexMark;
use crate::store::contract::{DoctorOptions, Finding, FindingStream};

impl ObjectResultStore {
    /// Runs all checks, one after the other.
    pub(super) fn findings(&self, options: DoctorOptions) -> FindingStream<'_> {
        let server = stream::once(async move {
            match &self.backend.inspection {
                Some(inspection) => inspection.inspect().await,
                None => Vec::new(),
            }
        });
        let reading = stream::once(async move { vec![self.check_listing().await] });
        let index = stream::once(async move { vec![self.check_python_index().await] });
        let writing = (!options.read_only).then(|| self.probe_writes());
        let writing = stream::iter(writing).flatten().map(|finding| vec![finding]);
        let own = stream::once(async move {
            match &self.backend.inspection {
                Some(inspection) if !options.read_only => inspection.probe().await,
                _ => Vec::new(),
            }
        });
        server.chain(reading).chain(writing).chain(own).chain(index).map(stream::iter).flatten().boxed()
    }

    /// Lists the start of the catalog.
    async fn check_listing(&self) -> Finding {
        let mut names = self.backend.store.list(Some(&self.backend.keys.catalog()));
        match names.next().await.transpose() {
            Ok(Some(_)) => Finding::good("list", format!("the catalog of {} can be listed", self.backend.location)),
            Ok(None) => Finding::good("list", format!("{} can be listed and is empty", self.backend.location)),
            Err(error) => Finding::failed("list", &self.backend.cannot_list(error)),
        }
    }

    async fn check_python_index(&self) -> Finding {
        const CHECK: &str = "Python's index";
        let known = async {
            let state = self.python.state().await?;
            Ok::<_, object_store::Error>((state.is_covered_by(&self.catalog.marks().await?), state.mark))
        };
        match known.await {
            Err(error) => Finding::failed(CHECK, &self.backend.cannot_list(error)),
            Ok((_, mark)) if mark == IndexMark::absent() => {
                Finding::good(CHECK, "there is no _index.json: Python lists nothing here")
            }
            Ok((true, _)) => Finding::good(CHECK, "the catalog has all that Python has written"),
            Ok((false, _)) => Finding::doubtful(
                CHECK,
                "Python has written since catalog and documents were compared",
                "run `truthound-store list` or `truthound-store reindex`, which compare them",
            ),
        }
    }
}
