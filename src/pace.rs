//! The slowest pace at which a server may answer.

use std::time::Duration;

/// Bytes per second. A server that moves fewer is given up, however regularly they come.
const SLOWEST: u64 = 1 << 10;

/// Returns how long an answer may take in all once so many bytes have moved. `silence` is how long the server may move
/// none: first it may work for so long, and then its bytes may be on the way for so long.
pub fn longest_answer(silence: Duration, moved: u64) -> Duration {
    silence.saturating_mul(2).saturating_add(Duration::from_millis(moved.saturating_mul(1000) / SLOWEST))
}
