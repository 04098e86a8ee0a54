//! The paths into the crate in a source text.

use super::source::Token;

/// The name of the crate, with which `main.rs` refers to the library.
const CRATE: &str = "truthound_store";

/// Returns every path into this crate in `tokens`, from the root of the crate, with its line. `module` is the module of
/// the tokens, to resolve `self` and `super`.
pub(crate) fn paths_of(module: &[String], tokens: &[Token]) -> Vec<(usize, Vec<String>)> {
    let word = |place: usize| tokens.get(place).map_or("", |token| token.1.as_str());
    let mut paths = Vec::new();
    // The inline modules around the position, each with the brace depth at which it ends.
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
                place = read_tree(tokens, place + 2, &[], &mut paths);
                continue;
            }
            // `pub(crate)` refers to no room. `use crate as root` refers to all of them.
            "crate" if word(place.wrapping_sub(1)) == "use" => paths.push((tokens[place].0, Vec::new())),
            "self" | "super" if !continues && word(place + 1) == "::" => {
                let mut base: Vec<_> = module.iter().chain(inline.iter().map(|(_, name)| name)).cloned().collect();
                while matches!(word(place), "self" | "super") && word(place + 1) == "::" {
                    if word(place) == "super" {
                        base.pop();
                    }
                    place += 2;
                }
                place = read_tree(tokens, place, &base, &mut paths);
                continue;
            }
            _ => {}
        }
        place += 1;
    }
    paths
}

/// Reads `a::b`, `a::{b, c::d}`, `a::*` or `self` from `place` on, relative to `base`. Returns the position after it.
fn read_tree(tokens: &[Token], mut place: usize, base: &[String], paths: &mut Vec<(usize, Vec<String>)>) -> usize {
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
