//! Escapes any text for a name, so that the names sort as the texts do.

/// End of a piece of a name. It sorts before all characters of an escaped piece.
pub(super) const END: char = '!';

/// Appends `text` to `name`. The letters `A-Z a-z`, the digits, `-` and `_` stay as they are; every other byte becomes
/// a marker and two hexadecimal digits. The marker depends on the position of the byte in the order of bytes, so that
/// escaped texts sort as the texts do; percent-encoding alone does not. A file system finds nothing to fold or
/// normalize, and `!`, which sorts before all other characters here, remains free to end the piece.
pub(super) fn escape_into(name: &mut String, text: &str) {
    for byte in text.bytes() {
        match marker(byte) {
            None => name.push(char::from(byte)),
            Some(marker) => {
                name.push(marker);
                name.push_str(&format!("{byte:02X}"));
            }
        }
    }
}

fn marker(byte: u8) -> Option<char> {
    match byte {
        b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'_' => None,
        ..b'-' => Some('%'),
        b'.' | b'/' => Some('.'),
        b':'..=b'@' => Some('@'),
        b'['..=b'^' => Some('^'),
        b'`' => Some('`'),
        b'{'.. => Some('~'),
    }
}

/// Returns the text of an escaped piece, or `None` if `piece` is not an escaped text.
pub(super) fn unescape(piece: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(piece.len());
    let mut rest = piece.bytes();
    while let Some(byte) = rest.next() {
        if marker(byte).is_none() {
            bytes.push(byte);
            continue;
        }
        let digit = |digit: Option<u8>| char::from(digit?).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let value = digit(rest.next())? * 16 + digit(rest.next())?;
        if marker(value) != Some(char::from(byte)) {
            return None;
        }
        bytes.push(value);
    }
    String::from_utf8(bytes).ok()
}

/// Returns the longest prefix of an escaped `piece` that has at most `limit` bytes and does not end within an escape.
pub(super) fn cut(piece: &str, limit: usize) -> &str {
    if piece.len() <= limit {
        return piece;
    }
    let within_an_escape = |end: usize| {
        (1..3).any(|back| piece.as_bytes().get(end.wrapping_sub(back)).is_some_and(|byte| marker(*byte).is_some()))
    };
    let end = (limit.saturating_sub(2)..=limit).rev().find(|end| !within_an_escape(*end)).unwrap_or(0);
    piece.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn escaped(text: &str) -> String {
        let mut name = String::new();
        escape_into(&mut name, text);
        name
    }

    #[test]
    fn common_run_ids_stay_readable() {
        assert_eq!(escaped("run-1_a"), "run-1_a");
        assert_eq!(escaped("a b/c.d"), "a%20b.2Fc.2Ed");
        assert_eq!(unescape("a%2"), None);
        assert_eq!(unescape("a!"), None);
        assert_eq!(cut(&escaped("ab/"), 4), "ab");
    }

    proptest! {
        #[test]
        fn escaping_keeps_every_text_and_the_order(left: String, right: String, limit in 0_usize..40) {
            prop_assert_eq!(unescape(&escaped(&left)), Some(left.clone()));
            prop_assert!(escaped(&left).is_ascii());
            // `!` ends a piece in a name.
            prop_assert_eq!(format!("{}!", escaped(&left)).cmp(&format!("{}!", escaped(&right))), left.cmp(&right));
            let piece = escaped(&left);
            prop_assert!(cut(&piece, limit).len() <= limit);
            prop_assert!(cut(&piece, limit).len() + 2 >= limit.min(piece.len()));
        }
    }
}
