//! A target of the fuzzer: configuration files.

use super::{Configuration, Environment, option_names};
use crate::store::BackendOptions;

/// A configuration file. It is described and not opened: opening runs the programs that it names.
pub(crate) fn configuration(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let configuration = Configuration { file: None, anchor: None, name: "fuzz.toml".to_owned(), text: text.to_owned() };
    match configuration.describe(&Environment::new("/nowhere")) {
        Ok(described) => drop(format!("{described:?}")),
        Err(error) => drop(format!("{error} {:?}", error.causes())),
    }
    for backend in BackendOptions::NAMES {
        drop(option_names(backend));
    }
}
