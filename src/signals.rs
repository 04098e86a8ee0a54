//! The signals that ask this process to end.

use std::future::{Future, pending};

/// Waits for Ctrl-C or SIGTERM. Listens from this call on, so that no signal after it is missed. A signal that this process
/// was started to ignore, by `nohup` or in the background of a script, stays ignored: the work is to be finished.
#[cfg(unix)]
pub fn interrupted() -> impl Future<Output = ()> {
    use tokio::signal::unix::{Signal, SignalKind, signal};

    async fn arrival(signal: Option<Signal>) {
        match signal {
            Some(mut signal) => drop(signal.recv().await),
            None => pending().await,
        }
    }
    let listen = |kind: SignalKind| if is_ignored(kind.as_raw_value()) { None } else { signal(kind).ok() };
    let (interrupt, terminate) = (listen(SignalKind::interrupt()), listen(SignalKind::terminate()));
    async move {
        tokio::select! {
            () = arrival(interrupt) => {}
            () = arrival(terminate) => {}
        }
    }
}

/// Waits for Ctrl-C.
#[cfg(not(unix))]
pub fn interrupted() -> impl Future<Output = ()> {
    async {
        if tokio::signal::ctrl_c().await.is_err() {
            pending::<()>().await;
        }
    }
}

/// Whether this process was started with a signal ignored. Known on Linux only.
#[cfg(unix)]
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default();
    mask >> (signal - 1) & 1 == 1
}
