//! Ages of results.

use crate::result::RunInstant;

/// The age at `now` of a result of this time: `3h`, or `in 3h`.
pub fn age_of(time: RunInstant, now: RunInstant) -> String {
    age_text((now.as_microsecond() - time.as_microsecond()) / 1_000_000)
}

/// A duration as its largest unit: `45s`, `10m`, `3h`, `12d`. One in the future is `in 3h`.
fn age_text(seconds: i64) -> String {
    let distance = seconds.unsigned_abs();
    let text = match distance {
        0..60 => format!("{distance}s"),
        60..3_600 => format!("{}m", distance / 60),
        3_600..86_400 => format!("{}h", distance / 3_600),
        _ => format!("{}d", distance / 86_400),
    };
    if seconds < 0 { format!("in {text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_has_one_unit() {
        let ages = [0, 59, 60, 3_599, 3_600, 86_399, 86_400, 86_400 * 400, -7_200].map(age_text);
        assert_eq!(ages, ["0s", "59s", "1m", "59m", "1h", "23h", "1d", "400d", "in 2h"]);
    }
}
