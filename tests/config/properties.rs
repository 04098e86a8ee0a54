//! For any configuration file: no panic, and no secret shown.

use proptest::prelude::*;
use truthound_store::config::Configuration;
use truthound_store::store::contract::{Notices, StoreContext};
use truthound_store::store::open;

use super::Room;

#[test]
fn the_options_that_print_masked_are_the_secret_ones() {
    let text = "[profiles.a]\nbackend = 's3'\nbucket = 'b'\naccess_key_id = 'x'\nsecret_access_key = 'x'\n\
                session_token = 'x'\n[profiles.b]\nbackend = 'azure'\ncontainer = 'c'\nconnection_string = 'AccountName=x'\n\
                account_url = 'https://x'\n[profiles.c]\nbackend = 'azure'\ncontainer = 'c'\naccount_name = 'n'\n\
                account_key = 'x'\n[profiles.d]\nbackend = 'azure'\ncontainer = 'c'\naccount_name = 'n'\nsas_token = 'x'\n\
                [profiles.e]\nbackend = 'database'\n";
    let room = Room::with(text);
    let mut masked = 0;
    for name in ["a", "b", "c", "d", "e"] {
        masked += format!("{:?}", room.profile(Some(name)).unwrap()).matches("******").count();
    }
    assert_eq!(masked, 8);
}

/// Valid files with a secret in every place that accepts one.
const PLANTED: [&str; 4] = [
    "[profiles.p]\nbackend = 'database'\nconnection_url = 'postgresql://app:hunter2@db/x?password=hunter2'\npool_size = 3\n",
    "profiles = { p = { backend = 's3', bucket = 'b', access_key_id = 'hunter2', secret_access_key = \"hunter2\" } }\n",
    "[profiles.p]\nbackend = 'azure'\ncontainer = 'c'\nconnection_string = \"\"\"\nAccountName=me;\\\nAccountKey=hunter2\"\"\"\n\
     metadata = { a = 'b' }\n",
    "[profiles.p]\nbackend = 'azure'\ncontainer = 'c'\naccount_url = 'https://me/?sig=hunter2'\n\
     sas_token_command = ['head',\n  'secret']\n",
];

/// Returns everything that the program can print about a file; its description only if `described` is set.
fn everything_said(text: &str, described: bool) -> String {
    let room = Room::with(text).set("HUNTER", "hunter2");
    room.write("secret", "hunter2");
    let environment = room.environment();
    let mut said = String::new();
    match Configuration::find(&environment, None) {
        Ok(configuration) => {
            let description = configuration.describe(&environment);
            said.push_str(&format!("{configuration:?}{:?}", described.then_some(description)));
            for name in [None, Some("p")] {
                said.push_str(&format!("{:?}", configuration.profile(&environment, name, None)));
            }
        }
        Err(error) => said.push_str(&format!("{error:?}")),
    }
    said
}

proptest! {
    // The same cases in every run. A mutation can turn a file into something so far from a configuration that it is
    // undefined which text is the secret. To search further, use other seeds and more cases.
    #![proptest_config(ProptestConfig {
        cases: 400,
        failure_persistence: None,
        rng_seed: proptest::test_runner::RngSeed::Fixed(20_261_123),
        ..ProptestConfig::default()
    })]

    #[test]
    fn arbitrary_text_never_panics(text in "(?s).{0,200}") {
        everything_said(&text, true);
    }

    #[test]
    fn text_like_toml_never_panics(
        parts in prop::collection::vec(prop::sample::select(vec![
            "[profiles.p]", "\n", "=", "\"", "'''", "\"\"\"", "[", "]", "{", "}", "backend", "database", "s3", "é",
            "connection_url", "${POOL}", "${", "$", "#", ",", ".", "1", "-", "bucket", "\t", "\r\n", "tags", " ",
        ]), 0..40)
    ) {
        everything_said(&parts.concat(), true);
    }

    #[test]
    fn a_planted_secret_never_shows(
        sample in 0..PLANTED.len(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(vec![
            "", "\n", "\"", "'", "\"\"\"", "=", "[", "]", "{", "x", "#", "${NONE}", "$", " ", ",", "3", "é",
        ]), 0..3_usize), 1..4)
    ) {
        let is_one_edit = edits.len() == 1;
        let mut characters: Vec<String> = PLANTED[sample].chars().map(String::from).collect();
        for (place, insert, remove) in edits {
            let start = place.index(characters.len());
            let end = (start + remove).min(characters.len());
            characters.splice(start..end, [insert.to_owned()]);
        }
        let text = characters.concat();
        // An address that lost both its `:` and its `@` has a host that cannot be told from a password.
        let said = everything_said(&text, is_one_edit);
        prop_assert!(!said.contains("hunter2"), "{text}\n=====\n{said}");
    }
}

/// A valid profile for each backend option that can hold a secret; `{}` is the secret.
const PLACES: [&str; 16] = [
    "backend = 'database'\nconnection_url = \"postgresql://app:{}@db/x\"\n",
    "backend = 'database'\nconnection_url = \"mysql+pymysql://app:{}@db/x?charset=utf8mb4\"\n",
    "backend = 'database'\nconnection_url = \"mssql://sa:{}@db:1433/x?Encrypt=yes\"\n",
    "backend = 'database'\nconnection_url = \"postgresql://db/x?sslmode=require&password={}\"\n",
    "backend = 'database'\nconnection_url = \"sqlite:///x.db?key={}\"\n",
    "backend = 'database'\nconnection_url = \"{}\"\n",
    "backend = 's3'\nbucket = 'b'\naccess_key_id = \"{}\"\nsecret_access_key = \"{}\"\nsession_token = \"{}\"\n",
    "backend = 's3'\nbucket = 'b'\nendpoint_url = \"https://app:{}@minio:9000\"\n",
    "backend = 's3'\nbucket = 'b'\nendpoint_url = \"https://minio:9000/?key={}\"\n",
    "backend = 'gcs'\nbucket = 'b'\nendpoint_url = \"https://app:{}@gcs\"\n",
    "backend = 'azure'\ncontainer = 'c'\nconnection_string = \"AccountName=me;AccountKey={}\"\n",
    "backend = 'azure'\ncontainer = 'c'\nconnection_string = \"BlobEndpoint=https://app:{}@host/me;AccountName=me\"\n",
    "backend = 'azure'\ncontainer = 'c'\naccount_url = \"https://me.blob.core.windows.net/?sv=1&sig={}\"\n",
    "backend = 'azure'\ncontainer = 'c'\naccount_url = \"https://app:{}@me.blob.core.windows.net\"\n",
    "backend = 'azure'\ncontainer = 'c'\naccount_name = 'me'\naccount_key = \"{}\"\n",
    "backend = 'azure'\ncontainer = 'c'\naccount_name = 'me'\nsas_token = \"sv=1&sig={}\"\n",
];

/// Mistakes to add to a profile: in the line with the secret, in another line, or none.
const MISTAKES: [&str; 7] = [
    "",
    "pool_size = 0\n",
    "namespace = \"\\u0007\"\n",
    "no_such_option = \"{}\" # {}\n",
    "prefix = 3\n",
    "connection_url = \n",
    "retry_timeout = -1\n",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_secret_in_the_options_of_any_backend_never_shows(
        place in 0..PLACES.len(),
        mistake in prop::sample::select(&MISTAKES[..]),
        form in prop::sample::select(vec!["", "${HUNTER}", "${NONE:-", "${NONE}"]),
        before in "[a-z0-9@:%!&*+,;=]{0,3}",
        after in "[a-z0-9@:%!&*+,;=]{0,3}",
    ) {
        let secret = format!("{before}hunter2{after}");
        let written = match form {
            "${NONE:-" => format!("${{NONE:-{secret}}}"),
            "" => secret,
            reference => reference.to_owned(),
        };
        let text = format!("[profiles.p]\n{}{mistake}", PLACES[place]).replace("{}", &written);
        let said = everything_said(&text, true) + &store_of(&text);
        prop_assert!(!said.contains("hunter2"), "{text}\n=====\n{said}");
    }
}

/// Returns the location of the store of the profile in `text`, or the error of opening it.
fn store_of(text: &str) -> String {
    let room = Room::with(text).set("HUNTER", "hunter2");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let _guard = runtime.enter();
    let opened = room.profile(None).and_then(|profile| {
        let notices = Notices::new(|notice| panic!("{notice:?}"));
        open(&profile.backend, StoreContext { profile: "p".to_owned(), state_directory: None, notices })
    });
    match opened {
        Ok(store) => store.location(),
        Err(error) => format!("{error:?}"),
    }
}
