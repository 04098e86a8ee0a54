//! Why a result is kept.

use serde::{Serialize, Serializer};

/// Why a result is kept. In the order in which a list shows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeepReason {
    /// It is one of the newest (`keep_last`).
    Last,
    /// It is at most so much older than the newest (`keep_within`).
    Within,
    /// It is the newest of one of the last days (`keep_daily`).
    Daily,
    /// It is the newest of one of the last weeks (`keep_weekly`).
    Weekly,
    /// It is the newest of one of the last months (`keep_monthly`).
    Monthly,
    /// It is the newest of one of the last years (`keep_yearly`).
    Yearly,
    /// A check changed its verdict in it (`keep_changes`).
    Changes,
    /// Its checks cannot be read, so that they may have changed (`keep_changes`).
    Unreadable,
    /// It has a tag (`keep_tag`).
    Tag,
    /// It is the newest of its group.
    Latest,
    /// It is the newest success of its group.
    LastSuccess,
    /// It is the newest of its group that failed or could not run.
    LastFailure,
}

impl KeepReason {
    /// The words for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Last => "last",
            Self::Within => "within",
            Self::Daily => "daily",
            Self::Weekly => "weekly",
            Self::Monthly => "monthly",
            Self::Yearly => "yearly",
            Self::Changes => "changes",
            Self::Unreadable => "unreadable",
            Self::Tag => "tag",
            Self::Latest => "latest",
            Self::LastSuccess => "last success",
            Self::LastFailure => "last failure",
        }
    }

    /// Whether a rule of the user keeps it. The others hold in every group.
    pub fn is_rule(self) -> bool {
        !matches!(self, Self::Latest | Self::LastSuccess | Self::LastFailure)
    }
}

impl Serialize for KeepReason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.words())
    }
}
