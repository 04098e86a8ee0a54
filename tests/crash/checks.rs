//! The invariants after a kill, as checked by new processes.

use truthound_store::error::ErrorKind;
use truthound_store::store::contract::{Placement, ReindexOptions, ReindexReport, Tier};

use crate::backends::{Place, Store};
use crate::fixtures::{OLD_TIME, TARGET, python_index, third};
use crate::is_long;
use crate::kill::{self, Run};
use crate::questions::{Question, few, many};
use crate::scenarios::Scenario;
use crate::support::{Draft, id, read};

/// The number of lists after a kill, on backends where each list costs requests and time is limited.
const REMOTE_LISTS: usize = 6;

/// The problems found, each as one line: the operation that was checked, the command before it, and the difference.
pub(crate) type Problems = Vec<String>;

/// Checks a place in which a command was killed, or exited with one of `codes`. `is_own` says whether this was the
/// command of `scenario` or a later one. `turn` selects the list that is checked first, where not every list can be.
pub(crate) async fn after(
    place: &Place,
    scenario: &Scenario,
    run: &Run,
    is_own: bool,
    codes: &[i32],
    turn: usize,
) -> Problems {
    let mut problems = Problems::new();
    let has_ended = run.code.is_some();
    if run.code.is_some_and(|code| !codes.contains(&code)) {
        problems.push(format!("the command: exit code {:?}: {}", run.code, run.stderr.trim()));
    }
    let said_so = is_own && (has_ended || run.stdout.lines().any(|line| line.contains(TARGET)));
    let stored = match stored(&place.open(), scenario).await {
        Ok(stored) => stored,
        Err(problem) => return vec![format!("get: {problem}")],
    };
    if said_so && text(stored) != text(scenario.after.as_ref()) {
        problems.push("get: what was said to be done is not".to_owned());
    }
    if stored.is_none() && !scenario.has_moved(place) {
        problems.push("get: the result is gone, and not where it was to be moved".to_owned());
    }
    if stored.is_none() && scenario.before.is_some() && scenario.after.is_some() {
        problems.push("get: the result is gone".to_owned());
    }
    let others = scenario.others();
    // A save that has not reported success has promised nothing, but a list may already show its result.
    let is_free = scenario.makes_target() && !said_so;
    let mut worlds = vec![world(&others, stored)];
    if is_free {
        worlds.push(world(&others, None));
    }
    if !scenario.finds_damage() || said_so {
        problems.extend(lists_each_first(place, scenario, &worlds, turn).await);
    }
    problems.extend(within("then the same again", again(place, scenario, stored, &others).await));
    let mut turn = turn;
    // On servers, only two of the other checks run, in rotation over the points, unless there is time for all.
    let mut is_its_turn = || {
        turn += 1;
        !place.backend.is_remote() || is_long() || turn % 5 < 2
    };
    if place.backend.has_catalog() && is_its_turn() {
        problems.extend(within("then reindex", reindexed(place, stored, &others).await));
    }
    if !scenario.finds_damage() && is_its_turn() {
        let problem = deleted_by_filter(place, scenario, stored, &others, is_free).await;
        problems.extend(within("then delete by filter", problem));
    }
    if !scenario.finds_damage() && is_its_turn() {
        problems.extend(within("then another save", saved_anew(place, scenario, &others).await));
    }
    if !scenario.finds_damage() && is_its_turn() {
        problems.extend(within("then delete", deleted(place, scenario, stored, &others).await));
    }
    if place.backend.tier().is_some() && scenario.overwrites() && is_its_turn() {
        problems.extend(within("then set-tier by filter", moved_by_filter(place, stored).await));
    }
    problems
}

fn within(what: &str, problems: Problems) -> impl Iterator<Item = String> {
    problems.into_iter().map(move |problem| format!("{what}: {problem}"))
}

fn text(draft: Option<&Draft>) -> Option<String> {
    draft.map(Draft::text)
}

/// The results that can be listed.
fn world<'a>(others: &'a [Draft], target: Option<&'a Draft>) -> Vec<&'a Draft> {
    others.iter().chain(target).collect()
}

/// Returns the stored document of the target: the one before, the one after, or none. Any other document is a problem.
async fn stored<'a>(store: &Store, scenario: &'a Scenario) -> Result<Option<&'a Draft>, String> {
    match read(store, TARGET).await {
        Ok(bytes) => {
            let known = [&scenario.before, &scenario.after].into_iter().flatten();
            let found = known.into_iter().find(|draft| draft.text().as_bytes() == bytes);
            found.map(Some).ok_or_else(|| format!("neither the old nor the new: {:?}", String::from_utf8_lossy(&bytes)))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("{error}: {}", error.causes().join(": "))),
    }
}

/// Runs every list as the first one after the kill. Where copies cost requests, only one list is the first, and the
/// others follow it.
async fn lists_each_first(place: &Place, scenario: &Scenario, worlds: &[Vec<&Draft>], turn: usize) -> Problems {
    let drafts: Vec<_> = [&scenario.before, &scenario.after].into_iter().flatten().collect();
    let mut questions = many(&drafts);
    if place.backend.is_remote() && !is_long() {
        let first = turn % questions.len();
        questions.rotate_left(first);
        questions.truncate(REMOTE_LISTS);
        let place = place.copy();
        let mut problems = ask(&place, worlds, &questions).await;
        problems.extend(questions[0].count(&place.open(), worlds).await);
        problems.extend(others_are_read(&place, &scenario.others()).await);
        return problems;
    }
    let mut problems = Problems::new();
    for question in &questions {
        let place = place.copy();
        problems.extend(question.ask(&place.open(), worlds).await);
        problems.extend(question.count(&place.open(), worlds).await);
    }
    problems.extend(others_are_read(&place.copy(), &scenario.others()).await);
    problems
}

/// Runs the most telling lists, one after another, and reads the listed documents.
async fn lists(place: &Place, worlds: &[Vec<&Draft>], scenario: &Scenario) -> Problems {
    let third = third();
    let mut drafts: Vec<_> = [&scenario.before, &scenario.after].into_iter().flatten().collect();
    drafts.push(&third);
    ask(place, worlds, &few(&drafts)).await
}

async fn ask(place: &Place, worlds: &[Vec<&Draft>], questions: &[Question]) -> Problems {
    let store = place.open();
    let mut problems = Problems::new();
    for question in questions {
        problems.extend(question.ask(&store, worlds).await);
    }
    problems
}

async fn others_are_read(place: &Place, others: &[Draft]) -> Problems {
    let store = place.open();
    let mut problems = Problems::new();
    for other in others {
        let found = read(&store, &other.run_id).await;
        if !found.as_ref().is_ok_and(|bytes| *bytes == other.text().as_bytes()) {
            problems.push(format!("get {}: {found:?}", other.run_id));
        }
    }
    problems
}

/// Runs the same command again. It succeeds, and the state is the same as without the kill.
async fn again(place: &Place, scenario: &Scenario, stored: Option<&Draft>, others: &[Draft]) -> Problems {
    let place = place.copy();
    let run = kill::run(&place, &scenario.arguments(&place));
    if !scenario.may_end_with(run.code, stored.is_some()) {
        return vec![format!("exit code {:?}: {}", run.code, run.stderr.trim())];
    }
    let mut problems = Problems::new();
    match self::stored(&place.open(), scenario).await {
        Ok(stored) if text(stored) == text(scenario.after.as_ref()) => {}
        Ok(_) => problems.push("get: what was said to be done is not".to_owned()),
        Err(problem) => problems.push(format!("get: {problem}")),
    }
    let world = world(others, scenario.after.as_ref());
    problems.extend(lists(&place, std::slice::from_ref(&world), scenario).await);
    if scenario.writes_index(place.backend) && (stored.is_some() || scenario.finds_what_is_gone()) {
        problems.extend(index_problem(&place, &world, true).await);
    }
    if let Some(tier) = place.backend.tier().filter(|_| scenario.name == "set_tier") {
        let now = place.open().placement(&id(TARGET)).await;
        if !now.as_ref().is_ok_and(|now| now.tier.0.eq_ignore_ascii_case(tier)) {
            problems.push(format!("tier: {now:?}"));
        }
    }
    if place.backend.has_catalog() {
        problems.extend(within("then reindex twice", healed(&place, &world).await));
    }
    problems
}

/// Reindexes as the first command. Then every document is listed.
async fn reindexed(place: &Place, stored: Option<&Draft>, others: &[Draft]) -> Problems {
    let place = place.copy();
    let world = world(others, stored);
    let mut problems = healed(&place, &world).await;
    let drafts: Vec<_> = stored.into_iter().collect();
    problems.extend(ask(&place, std::slice::from_ref(&world), &few(&drafts)).await);
    problems.extend(others_are_read(&place, others).await);
    problems
}

/// Reindexes twice. The second run finds nothing to repair.
async fn healed(place: &Place, world: &[&Draft]) -> Problems {
    let mut problems = Problems::new();
    for turn in 1..=2 {
        let report = match place.open().reindex(ReindexOptions::default()).await {
            Ok(report) => report,
            Err(error) => return vec![format!("{error}: {}", error.causes().join(": "))],
        };
        let ReindexReport { documents, correct, missing, stale, unreadable, .. } = report;
        if !unreadable.is_empty() || documents != world.len() as u64 {
            problems.push(format!("{documents} documents, not {}; unreadable: {unreadable:?}", world.len()));
        }
        if turn == 2 && (!missing.is_empty() || !stale.is_empty() || correct != documents) {
            problems.push(format!("the second finds missing {missing:?}, stale {stale:?}"));
        }
    }
    if place.backend.has_index() {
        problems.extend(index_problem(place, world, false).await);
    }
    problems
}

/// Returns how Python's index differs from `world`, for the target only or for all results.
async fn index_problem(place: &Place, world: &[&Draft], target_alone: bool) -> Option<String> {
    let Some(serde_json::Value::Object(index)) = python_index(place).await else {
        return Some("Python's index is gone".to_owned());
    };
    let is_meant = |run_id: &str| !target_alone || run_id == TARGET;
    for (run_id, row) in index.iter().filter(|(run_id, _)| is_meant(run_id)) {
        let Some(draft) = world.iter().find(|draft| draft.run_id == *run_id) else {
            return Some(format!("Python's index names {run_id}, which is gone"));
        };
        let entry = draft.entry();
        let says = |key: &str| row[key].as_str().unwrap_or_default();
        let time = says("run_time")
            .parse()
            .is_ok_and(|time: truthound_store::result::RunTime| time.instant() == entry.run_time.instant());
        let tags = row["tags"] == serde_json::to_value(&entry.tags).unwrap();
        if !time || !tags || says("data_asset") != entry.data_asset || says("status") != entry.status.name() {
            return Some(format!("Python's index says of {run_id} {row}"));
        }
    }
    let lacking = world.iter().find(|draft| is_meant(&draft.run_id) && !index.contains_key(&draft.run_id));
    lacking.map(|draft| format!("Python's index lacks {}", draft.run_id))
}

/// Deletes the results at the old time. Only documents that now have this time are deleted.
async fn deleted_by_filter(
    place: &Place,
    scenario: &Scenario,
    stored: Option<&Draft>,
    others: &[Draft],
    need_not_be_listed: bool,
) -> Problems {
    let place = place.copy();
    let at = format!("{OLD_TIME}Z");
    let run = kill::run(&place, &["delete", "--since", &at, "--until", &at, "--yes"].map(str::to_owned));
    if run.code != Some(0) {
        return vec![format!("exit code {:?}: {}", run.code, run.stderr.trim())];
    }
    let passes = |draft: &Draft| draft.entry().run_time == OLD_TIME.parse().unwrap();
    let mut left = stored.filter(|stored| !passes(stored));
    let now = match self::stored(&place.open(), scenario).await {
        Ok(now) => now,
        Err(problem) => return vec![format!("get: {problem}")],
    };
    // A result that need not be listed need not be found by a filter.
    if need_not_be_listed {
        left = now;
    }
    if text(now) != text(left) {
        let what = if now.is_none() { "a document that does not pass the filter is gone" } else { "one is left" };
        return vec![format!("get: {what}")];
    }
    let others: Vec<_> = others.iter().filter(|draft| !passes(draft)).cloned().collect();
    let mut worlds = vec![world(&others, left)];
    if need_not_be_listed {
        worlds.push(world(&others, None));
    }
    lists(&place, &worlds, scenario).await
}

/// Saves the run again. This repairs the store, whatever the command reports.
async fn saved_anew(place: &Place, scenario: &Scenario, others: &[Draft]) -> Problems {
    let place = place.copy();
    let third = third();
    let saved = place.open().save(&third.document(), truthound_store::store::contract::SaveMode::Overwrite).await;
    if let Err(error) = saved {
        return vec![format!("{error}: {}", error.causes().join(": "))];
    }
    let mut problems = lists(&place, &[world(others, Some(&third))], scenario).await;
    if read(&place.open(), TARGET).await.is_ok_and(|bytes| bytes != third.text().as_bytes()) {
        problems.push("get: another document".to_owned());
    }
    problems
}

/// Deletes the run. Then no list names it.
async fn deleted(place: &Place, scenario: &Scenario, stored: Option<&Draft>, others: &[Draft]) -> Problems {
    let place = place.copy();
    match place.open().delete(&id(TARGET), None).await {
        Ok(found) if found == stored.is_some() => {}
        Ok(found) => return vec![format!("found: {found}")],
        Err(error) => return vec![format!("{error}: {}", error.causes().join(": "))],
    }
    let mut problems = lists(&place, &[world(others, None)], scenario).await;
    if read(&place.open(), TARGET).await.is_ok() {
        problems.push("get: it is still there".to_owned());
    }
    problems
}

/// Moves the results at the old time to another tier. A document with another time stays in its tier.
async fn moved_by_filter(place: &Place, stored: Option<&Draft>) -> Problems {
    let place = place.copy();
    let at = format!("{OLD_TIME}Z");
    let tier = place.backend.tier().unwrap_or_default();
    let arguments = ["set-tier", "--tier", tier, "--min-size", "0", "--since", &at, "--until", &at, "--yes"];
    let run = kill::run(&place, &arguments.map(str::to_owned));
    if run.code != Some(0) {
        return vec![format!("exit code {:?}: {}", run.code, run.stderr.trim())];
    }
    let passes = stored.is_some_and(|draft| draft.entry().run_time == OLD_TIME.parse().unwrap());
    match place.open().placement(&id(TARGET)).await {
        Ok(Placement { tier: Tier(now), .. }) if now.eq_ignore_ascii_case(tier) == passes => Vec::new(),
        now => vec![format!("{now:?}")],
    }
}
