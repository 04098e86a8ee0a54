//! Configuration: every sample is accepted, every mistake has its message, and no secret is ever shown.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use truthound_store::config::{Configuration, Environment, Profile, Selection, load, rule_option_names};
use truthound_store::error::{Error, ErrorKind};
use truthound_store::store::BackendOptions;

mod example;
mod properties;

/// A directory with a configuration, and its own environment.
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

    /// Returns the error as the program prints it.
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

#[test]
fn no_message_is_left_of_a_sample_that_is_gone() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/config/invalid");
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        assert!(path.with_extension("toml").exists(), "{}", path.display());
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
    settings.set_snapshot_path("invalid");
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

#[test]
fn every_valid_sample_is_read() {
    for (name, text) in samples("valid") {
        let room = Room::with(&text);
        room.write("key", "AKIA\r\n");
        let profile = room.profile(None).unwrap_or_else(|error| panic!("{name}: {}", room.shown(&error)));
        assert!(!format!("{profile:?}").contains("hunter2"), "{name}");
    }
}

#[test]
fn a_reference_fills_whatever_a_field_wants() {
    let text = &samples("valid").into_iter().find(|(name, _)| name == "references").unwrap().1;
    let BackendOptions::Database(options) = Room::with(text).profile(None).unwrap().backend else { panic!() };
    assert_eq!(options.connection_url.expose(), "postgresql://app:hunter2-word@db/results");
    assert_eq!((options.pool_size, options.echo, options.pooling.max_retries), (7, true, 7));
    assert!((options.pooling.pool_timeout - 1.5).abs() < 1e-9);
    assert_eq!(options.table_prefix, "");
    let metadata: Vec<_> = options.metadata.values().map(String::as_str).collect();
    assert_eq!(metadata, ["$HOME", "$5", "none"]);
}

#[test]
fn what_python_calls_its_options_means_the_same_here() {
    let text = &samples("valid").into_iter().find(|(name, _)| name == "python").unwrap().1;
    let BackendOptions::S3(options) = Room::with(text).profile(None).unwrap().backend else { panic!() };
    assert!(!options.use_compression);
    assert_eq!((options.storage_class.as_str(), options.namespace.as_str()), ("STANDARD_IA", ""));
    assert_eq!(options.metadata["team"], "data");
}

#[test]
fn the_rules_of_gate_are_read_as_options_and_numbers_and_references() {
    let text = &samples("valid").into_iter().find(|(name, _)| name == "gate").unwrap().1;
    let room = Room::with(text);
    let rules = |profile| serde_json::to_value(room.profile(Some(profile)).unwrap().gate).unwrap();
    let all = serde_json::json!({
        "no_new_failures": true, "max_failures": 5, "max_error_checks": 0, "min_pass_rate": 99.5, "max_age": "24h",
        "severity": "high", "allow_gone": false, "against": "previous", "require_baseline": true, "tolerance": "10%",
        "tag": {"branch": "main", "env": "prod"},
    });
    assert_eq!(rules("all"), all);
    assert_eq!(all.as_object().unwrap().len(), rule_option_names()[0].1.len());
    let numbers = serde_json::json!({"min_pass_rate": 99.5, "tolerance": "3", "max_failures": 7, "max_age": "7d"});
    assert_eq!(rules("numbers"), numbers);
    assert_eq!(rules("empty"), serde_json::json!({}));
}

#[test]
fn the_rules_of_prune_are_read_as_options_and_numbers_and_references() {
    let text = &samples("valid").into_iter().find(|(name, _)| name == "prune").unwrap().1;
    let room = Room::with(text);
    let rules = |profile| serde_json::to_value(room.profile(Some(profile)).unwrap().prune).unwrap();
    let all = serde_json::json!({
        "keep_last": 10, "keep_within": "90d", "keep_daily": 30, "keep_weekly": 8, "keep_monthly": 24, "keep_yearly": 3,
        "keep_changes": true, "keep_tag": ["release", "pin=yes"], "group_by": ["asset", "tag:env"], "max_delete": "10%",
        "archive_to": "cold",
    });
    assert_eq!(rules("all"), all);
    assert_eq!(all.as_object().unwrap().len(), rule_option_names()[1].1.len());
    assert_eq!(rules("cold"), serde_json::json!({"keep_daily": 7, "max_delete": "500"}));
}

#[test]
fn the_rules_of_tiers_are_read_with_their_filters() {
    let text = &samples("valid").into_iter().find(|(name, _)| name == "tiers").unwrap().1;
    let room = Room::with(text);
    let rules = |profile| serde_json::to_value(room.profile(Some(profile)).unwrap().tiers).unwrap();
    let all = serde_json::json!({
        "min_size": 0,
        "rules": [
            {"older_than": "90d", "tier": "cool"},
            {"older_than": "1y 6mo", "tier": "DEEP_ARCHIVE", "asset": "raw_*", "status": ["success", "warning"],
             "tag": {"env": "prod"}},
        ],
    });
    assert_eq!(rules("all"), all);
    assert_eq!(all.as_object().unwrap().len(), rule_option_names()[2].1.len());
    assert_eq!(rules("disk"), serde_json::json!({"rules": [{"older_than": "30d", "tier": "anything"}]}));
}

#[test]
fn secrets_come_from_files_and_programs() {
    let text = &samples("valid").into_iter().find(|(name, _)| name == "secrets").unwrap().1;
    let room = Room::with(text);
    room.write("key", "AKIA\r\n");
    let profile = room.profile(None).unwrap();
    assert!(!format!("{profile:?}").contains("AKIA"));
    let BackendOptions::S3(options) = profile.backend else { panic!() };
    assert_eq!(options.access_key_id.unwrap().expose(), "AKIA");
    assert_eq!(options.secret_access_key.unwrap().expose(), "se cret");
}

#[test]
fn only_the_chosen_profile_runs_its_programs() {
    let room = Room::with(
        "default_profile = 'a'\n[profiles.a]\nbackend = 'memory'\n[profiles.b]\nbackend = 'database'\n\
         connection_url_command = ['touch', 'ran']\n",
    );
    room.profile(None).unwrap();
    Configuration::find(&room.environment(), None).unwrap().describe(&room.environment()).unwrap();
    assert!(!room.path().join("ran").exists());
    // The command prints nothing, and an empty secret is refused.
    assert!(room.message(Some("b")).contains("it gives an empty secret"));
    assert!(room.path().join("ran").exists());
}

#[test]
fn the_file_is_found_where_it_should_be() {
    let room = Room::new();
    let below = room.path().join("project/a/b");
    fs::create_dir_all(&below).unwrap();
    let environment = || room.environment_in(&below).with_configuration_directory(room.path().join("home"));
    let found = |explicit: Option<&str>| {
        let selection = Selection { file: explicit.map(Path::new), ..Selection::default() };
        let profile = load(&environment(), &selection).unwrap();
        (profile.name, profile.file)
    };
    let memory = |name: &str| format!("[profiles.{name}]\nbackend = 'memory'\n");

    // Without any configuration: the database that truthound's DatabaseStore() uses.
    assert_eq!(found(None), ("default".to_owned(), None));
    let BackendOptions::Database(options) = load(&environment(), &Selection::default()).unwrap().backend else {
        panic!()
    };
    assert_eq!(options.connection_url.expose(), "sqlite:///.truthound/store.db");

    room.write("home/config.toml", memory("user"));
    assert_eq!(found(None).0, "user");
    let above = room.write("project/truthound-store.toml", memory("above"));
    assert_eq!(found(None), ("above".to_owned(), Some(above)));
    room.write("project/a/b/truthound-store.toml", memory("here"));
    assert_eq!(found(None).0, "here");
    room.write("project/a/b/other.toml", memory("named"));
    assert_eq!(found(Some("other.toml")), ("named".to_owned(), Some("other.toml".into())));
}

#[test]
fn a_named_file_must_be_readable() {
    let room = Room::with("[profiles.a]\nbackend = 'memory'\n");
    room.write("latin.toml", b"# \xe4\n");
    room.write("large.toml", vec![b'#'; 2 << 20]);
    let message = |file: &str| {
        let selection = Selection { file: Some(Path::new(file)), ..Selection::default() };
        room.shown(&load(&room.environment(), &selection).unwrap_err())
    };
    insta::assert_snapshot!(message("missing.toml"), @r#"
    cannot read the configuration missing.toml
    caused by: No such file or directory (os error 2)
    "#);
    insta::assert_snapshot!(message("latin.toml"), @r#"
    cannot read the configuration latin.toml
    caused by: the file is not UTF-8
    "#);
    insta::assert_snapshot!(message("large.toml"), @r#"
    cannot read the configuration large.toml
    caused by: the file is larger than 1 MiB
    "#);
    insta::assert_snapshot!(message("."), @r#"
    cannot read the configuration .
    caused by: Is a directory (os error 21)
    "#);
}

#[test]
fn a_profile_is_chosen_by_name_or_by_default() {
    let room = Room::with("[profiles.dev]\nbackend = 'memory'\n[profiles.prod]\nbackend = 'memory'\n");
    assert_eq!(room.profile(Some("dev")).unwrap().name, "dev");
    insta::assert_snapshot!(room.message(Some("prd")), @r#"
    profile `prd` not found in /room/truthound-store.toml
    hint: did you mean `prod`? Profiles: dev, prod
    "#);
    insta::assert_snapshot!(room.message(Some("elsewhere")), @r#"
    profile `elsewhere` not found in /room/truthound-store.toml
    hint: Profiles: dev, prod
    "#);
    insta::assert_snapshot!(Room::new().message(Some("prod")), @r#"
    profile `prod` not found: there is no configuration file
    hint: write truthound-store.toml, or name a file with --config
    "#);
    let room = Room::with("[profiles.a]\nbackend = 'memory'\n[profiles.default]\nbackend = 'memory'\n");
    assert_eq!(room.profile(None).unwrap().name, "default");
}

#[test]
fn the_namespace_of_the_command_line_wins() {
    let room = Room::with("[profiles.a]\nbackend = 'memory'\nnamespace = 'of-the-file'\n");
    assert_eq!(room.profile(None).unwrap().namespace(), "of-the-file");
    let with = |namespace| load(&room.environment(), &Selection { namespace: Some(namespace), ..Selection::default() });
    assert_eq!(with("other").unwrap().namespace(), "other");
    assert_eq!(with("").unwrap().namespace(), "");
    insta::assert_snapshot!(room.shown(&with("../x").unwrap_err()), @"the namespace given for this run cannot be used in profile `a`: `..` is not allowed in it");
}

#[test]
fn profiles_are_described_without_asking_anything() {
    let room = Room::with(
        r#"
default_profile = "db"
[profiles.db]
backend = "database"
connection_url = "postgresql+psycopg2://app:hun@ter2@db:5432/results?sslmode=require&password=hunter2"
[profiles.db-reference]
backend = "database"
connection_url = "postgresql://app:${PASSWORD:-hunter2}@${HOST}/results"
pool_size = "${SIZE}"
[profiles.db-variable]
backend = "database"
connection_url = "${DATABASE_URL}"
[profiles.db-file]
backend = "database"
connection_url_file = "/run/secrets/url"
[profiles.db-command]
backend = "database"
connection_url_command = ["vault", "hunter2"]
[profiles.prod]
backend = "s3"
bucket = "${BUCKET}"
prefix = "validations/"
kms_key_id = "${KMS_KEY}"
server_side_encryption = "${SSE}"
[profiles.minio]
backend = "s3"
bucket = "b"
namespace = "ci"
endpoint_url = "https://minio:9000"
[profiles.google]
backend = "gcs"
bucket = "b"
[profiles.azure]
backend = "azure"
container = "c"
connection_string = "DefaultEndpointsProtocol=https;AccountName=me;AccountKey=hunter2"
[profiles.azure-url]
backend = "azure"
container = "c"
account_url = "https://me.blob.core.windows.net/?sig=hunter2"
[profiles.azure-file]
backend = "azure"
container = "c"
connection_string_file = "azure.txt"
[profiles.half-file]
backend = "s3"
bucket = "b"
access_key_id = "hunter2"
secret_access_key_file = "key"
[profiles.disk]
backend = "filesystem"
[profiles.nothing]
backend = "memory"
[profiles.broken]
backend = "database"
conection_url = "postgresql://app:hunter2@db/x"
[profiles.later]
backend = "${BACKEND}"
"#,
    );
    let described = Configuration::find(&room.environment(), None).unwrap().describe(&room.environment()).unwrap();
    let lines: Vec<String> = described
        .profiles
        .iter()
        .map(|it| {
            let what = it.problem.as_deref().or(it.location.as_deref()).unwrap_or("-");
            let (backend, namespace) = (it.backend.as_deref().unwrap_or("-"), it.namespace.as_deref().unwrap_or("-"));
            format!("{}{} {backend} {namespace} {what}", if it.default { "*" } else { "" }, it.name)
        })
        .collect();
    let json = serde_json::to_string(&described).unwrap();
    assert!(!json.contains("hunter2") && !json.contains("ter2"), "{json}");
    insta::assert_snapshot!(lines.join("\n"), @r#"
    *db database default postgresql+psycopg2://app:******@db:5432/results?sslmode=require&password=******
    db-reference database default postgresql://******
    db-variable database default ${DATABASE_URL}
    db-file database default from file /run/secrets/url
    db-command database default from command vault
    prod s3 default s3://${BUCKET}/validations/default
    minio s3 ci s3://b/truthound/ci at https://minio:9000
    google gcs default gs://b/truthound/default
    azure azure default azure://me/c/truthound/default
    azure-url azure default azure://me/c/truthound/default
    azure-file azure default azure://(from file azure.txt)/c/truthound/default
    half-file s3 default s3://b/truthound/default
    disk filesystem default .truthound/store/default/validations
    nothing memory default memory
    broken database - unknown option `conection_url` (line 56)
    later ${BACKEND} - -
    "#);
}

#[test]
fn a_default_profile_that_is_not_there_is_said() {
    let room = Room::with("default_profile = '${WORD:-x}'\n[profiles.a]\nbackend = 'memory'\n");
    let described = Configuration::find(&room.environment(), None).unwrap().describe(&room.environment()).unwrap();
    assert_eq!(described.problem.unwrap(), "wrong value of option `default_profile`: the profile does not exist");
    assert!(!described.profiles[0].default);
}

#[test]
fn a_byte_order_mark_and_tabs_do_not_move_the_caret() {
    let room = Room::with("\u{feff}[profiles.a]\n\tbackend = 'memory'\n\tnamespac = 'é'\n");
    insta::assert_snapshot!(room.message(None), @r"
    unknown option `namespac` in profile `a`
     --> truthound-store.toml:3:2
      |
    3 |  namespac = ******
      |  ^^^^^^^^
    hint: did you mean `namespace`?
    ");
    let room = Room::with(&format!("[profiles.a]\nbackend = 'memory'\n'{}' = {{ a = 3 }}\n", "x".repeat(300)));
    assert!(room.message(None).lines().all(|line| line.chars().count() < 160));
}
