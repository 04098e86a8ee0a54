//! Replacing single values in a document that is otherwise kept byte for byte.

use super::survey::{Part, Replaceable, leading_white_space};
use crate::result::facts::merged_tags;
use crate::result::json::Value;
use crate::result::{Body, Entry, Layout, Overrides};

/// Puts the caller's values into the document and into what is known of it.
///
/// Every value that is replaced stands on one line; a key that the document lacks is put first, laid out as the keys
/// around it.
pub(super) fn splice(mut parts: Vec<Part>, overrides: &Overrides, entry: &mut Entry) -> Body {
    if let Some(run_id) = &overrides.run_id {
        entry.run_id.clone_from(run_id);
    }
    if let Some(data_asset) = &overrides.data_asset {
        entry.data_asset.clone_from(data_asset);
    }
    entry.tags.extend(overrides.tags.clone());

    let missing = Replaceable::ALL.into_iter().filter(|field| {
        let present = parts.iter().any(|part| matches!(part, Part::Value(present, _) if present == field));
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
        Some(Part::Kept(next)) => leading_white_space(next),
        _ => String::new(),
    };
    for field in missing {
        let value = replacement(field, &Value::Null, overrides);
        body.push_bytes(format!("{space}\"{}\": {value},", field.key()));
        if space.is_empty() {
            body.push_bytes(" ");
        }
    }
    for part in rest {
        append(&mut body, part, overrides);
    }
    body
}

fn append(body: &mut Body, part: Part, overrides: &Overrides) {
    match part {
        Part::Kept(part) => body.append(part),
        Part::Value(field, present) => {
            let present = match field {
                Replaceable::Tags => Value::parse(present.reader()).unwrap_or_default(),
                _ => Value::Null,
            };
            body.push_bytes(replacement(field, &present, overrides));
        }
    }
}

fn replacement(field: Replaceable, present: &Value, overrides: &Overrides) -> String {
    let value = match field {
        Replaceable::RunId => Value::from(overrides.run_id.as_ref().map(ToString::to_string)),
        Replaceable::DataAsset => Value::from(overrides.data_asset.clone()),
        Replaceable::Tags => merged_tags(present, &overrides.tags),
    };
    value.to_text(Layout::Compact)
}
