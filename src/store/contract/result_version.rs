//! The version of a stored result.

/// Identifies one save of a result among all saves of its run id. A backend makes it of what its server changes with each
/// save; no other code looks into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultVersion(String);

impl ResultVersion {
    /// The version with this identity.
    pub fn new(identity: impl Into<String>) -> Self {
        Self(identity.into())
    }

    /// The identity that the backend gave it.
    pub fn identity(&self) -> &str {
        &self.0
    }
}
