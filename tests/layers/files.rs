//! Cycles of files: no file in `src/` may depend on itself through other files.
//!
//! A path refers to the file that defines its item: re-exports (`pub use`) are followed. Unit tests are excluded,
//! because a test may use its whole room.

use std::collections::{BTreeMap, BTreeSet};

use super::paths::paths_of;
use super::source::{Token, module_of, sources, tokens_of};

/// The files of a crate, and the files that each uses.
#[derive(Default)]
struct Files {
    /// The tokens of each module that has a file, without unit tests and re-exports.
    tokens: BTreeMap<Vec<String>, Vec<Token>>,
    /// For each module and re-exported name, the path of the original item.
    reexports: BTreeMap<(Vec<String>, String), Vec<String>>,
}

#[test]
fn no_file_uses_a_file_that_uses_it() {
    let mut files = Files::default();
    for (path, text) in sources() {
        let is_test = path.iter().any(|segment| segment == "tests" || segment == "tests.rs");
        if !is_test && path.to_str() != Some("lib.rs") {
            files.add(&module_of(&path), &text);
        }
    }
    let circles = files.circles();
    assert!(circles.is_empty(), "{} circles of files:\n{}", circles.len(), circles.join("\n"));
}

#[test]
fn two_files_that_use_each_other_are_a_circle() {
    assert_eq!(circles(&[("a", "use crate::b::B;"), ("b", "fn f() { crate::a::g() }")]), ["a -> b, b -> a"]);
}

#[test]
fn a_circle_through_a_third_file_is_found() {
    let files = [("a", "use crate::b::B;"), ("b", "use crate::c::C;"), ("c", "use super::a::A;")];
    assert_eq!(circles(&files), ["a -> b, b -> c, c -> a"]);
}

#[test]
fn a_module_and_its_child_that_use_each_other_are_a_circle() {
    assert_eq!(circles(&[("a", "mod b; fn f() { b::g() }"), ("a::b", "use super::A;")]), ["a -> a::b, a::b -> a"]);
    assert_eq!(circles(&[("a", "mod b; pub use b::B; fn f(_: B) {}"), ("a::b", "use super::A;")]).len(), 1);
}

#[test]
fn a_reexport_counts_for_the_file_that_defines_the_item() {
    let files =
        [("a", "mod b; mod c; pub use b::B;"), ("a::b", ""), ("a::c", "use super::B; use crate::a::B as Again;")];
    assert_eq!(circles(&files), Vec::<String>::new());
}

#[test]
fn a_visibility_uses_no_file() {
    let files = [("a", "use self::b::B;"), ("a::b", "pub(in crate::a) struct B;")];
    assert_eq!(circles(&files), Vec::<String>::new());
}

#[test]
fn unit_tests_may_use_all_files() {
    let files = [("a", "use crate::b::B; #[cfg(test)] mod tests { mod m {} use super::*; }"), ("b", "")];
    assert_eq!(circles(&files), Vec::<String>::new());
    let files = [("a", "use crate::b::B;"), ("b", "#[cfg(test)] mod tests { use crate::a::A; }")];
    assert_eq!(circles(&files), Vec::<String>::new());
}

fn circles(sources: &[(&str, &str)]) -> Vec<String> {
    let mut files = Files::default();
    for (module, text) in sources {
        files.add(module, text);
    }
    files.circles()
}

impl Files {
    fn add(&mut self, module: &str, text: &str) {
        let module: Vec<String> = module.split("::").map(str::to_owned).collect();
        let tokens = without_visibility_paths(&without_unit_tests(&tokens_of(text)));
        let tokens = with_relative_paths_spelled_out(&tokens);
        let (reexports, tokens) = split_reexports(&tokens);
        for statement in reexports {
            for (line, path) in paths_of(&module, &statement) {
                let Some(name) = path.last().cloned() else { continue };
                // A file that uses the names that it re-exports depends on them like any other.
                if tokens.iter().any(|(_, word)| *word == name) {
                    self.tokens.entry(module.clone()).or_default().extend(spelled(line, &path));
                }
                self.reexports.insert((module.clone(), name), path);
            }
        }
        self.tokens.entry(module).or_default().extend(tokens);
    }

    /// Returns the cycles, each as the arrows between its files.
    fn circles(&self) -> Vec<String> {
        let arrows: BTreeMap<_, BTreeSet<_>> =
            self.tokens.iter().map(|(from, tokens)| (from, self.used(from, tokens))).collect();
        let reached: BTreeMap<_, _> = arrows.keys().map(|from| (*from, reached_from(from, &arrows))).collect();
        let mut circles = Vec::new();
        let mut seen = BTreeSet::new();
        for (file, below) in &reached {
            if !below.contains(file) || !seen.insert(*file) {
                continue;
            }
            let circle: BTreeSet<_> = below.iter().filter(|other| reached[*other].contains(file)).copied().collect();
            seen.extend(circle.iter().copied());
            let mut inside = Vec::new();
            for from in &circle {
                for to in arrows[from].iter().filter(|to| circle.contains(*to)) {
                    inside.push(format!("{} -> {}", from.join("::"), to.join("::")));
                }
            }
            circles.push(inside.join(", "));
        }
        circles
    }

    /// Returns the other files that `from` uses.
    fn used(&self, from: &[String], tokens: &[Token]) -> BTreeSet<&Vec<String>> {
        let paths = paths_of(from, tokens);
        paths.into_iter().filter_map(|(_, path)| self.file_of(path)).filter(|to| *to != from).collect()
    }

    /// Returns the file that defines the item at `path`.
    fn file_of(&self, mut path: Vec<String>) -> Option<&Vec<String>> {
        // Re-exports can be chained. The limit ends the search if a text re-exports itself.
        for _ in 0..8 {
            let length = (1..=path.len()).rev().find(|length| self.tokens.contains_key(&path[..*length]))?;
            let reexport =
                path.get(length).and_then(|name| self.reexports.get(&(path[..length].to_vec(), name.clone())));
            match reexport {
                Some(target) => path = target.iter().chain(&path[length + 1..]).cloned().collect(),
                None => return self.tokens.get_key_value(&path[..length]).map(|(file, _)| file),
            }
        }
        None
    }
}

/// Returns the files that can be reached from `from` in one or more steps.
fn reached_from<'a>(
    from: &'a Vec<String>,
    arrows: &BTreeMap<&'a Vec<String>, BTreeSet<&'a Vec<String>>>,
) -> BTreeSet<&'a Vec<String>> {
    let mut reached = BTreeSet::new();
    let mut left = vec![from];
    while let Some(file) = left.pop() {
        left.extend(arrows[file].iter().filter(|next| reached.insert(**next)));
    }
    reached
}

/// Returns the tokens of a path from the root of the crate.
fn spelled(line: usize, path: &[String]) -> Vec<Token> {
    let mut tokens = vec![(line, "crate".to_owned())];
    for segment in path {
        tokens.extend([(line, "::".to_owned()), (line, segment.clone())]);
    }
    // Ends the path, whatever token follows it.
    tokens.push((line, ";".to_owned()));
    tokens
}

/// Returns `tokens` without the modules and items with the attribute `#[cfg(test)]`.
fn without_unit_tests(tokens: &[Token]) -> Vec<Token> {
    const ATTRIBUTE: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let word = |place: usize| tokens.get(place).map_or("", |token| token.1.as_str());
    let mut kept = Vec::new();
    let mut place = 0;
    while place < tokens.len() {
        if !ATTRIBUTE.iter().enumerate().all(|(offset, expected)| word(place + offset) == *expected) {
            kept.push(tokens[place].clone());
            place += 1;
            continue;
        }
        // The item ends with its first semicolon outside braces, or with the brace that closes its first one.
        let mut depth = 0_usize;
        place += ATTRIBUTE.len();
        while place < tokens.len() {
            match word(place) {
                "{" => depth += 1,
                "}" => depth -= 1,
                _ => {}
            }
            let ends = depth == 0 && matches!(word(place), "}" | ";");
            place += 1;
            if ends {
                break;
            }
        }
    }
    kept
}

/// Returns `tokens` with `pub` instead of `pub(in super::super)`, because a visibility is not a dependency.
fn without_visibility_paths(tokens: &[Token]) -> Vec<Token> {
    let word = |place: usize| tokens.get(place).map_or("", |token| token.1.as_str());
    let mut kept = Vec::new();
    let mut place = 0;
    while place < tokens.len() {
        kept.push(tokens[place].clone());
        place += 1;
        if kept.last().unwrap().1 == "pub" && word(place) == "(" && word(place + 1) == "in" {
            place += tokens[place..].iter().position(|(_, word)| word == ")").unwrap() + 1;
        }
    }
    kept
}

/// Returns `tokens` with `self::` before each path that begins with a module declared in them: `mod b; b::f()`.
fn with_relative_paths_spelled_out(tokens: &[Token]) -> Vec<Token> {
    let word = |place: usize| tokens.get(place).map_or("", |token| token.1.as_str());
    let children: BTreeSet<_> = (0..tokens.len())
        .filter(|place| word(*place) == "mod" && word(place + 2) == ";")
        .map(|place| word(place + 1))
        .collect();
    let mut spelled_out = Vec::new();
    for (place, (line, text)) in tokens.iter().enumerate() {
        let starts_path = word(place + 1) == "::" && !matches!(word(place.wrapping_sub(1)), "::" | ".");
        if starts_path && children.contains(text.as_str()) {
            spelled_out.extend([(*line, "self".to_owned()), (*line, "::".to_owned())]);
        }
        spelled_out.push((*line, text.clone()));
    }
    spelled_out
}

/// Splits `tokens` into the statements that re-export (`pub use ...;`) and the other tokens.
fn split_reexports(tokens: &[Token]) -> (Vec<Vec<Token>>, Vec<Token>) {
    let word = |place: usize| tokens.get(place).map_or("", |token| token.1.as_str());
    let (mut reexports, mut others) = (Vec::new(), Vec::new());
    let mut place = 0;
    while place < tokens.len() {
        let mut keyword = place + 1;
        if word(place) == "pub" && word(keyword) == "(" {
            keyword += tokens[keyword..].iter().position(|(_, word)| word == ")").unwrap() + 1;
        }
        if word(place) == "pub" && word(keyword) == "use" {
            let end = keyword + tokens[keyword..].iter().position(|(_, word)| word == ";").unwrap();
            reexports.push(tokens[keyword..=end].to_vec());
            place = end + 1;
        } else {
            others.push(tokens[place].clone());
            place += 1;
        }
    }
    (reexports, others)
}
