//! Samples of the data that must not be stored.

use std::collections::BTreeSet;
use std::fs;

use truthound_store::result::{InputOptions, InputSource, RunId, documents};
use truthound_store::store::contract::SaveMode;

use crate::backends::{Place, Store};
use crate::cases;
use crate::planted_samples::{self, is_in};

cases![no_byte_of_a_planted_sample_is_found_anywhere_where_samples_are_dropped];

/// Saves a document of each tool, as `save` does with the options of the store's profile. Returns the run ids.
async fn save_planted(store: &Store) -> BTreeSet<RunId> {
    let mut saved = BTreeSet::new();
    let capabilities = store.capabilities();
    let options = InputOptions {
        layout: capabilities.layout,
        redaction: capabilities.redaction,
        limit: capabilities.longest_document,
        ..InputOptions::default()
    };
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in planted_samples::documents() {
        let path = directory.path().join(name);
        fs::write(&path, &text).unwrap();
        for document in documents(&InputSource::File(path), &options).unwrap() {
            let document = document.unwrap_or_else(|error| panic!("{name}: {}", error.causes().join(": ")));
            store.save(&document, SaveMode::Overwrite).await.unwrap();
            saved.insert(document.entry.run_id);
        }
    }
    saved
}

/// The names, places and metadata of what holds the planted value.
fn found(place: &Place) -> Vec<String> {
    let stored = place.stored().into_iter().filter(|(known, bytes)| is_in(known.as_bytes()) || is_in(bytes));
    stored.map(|(known, _)| known).collect()
}

/// The second place shows that the search finds the value where samples are kept.
async fn no_byte_of_a_planted_sample_is_found_anywhere_where_samples_are_dropped(place: &Place) {
    let keeping = Place::new(place.backend);
    let saved = save_planted(&keeping.open()).await;
    assert!(found(&keeping).len() >= saved.len(), "{saved:?}: {:?}", found(&keeping));
    save_planted(&place.open_redacting()).await;
    assert_eq!(found(place), Vec::<String>::new());
}
