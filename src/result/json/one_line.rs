//! Printing a document on one line.

use super::scan;

/// Removes the white space between the values of a JSON text that arrives in chunks of any size.
///
/// The text is not checked. Nothing is added to a text that is not JSON.
#[derive(Clone, Copy, Debug, Default)]
pub struct OneLine {
    in_string: bool,
    escaped: bool,
}

impl OneLine {
    /// A remover at the beginning of a text.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes of the text, and returns those that are kept.
    pub fn push(&mut self, chunk: &[u8]) -> Vec<u8> {
        let mut kept = Vec::with_capacity(chunk.len());
        let mut rest = chunk;
        while let [first, after @ ..] = rest {
            if self.in_string {
                let (plain, _) = if self.escaped { (0, true) } else { scan::plain(rest) };
                let count = if plain == 0 { 1 } else { plain };
                if plain == 0 {
                    let escaped = std::mem::replace(&mut self.escaped, false);
                    self.escaped = !escaped && *first == b'\\';
                    self.in_string = escaped || *first != b'"';
                }
                let (head, tail) = rest.split_at_checked(count).unwrap_or((rest, &[]));
                kept.extend_from_slice(head);
                rest = tail;
            } else if matches!(first, b' ' | b'\n' | b'\r' | b'\t') {
                rest = rest.get(scan::white_space(rest).max(1)..).unwrap_or_default();
            } else {
                kept.push(*first);
                self.in_string = *first == b'"';
                rest = after;
            }
        }
        kept
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn white_space_between_values_is_removed_and_in_strings_kept() {
        let text = "{\r\n  \"a b\\\" \\\\\" : [ 1 ,\t\"\\\\\" , \" \" ]\n}\n";
        for size in 1..text.len() {
            let mut one_line = OneLine::new();
            let kept = text.as_bytes().chunks(size).flat_map(|chunk| one_line.push(chunk)).collect::<Vec<u8>>();
            assert_eq!(String::from_utf8(kept).unwrap(), "{\"a b\\\" \\\\\":[1,\"\\\\\",\" \"]}", "by {size}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_pass_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..100), size in 1_usize..20) {
            let mut one_line = OneLine::new();
            let kept = bytes.chunks(size).flat_map(|chunk| one_line.push(chunk)).count();
            prop_assert!(kept <= bytes.len());
        }
    }
}
