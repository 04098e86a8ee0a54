//! Text that must never be shown.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

/// A password, key or token, or an address that may hold one.
///
/// It prints and serializes as `******`; [`Secret::expose`] is the only way to the text.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

const MASK: &str = "******";

impl Secret {
    /// The text itself, for the one place that sends it to a server.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(MASK)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(MASK)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(MASK)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_shows_its_mask_in_every_face() {
        let secret = Secret::from("hunter2");
        let faces = [format!("{secret}"), format!("{secret:?}"), serde_json::to_string(&secret).unwrap()];
        for face in faces {
            assert!(face.contains(MASK) && !face.contains("hunter2"), "{face}");
        }
        assert_eq!(secret.expose(), "hunter2");
    }
}
