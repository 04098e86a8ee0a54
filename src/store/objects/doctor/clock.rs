//! The clock of this machine, compared with the server's.

use jiff::Timestamp;

use crate::error::ErrorKind;
use crate::store::contract::Finding;

/// Difference beyond which a service refuses signatures, in seconds.
const REFUSED: i64 = 15 * 60;

/// Difference that is worth a look, in seconds: answers are dated in whole seconds, and take time.
const NOTABLE: i64 = 30;

/// Compares this machine's clock with the header `Date` of an answer that has just come.
pub(super) fn clock(date: Option<&str>) -> Finding {
    const CHECK: &str = "clock";
    let Some(theirs) = date.and_then(|date| jiff::fmt::rfc2822::parse(date).ok()) else {
        return Finding::doubtful(CHECK, "the server does not tell the time", "compare the clocks by hand");
    };
    let apart = Timestamp::now().duration_since(theirs.timestamp()).as_secs();
    let message = format!("this machine's clock and the server's differ by {} seconds", apart.abs());
    match apart.abs() {
        REFUSED.. => Finding::bad(CHECK, ErrorKind::Denied, message, "set this machine's clock"),
        NOTABLE.. => Finding::doubtful(CHECK, message, "set this machine's clock"),
        _ => Finding::good(CHECK, message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::contract::FindingLevel;

    #[test]
    fn the_clock_is_judged_by_the_difference() {
        for (seconds, level) in
            [(0, FindingLevel::Good), (120, FindingLevel::Doubtful), (-3600, FindingLevel::Bad(ErrorKind::Denied))]
        {
            let time = Timestamp::now() + jiff::SignedDuration::from_secs(seconds);
            let date = time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
            assert_eq!(clock(Some(&date)).level, level, "{date}");
        }
        assert_eq!(clock(None).level, FindingLevel::Doubtful);
    }
}
