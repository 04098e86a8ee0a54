//! The bound on a server's silence.
//!
//! A server that has let a client in may never answer again: it hangs, or a firewall has forgotten the connection. Each
//! call therefore ends once nothing has happened on its connection for a while, or if too few bytes have moved for the
//! time that an answer has taken. A large document may take as long as it needs.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use crate::pace::longest_answer;
use crate::store::contract::Notices;
use crate::store::sql::driver::{Connection, SnapshotKind, WriteStep};
use crate::store::sql::failure::{FailureClass, SqlFailure, StepOutcome};
use crate::store::sql::statement::{SqlFragment, SqlRow, Statement};

/// After this time of silence the user is told what is waited for.
const TOLD_AFTER: Duration = Duration::from_secs(5);

/// For each part of a document of this size, a server may be silent for one more second: it first has the whole
/// statement, and then stores it.
const BYTES_PER_SECOND: u64 = 1 << 20;

/// For so many bytes counts each event on a connection with bytes that cannot be counted.
const EVENT: u64 = 1 << 10;

/// How long a server may be silent while an answer is awaited, and the receiver of a warning before that.
#[derive(Clone, Debug)]
pub(in crate::store::sql) struct SilenceLimit {
    limit: Option<Duration>,
    notices: Notices,
}

impl SilenceLimit {
    /// Returns the limit of so many seconds; 0 means none.
    pub(in crate::store::sql) fn new(seconds: f64, notices: Notices) -> Self {
        let limit = Duration::try_from_secs_f64(seconds).ok().filter(|limit| !limit.is_zero());
        Self { limit, notices }
    }

    /// Runs a call that sends `size` bytes of documents, until the server has been silent for too long.
    async fn bound<T>(
        &self,
        traffic: &Traffic,
        size: u64,
        call: impl Future<Output = Result<T, SqlFailure>>,
    ) -> Result<T, SqlFailure> {
        let Some(limit) = self.limit else { return call.await };
        let limit = limit.saturating_add(Duration::from_secs(size / BYTES_PER_SECOND));
        let mut call = pin!(traffic.watch(call));
        let mut is_told = limit <= TOLD_AFTER;
        traffic.begin_answer();
        loop {
            let wait = if is_told { limit } else { TOLD_AFTER };
            let deadline = traffic.with(|now| (now.last + wait).min(now.deadline(limit)));
            tokio::select! {
                biased;
                result = &mut call => return result,
                () = tokio::time::sleep_until(deadline) => {}
            }
            let (silence, is_too_slow) =
                traffic.with(|now| (now.last.elapsed(), Instant::now() >= now.deadline(limit)));
            if silence >= limit {
                let reason = format!("the server has not answered for {} s", limit.as_secs_f64());
                return Err(SqlFailure::new(FailureClass::Silent, reason));
            }
            if is_too_slow {
                let reason = "the server answers too slowly: it sends less than 1 KiB per second";
                return Err(SqlFailure::new(FailureClass::Silent, reason));
            }
            if !is_told && silence >= TOLD_AFTER {
                is_told = true;
                self.notices.warn(&format!(
                    "the server has not answered for {} s; it is given up after {} s without an answer",
                    TOLD_AFTER.as_secs(),
                    limit.as_secs_f64()
                ));
            }
        }
    }
}

/// The bytes that have moved on a connection, and when they did.
#[derive(Clone, Debug)]
pub(super) struct Traffic(Arc<Mutex<TrafficState>>);

#[derive(Debug)]
struct TrafficState {
    /// When something last happened.
    last: Instant,
    /// When the present answer was first awaited.
    begun: Instant,
    /// Bytes that have moved in either direction since then.
    moved: u64,
    /// Whether a stream counts the bytes. Otherwise each event counts as [`EVENT`] bytes.
    is_counted: bool,
}

impl TrafficState {
    /// Returns when the present answer must be complete, unless more bytes move.
    fn deadline(&self, silence: Duration) -> Instant {
        let longest = longest_answer(silence, self.moved);
        self.begun.checked_add(longest).unwrap_or(self.begun + Duration::from_secs(u64::from(u32::MAX)))
    }
}

impl Traffic {
    /// Something happens now.
    pub(super) fn new() -> Self {
        let now = Instant::now();
        Self(Arc::new(Mutex::new(TrafficState { last: now, begun: now, moved: 0, is_counted: false })))
    }

    /// Returns a future that notes when `future` is woken, which is when its connection has bytes or room for bytes.
    pub(super) fn watch<F: Future>(&self, future: F) -> WatchedFuture<F> {
        WatchedFuture { future: Box::pin(future), traffic: self.clone(), waker: None }
    }

    /// Another answer is awaited from now on: a statement has begun or ended.
    pub(super) fn begin_answer(&self) {
        self.with(|state| {
            state.last = Instant::now();
            state.begun = state.last;
            state.moved = 0;
        });
    }

    /// Notes that a stream has sent or received so many bytes. From then on only such bytes count.
    #[cfg(any(test, feature = "mssql", feature = "postgres"))]
    pub(super) fn count(&self, bytes: usize) {
        self.with(|state| {
            state.last = Instant::now();
            state.moved = state.moved.saturating_add(bytes as u64);
            state.is_counted = true;
        });
    }

    fn note_event(&self) {
        self.with(|state| {
            state.last = Instant::now();
            state.moved = state.moved.saturating_add(if state.is_counted { 0 } else { EVENT });
        });
    }

    fn with<T>(&self, act: impl FnOnce(&mut TrafficState) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A future that notes when it is woken. It has a waker of its own, because the waker of its task also wakes it for the
/// sake of other futures.
pub(super) struct WatchedFuture<F> {
    future: Pin<Box<F>>,
    traffic: Traffic,
    /// The waker of the task, and the one that notes.
    waker: Option<(Waker, Waker)>,
}

impl<F: Future> Future for WatchedFuture<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = &mut *self;
        let waker = match &this.waker {
            Some((outer, own)) if outer.will_wake(context.waker()) => own.clone(),
            _ => {
                let outer = context.waker().clone();
                let own = Waker::from(Arc::new(NotingWaker { traffic: this.traffic.clone(), outer: outer.clone() }));
                this.waker = Some((outer, own.clone()));
                own
            }
        };
        this.future.as_mut().poll(&mut Context::from_waker(&waker))
    }
}

struct NotingWaker {
    traffic: Traffic,
    outer: Waker,
}

impl Wake for NotingWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.traffic.note_event();
        self.outer.wake_by_ref();
    }
}

/// A connection each call of which ends once the server has been silent for too long. The call is then dropped, and
/// leaves its connection broken.
pub(super) struct BoundedConnection<C> {
    connection: C,
    limit: SilenceLimit,
    traffic: Traffic,
}

impl<C: Connection> BoundedConnection<C> {
    /// Returns `connection` with a limit. `traffic` also knows what happens outside its calls.
    pub(super) fn new(connection: C, limit: SilenceLimit, traffic: Traffic) -> Self {
        Self { connection, limit, traffic }
    }
}

#[async_trait]
impl<C: Connection> Connection for BoundedConnection<C> {
    async fn read(&mut self, statement: Statement) -> Result<Vec<SqlRow>, SqlFailure> {
        self.limit.bound(&self.traffic, 0, self.connection.read(statement)).await
    }

    async fn begin_snapshot(&mut self) -> Result<SnapshotKind, SqlFailure> {
        self.limit.bound(&self.traffic, 0, self.connection.begin_snapshot()).await
    }

    async fn end_snapshot(&mut self) -> Result<(), SqlFailure> {
        self.limit.bound(&self.traffic, 0, self.connection.end_snapshot()).await
    }

    async fn write(&mut self, steps: Arc<Vec<WriteStep>>) -> Result<Vec<StepOutcome>, SqlFailure> {
        let size = size_of(&steps);
        self.limit.bound(&self.traffic, size, self.connection.write(steps)).await
    }

    async fn create_table(&mut self, table: &str) -> Result<(), SqlFailure> {
        self.limit.bound(&self.traffic, 0, self.connection.create_table(table)).await
    }

    async fn check(&mut self) -> Result<(), SqlFailure> {
        self.limit.bound(&self.traffic, 0, self.connection.check()).await
    }

    fn is_broken(&self) -> bool {
        self.connection.is_broken()
    }
}

/// Returns the size of the texts in the steps. A document is in several statements of its step, and counts in each.
fn size_of(steps: &[WriteStep]) -> u64 {
    let pieces = steps.iter().flat_map(|step| &step.statements).flat_map(Statement::pieces);
    let sizes = pieces.map(|piece| match piece {
        SqlFragment::Bind(value) => value.as_str().map_or(0, |text| text.len() as u64),
        SqlFragment::Sql(_) => 0,
    });
    sizes.sum()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn limit(seconds: f64) -> (SilenceLimit, Arc<AtomicUsize>) {
        let warnings = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&warnings);
        let notices = Notices::new(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
        });
        (SilenceLimit::new(seconds, notices), warnings)
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_server_is_given_up_and_the_user_is_told_once_before() {
        let (limit, warnings) = limit(60.0);
        let started = Instant::now();
        let failure = limit.bound::<()>(&Traffic::new(), 0, std::future::pending()).await.unwrap_err();
        assert_eq!((failure.class, started.elapsed().as_secs()), (FailureClass::Silent, 60));
        assert_eq!(warnings.load(Ordering::Relaxed), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_large_document_has_more_time() {
        let started = Instant::now();
        let (limit, _) = limit(60.0);
        limit.bound::<()>(&Traffic::new(), 100 << 20, std::future::pending()).await.unwrap_err();
        assert_eq!(started.elapsed().as_secs(), 160);
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_goes_on_sending_is_not_silent() {
        let (limit, _) = limit(1.0);
        let slow = async {
            for _ in 0..1_000 {
                tokio::time::sleep(Duration::from_millis(900)).await;
            }
            Ok(7)
        };
        assert_eq!(limit.bound(&Traffic::new(), 0, slow).await.unwrap(), 7);
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_sends_a_little_at_a_time_is_given_up() {
        let trickling = |traffic: Traffic, is_counted: bool, seconds: u64| async move {
            for bytes in std::iter::once(0).chain(std::iter::repeat_n(1, 1_000)) {
                if is_counted {
                    traffic.count(bytes);
                }
                tokio::time::sleep(Duration::from_secs(seconds)).await;
            }
            Ok(())
        };
        for (is_counted, seconds, expected) in [(true, 1, 120), (true, 30, 120), (false, 2, 239), (false, 30, 124)] {
            let ((limit, _), traffic, started) = (limit(60.0), Traffic::new(), Instant::now());
            let call = trickling(traffic.clone(), is_counted, seconds);
            let failure = limit.bound(&traffic, 0, call).await.unwrap_err();
            assert_eq!((failure.class, started.elapsed().as_secs()), (FailureClass::Silent, expected));
            assert!(failure.reason.contains("too slowly"), "{}", failure.reason);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn each_answer_of_a_call_has_its_own_time() {
        let ((limit, _), traffic) = (limit(60.0), Traffic::new());
        let call = async {
            for _ in 0..10 {
                tokio::time::sleep(Duration::from_secs(50)).await;
                traffic.begin_answer();
            }
            Ok(7)
        };
        assert_eq!(limit.bound(&traffic, 0, call).await.unwrap(), 7);
    }

    #[tokio::test(start_paused = true)]
    async fn what_others_on_the_same_task_do_is_not_heard() {
        let (limit, _) = limit(1.0);
        let busy = async {
            for _ in 0..1_000 {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        let (started, traffic) = (Instant::now(), Traffic::new());
        tokio::select! {
            failed = limit.bound::<()>(&traffic, 0, std::future::pending()) => assert!(failed.is_err()),
            () = busy => panic!("the silence was not noticed"),
        }
        assert_eq!(started.elapsed().as_secs(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn no_limit_waits() {
        let (limit, _) = limit(0.0);
        let late = async {
            tokio::time::sleep(Duration::from_secs(100_000)).await;
            Ok(())
        };
        limit.bound(&Traffic::new(), 0, late).await.unwrap();
    }
}
