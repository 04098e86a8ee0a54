//! MariaDB: our own table and Python's.

use std::path::Path;

use truthound_store::store::BackendOptions;

use super::{Backend, ORDINARY, database, hex_name};
use crate::services::mariadb as server;

pub(super) const SETTINGS: &[Backend] = &[
    Backend { name: "mariadb", ..MARIADB },
    Backend {
        name: "mariadb_table_of_python",
        ids_are_unique_across_namespaces: true,
        records_digests: false,
        cannot: beyond_the_table_of_python,
        prepare: make_table_as_python,
        ..MARIADB
    },
];

const MARIADB: Backend = Backend {
    is_available: server::is_available,
    takes: |run_id| run_id.chars().count() <= 255,
    takes_asset: |asset| asset.chars().count() <= 500,
    stored: Some(|place| server::stored(&hex_name(place))),
    options,
    prepare,
    ..ORDINARY
};

/// Python's columns store whole seconds and documents of up to 64 KB, and treat `A`, `á` and `a ` as equal to `a`:
/// tests/databases/table_of_python.rs.
const BEYOND_THE_TABLE_OF_PYTHON: &[&str] = &[
    "a_document_in_pieces_of_memory_and_file_comes_back_whole",
    "a_microsecond_is_told_apart",
    "a_reader_sees_the_old_document_or_the_new_one",
    "everything_listed_of_a_result_is_what_was_saved",
    "five_megabytes_come_back_byte_for_byte",
    "ids_of_every_script_are_kept",
    "ids_that_differ_in_case_are_two",
    "ids_that_end_in_space_or_dot_are_not_trimmed",
    "ids_that_look_encoded_are_not_decoded",
    "ids_that_look_the_same_but_are_composed_differently_are_two",
    "names_that_begin_alike_are_apart",
    "overwriting_moves_the_result_to_its_new_time",
    "overwriting_with_less_leaves_nothing_of_the_longer_document",
    "since_and_until_include_their_own_microsecond",
    "the_ends_of_time_are_kept_in_every_zone",
    "the_first_and_the_last_time_of_python_are_kept",
    "the_first_and_the_last_times_of_the_calendar_are_listed",
    "the_same_document_saved_again_is_another_version",
    "those_of_one_instant_come_by_run_id",
];

fn beyond_the_table_of_python() -> Vec<&'static str> {
    let mut beyond = BEYOND_THE_TABLE_OF_PYTHON.to_vec();
    // Its `updated_at` has whole seconds.
    beyond.push("each_write_has_a_revision_of_its_own");
    if server::is_mysql() {
        // MySQL ignores control characters there, and ids that consist only of them are equal.
        beyond.push("ids_with_control_characters_are_told_apart");
    }
    beyond
}

/// Creates a database for each place.
fn prepare(place: &Path) {
    server::make_database(&hex_name(place));
}

fn make_table_as_python(place: &Path) {
    prepare(place);
    server::make_table_of_python(&hex_name(place));
}

fn options(place: &Path, namespace: &str) -> BackendOptions {
    database(&server::database_url(&hex_name(place)), namespace)
}
