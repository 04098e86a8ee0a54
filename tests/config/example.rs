//! `config.example.toml` names every option, with its actual default.

use std::fs;
use std::path::Path;

use truthound_store::config::{option_names, rule_option_names};

use super::Room;

const BACKENDS: [&str; 6] = ["database", "s3", "gcs", "azure", "filesystem", "memory"];

fn example() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("config.example.toml")).unwrap()
}

#[test]
fn the_example_names_every_option() {
    let text = example();
    let mut has_rules = Vec::new();
    for backend in BACKENDS {
        let mut named = Vec::new();
        let (mut inside, mut table) = (false, String::new());
        for line in text.lines() {
            if let Some(header) = line.strip_prefix("[profiles.").and_then(|header| header.strip_suffix(']')) {
                let (profile, rest) = header.split_once('.').unwrap_or((header, ""));
                inside = profile == backend;
                table = if rest.is_empty() { String::new() } else { format!("{rest}.") };
                named.extend((inside && !rest.is_empty()).then(|| rest.to_owned()));
            }
            let option = line.strip_prefix('#').unwrap_or(line).split_once(" = ").map(|(name, _)| name);
            let option = option.filter(|name| !name.starts_with(' ') && *name != "backend" && !name.contains('"'));
            named.extend(option.filter(|_| inside).map(|option| format!("{table}{option}")));
        }
        for (rule_table, options) in rule_option_names() {
            let (rules, others): (Vec<_>, Vec<_>) =
                named.into_iter().partition(|name| name.split('.').next() == Some(rule_table));
            named = others;
            if !rules.is_empty() {
                let known = options.iter().map(|name| format!("{rule_table}.{name}"));
                let known: Vec<_> = std::iter::once(rule_table.to_owned()).chain(known).collect();
                assert_eq!(rules, known);
                has_rules.push(rule_table);
            }
        }
        let mut known = option_names(backend);
        named.sort();
        known.sort();
        assert_eq!(named, known, "{backend}");
    }
    assert_eq!(has_rules, ["gate", "prune", "tiers"], "the rules stand beside one of the backends");
}

#[test]
fn the_example_gives_the_defaults() {
    let room = Room::with(&example());
    for backend in BACKENDS {
        let required = match backend {
            "s3" | "gcs" => "bucket = 'my-validation-bucket'",
            "azure" => "container = 'my-validation-container'\naccount_name = 'myaccount'",
            _ => "",
        };
        let least = Room::with(&format!("[profiles.{backend}]\nbackend = '{backend}'\n{required}\n"));
        let least = least.profile(None).unwrap().backend;
        assert_eq!(format!("{:?}", room.profile(Some(backend)).unwrap().backend), format!("{least:?}"));
    }
}

#[test]
fn every_commented_option_of_the_example_is_right() {
    let text = example();
    let is_option = |line: &&str| line.starts_with('#') && !["# ", "#:"].iter().any(|it| line.starts_with(it));
    for line in text.lines().filter(|line| is_option(line) && line.len() > 1) {
        let wanted = line.trim_start_matches('#');
        let (name, _) = wanted.split_once(" = ").unwrap();
        if !name.starts_with("use_") && name != "compression" {
            let room = Room::with(&text.replace(line, wanted));
            for backend in BACKENDS {
                if let Err(error) = room.profile(Some(backend)) {
                    let message = room.shown(&error);
                    let alone = ["missing option", "has no effect", "is not set", "exclude each other"];
                    assert!(alone.iter().any(|it| message.contains(it)), "{wanted}: {message}");
                }
            }
        }
    }
}
