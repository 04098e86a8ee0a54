//! The source files of the crate and their tokens.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A word, `::` or a single sign, with its line.
pub(crate) type Token = (usize, String);

/// Returns every source file below `src/`, with its text.
pub(crate) fn sources() -> BTreeMap<PathBuf, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut left = vec![root.clone()];
    let mut files = BTreeMap::new();
    while let Some(directory) = left.pop() {
        for item in fs::read_dir(&directory).unwrap() {
            let path = item.unwrap().path();
            if path.is_dir() {
                left.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                files.insert(path.strip_prefix(&root).unwrap().to_owned(), text);
            }
        }
    }
    files
}

/// Returns the module of a file below `src/`: `store::sql` for `store/sql/mod.rs`, and the empty path for `lib.rs`.
pub(crate) fn module_of(path: &Path) -> String {
    let mut segments: Vec<_> = path.iter().map(|segment| segment.to_str().unwrap()).collect();
    let file = segments.pop().unwrap().trim_end_matches(".rs");
    if !(file == "mod" || (file == "lib" && segments.is_empty())) {
        segments.push(file);
    }
    segments.join("::")
}

/// Returns the words, `::` and single signs of a source text with their lines, without comments, strings and
/// characters.
pub(crate) fn tokens_of(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut line = 1;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            block_comment(rest)
        } else if let Some(length) = literal(rest) {
            length
        } else if first.is_alphanumeric() || first == '_' {
            let length = rest.find(|next: char| !(next.is_alphanumeric() || next == '_')).unwrap_or(rest.len());
            tokens.push((line, rest[..length].to_owned()));
            length
        } else {
            let length = if rest.starts_with("::") { 2 } else { first.len_utf8() };
            if !first.is_whitespace() {
                tokens.push((line, rest[..length].to_owned()));
            }
            length
        };
        line += rest[..length].matches('\n').count();
        rest = &rest[length..];
    }
    tokens
}

/// Returns the length of the comment at the start of `text`. Comments can be nested.
fn block_comment(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut place = 0;
    while place < text.len() {
        let rest = &text[place..];
        if rest.starts_with("/*") {
            depth += 1;
            place += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            place += 2;
            if depth == 0 {
                return place;
            }
        } else {
            place += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// Returns the length of the string or character at the start of `text`; `None` for anything else, such as a lifetime.
fn literal(text: &str) -> Option<usize> {
    let prefix = ["br", "cr", "b", "c", "r"].into_iter().find(|prefix| {
        let rest = text.strip_prefix(prefix).unwrap_or_default();
        rest.starts_with('"') || (rest.starts_with('\'') && *prefix == "b") || (prefix.ends_with('r') && is_raw(rest))
    });
    let prefix = prefix.unwrap_or_default();
    let rest = &text[prefix.len()..];
    if prefix.ends_with('r') {
        let hashes = rest.len() - rest.trim_start_matches('#').len();
        let end = format!("\"{}", "#".repeat(hashes));
        let body = &rest[hashes + 1..];
        return Some(prefix.len() + hashes + 1 + body.find(&end).map_or(body.len(), |found| found + end.len()));
    }
    let quote = rest.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let mut signs = rest.char_indices().skip(1);
    let (mut count, mut escaped) = (0, false);
    while let Some((place, sign)) = signs.next() {
        if sign == '\\' {
            signs.next();
            escaped = true;
        } else if sign == quote {
            return Some(prefix.len() + place + 1);
        }
        count += 1;
        // `'a` without a closing quote after one sign is a lifetime.
        if quote == '\'' && count == 1 && !escaped && !rest[place + sign.len_utf8()..].starts_with('\'') {
            return None;
        }
    }
    Some(text.len())
}

/// Whether the quote of a raw string follows: `"` or `##"`, but not the `#` of `r#type`.
fn is_raw(rest: &str) -> bool {
    rest.trim_start_matches('#').starts_with('"')
}
