//! The run that another one is compared with.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::result::RunId;

/// The run that another one is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Baseline {
    /// The run of the same data asset before it.
    Previous,
    /// The last run of the same data asset before it that was a success.
    LastSuccess,
    /// This run.
    Run(RunId),
}

impl FromStr for Baseline {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        Ok(match text {
            "previous" => Self::Previous,
            "last-success" => Self::LastSuccess,
            run_id => Self::Run(RunId::new(run_id).map_err(|_| "expected previous, last-success, or a run id")?),
        })
    }
}

impl fmt::Display for Baseline {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Previous => formatter.write_str("previous"),
            Self::LastSuccess => formatter.write_str("last-success"),
            Self::Run(run_id) => run_id.fmt(formatter),
        }
    }
}

impl Serialize for Baseline {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
