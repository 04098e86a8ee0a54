//! The scripts in `completions/` match the output of the binary.

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

#[cfg(target_os = "linux")]
#[test]
fn bash_completes_commands_options_and_values() {
    for (typed, last, completed) in [
        ("pool", 1, "pool-status"),
        ("list --order-by d", 3, "data_asset"),
        ("get --lat", 2, "--latest"),
        ("pool-status --rec", 2, "--recycle"),
        ("--quiet rm --dry", 3, "--dry-run"),
    ] {
        let script = format!(
            "source completions/truthound-store.bash\n\
             COMP_WORDS=(truthound-store {typed}) COMP_CWORD={last}\n\
             _truthound__store truthound-store \"${{COMP_WORDS[{last}]}}\" \"${{COMP_WORDS[{last} - 1]}}\"\n\
             echo \"${{COMPREPLY[*]}}\""
        );
        let output =
            Command::new("bash").args(["-c", &script]).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), format!("{completed}\n"), "{typed}: {output:?}");
    }
}
