//! The members of documents that hold samples, and those that are messages.

/// Members that hold values or rows of the data, or SQL that quotes them, wherever they stand in a document.
const SAMPLES: [&str; 19] = [
    // truthound (`truthound/validators/base.py`, `truthound/core/results.py`)
    "sample_values",
    "unexpected_list",
    "unexpected_rows",
    "unexpected_index_list",
    "debug_query",
    // Great Expectations: an observed value may be the smallest value of a column, or all of them. A data frame may be a
    // parameter of a batch.
    "observed_value",
    "unexpected_index_query",
    "dataframe",
    "batch_data",
    // Soda: failed rows, and the tables that it shows of them
    "blocks",
    // Frictionless
    "cell",
    "cells",
    // dbt
    "compiled_code",
    "compiled_sql",
    // Tracebacks may show the arguments of calls; JUnit reports have the output of tests.
    "traceback",
    "exception_traceback",
    "failure_text",
    "system_out",
    "system_err",
];

/// Members of Great Expectations and truthound that begin so.
const PARTIAL_SAMPLES: &str = "partial_unexpected_";

/// Members that are sentences for people, which may quote values.
const MESSAGES: [&str; 5] = ["message", "details", "exception_message", "note", "description"];

/// Whether a member of this name holds samples.
pub(super) fn holds_samples(key: &str) -> bool {
    SAMPLES.contains(&key) || key.starts_with(PARTIAL_SAMPLES)
}

/// Whether a member of this name is a message, if it is a string.
pub(super) fn is_message(key: &str) -> bool {
    MESSAGES.contains(&key)
}
