//! Tests of the search itself: it sees every execution that it should see.

use std::collections::BTreeSet;

use object_store::path::Path;

use super::explorer::{Bounds, Explorer, NextStep, Offer, letter};
use super::operation::Operation;
use super::request::{Request, RequestKind, RequestOutcome};
use super::scenario::Scenario;
use crate::store::contract::SaveMode;
use crate::store::objects::tests::result;

const ALL: Bounds = Bounds { preemptions: None, waits: 0, faults: &[] };

/// Returns every execution of clients that write to these paths in turn, as the letters of the clients in order.
fn executions(clients: &[&[&str]], bounds: Bounds) -> Vec<String> {
    let mut explorer = Explorer::new(bounds);
    let mut executions = Vec::new();
    loop {
        if let Some(execution) = execution(clients, &mut explorer) {
            executions.push(execution);
        }
        if !explorer.next() {
            return executions;
        }
    }
}

fn execution(clients: &[&[&str]], explorer: &mut Explorer) -> Option<String> {
    let (mut at, mut current, mut text) = (vec![0; clients.len()], None, String::new());
    loop {
        let left = |client: &usize| at[*client] < clients[*client].len();
        let enabled = current.filter(left);
        let mut ready: Vec<usize> = (0..clients.len()).filter(left).collect();
        ready.sort_by_key(|client| Some(*client) != enabled);
        let offer = |(client, verdict): (usize, RequestOutcome)| Offer {
            turn: NextStep::Request { client, ticket: 0, verdict },
            place: 0,
            request: Some(Request::new(RequestKind::Put, &Path::from(clients[client][at[client]]))),
            preemptions: usize::from(enabled.is_some_and(|enabled| enabled != client)),
            is_first: false,
            lists: false,
        };
        let verdicts =
            ready.into_iter().flat_map(|client| [(client, RequestOutcome::Answered), (client, RequestOutcome::Dies)]);
        let offers: Vec<Offer> = verdicts.map(offer).collect();
        if offers.is_empty() {
            return Some(text);
        }
        let NextStep::Request { client, verdict, .. } = explorer.choose(offers).ok()?.turn else { return None };
        text.push(letter(client));
        text.push_str(verdict.mark());
        at[client] = if verdict == RequestOutcome::Dies { clients[client].len() } else { at[client] + 1 };
        current = Some(client);
    }
}

#[test]
fn every_order_of_requests_that_meet_is_seen_once() {
    let seen = executions(&[&["x", "x", "x"], &["x", "x", "x"]], ALL);
    let different: BTreeSet<&String> = seen.iter().collect();
    // The binomial coefficient of 6 and 3.
    assert_eq!((seen.len(), different.len()), (20, 20));
}

#[test]
fn of_requests_that_do_not_meet_one_order_is_seen() {
    assert_eq!(executions(&[&["x", "x"], &["y", "y"], &["z"]], ALL).len(), 1);
    // Only the two writes of `z` depend on each other.
    assert_eq!(executions(&[&["x", "z"], &["z", "y"]], ALL).len(), 2);
}

#[test]
fn a_bound_counts_how_often_a_client_stands_back() {
    let clients: [&[&str]; 2] = [&["x", "x"], &["y", "y"]];
    for (preemptions, expected) in [(0, 2), (1, 4), (2, 6), (9, 6)] {
        let bounds = Bounds { preemptions: Some(preemptions), ..ALL };
        let different: BTreeSet<String> = executions(&clients, bounds).into_iter().collect();
        assert_eq!(different.len(), expected, "{preemptions}: {different:?}");
    }
}

#[test]
fn one_client_dies_at_each_of_its_writes() {
    let bounds = Bounds { preemptions: Some(0), faults: &[RequestOutcome::Dies], ..ALL };
    let seen = executions(&[&["x", "x"], &["y"]], bounds);
    assert_eq!(seen, ["AAB", "AAB!", "AA!B", "A!B", "BAA", "BAA!", "BA!", "B!AA"]);
}

#[test]
fn leaving_out_orders_leaves_out_no_state() {
    let save = |run_id| [Operation::Save(result(run_id, "2026-01-01"), SaveMode::Overwrite)];
    let scenario = Scenario::new().client(save("a")).client(save("b"));
    let every_order = Bounds { preemptions: Some(usize::MAX), waits: 1, faults: &[RequestOutcome::Dies] };
    let (all, states) = scenario.seen(every_order);
    let (some, same_states) = scenario.seen(Bounds { preemptions: None, ..every_order });
    assert!(some < all, "{some} {all}");
    assert_eq!(states, same_states);
}
