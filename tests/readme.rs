//! Every command and configuration that README and the other pages show is accepted.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser as _;
use truthound_store::cli::Cli;
use truthound_store::config::{Configuration, Environment};

/// Returns the blocks of one language in a page: the text between the fences.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if line.trim() == format!("```{language}") {
            blocks.push(lines.by_ref().take_while(|line| line.trim() != "```").collect::<Vec<_>>().join("\n"));
        }
    }
    blocks
}

fn pages() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let docs = fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let pages = docs.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    pages.chain([root.join("README.md")]).map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

/// Checks the commands of a line, which may be a pipeline. Returns their number.
fn check_commands(path: &Path, line: &str) -> usize {
    let commands = line.split(" | ").filter_map(|part| part.get(part.find("truthound-store ")?..));
    let checked = commands.map(|command| {
        let words = command.split_whitespace().take_while(|word| !matches!(*word, "<" | ">" | ">>"));
        if let Err(error) = Cli::try_parse_from(words) {
            panic!("{}: {line}\n{error}", path.display());
        }
    });
    checked.count()
}

#[test]
fn every_command_line_shown_is_understood() {
    let mut count = 0;
    for (path, page) in pages() {
        for line in blocks(&page, "console").iter().flat_map(|block| block.lines()) {
            count += line.strip_prefix("$ ").map_or(0, |typed| check_commands(&path, typed));
        }
    }
    assert!(count >= 7, "only {count} command lines were found");
}

#[test]
fn every_command_of_a_ci_configuration_shown_is_understood() {
    let mut count = 0;
    for (path, page) in pages() {
        for line in blocks(&page, "yaml").iter().flat_map(|block| block.lines()) {
            count += check_commands(&path, line);
        }
    }
    assert!(count >= 6, "only {count} command lines were found");
}

#[test]
fn every_profile_shown_is_understood() {
    let mut count = 0;
    for (path, page) in pages() {
        for block in blocks(&page, "toml") {
            let directory = tempfile::tempdir().unwrap();
            fs::write(directory.path().join("truthound-store.toml"), &block).unwrap();
            let environment = Environment::new(directory.path());
            let configuration = Configuration::find(&environment, None).unwrap();
            for profile in configuration.describe(&environment).unwrap().profiles {
                if let Err(error) = configuration.profile(&environment, Some(&profile.name), None) {
                    panic!("{}: {error}\n{block}", path.display());
                }
                count += 1;
            }
        }
    }
    assert!(count >= 3, "only {count} profiles were found");
}

#[test]
fn the_two_commands_of_the_readme_exist_and_can_be_run() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("README.md")).unwrap();
    for command in ["examples/tour", "tests/run"] {
        assert!(page.contains(&format!("\n$ {command}\n")), "{command} is not in README");
        assert!(root.join(command).is_file(), "{command} is missing");
    }
}
