//! The direction of the house (docs/architecture.md): every path in `src/` that names another room must point down.
//!
//! Paths are read from the source text, `use crate::a::{b, c::d}` as well as `crate::a::b()` in the middle of a line
//! and `super::super::a`, outside comments and strings. Tests inside `src/` are held to it too.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Each room, and the rooms it may use, from the top of the house to its floor. What is not listed is refused.
const ROOMS: &[(&str, &[&str])] = &[
    ("main", &["cli", "commands", "config", "output", "store", "store::contract", "result", "error", "secret"]),
    ("cli", &["commands", "config", "output", "store", "store::contract", "result", "error", "secret"]),
    ("commands", &["config", "output", "store", "store::contract", "result", "error", "secret"]),
    // Beside each other: configuration knows nothing of what is printed, and output nothing of profiles or backends.
    ("config", &["store", "store::objects", "store::sql", "store::contract", "result", "error", "secret"]),
    ("output", &["store::contract", "result", "error"]),
    // Only `store` and `config` name a backend.
    ("store", &["store::objects", "store::sql", "store::contract", "result", "error", "secret"]),
    ("store::objects", &["store::contract", "result", "error", "secret"]),
    ("store::sql", &["store::contract", "result", "error", "secret"]),
    ("store::contract", &["result", "error", "secret"]),
    ("result", &["error", "secret"]),
    ("error", &[]),
    ("secret", &[]),
];

/// The crate's own name, as `main.rs` spells paths into the library.
const CRATE: &str = "truthound_store";

#[test]
fn every_arrow_in_src_points_down() {
    let mut arrows = BTreeSet::new();
    let mut faults = Vec::new();
    for (path, text) in sources() {
        let module = module_of(&path);
        if module.is_empty() {
            // The library's face declares the rooms; nobody may use it as a way around (`crate::Name` is refused).
            continue;
        }
        match arrows_of(&module, &text) {
            Ok(found) => arrows.extend(found),
            Err(found) => faults.extend(found.into_iter().map(|fault| format!("{}: {fault}", path.display()))),
        }
    }
    assert!(faults.is_empty(), "the direction of the house is broken:\n{}", faults.join("\n"));
    // Were the reader blind, it would see no arrow at all.
    for (from, to) in [("store", "store::objects"), ("store::contract", "result"), ("result", "error")] {
        assert!(arrows.contains(&(from.to_owned(), to.to_owned())), "no arrow {from} -> {to} seen in {arrows:?}");
    }
}

#[test]
fn the_rooms_that_are_allowed_stand_in_no_circle() {
    for (place, (room, below)) in ROOMS.iter().enumerate() {
        for target in *below {
            let found = ROOMS.iter().position(|(name, _)| name == target);
            assert!(found.is_some_and(|found| found > place), "{room} -> {target} does not point down the list");
        }
    }
}

#[test]
fn an_arrow_upward_is_refused() {
    let fault = refused("result::entry", "use crate::error::Error;\nuse crate::store::contract::Query;\n");
    assert_eq!(fault, ["line 2: `crate::store::contract::Query`: result must not use store::contract"]);
}

#[test]
fn an_arrow_between_neighbours_is_refused() {
    for (module, text) in [
        ("store::sql::pool", "use crate::store::objects::PythonIndex;"),
        ("store::objects", "use crate::store::sql::DatabaseOptions;"),
        ("config", "use crate::output::Output;"),
        ("output::table", "use crate::config::Profile;"),
        ("error", "use crate::secret::Secret;"),
    ] {
        assert_eq!(refused(module, text).len(), 1, "{module}: {text}");
    }
}

#[test]
fn a_backend_does_not_reach_back_to_the_room_that_opens_it() {
    assert_eq!(refused("store::objects::s3", "use crate::store::open;").len(), 1);
    assert_eq!(refused("store::contract", "fn f() -> crate::store::BackendOptions { todo!() }").len(), 1);
}

#[test]
fn an_arrow_hidden_in_a_group_is_refused() {
    let text = "use crate::{\n    error::{self, Error},\n    store::{contract::Query, objects::{self, s3}},\n};";
    let faults = refused("output", text);
    assert_eq!(
        faults,
        [
            "line 3: `crate::store::objects`: output must not use store::objects",
            "line 3: `crate::store::objects::s3`: output must not use store::objects",
        ]
    );
}

#[test]
fn an_arrow_in_the_middle_of_a_line_is_refused() {
    assert_eq!(refused("error", "fn f() { crate::commands::save::run() }").len(), 1);
    assert_eq!(refused("result", "fn f() { let x: Vec<crate::config::Profile> = vec![]; }").len(), 1);
    assert_eq!(refused("secret", "macro_rules! m { () => { $crate::cli::run() } }").len(), 1);
}

#[test]
fn an_arrow_through_super_is_refused() {
    assert_eq!(
        refused("store::sql::pool", "use super::super::objects::PythonIndex;"),
        ["line 1: `crate::store::objects::PythonIndex`: store::sql must not use store::objects"]
    );
    assert_eq!(refused("result::entry", "mod inner { use super::super::super::commands::get; }").len(), 1);
    assert_eq!(refused("store::objects", "use super::*;").len(), 1);
}

#[test]
fn an_arrow_in_a_unit_test_is_refused() {
    assert_eq!(refused("result", "#[cfg(test)]\nmod tests { use crate::store::contract::Query; }").len(), 1);
}

#[test]
fn the_root_of_the_crate_is_no_way_around() {
    for text in ["use crate::*;", "use crate::Query;", "use crate as root;", "use crate::{self as root};"] {
        assert_eq!(refused("output", text).len(), 1, "{text}");
    }
}

#[test]
fn a_new_room_must_be_given_its_place() {
    assert_eq!(refused("telemetry", "use crate::error::Error;"), ["the room telemetry has no place in ROOMS"]);
    assert_eq!(refused("cli", "use crate::telemetry::Span;").len(), 1);
}

#[test]
fn the_binary_is_held_to_it_by_the_name_of_its_library() {
    assert_eq!(refused("main", "use truthound_store::store::sql::DatabaseOptions;").len(), 1);
    assert!(arrows_of("main", "fn main() { truthound_store::cli::run() }").is_ok());
}

#[test]
fn arrows_down_and_what_only_looks_like_one_are_left_alone() {
    let text = r###"
        //! See [`crate::commands::save`].
        /* use crate::cli::run; /* use crate::cli; */ crate::cli */
        use crate::error::{Error, Result};
        use super::contract::{ResultStore as _, Query};
        use other_crate::config::Thing;
        fn f<'a>(x: &'a str) -> char { let _ = "crate::cli::run"; let _ = r#"crate::cli "quoted" "#; '"' }
        const QUOTE: &[u8] = b"\" crate::cli";
        mod tests { use super::*; use super::super::contract; fn g() { self::h(); crate::result::codec::x() } }
    "###;
    let arrows = arrows_of("store::objects", text).unwrap_or_else(|faults| panic!("{faults:?}"));
    let targets: BTreeSet<_> = arrows.iter().map(|(_, to)| to.as_str()).collect();
    assert_eq!(targets, BTreeSet::from(["error", "result", "store::contract"]));
}

/// Every source file below `src/`, with its text.
fn sources() -> BTreeMap<PathBuf, String> {
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

/// The module that a file below `src/` holds: `store/sql/mod.rs` is `store::sql`, `lib.rs` the empty path.
fn module_of(path: &Path) -> String {
    let mut segments: Vec<_> = path.iter().map(|segment| segment.to_str().unwrap()).collect();
    let file = segments.pop().unwrap().trim_end_matches(".rs");
    if !(file == "mod" || (file == "lib" && segments.is_empty())) {
        segments.push(file);
    }
    segments.join("::")
}

/// The room that a path from the root of the crate lies in.
fn room_of(path: &[String]) -> Option<&'static str> {
    let two = path.iter().take(2).cloned().collect::<Vec<_>>().join("::");
    let room = |name: &str| ROOMS.iter().map(|(room, _)| *room).find(|room| *room == name);
    room(&two).or_else(|| room(path.first()?))
}

/// The faults of a text that must have some.
fn refused(module: &str, text: &str) -> Vec<String> {
    match arrows_of(module, text) {
        Ok(arrows) => panic!("{module} is let through with {arrows:?}: {text}"),
        Err(faults) => faults,
    }
}

/// The arrows from the room of `module`, whose source is `text`, to other rooms; or all that is wrong with them.
fn arrows_of(module: &str, text: &str) -> Result<BTreeSet<(String, String)>, Vec<String>> {
    let module: Vec<String> = module.split("::").map(str::to_owned).collect();
    let Some(from) = room_of(&module) else {
        return Err(vec![format!("the room {} has no place in ROOMS", module[0])]);
    };
    let below = ROOMS.iter().find(|(room, _)| *room == from).unwrap().1;
    let mut arrows = BTreeSet::new();
    let mut faults = Vec::new();
    for (line, path) in paths_of(&module, text) {
        let spelled = std::iter::once("crate").chain(path.iter().map(String::as_str)).collect::<Vec<_>>().join("::");
        match room_of(&path) {
            None => faults.push(format!("line {line}: `{spelled}` names no room; name the room that it lies in")),
            Some(to) if to == from => {}
            Some(to) if below.contains(&to) => {
                arrows.insert((from.to_owned(), to.to_owned()));
            }
            Some(to) => faults.push(format!("line {line}: `{spelled}`: {from} must not use {to}")),
        }
    }
    if faults.is_empty() { Ok(arrows) } else { Err(faults) }
}

/// Every path into this crate that `text` spells, from the root of the crate, with its line. `module` is where the text
/// stands, for `self` and `super`.
fn paths_of(module: &[String], text: &str) -> Vec<(usize, Vec<String>)> {
    let tokens = tokens_of(text);
    let word = |place: usize| tokens.get(place).map_or("", |token: &(usize, String)| token.1.as_str());
    let mut paths = Vec::new();
    // The inline modules around the place, each with the depth of braces at which it ends.
    let mut inline: Vec<(usize, String)> = Vec::new();
    let mut depth = 0_usize;
    let mut place = 0;
    while place < tokens.len() {
        let continues = place > 0 && word(place - 1) == "::";
        match word(place) {
            "{" => depth += 1,
            "}" => {
                depth = depth.saturating_sub(1);
                inline.pop_if(|(end, _)| *end == depth);
            }
            "mod" if word(place + 2) == "{" => inline.push((depth, word(place + 1).to_owned())),
            "crate" | CRATE if !continues && word(place + 1) == "::" => {
                place = read_tree(&tokens, place + 2, &[], &mut paths);
                continue;
            }
            // `pub(crate)` names no room; `use crate as root` names them all.
            "crate" if word(place.wrapping_sub(1)) == "use" => paths.push((tokens[place].0, Vec::new())),
            "self" | "super" if !continues && word(place + 1) == "::" => {
                let mut base: Vec<_> = module.iter().chain(inline.iter().map(|(_, name)| name)).cloned().collect();
                while matches!(word(place), "self" | "super") && word(place + 1) == "::" {
                    if word(place) == "super" {
                        base.pop();
                    }
                    place += 2;
                }
                place = read_tree(&tokens, place, &base, &mut paths);
                continue;
            }
            _ => {}
        }
        place += 1;
    }
    paths
}

/// Reads `a::b`, `a::{b, c::d}`, `a::*` or `self` from `place` on, below `base`. Returns the place after it.
fn read_tree(
    tokens: &[(usize, String)],
    mut place: usize,
    base: &[String],
    paths: &mut Vec<(usize, Vec<String>)>,
) -> usize {
    let mut path = base.to_vec();
    let mut line = tokens.get(place).map_or(0, |token| token.0);
    while let Some((here, word)) = tokens.get(place) {
        line = *here;
        match word.as_str() {
            "{" => {
                place += 1;
                while tokens.get(place).is_some_and(|(_, word)| word != "}") {
                    place = read_tree(tokens, place, &path, paths);
                    while tokens.get(place).is_some_and(|(_, word)| word != "," && word != "}") {
                        place += 1; // `as name`
                    }
                    if tokens.get(place).is_some_and(|(_, word)| word == ",") {
                        place += 1;
                    }
                }
                return place + 1;
            }
            "super" => drop(path.pop()),
            word if word.starts_with(|first: char| first.is_alphabetic() || first == '_') => {
                if word != "self" {
                    path.push(word.to_owned());
                }
            }
            _ => break,
        }
        place += 1;
        if tokens.get(place).is_none_or(|(_, word)| word != "::") {
            break;
        }
        place += 1;
    }
    paths.push((line, path));
    place
}

/// The words, `::` and single signs of a source text with their lines; comments, strings and characters are left out.
fn tokens_of(text: &str) -> Vec<(usize, String)> {
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

/// The length of the comment that `text` begins with; comments nest.
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

/// The length of the string or character that `text` begins with; `None` for anything else, a lifetime for example.
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

/// Whether a raw string's quote follows: `"` or `##"`, and not the `#` of `r#type`.
fn is_raw(rest: &str) -> bool {
    rest.trim_start_matches('#').starts_with('"')
}
