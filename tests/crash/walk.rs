//! One scenario on one backend, killed at each of its points.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::backends::{Backend, Place};
use crate::checks::{self, Problems};
use crate::fixtures::fill;
use crate::kill::Killer;
use crate::scenarios::Scenario;
use crate::{is_long, seed};

/// The number of failing points that a report shows.
const SHOWN: usize = 3;

/// Kills the command at each point, or at as many as time allows. Returns the problems.
pub(crate) async fn walk(backend: &'static Backend, scenario: &Scenario) -> Result<(), String> {
    let killer = Killer::new(backend);
    let fixture = Place::new(backend);
    fill(&fixture, scenario.fixture, scenario.before.as_ref()).await;

    let place = fixture.copy();
    let (total, run) = killer.count(&place, &scenario.arguments(&place));
    let mut failing = Vec::new();
    note(&mut failing, "no kill".to_owned(), checks::after(&place, scenario, &run, true, &[0], 0).await);

    let points = some_of(total, scenario.points_in_short(backend), 0);
    for point in &points {
        let place = fixture.copy();
        let run = killer.kill(&place, *point, &scenario.arguments(&place));
        let at = run.killed_at.clone().unwrap_or_else(|| "not reached".to_owned());
        note(
            &mut failing,
            format!("point {point}, {at}"),
            checks::after(&place, scenario, &run, true, &[0], *point).await,
        );
    }
    // The run without a kill is checked as well.
    let (count, total) = (points.len() + 1, total + 1);
    println!("{}::{}: ended at {count} of {total} points, {} fail", backend.name, scenario.name, failing.len());
    if failing.is_empty() { Ok(()) } else { Err(report(&failing, count, total)) }
}

/// Kills the command, and then the next one, which finds the state that the first has left: the same command, a list,
/// or a reindexing.
pub(crate) async fn walk_twice(backend: &'static Backend, scenario: &Scenario) -> Result<(), String> {
    let killer = Killer::new(backend);
    let fixture = Place::new(backend);
    fill(&fixture, scenario.fixture, scenario.before.as_ref()).await;
    let place = fixture.copy();
    let (total, _) = killer.count(&place, &scenario.arguments(&place));
    let (mut failing, mut count) = (Vec::new(), 0);
    for first in some_of(total, scenario.pairs_in_short(backend), 1) {
        let place = fixture.copy();
        let own = scenario.arguments(&place);
        let killed = killer.kill(&place, first, &own).killed_at.unwrap_or_else(|| "not reached".to_owned());
        let mut others = vec![(own, true, scenario.codes_after_a_kill())];
        others.push((vec!["list".to_owned(), "--ids".to_owned()], false, &[0]));
        if backend.has_catalog() {
            others.push((vec!["reindex".to_owned()], false, &[0]));
        }
        if !is_long() {
            others = vec![others.swap_remove(first % others.len())];
        }
        for (arguments, is_own, codes) in others {
            let copy = || {
                let copy = place.copy();
                // The file with the document is beside the store.
                scenario.arguments(&copy);
                copy
            };
            let (total, _) = killer.count(&copy(), &arguments);
            for second in some_of(total, 1, first as u64) {
                let copy = copy();
                let run = killer.kill(&copy, second, &arguments);
                let at = run.killed_at.as_deref().unwrap_or("not reached");
                let point = format!("point {first}, {killed}; then {arguments:?} at point {second}, {at}");
                note(&mut failing, point, checks::after(&copy, scenario, &run, is_own, codes, second).await);
                count += 1;
            }
        }
    }
    println!("{}::{}_twice: killed at {count} pairs of points, {} fail", backend.name, scenario.name, failing.len());
    if failing.is_empty() { Ok(()) } else { Err(report(&failing, count, count)) }
}

/// Returns all points from 1 to `total`, or about `most` of them if time is limited: at regular steps from an offset
/// that the seed determines, so that every point is reached in time.
fn some_of(total: usize, most: usize, turn: u64) -> Vec<usize> {
    let most = if is_long() { usize::MAX } else { most };
    let step = total.div_ceil(most).max(1);
    let skipped = seed().wrapping_add(turn) % step as u64;
    (1..=total).skip(usize::try_from(skipped).unwrap()).step_by(step).collect()
}

fn note(failing: &mut Vec<(String, Problems)>, point: String, problems: Problems) {
    if !problems.is_empty() {
        failing.push((point, problems));
    }
}

/// Shows the first failing points in full, and how often each kind of problem was found.
fn report(failing: &[(String, Problems)], count: usize, total: usize) -> String {
    let mut text = format!("{} of {count} points fail (of {total} in all; seed {})\n", failing.len(), seed());
    for (point, problems) in failing.iter().take(SHOWN) {
        let _ = writeln!(text, "- {point}");
        for problem in problems.iter().take(6) {
            let _ = writeln!(text, "    {problem}");
        }
        if problems.len() > 6 {
            let _ = writeln!(text, "    and {} more", problems.len() - 6);
        }
    }
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for (_, problems) in failing {
        let found: BTreeSet<_> = problems.iter().map(|problem| kind(problem)).collect();
        for kind in found {
            *kinds.entry(kind).or_default() += 1;
        }
    }
    for (kind, points) in kinds {
        let _ = writeln!(text, "{points:4} points: {kind}");
    }
    text
}

/// A problem without its details: the operation that was checked, and the command before it.
fn kind(problem: &str) -> String {
    let mut parts = Vec::new();
    for part in problem.split(": ") {
        parts.push(part.split("--").next().unwrap_or(part).trim());
        if !part.starts_with("then ") {
            break;
        }
    }
    parts.join(": ")
}
