//! One scenario on one backend, at each of its points.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::backends::{Backend, Place};
use crate::checks::{self, Problems};
use crate::fixtures::fill;
use crate::kill::Killer;
use crate::scenarios::Scenario;
use crate::{is_long, seed};

/// How many failing points a report shows.
const SHOWN: usize = 3;

/// Kills the command at each point, or at as many as time allows. Returns what was found wrong.
pub(crate) async fn walk(backend: &'static Backend, scenario: &Scenario) -> Result<(), String> {
    let killer = Killer::new(backend);
    let fixture = Place::new(backend);
    fill(&fixture, scenario.fixture, scenario.before.as_ref()).await;

    let place = fixture.copy();
    let (total, run) = killer.count(&place, &scenario.arguments(&place));
    let mut failing = Vec::new();
    note(&mut failing, "no kill".to_owned(), checks::after(&place, scenario, &run, 0).await);

    let most = if is_long() { usize::MAX } else { scenario.points_in_short(backend) };
    let step = total.div_ceil(most).max(1);
    // Every `step`th, so that none is left out for ever: where it begins comes from the seed.
    let points: Vec<_> = (1..=total).skip(usize::try_from(seed() % step as u64).unwrap()).step_by(step).collect();
    for point in &points {
        let place = fixture.copy();
        let run = killer.kill(&place, *point, &scenario.arguments(&place));
        let at = run.killed_at.clone().unwrap_or_else(|| "not reached".to_owned());
        note(&mut failing, format!("point {point}, {at}"), checks::after(&place, scenario, &run, *point).await);
    }
    let count = points.len();
    println!("{}::{}: killed at {count} of {total} points, {} fail", backend.name, scenario.name, failing.len());
    if failing.is_empty() { Ok(()) } else { Err(report(&failing, count, total)) }
}

fn note(failing: &mut Vec<(String, Problems)>, point: String, problems: Problems) {
    if !problems.is_empty() {
        failing.push((point, problems));
    }
}

/// The first failing points in full, and how often each kind of problem was found.
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

/// A problem without its details: after which command something was asked, and which.
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
