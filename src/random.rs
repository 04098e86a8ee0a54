//! Random numbers for pauses between attempts and for names that must not collide. Not for secrets.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::time::Duration;

/// Returns 64 random bits.
///
/// The standard library seeds its hash maps from the operating system; that is random enough here and costs no dependency.
pub fn bits() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// Returns a random number from 0 to 1.
pub fn fraction() -> f64 {
    f64::from(u32::try_from(bits() >> 32).unwrap_or_default()) / f64::from(u32::MAX)
}

/// Returns a random time from nothing to `longest`, so that clients that failed together do not try again together ("full
/// jitter").
pub fn pause_up_to(longest: Duration) -> Duration {
    longest.mul_f64(fraction()).min(longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fraction_lies_between_0_and_1_and_changes() {
        let fractions: Vec<_> = (0..100).map(|_| fraction()).collect();
        assert!(fractions.iter().all(|fraction| (0.0..=1.0).contains(fraction)));
        assert!(
            fractions.windows(2).any(|pair| pair[0] < pair[1]) && fractions.windows(2).any(|pair| pair[0] > pair[1])
        );
    }

    #[test]
    fn a_pause_is_never_longer_than_asked_for() {
        let longest = Duration::from_millis(20);
        assert!((0..100).all(|_| pause_up_to(longest) <= longest));
        assert_eq!(pause_up_to(Duration::ZERO), Duration::ZERO);
    }
}
