//! One execution: each client waits at a request, and one client at a time goes on.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Wake, Waker};
use std::time::Duration;

use super::explorer::{Explorer, NextStep, Offer};
use super::operation::{Log, Operation, run};
use super::request::RequestOutcome;
use super::world::World;
use crate::store::objects::catalog::counting;
use crate::store::objects::tests::Arc;

/// Clock advance that wakes a client. It is longer than any single pause, so that all pausing clients
/// wake.
const WHILE: Duration = Duration::from_millis(700);

/// More requests than any of these clients needs.
const ENDLESS: usize = 3000;

#[derive(Debug)]
struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

struct Client {
    /// `None` once the client has ended or died.
    future: Option<Pin<Box<dyn Future<Output = ()>>>>,
    woken: Arc<Flag>,
    nonce: u32,
}

pub(super) struct Execution {
    pub(super) world: Arc<World>,
    pub(super) log: Log,
    /// The client that suffered a fault.
    pub(super) struck: Option<usize>,
    clients: Vec<Client>,
    current: Option<usize>,
    /// Whether to wait for blocking threads even if none should be running.
    is_careful: bool,
}

/// The end of an execution.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Complete,
    /// The rest equals that of an execution already seen.
    Pruned,
    /// The same choices led to another execution than before.
    Diverged(String),
    Endless,
}

impl Execution {
    /// `first_nonces` are the numbers from which each client counts its nonces.
    pub(super) fn new(world: Arc<World>, scripts: &[Vec<Operation>], first_nonces: &[u32], is_careful: bool) -> Self {
        let log = Log::default();
        let clients = scripts.iter().enumerate().map(|(number, operations)| {
            let work = run(Arc::clone(&world), number, operations.clone(), Arc::clone(&log));
            Client {
                future: Some(Box::pin(work)),
                woken: Arc::new(Flag(true.into())),
                nonce: first_nonces.get(number).copied().unwrap_or_default(),
            }
        });
        let clients = clients.collect();
        Self { world, log, struck: None, clients, current: None, is_careful }
    }

    /// Lets `explorer` choose until all clients have ended.
    pub(super) async fn run(&mut self, explorer: &mut Explorer) -> Ending {
        self.settle().await;
        for _ in 0..ENDLESS {
            let offers = self.offers();
            if offers.is_empty() {
                return Ending::Complete;
            }
            match explorer.choose(offers) {
                Ok(offer) => self.take(&offer).await,
                Err(ending) => return ending,
            }
        }
        Ending::Endless
    }

    /// Runs every client until it waits at a request, sleeps, or has ended.
    ///
    /// Blocking threads run one at a time in the order in which they were started, so when the last one ends, all have
    /// ended. None of them waits for anything that its client has not given it already.
    async fn settle(&mut self) {
        loop {
            let before = self.requests();
            for client in &mut self.clients {
                while client.woken.0.swap(false, Ordering::SeqCst) {
                    let Some(future) = &mut client.future else { break };
                    let waker = Waker::from(Arc::clone(&client.woken));
                    let poll = || future.as_mut().poll(&mut Context::from_waker(&waker));
                    if counting(&mut client.nonce, poll).is_ready() {
                        client.future = None;
                    }
                }
            }
            if self.is_careful || !self.is_at_its_requests(&before) {
                tokio::task::spawn_blocking(|| ()).await.unwrap();
            }
            if !self.is_any_client_woken() {
                return;
            }
        }
    }

    /// Returns the number of waiting requests of each client.
    fn requests(&self) -> Vec<usize> {
        let mut counts = vec![0; self.clients.len()];
        self.world.waiting().iter().for_each(|(client, ..)| counts[*client] += 1);
        counts
    }

    /// Returns whether no blocking thread can be at work: every client does one thing after the other, and waits at a
    /// request now.
    fn is_at_its_requests(&self, before: &[usize]) -> bool {
        let mut all = self.clients.iter().zip(before).zip(self.requests());
        all.all(|((client, before), now)| client.future.is_none() || (*before <= 1 && now == 1))
    }

    fn is_any_client_woken(&self) -> bool {
        self.clients.iter().any(|client| client.future.is_some() && client.woken.0.load(Ordering::SeqCst))
    }

    /// Returns all possible next steps. Those that continue the client of the last step come first.
    fn offers(&self) -> Vec<Offer> {
        let mut requests = self.world.waiting();
        requests.sort();
        let enabled = self.current.filter(|current| requests.iter().any(|(client, ..)| client == current));
        let log = self.log.lock().unwrap();
        let mut offers = Vec::new();
        let (mut last, mut place) = (None, 0);
        for (client, request, ticket) in &requests {
            place = if last == Some(*client) { place + 1 } else { 0 };
            last = Some(*client);
            let event = log.iter().rev().find(|event| event.client == *client).unwrap();
            let goes_on = enabled.is_none_or(|enabled| enabled == *client) && place == 0;
            for verdict in verdicts(request.writes()) {
                offers.push(Offer {
                    turn: NextStep::Request { client: *client, ticket: *ticket, verdict: *verdict },
                    place,
                    request: Some(request.clone()),
                    preemptions: usize::from(!goes_on),
                    is_first: event.began.is_none(),
                    lists: matches!(event.operation, Operation::List(_)),
                });
            }
        }
        offers.sort_by_key(|offer| (offer.client() != enabled, offer.client()));
        let sleeps = |(number, client): (usize, &Client)| {
            client.future.is_some() && requests.iter().all(|(client, ..)| *client != number)
        };
        if self.clients.iter().enumerate().any(sleeps) {
            let (is_first, lists) = (false, false);
            let preemptions = usize::from(!requests.is_empty());
            offers.push(Offer { turn: NextStep::Wait, place: 0, request: None, preemptions, is_first, lists });
        }
        offers
    }

    /// Notes the first request of a command as its start.
    fn begin(&self, client: usize, moment: usize) {
        let mut log = self.log.lock().unwrap();
        if let Some(event) = log.iter_mut().rev().find(|event| event.client == client) {
            event.began.get_or_insert(moment);
        }
    }

    async fn take(&mut self, offer: &Offer) {
        match offer.turn {
            NextStep::Wait => {
                // Some clients sleep longer than `WHILE`.
                for _ in 0..ENDLESS {
                    tokio::time::advance(WHILE).await;
                    if self.is_any_client_woken() {
                        break;
                    }
                }
                assert!(self.is_any_client_woken(), "a client waits for what never comes");
                self.settle().await;
            }
            NextStep::Request { client, ticket, verdict } => {
                let moment = self.world.moment();
                self.begin(client, moment);
                self.world.grant(ticket, verdict);
                self.current = Some(client);
                if verdict != RequestOutcome::Answered {
                    self.struck = Some(client);
                }
                if verdict == RequestOutcome::Dies {
                    self.clients[client].future = None;
                }
                self.settle().await;
            }
        }
    }
}

fn verdicts(writes: bool) -> &'static [RequestOutcome] {
    match writes {
        true => &[
            RequestOutcome::Answered,
            RequestOutcome::Dies,
            RequestOutcome::Lost,
            RequestOutcome::Refused,
            RequestOutcome::Repeated,
        ],
        false => &[RequestOutcome::Answered, RequestOutcome::Refused],
    }
}
