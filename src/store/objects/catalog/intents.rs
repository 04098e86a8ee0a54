//! Intents: notes of overwrites and deletes in progress.
//!
//! A writer announces an overwrite or a delete before it changes the document, and names the times at which the run
//! has, had or will have entries. While the intent is active, the entries of that run prove nothing, and lists ask the
//! document. When the entries are in order, an overwrite settles its intent. A settled intent stays for [`LINGER`], so
//! that a list that started before can tell which results have moved meanwhile. The intent of a writer that died stays
//! active until another process finds it abandoned and finishes its work.

use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use futures_util::TryStreamExt as _;
use jiff::{SignedDuration, Timestamp};
use object_store::path::Path;
use object_store::{ObjectMeta, PutOptions, PutPayload};

use super::Catalog;
use super::entry_name;
use super::escape::{END, escape_into, unescape};
use super::nonce::Nonce;
use crate::result::json::JsonValue;
use crate::result::{Layout, RunId, UtcReading};
use crate::store::objects::access::{LONGEST_NOTE, read_whole};
use crate::store::objects::backend::Listing;

/// Directory of intents. It sorts before the directories of entries.
const DIRECTORY: &str = "-intents";

/// Time for which a settled intent stays. A list that looks at the intents more often misses none.
pub(in super::super) const LINGER: Duration = Duration::from_secs(30);

/// Age from which the writer of an active intent counts as dead.
const ABANDONED: SignedDuration = SignedDuration::from_mins(20);

/// Maximum difference between the clocks of this machine and a server: S3 refuses requests signed 15 minutes off.
const SKEW: SignedDuration = SignedDuration::from_mins(15);

/// Start of the name of an intent with its runs in the content. An escaped run id never starts with it.
const IN_CONTENT: &str = "+";

/// Content of an active intent with its run in the name. A settled one is empty.
const ACTIVE: &str = "under way\n";

/// A run, and the times at which it has, had or will have entries.
pub(in super::super) type RunTimes = (RunId, BTreeSet<UtcReading>);

/// An intent that was read.
#[derive(Clone, Debug)]
pub(in super::super) struct Intent {
    /// Its key, which is unique among all intents, past and future.
    pub(in super::super) path: Path,
    /// The runs that it names.
    pub(in super::super) runs: Vec<RunTimes>,
    /// Whether their entries are in order.
    pub(in super::super) is_settled: bool,
    /// In milliseconds since 1970, by the server's clock.
    last_modified: i64,
}

impl Intent {
    /// Returns the times that it names for this run.
    pub(in super::super) fn times_of(&self, run_id: &RunId) -> impl Iterator<Item = UtcReading> {
        self.runs.iter().filter(move |(named, _)| named == run_id).flat_map(|(_, times)| times.iter().copied())
    }
}

/// An intent of this process.
#[derive(Debug)]
pub(in super::super) struct OwnIntent {
    path: Path,
    /// The runs in its content; empty if its name has the run.
    in_content: Vec<RunTimes>,
}

impl OwnIntent {
    /// Forgets the runs in its content that are not among `moved`.
    pub(in super::super) fn retain(&mut self, moved: &HashSet<RunId>) {
        self.in_content.retain(|(run_id, _)| moved.contains(run_id));
    }

    /// Returns whether `found` is this intent.
    pub(in super::super) fn is(&self, found: &Intent) -> bool {
        self.path == found.path
    }
}

impl Catalog {
    pub(super) fn directory_of_intents(&self) -> Path {
        self.backend.keys.catalog().join(DIRECTORY)
    }

    fn intent_path(&self, name: &str) -> object_store::Result<Path> {
        // `join` would escape the name a second time.
        Ok(Path::parse(format!("{}/{name}", self.directory_of_intents()))?)
    }

    /// Writes an active intent for these runs.
    pub(in super::super) async fn announce(&self, runs: &[RunTimes]) -> object_store::Result<OwnIntent> {
        let keys = &self.backend.keys;
        let nonce = Nonce::fresh();
        let room = entry_name::room(keys.limits(), keys.catalog().as_ref().len());
        let own_name = match runs {
            [run] => Some(named(run, &nonce)).filter(|name| name.len() <= room),
            _ => None,
        };
        let (name, active, in_content) = match own_name {
            Some(name) => (name, ACTIVE.as_bytes().to_vec(), Vec::new()),
            None => (format!("{IN_CONTENT}{END}{}", nonce.text()), content(runs, false), runs.to_vec()),
        };
        let path = self.intent_path(&name)?;
        self.backend.store.put_opts(&path, PutPayload::from(active), PutOptions::default()).await?;
        Ok(OwnIntent { path, in_content })
    }

    /// Records that the entries of this intent's runs are in order.
    pub(in super::super) async fn settle(&self, intent: OwnIntent) -> object_store::Result<()> {
        let content = match intent.in_content.is_empty() {
            true => Vec::new(),
            false => content(&intent.in_content, true),
        };
        self.backend.store.put_opts(&intent.path, PutPayload::from(content), PutOptions::default()).await.map(drop)
    }

    /// Removes an intent of runs that have not moved.
    pub(in super::super) async fn withdraw(&self, intent: OwnIntent) -> object_store::Result<()> {
        self.backend.remove(vec![intent.path]).await
    }

    /// Lists all intents.
    pub(in super::super) async fn intents(&self) -> object_store::Result<Vec<Intent>> {
        let listed = self.backend.store.list(Some(&self.directory_of_intents())).try_collect().await?;
        self.read_intents(listed).await
    }

    /// Lists the intents that name this run.
    pub(in super::super) async fn intents_of(&self, run_id: &RunId) -> object_store::Result<Vec<Intent>> {
        let directory = self.directory_of_intents();
        let mut begin = String::new();
        escape_into(&mut begin, run_id.as_str());
        begin.push(END);
        let keys = &self.backend.keys;
        let fits = begin.len() <= entry_name::room(keys.limits(), keys.catalog().as_ref().len());
        if self.backend.listing == Listing::Directories || !fits {
            let mut intents = self.intents().await?;
            intents.retain(|intent| intent.runs.iter().any(|(named, _)| named == run_id));
            return Ok(intents);
        }
        let start = self.intent_path(&begin)?;
        let names = self.backend.store.list_with_offset(Some(&directory), &start);
        let of_run = |meta: &ObjectMeta| meta.location.as_ref().starts_with(start.as_ref());
        let listed = names.try_take_while(|meta| std::future::ready(Ok(of_run(meta)))).try_collect().await?;
        self.read_intents(listed).await
    }

    /// Reads the intents with these names, and skips names that are not those of intents.
    pub(super) async fn read_intents(&self, listed: Vec<ObjectMeta>) -> object_store::Result<Vec<Intent>> {
        let mut intents = Vec::with_capacity(listed.len());
        for meta in listed {
            let (runs, is_settled) = match meta.location.filename().and_then(parse) {
                None => continue,
                Some(IntentName::Run(run)) => (vec![run], meta.size == 0),
                Some(IntentName::InContent) => {
                    let Some(found) = self.backend.get(&meta.location).await? else { continue };
                    let Some(content) = from_content(&read_whole(found, LONGEST_NOTE).await?) else { continue };
                    content
                }
            };
            let last_modified = meta.last_modified.timestamp_millis();
            intents.push(Intent { path: meta.location, runs, is_settled, last_modified });
        }
        Ok(intents)
    }
}

/// Returns the settled intents that have lingered long enough, and the active intents of dead writers.
pub(in super::super) fn outdated(intents: &[Intent]) -> (Vec<Path>, Vec<Intent>) {
    // The server's clock is at or after the time of its latest change.
    let server = intents.iter().map(|intent| intent.last_modified).max().unwrap_or(i64::MIN);
    let own = Timestamp::now().as_millisecond().saturating_sub(millis(SKEW));
    let is_older = |intent: &Intent, age: i64| server.max(own).saturating_sub(intent.last_modified) > age;
    let linger = i64::try_from(LINGER.as_millis()).unwrap_or(i64::MAX);
    let (settled, active): (Vec<_>, Vec<_>) = intents.iter().partition(|intent| intent.is_settled);
    let settled = settled.into_iter().filter(|intent| is_older(intent, linger)).map(|intent| intent.path.clone());
    let abandoned = active.into_iter().filter(|intent| is_older(intent, millis(ABANDONED))).cloned();
    (settled.collect(), abandoned.collect())
}

fn millis(duration: SignedDuration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn named((run_id, times): &RunTimes, nonce: &Nonce) -> String {
    let mut name = String::new();
    escape_into(&mut name, run_id.as_str());
    name.push(END);
    let times: Vec<String> = times.iter().map(|time| time.as_microsecond().to_string()).collect();
    name.push_str(&times.join(","));
    name.push(END);
    name.push_str(nonce.text());
    name
}

/// The runs in the name of an intent.
enum IntentName {
    Run(RunTimes),
    InContent,
}

fn parse(name: &str) -> Option<IntentName> {
    let mut pieces = name.split(END);
    let (run, times) = (pieces.next()?, pieces.next()?);
    if run == IN_CONTENT {
        return Some(IntentName::InContent);
    }
    let run_id = RunId::new(unescape(run)?).ok()?;
    let micros = times.split(',').map(|micros| micros.parse::<i64>().ok());
    Some(IntentName::Run((run_id, micros.map(|micros| instant(micros?)).collect::<Option<_>>()?)))
}

fn from_content(content: &[u8]) -> Option<(Vec<RunTimes>, bool)> {
    let value = JsonValue::parse(content).ok()?;
    let runs = value.get("runs")?.as_array()?.iter().map(|run| {
        let [run_id, micros] = run.as_array()? else { return None };
        let run_id = run_id.as_text().filter(|text| text.is_exact())?;
        let times = micros.as_array()?.iter().map(|micros| instant(micros.as_number()?.parse().ok()?));
        Some((RunId::new(run_id.to_string()).ok()?, times.collect::<Option<_>>()?))
    });
    Some((runs.collect::<Option<_>>()?, value.get("is_settled")?.as_bool()?))
}

/// Content of an intent with runs that do not fit into its name.
fn content(runs: &[RunTimes], is_settled: bool) -> Vec<u8> {
    let micros = |times: &BTreeSet<UtcReading>| {
        times.iter().map(|time| JsonValue::from(time.as_microsecond())).collect::<Vec<_>>()
    };
    let run = |(run_id, times): &RunTimes| JsonValue::from(vec![run_id.as_str().into(), micros(times).into()]);
    let runs = runs.iter().map(run).collect::<Vec<_>>();
    let value = JsonValue::object([("is_settled", JsonValue::from(is_settled)), ("runs", runs.into())]);
    value.to_text(Layout::Compact).into_bytes()
}

fn instant(micros: i64) -> Option<UtcReading> {
    UtcReading::from_microsecond(micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(run_id: &str, micros: &[i64]) -> RunTimes {
        (RunId::new(run_id).unwrap(), micros.iter().map(|micros| instant(*micros).unwrap()).collect())
    }

    #[test]
    fn content_of_this_and_of_older_versions_has_the_runs_and_their_times() {
        let runs = [run("run-1", &[1_763_859_414_158_803]), run("a \"ü\"", &[-5, 0, 7])];
        let older = r#"{"is_settled":true,"runs":[["run-1",[1763859414158803]],["a \"ü\"",[-5,0,7]]]}"#;
        assert_eq!(from_content(older.as_bytes()), Some((runs.to_vec(), true)));
        assert_eq!(from_content(&content(&runs, false)), Some((runs.to_vec(), false)));
        for other in ["", "{}", r#"{"is_settled":true,"runs":[["run-1"]]}"#, r#"{"is_settled":true,"runs":[["",[]]]}"#]
        {
            assert_eq!(from_content(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn a_name_says_the_run_and_its_times() {
        for run in [run("run-1", &[1_763_859_414_158_803]), run("a!b/c,+ü", &[-5, 0, 7])] {
            let name = named(&run, &Nonce::fresh());
            let Some(IntentName::Run(parsed)) = parse(&name) else { panic!("{name} is not parsed") };
            assert_eq!(parsed, run);
        }
        assert!(matches!(parse("+!00000000"), Some(IntentName::InContent)));
        for other in ["", "x", "x!", "x!a!0", ".tmp#0"] {
            assert!(parse(other).is_none(), "{other}");
        }
    }

    #[test]
    fn age_is_told_by_the_latest_change_that_the_server_knows() {
        let now = Timestamp::now().as_millisecond();
        let intent = |seconds: i64, is_settled| Intent {
            path: Path::from(format!("{seconds}-{is_settled}")),
            runs: vec![run("a", &[0])],
            is_settled,
            last_modified: now - seconds * 1000,
        };
        let intents = [intent(0, true), intent(29, true), intent(31, true), intent(31, false), intent(1201, false)];
        let (settled, abandoned) = outdated(&intents);
        assert_eq!(settled, [Path::from("31-true")]);
        assert_eq!(abandoned.iter().map(|intent| &intent.path).collect::<Vec<_>>(), [&Path::from("1201-false")]);
        // A single intent can be compared only with this machine's clock, which may be 15 minutes off.
        assert!(outdated(&[intent(900, true)]).0.is_empty());
        assert_eq!(outdated(&[intent(1000, true)]).0.len(), 1);
    }
}
