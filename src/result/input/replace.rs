//! Replacing single values in a document that is otherwise kept byte for byte.

use std::io::Read as _;

use crate::result::json::JsonValue;
use crate::result::tags::merged_tags;
use crate::result::{Body, Entry, Layout, Overrides, RunTime};

/// A piece of a document.
#[derive(Debug)]
pub(super) enum DocumentPart {
    /// Bytes that stay.
    Kept(Body),
    /// The value of a key that the caller replaces.
    Replaced(ReplaceableKey, Body),
}

/// A key that the caller may replace the value of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReplaceableKey {
    RunId,
    RunTime,
    DataAsset,
    Tags,
}

impl ReplaceableKey {
    const ALL: [Self; 4] = [Self::RunId, Self::RunTime, Self::DataAsset, Self::Tags];

    /// The replaceable key of this name.
    pub(super) fn of(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|replaceable| replaceable.name() == key)
    }

    fn name(self) -> &'static str {
        match self {
            Self::RunId => "run_id",
            Self::RunTime => "run_time",
            Self::DataAsset => "data_asset",
            Self::Tags => "tags",
        }
    }

    /// Whether the caller gives a value.
    pub(super) fn is_in(self, overrides: &Overrides) -> bool {
        match self {
            Self::RunId => overrides.run_id.is_some(),
            Self::RunTime => overrides.run_time.is_some(),
            Self::DataAsset => overrides.data_asset.is_some(),
            Self::Tags => !overrides.tags.is_empty(),
        }
    }
}

/// Puts the caller's values into the document and into its entry.
///
/// A replaced value is written on one line. A missing key is added at the beginning, with the white space of the keys
/// that follow.
pub(super) fn replace(mut parts: Vec<DocumentPart>, overrides: &Overrides, entry: &mut Entry) -> Body {
    if let Some(run_id) = &overrides.run_id {
        entry.run_id.clone_from(run_id);
    }
    if let Some(run_time) = overrides.run_time {
        entry.run_time = run_time;
    }
    if let Some(data_asset) = &overrides.data_asset {
        entry.data_asset.clone_from(data_asset);
    }
    entry.tags.extend(overrides.tags.clone());

    let missing = ReplaceableKey::ALL.into_iter().filter(|field| {
        let present = parts.iter().any(|part| matches!(part, DocumentPart::Replaced(present, _) if present == field));
        field.is_in(overrides) && !present
    });
    let missing = missing.collect::<Vec<_>>();
    let mut body = Body::default();
    // The first part is the brace that opens the document.
    let rest = parts.split_off(parts.len().min(1));
    for part in parts {
        append(&mut body, part, overrides);
    }
    let space = match rest.first() {
        Some(DocumentPart::Kept(next)) => leading_white_space(next),
        _ => String::new(),
    };
    for field in missing {
        let value = replacement(field, &JsonValue::Null, overrides);
        body.push_bytes(format!("{space}\"{}\": {value},", field.name()));
        if space.is_empty() {
            body.push_bytes(" ");
        }
    }
    for part in rest {
        append(&mut body, part, overrides);
    }
    body
}

fn append(body: &mut Body, part: DocumentPart, overrides: &Overrides) {
    match part {
        DocumentPart::Kept(part) => body.append(part),
        DocumentPart::Replaced(field, present) => {
            let present = match field {
                ReplaceableKey::Tags => JsonValue::parse(present.reader()).unwrap_or_default(),
                _ => JsonValue::Null,
            };
            body.push_bytes(replacement(field, &present, overrides));
        }
    }
}

fn replacement(field: ReplaceableKey, present: &JsonValue, overrides: &Overrides) -> String {
    let value = match field {
        ReplaceableKey::RunId => JsonValue::from(overrides.run_id.as_ref().map(ToString::to_string)),
        ReplaceableKey::RunTime => JsonValue::from(overrides.run_time.map(RunTime::to_python_iso)),
        ReplaceableKey::DataAsset => JsonValue::from(overrides.data_asset.clone()),
        ReplaceableKey::Tags => merged_tags(present, &overrides.tags),
    };
    value.to_text(Layout::Compact)
}

/// The white space that a body begins with, at most 64 bytes of it.
fn leading_white_space(body: &Body) -> String {
    let mut head = Vec::new();
    if body.reader().take(64).read_to_end(&mut head).is_err() {
        return String::new();
    }
    head.iter().take_while(|byte| byte.is_ascii_whitespace()).map(|byte| char::from(*byte)).collect()
}
