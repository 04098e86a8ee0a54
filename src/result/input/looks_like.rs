//! The kind of a file that is not JSON, and the file to save in its place.

use std::path::Path;

/// The next thing to do with a file that begins with `head` and is not JSON, if it looks like something known.
pub(super) fn looks_like(head: &[u8], path: Option<&Path>) -> Option<String> {
    let file = path.map_or_else(|| "FILE".to_owned(), |path| path.display().to_string());
    let text = String::from_utf8_lossy(head);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let lower = text.get(..text.floor_char_boundary(256)).unwrap_or(text).to_lowercase();
    if lower.starts_with("<!doctype html") || lower.starts_with("<html") {
        return Some("it looks like an HTML report: save the JSON that the same tool writes".to_owned());
    }
    if text.starts_with('<') {
        return Some("it looks like XML; of XML only JUnit reports are read".to_owned());
    }
    if head.starts_with(b"PAR1") {
        return Some(format!("it looks like a Parquet file: run `truthound check {file} -f json` and save its output"));
    }
    if is_table(text) {
        return Some("it looks like a table for people: add `-f json` to the command that printed it".to_owned());
    }
    if is_csv(text) {
        return Some(format!("it looks like a CSV file: run `truthound check {file} -f json` and save its output"));
    }
    None
}

/// The lines of boxes that terminals draw, as `truthound check` does without `-f json`.
fn is_table(text: &str) -> bool {
    text.chars().any(|character| ('\u{2500}'..='\u{257f}').contains(&character))
}

/// Whether the first two lines have as many separators as each other, those in quotes aside.
fn is_csv(text: &str) -> bool {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let (Some(first), Some(second)) = (lines.next(), lines.next()) else { return false };
    [',', ';', '\t'].iter().any(|separator| {
        let unquoted = |line: &str| line.split('"').step_by(2).map(str::to_owned).collect::<String>();
        let count = |line: &str| unquoted(line).matches(*separator).count();
        count(first) > 0 && count(first) == count(second)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hint(text: &str) -> String {
        looks_like(text.as_bytes(), Some(Path::new("big.csv"))).unwrap_or_default()
    }

    #[test]
    fn files_of_other_kinds_are_told_with_the_next_step() {
        let check = "run `truthound check big.csv -f json`";
        for text in ["id,name\n1,a\n", "\u{feff}id;name\n1;a\n", "id\tname\n1\ta\n", "a,b\n1,\"x, y\"\n"] {
            assert!(hint(text).contains(check), "{text}");
        }
        assert!(hint("PAR1\u{0}").contains(check));
        assert!(hint("╭──── Truthound Report ────╮\n│ Data Asset │").contains("add `-f json`"));
        assert!(hint("┏━━━━━━━━┳━━━━┓").contains("add `-f json`"));
        for text in ["<!DOCTYPE html>\n<html>", "  <HTML lang=\"en\">"] {
            assert!(hint(text).contains("HTML report"), "{text}");
        }
        assert!(hint("<?xml version=\"1.0\"?><coverage/>").contains("JUnit"));
        for text in ["", "checks for customers:\n  - row_count > 0\n", "ü", "id,name\n"] {
            assert_eq!(hint(text), "", "{text}");
        }
    }
}
