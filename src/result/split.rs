//! The number of results that one document becomes.

use std::fmt;

/// How many results a document about several data assets becomes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Split {
    /// One result for each data asset.
    #[default]
    Assets,
    /// A single result.
    None,
}

impl Split {
    /// All choices.
    pub const ALL: [Self; 2] = [Self::Assets, Self::None];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Assets => "assets",
            Self::None => "none",
        }
    }
}

impl fmt::Display for Split {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
