//! Scanning many bytes at once.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;
const SPACES: u64 = ONES * b' ' as u64;

/// The number of bytes before the end of a string, an escape or a control character, and whether all of them are
/// ASCII.
#[inline]
pub(super) fn plain(bytes: &[u8]) -> (usize, bool) {
    let (words, rest) = bytes.as_chunks::<8>();
    let mut length = 0;
    let mut highs = 0;
    for word in words {
        let word = u64::from_le_bytes(*word);
        // Each term sets the high bit of the bytes that it searches for. Wrong bits occur only above a right one, and
        // only the lowest bit is used.
        let quotes = word ^ (ONES * u64::from(b'"'));
        let escapes = word ^ (ONES * u64::from(b'\\'));
        let ends = (quotes.wrapping_sub(ONES) & !quotes)
            | (escapes.wrapping_sub(ONES) & !escapes)
            | (word.wrapping_sub(SPACES) & !word);
        let ends = ends & HIGHS;
        if ends != 0 {
            let bits = ends.trailing_zeros() & !7;
            highs |= word & HIGHS & ((1 << bits) - 1);
            return (length + bits as usize / 8, highs == 0);
        }
        highs |= word & HIGHS;
        length += 8;
    }
    let count = rest.iter().take_while(|byte| !matches!(byte, b'"' | b'\\' | 0..0x20)).count();
    let ascii = rest.iter().take(count).all(u8::is_ascii);
    (length + count, highs == 0 && ascii)
}

/// The number of bytes of white space at the beginning of `bytes`.
#[inline]
pub(super) fn white_space(bytes: &[u8]) -> usize {
    // The common cases are none and a single space, then an indented line.
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\n' | b'\r' | b'\t');
    match bytes {
        [first, ..] if !is_space(first) => return 0,
        [_, second, ..] if !is_space(second) => return 1,
        _ => {}
    }
    let after = bytes.get(1..).unwrap_or_default();
    let (words, _) = after.as_chunks::<8>();
    let skipped = words.iter().take_while(|word| u64::from_le_bytes(**word) == SPACES).count() * 8;
    let rest = after.get(skipped..).unwrap_or_default();
    bytes.len().min(1) + skipped + rest.iter().take_while(|byte| is_space(byte)).count()
}

/// The length of the number at the beginning of `bytes`; `None` if there is none, or if it may continue after them.
#[inline]
pub(super) fn number(bytes: &[u8]) -> Option<usize> {
    let digits = |from: usize| {
        let count = bytes.get(from..)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
        (count > 0).then_some(from + count)
    };
    let start = usize::from(bytes.first() == Some(&b'-'));
    let mut at = digits(start)?;
    if bytes.get(start) == Some(&b'0') && at > start + 1 {
        return None;
    }
    if bytes.get(at) == Some(&b'.') {
        at = digits(at + 1)?;
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        at = digits(at + 1 + sign)?;
    }
    (at < bytes.len()).then_some(at)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn white_space_ends_at_the_first_other_byte() {
        for (text, count) in [("", 0), (" ", 1), ("a", 0), (" a", 1), ("\n            \t x", 15), ("\r\n\t ", 4)] {
            assert_eq!(white_space(text.as_bytes()), count, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn plain_bytes_are_those_that_a_loop_over_each_finds(
            bytes in prop::collection::vec(prop_oneof![0_u8.., Just(b'"'), Just(b'\\'), Just(0x1f), Just(b' ')], 0..40)
        ) {
            let count = bytes.iter().take_while(|byte| !matches!(byte, b'"' | b'\\' | 0..0x20)).count();
            prop_assert_eq!(plain(&bytes), (count, bytes[..count].is_ascii()));
        }

        #[test]
        fn spaces_are_those_that_a_loop_over_each_finds(text in "[ \n]{0,30}[ a]{0,20}") {
            let count = text.bytes().take_while(|byte| *byte != b'a').count();
            prop_assert_eq!(white_space(text.as_bytes()), count);
        }
    }
}
