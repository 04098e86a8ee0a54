//! Numbers, sizes and times as people read them.

/// A number with its thousands divided: "20,000".
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A size in bytes: "12.35 MB", in powers of 1,000.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];
    if bytes < 1_000 {
        return format!("{bytes} B");
    }
    #[expect(clippy::cast_precision_loss, reason = "two decimals are shown")]
    let mut number = bytes as f64;
    let mut shown = "B";
    for unit in UNITS {
        if number < 999.995 {
            break;
        }
        number /= 1_000.0;
        shown = unit;
    }
    format!("{number:.2} {shown}")
}

/// A time in seconds: "3.1 s", "12 min".
pub(super) fn duration(seconds: f64) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
    let whole = seconds as u64;
    match whole {
        0..=9 if seconds.fract() > 0.0 => format!("{seconds:.1} s"),
        0..=119 => format!("{whole} s"),
        120..=7_199 => format!("{} min", whole / 60),
        _ => format!("{} h {} min", whole / 3_600, whole % 3_600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_sizes_have_few_digits() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
        for (bytes, text) in
            [(0, "0 B"), (999, "999 B"), (1_000, "1.00 kB"), (999_994, "999.99 kB"), (999_996, "1.00 MB")]
        {
            assert_eq!(size(bytes), text);
        }
        assert_eq!(size(u64::MAX), "18.45 EB");
    }

    #[test]
    fn times_are_as_exact_as_they_are_of_interest() {
        for (seconds, text) in
            [(0.0, "0 s"), (3.125, "3.1 s"), (9.0, "9 s"), (59.9, "59 s"), (600.0, "10 min"), (7_260.0, "2 h 1 min")]
        {
            assert_eq!(duration(seconds), text);
        }
    }
}
