//! Great Expectations, of versions 0.11 to 1.x.
//!
//! | stored result | from |
//! |---|---|
//! | asset | `meta`: the batch definition, then the batch's own description; last the expectations' `batch_id` |
//! | run time | `meta.run_id.run_time`, `meta.validation_time`, `meta.batch_markers.ge_load_time` |
//! | status | error if an expectation raised an exception, else from `success` |
//! | results | one entry for each expectation, in their order |
//! | statistics | total = passed + failed + error; an expectation that failed or raised is one issue |
//! | metadata | the rest, under `great_expectations`; exceptions also in truthound's execution issues |

mod checkpoint;
mod expectation;
#[cfg(test)]
mod tests;
mod validation;

pub(super) use self::checkpoint::FORMAT as CHECKPOINT;
pub(super) use self::validation::FORMAT;
