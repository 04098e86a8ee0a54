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
    let ignored = ignored_signals();
    let is_ignored = |kind: SignalKind| ignored >> (kind.as_raw_value() - 1) & 1 == 1;
    let listen = |kind| if is_ignored(kind) { None } else { signal(kind).ok() };
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

/// The signals that this process was started to ignore, a bit each. Known on Linux only.
#[cfg(unix)]
fn ignored_signals() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default()
}
