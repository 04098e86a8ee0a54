//! A depth-first search through all executions of a scenario.
//!
//! An execution is the list of its choices. The next execution repeats these up to the last choice with an untried
//! alternative, takes that alternative, and from there on always takes the first offer. The number of executions is
//! limited in one of two ways:
//! - by the number of *preemptions*: how often a client that could go on must wait for another (as in CHESS, Musuvathi
//!   and Qadeer, 2007); most faults need two or fewer;
//! - not at all, but among executions that differ only in the order of independent requests, one is enough. These are
//!   *sleep sets* (Godefroid, 1996): an explored alternative is not taken again before a dependent step has happened.
//!   Bounds and sleep sets together would miss executions, so it is one or the other.

use super::execution::Ending;
use super::request::{Request, RequestOutcome};
use super::scenario::EVERYTHING;

/// Faults that may happen to a client; at most one in an execution.
///
/// A client dies only at a write that has taken effect. Its death before a request leaves the same objects as its death
/// after the write before, and so does its death during a read.
pub(super) type Faults = &'static [RequestOutcome];

/// NameLimits of a search.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Maximum number of preemptions; `None` for all executions.
    pub(super) preemptions: Option<usize>,
    /// Maximum number of times that a sleeping client wakes while another could go on.
    pub(super) waits: usize,
    pub(super) faults: Faults,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NextStep {
    Request {
        client: usize,
        ticket: u64,
        verdict: RequestOutcome,
    },
    /// Time passes until a sleeping client wakes.
    Wait,
}

/// A possible next step.
#[derive(Clone, Debug)]
pub(super) struct Offer {
    pub(super) turn: NextStep,
    /// Position among the requests that its client has sent at once.
    pub(super) place: usize,
    pub(super) request: Option<Request>,
    pub(super) preemptions: usize,
    /// Whether it is the first request of a command.
    pub(super) is_first: bool,
    /// Whether it belongs to a list.
    pub(super) lists: bool,
}

impl Offer {
    pub(super) fn client(&self) -> Option<usize> {
        match self.turn {
            NextStep::Request { client, .. } => Some(client),
            NextStep::Wait => None,
        }
    }

    fn verdict(&self) -> RequestOutcome {
        match self.turn {
            NextStep::Request { verdict, .. } => verdict,
            NextStep::Wait => RequestOutcome::Answered,
        }
    }

    fn is_fault(&self) -> bool {
        self.verdict() != RequestOutcome::Answered
    }

    /// One word of a schedule.
    fn token(&self) -> String {
        let Some(client) = self.client() else { return "+".to_owned() };
        let place = if self.place > 0 { (self.place + 1).to_string() } else { String::new() };
        format!("{}{place}{}", letter(client), self.verdict().mark())
    }

    /// One line of a schedule for people.
    fn line(&self) -> String {
        match (self.client(), &self.request) {
            (Some(client), Some(request)) => {
                format!("{}  {request}{}", letter(client), self.verdict().explained())
            }
            _ => "+  time passes until a sleeping client wakes".to_owned(),
        }
    }

    /// Returns whether the order of the two steps matters. The order of starts and ends of commands matters too, and so
    /// do changes of a document while it is listed.
    fn meets(&self, other: &Self) -> bool {
        let (Some(request), Some(others)) = (&self.request, &other.request) else { return true };
        self.client() == other.client()
            || self.is_first
            || other.is_first
            || (self.is_fault() && other.is_fault())
            || (self.lists && others.writes_document())
            || (other.lists && request.writes_document())
            || request.meets(others)
    }

    fn is(&self, other: &Self) -> bool {
        self.client() == other.client() && self.verdict() == other.verdict() && self.request == other.request
    }
}

/// The name of a client.
pub(super) fn letter(client: usize) -> char {
    u8::try_from(client).map_or('?', |client| char::from(b'A' + client))
}

/// A choice, with its alternatives.
#[derive(Debug)]
struct Node {
    offers: Vec<Offer>,
    taken: usize,
}

#[derive(Debug)]
pub(super) struct Explorer {
    bounds: Bounds,
    path: Vec<Node>,
    depth: usize,
    left: Bounds,
    has_fault: bool,
    asleep: Vec<Offer>,
    /// The schedule to repeat, if one was given as text.
    script: Option<Vec<String>>,
}

impl Explorer {
    pub(super) fn new(bounds: Bounds) -> Self {
        let (path, asleep) = (Vec::new(), Vec::new());
        Self { bounds, path, depth: 0, left: bounds, has_fault: false, asleep, script: None }
    }

    /// Follows `schedule`, then always takes the first offer.
    pub(super) fn following(schedule: &str) -> Self {
        let bounds = Bounds { preemptions: Some(usize::MAX), waits: usize::MAX, faults: EVERYTHING };
        let script = Some(schedule.split_whitespace().map(str::to_owned).collect());
        Self { script, ..Self::new(bounds) }
    }

    /// Restarts the same execution.
    pub(super) fn again(&mut self) {
        (self.depth, self.left, self.has_fault) = (0, self.bounds, false);
        self.asleep.clear();
    }

    /// Starts the next execution, if there is one.
    pub(super) fn next(&mut self) -> bool {
        self.again();
        while let Some(node) = self.path.last_mut() {
            if node.taken + 1 < node.offers.len() {
                node.taken += 1;
                return true;
            }
            self.path.pop();
        }
        false
    }

    /// Chooses the next step.
    pub(super) fn choose(&mut self, mut offers: Vec<Offer>) -> Result<Offer, Ending> {
        offers.retain(|offer| self.allows(offer));
        let searches_all = self.bounds.preemptions.is_none();
        if searches_all {
            offers.retain(|offer| !self.asleep.iter().any(|asleep| asleep.is(offer)));
        }
        if offers.is_empty() {
            return Err(Ending::Pruned);
        }
        if let Some(script) = &self.script {
            match script.get(self.depth) {
                Some(token) => offers.retain(|offer| offer.token() == *token),
                None => offers.truncate(1),
            }
            if offers.is_empty() {
                return Err(Ending::Diverged(format!("choice {} of the schedule is not offered", self.depth + 1)));
            }
        }
        if self.depth == self.path.len() {
            self.path.push(Node { offers, taken: 0 });
        } else {
            // Tickets differ from execution to execution.
            let node = &mut self.path[self.depth];
            let same = node.offers.len() == offers.len()
                && node.offers.iter().zip(&offers).all(|(before, now)| before.is(now));
            if !same {
                let lines = |offers: &[Offer]| offers.iter().map(Offer::line).collect::<Vec<_>>().join("\n");
                let difference = format!("before:\n{}\nnow:\n{}", lines(&node.offers), lines(&offers));
                return Err(Ending::Diverged(difference));
            }
            node.offers = offers;
        }
        let node = &self.path[self.depth];
        self.depth += 1;
        let chosen = node.offers[node.taken].clone();
        if searches_all {
            self.asleep.extend(node.offers[..node.taken].iter().cloned());
            self.asleep.retain(|asleep| !asleep.meets(&chosen));
        }
        self.left.preemptions = self.left.preemptions.map(|left| left - chosen.preemptions);
        self.left.waits -= if chosen.turn == NextStep::Wait { chosen.preemptions } else { 0 };
        self.has_fault |= chosen.is_fault();
        Ok(chosen)
    }

    fn allows(&self, offer: &Offer) -> bool {
        self.left.preemptions.is_none_or(|left| left >= offer.preemptions)
            && (offer.turn != NextStep::Wait || self.left.waits >= offer.preemptions)
            && (!offer.is_fault() || (!self.has_fault && self.bounds.faults.contains(&offer.verdict())))
    }

    /// The choices so far, as a text for [`following`](Self::following).
    pub(super) fn schedule(&self) -> String {
        self.taken().map(Offer::token).collect::<Vec<_>>().join(" ")
    }

    /// The choices so far, for people.
    pub(super) fn lines(&self) -> Vec<String> {
        self.taken().map(Offer::line).collect()
    }

    fn taken(&self) -> impl Iterator<Item = &Offer> {
        self.path[..self.depth.min(self.path.len())].iter().map(|node| &node.offers[node.taken])
    }
}
