//! Options and outcomes of `verify`.

use futures_util::stream::BoxStream;

use crate::error::Result;
use crate::result::{DocumentDigest, Entry, RunId};

/// Options of `verify`.
#[derive(Clone, Copy, Debug)]
pub struct VerifyOptions {
    /// Number of results that are verified at once.
    pub jobs: usize,
    /// The results with a content to read. The others are only looked for.
    pub sample: ReadingSample,
    /// Whether the digest of every result is wanted, so that a document without a recorded one is read in any case.
    pub wants_digests: bool,
}

/// A share of the results, evenly spread over a list. It starts at any place, so that repeated samples differ.
#[derive(Clone, Copy, Debug)]
pub struct ReadingSample {
    share: f64,
    sum: f64,
}

impl ReadingSample {
    /// All results.
    pub const ALL: Self = Self { share: 1.0, sum: 0.0 };

    /// A sample of this share, from 0 to 1. `start`, from 0 to 1, selects one of the possible samples.
    pub fn new(share: f64, start: f64) -> Self {
        Self { share, sum: start }
    }

    /// Returns whether the next result belongs to the sample.
    pub fn takes_next(&mut self) -> bool {
        self.sum += self.share;
        let is_in = self.sum >= 1.0;
        if is_in {
            self.sum -= 1.0;
        }
        is_in
    }
}

/// A result without a fault, as far as it was verified.
#[derive(Clone, Debug)]
pub struct VerifiedResult {
    /// The run.
    pub run_id: RunId,
    /// The digest of its document, computed or, without its content, recorded.
    pub digest: Option<DocumentDigest>,
    /// Whether a digest was recorded when it was saved. The content, if it was read, has that digest.
    pub has_recorded_digest: bool,
    /// How much of the document was read.
    pub content: VerifiedContent,
    /// Number of bytes of the document that were read, decompressed.
    pub bytes: u64,
}

/// How much of a document was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerifiedContent {
    /// All of it.
    Read,
    /// Nothing: it does not belong to the sample.
    NotRead,
    /// Nothing: it is archived, and has to be restored first.
    Archived,
}

/// The outcome for each result, in the order of the list. A damaged, missing or unlisted document is an error of kind
/// [`Read`](crate::error::ErrorKind::Read) with the reason; the stream goes on after it.
pub type VerifyStream<'a> = BoxStream<'a, Result<VerifiedResult>>;

/// The first fact of a document that its entry contradicts, as the end of a sentence.
pub fn contradiction(listed: &Entry, document: &Entry) -> Option<String> {
    let pairs = [
        ("run id", document.run_id.as_str().to_owned(), listed.run_id.as_str().to_owned()),
        ("run time", document.run_time.to_python_iso(), listed.run_time.to_python_iso()),
        ("data asset", document.data_asset.clone(), listed.data_asset.clone()),
        ("status", document.status.name().to_owned(), listed.status.name().to_owned()),
    ];
    let differs = pairs.into_iter().find(|(_, stored, known)| stored != known);
    if let Some((what, stored, known)) = differs {
        let [stored, known] = [stored, known].map(|text| shortened(&text));
        return Some(format!("its {what} is `{stored}`, and it is listed with `{known}`"));
    }
    (document.tags != listed.tags).then(|| "its tags are not those that it is listed with".to_owned())
}

fn shortened(text: &str) -> String {
    const LONGEST: usize = 60;
    let start: String = text.chars().take(LONGEST).flat_map(char::escape_debug).collect();
    if text.chars().count() > LONGEST { format!("{start}...") } else { start }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_has_its_share_wherever_it_starts() {
        for (share, count) in [(0.1, 10), (0.25, 25), (1.0, 100), (0.0, 0)] {
            for start in [0.0, 0.3, 0.95] {
                let mut sample = ReadingSample::new(share, start);
                let chosen = (0..100).filter(|_| sample.takes_next()).count();
                assert!(chosen.abs_diff(count) <= 1, "{share} {start}: {chosen}");
            }
        }
    }
}
