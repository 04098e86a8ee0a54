//! The scripts in `completions/` are what the binary prints.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::path::Path;
use std::process::Command;
use std::{env, fs};

const FILES: [(&str, &str); 5] = [
    ("bash", "truthound-store.bash"),
    ("elvish", "truthound-store.elv"),
    ("fish", "truthound-store.fish"),
    ("powershell", "_truthound-store.ps1"),
    ("zsh", "_truthound-store"),
];

#[test]
fn the_completion_scripts_are_those_of_this_binary() {
    for (shell, file) in FILES {
        let output = Command::new(env!("CARGO_BIN_EXE_truthound-store")).args(["completions", shell]).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("completions").join(file);
        if env::var_os("UPDATE_COMPLETIONS").is_some() {
            fs::write(&path, &output.stdout).unwrap();
        }
        let kept = fs::read(&path).unwrap_or_default();
        assert!(
            kept == output.stdout,
            "completions/{file} is out of date; run UPDATE_COMPLETIONS=1 cargo test --test completions"
        );
    }
}
