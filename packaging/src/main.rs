//! Writes what the packages have beside the program into a directory: `truthound-store-packaging DIRECTORY TIME`.
//!
//! These are a man page for the program and for each command in `man/`, the schema of the configuration,
//! `config.schema.json`, and `changelog`, as Debian wants it. `TIME` is that of the release, as `date --rfc-email` prints it.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [directory, time] = arguments.as_slice() else {
        return Err("usage: truthound-store-packaging DIRECTORY TIME".into());
    };
    let directory = PathBuf::from(directory);
    write_man_pages(&directory.join("man"))?;
    let schema = serde_json::to_string_pretty(&truthound_store::config::schema())?;
    fs::write(directory.join("config.schema.json"), schema + "\n")?;
    fs::write(directory.join("changelog"), changelog(time))?;
    Ok(())
}

/// Writes `truthound-store.1`, `truthound-store-save.1` and so on.
fn write_man_pages(directory: &Path) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    clap_mangen::generate_to(truthound_store::cli::command(), directory)
}

/// An entry for this version, by Debian's rules (deb-changelog(5)), which names the real one.
fn changelog(time: &str) -> String {
    let (version, maintainer) = (env!("CARGO_PKG_VERSION"), "The maintainers of truthound-store");
    format!(
        "truthound-store ({version}-1) unstable; urgency=medium\n\n  * What has changed is in docs/CHANGELOG.md.gz.\n\n \
         -- {maintainer} <maintainers@users.noreply.github.com>  {time}\n"
    )
}
