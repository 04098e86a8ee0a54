//! The layers of the crate (docs/architecture.md): every path in `src/` that names another room must point down.
//!
//! Paths are read from the source text, outside comments and strings: `use crate::a::{b, c::d}`, `crate::a::b()` in the
//! middle of a line, and `super::super::a`. Unit tests in `src/` are checked too.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

mod files;
mod paths;
mod source;

use std::collections::BTreeSet;

use paths::paths_of;
use source::{module_of, sources, tokens_of};

/// Each room and the rooms that it may use, from the top layer to the bottom one. All other uses are refused.
const ROOMS: &[(&str, &[&str])] = &[
    ("fuzzing", &["config", "store::objects", "store::sql", "result"]),
    (
        "main",
        &[
            "cli",
            "commands",
            "compare",
            "config",
            "output",
            "report",
            "retention",
            "store",
            "store::contract",
            "result",
            "error",
            "secret",
        ],
    ),
    (
        "cli",
        &[
            "commands",
            "compare",
            "config",
            "output",
            "retention",
            "store",
            "store::contract",
            "result",
            "error",
            "secret",
            "signals",
        ],
    ),
    (
        "commands",
        &[
            "compare",
            "config",
            "output",
            "report",
            "retention",
            "store",
            "store::contract",
            "result",
            "error",
            "secret",
            "open_files",
            "random",
        ],
    ),
    // These two are in the same layer: configuration does not depend on the output format, and output does not depend
    // on profiles or backends.
    (
        "config",
        &["compare", "retention", "store", "store::options", "store::contract", "result", "error", "secret", "signals"],
    ),
    ("output", &["store::contract", "result", "error", "secret"]),
    ("report", &["compare", "result", "error", "secret"]),
    ("compare", &["result", "written"]),
    ("retention", &["result", "written"]),
    // Only `store` names a backend.
    (
        "store",
        &[
            "store::objects",
            "store::sql",
            "store::options",
            "store::address",
            "store::contract",
            "result",
            "error",
            "secret",
        ],
    ),
    (
        "store::objects",
        &[
            "store::options",
            "store::address",
            "store::contract",
            "result",
            "error",
            "secret",
            "open_files",
            "pace",
            "random",
            "tls",
        ],
    ),
    (
        "store::sql",
        &["store::options", "store::address", "store::contract", "result", "error", "secret", "pace", "random", "tls"],
    ),
    ("store::options", &["store::address", "store::contract", "result", "error", "secret"]),
    ("store::address", &["error", "secret"]),
    ("store::contract", &["result", "error", "secret"]),
    ("result", &["error", "secret"]),
    ("error", &[]),
    ("secret", &[]),
    ("open_files", &[]),
    ("pace", &[]),
    ("random", &[]),
    ("signals", &[]),
    ("tls", &[]),
    ("written", &[]),
];

#[test]
fn every_arrow_in_src_points_down() {
    let mut arrows = BTreeSet::new();
    let mut faults = Vec::new();
    for (path, text) in sources() {
        let module = module_of(&path);
        if module.is_empty() {
            // `lib.rs` declares the rooms. It must not be used to bypass the layers, so `crate::Name` is refused.
            continue;
        }
        match arrows_of(&module, &text) {
            Ok(found) => arrows.extend(found),
            Err(found) => faults.extend(found.into_iter().map(|fault| format!("{}: {fault}", path.display()))),
        }
    }
    assert!(faults.is_empty(), "the direction of the house is broken:\n{}", faults.join("\n"));
    // A broken parser would find no arrows at all.
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
        mod tests { use super::*; use super::super::contract; fn g() { self::h(); crate::result::gzip::x() } }
    "###;
    let arrows = arrows_of("store::objects", text).unwrap_or_else(|faults| panic!("{faults:?}"));
    let targets: BTreeSet<_> = arrows.iter().map(|(_, to)| to.as_str()).collect();
    assert_eq!(targets, BTreeSet::from(["error", "result", "store::contract"]));
}

/// Returns the room that contains a path from the root of the crate.
fn room_of(path: &[String]) -> Option<&'static str> {
    let two = path.iter().take(2).cloned().collect::<Vec<_>>().join("::");
    let room = |name: &str| ROOMS.iter().map(|(room, _)| *room).find(|room| *room == name);
    room(&two).or_else(|| room(path.first()?))
}

/// Returns the problems of a text that must have some.
fn refused(module: &str, text: &str) -> Vec<String> {
    match arrows_of(module, text) {
        Ok(arrows) => panic!("{module} is let through with {arrows:?}: {text}"),
        Err(faults) => faults,
    }
}

/// Returns the arrows from the room of `module` with the source `text` to other rooms, or all problems with them.
fn arrows_of(module: &str, text: &str) -> Result<BTreeSet<(String, String)>, Vec<String>> {
    let module: Vec<String> = module.split("::").map(str::to_owned).collect();
    let Some(from) = room_of(&module) else {
        return Err(vec![format!("the room {} has no place in ROOMS", module[0])]);
    };
    let below = ROOMS.iter().find(|(room, _)| *room == from).unwrap().1;
    let mut arrows = BTreeSet::new();
    let mut faults = Vec::new();
    for (line, path) in paths_of(&module, &tokens_of(text)) {
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
