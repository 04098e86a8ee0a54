//! Configuration: every sample is read, every mistake has its message, and no secret is ever shown.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use truthound_store::config::{Configuration, Environment, Profile, Selection, load, option_names};
use truthound_store::error::{Error, ErrorKind};
use truthound_store::store::BackendOptions;

const BACKENDS: [&str; 6] = ["database", "s3", "gcs", "azure", "filesystem", "memory"];

/// A directory with a configuration in it, and an environment of our own.
struct Room {
    directory: tempfile::TempDir,
    variables: BTreeMap<String, OsString>,
}

impl Room {
    fn new() -> Self {
        let variables = [("POOL", "7"), ("BUCKET", "from-environment"), ("EMPTY", ""), ("WORD", "hunter2-word")];
        let variables = variables.map(|(name, value)| (name.to_owned(), OsString::from(value))).into();
        Self { directory: tempfile::tempdir().unwrap(), variables }
    }

    fn with(text: &str) -> Self {
        let room = Self::new();
        room.write("truthound-store.toml", text);
        room
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    fn set(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.into());
        self
    }

    fn environment(&self) -> Environment {
        self.environment_in(self.path())
    }

    fn environment_in(&self, directory: &Path) -> Environment {
        let variables = self.variables.clone();
        Environment::new(directory).with_variables(move |name| variables.get(name).cloned())
    }

    fn profile(&self, name: Option<&str>) -> Result<Profile, Error> {
        load(&self.environment(), &Selection { profile: name, ..Selection::default() })
    }

    fn message(&self, name: Option<&str>) -> String {
        self.shown(&self.profile(name).unwrap_err())
    }

    /// The error as the program prints it.
    fn shown(&self, error: &Error) -> String {
        let mut text = error.to_string();
        for cause in error.causes() {
            text.push_str(&format!("\ncaused by: {cause}"));
        }
        if let Some(hint) = error.hint() {
            text.push_str(&format!("\nhint: {hint}"));
        }
        assert_eq!(error.kind(), ErrorKind::Usage, "{text}");
        text.replace(&self.path().display().to_string(), "/room")
    }
}

fn samples(folder: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/config").join(folder);
    let mut samples: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(&path).unwrap()))
        .collect();
    samples.sort();
    samples
}

#[test]
fn every_mistake_has_its_message() {
    let samples = samples("invalid");
    assert!(samples.len() >= 30, "{}", samples.len());
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("config/invalid");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for (name, text) in samples {
            let room = Room::with(&text);
            let message = room.message(None);
            assert!(!message.contains("hunter2"), "{name}: {message}");
            insta::assert_snapshot!(name, message);
        }
    });
}
