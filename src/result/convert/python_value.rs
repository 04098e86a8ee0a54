//! Python's conversions of values.

use crate::result::json::{JsonText, JsonValue};

/// `str(value)`; `None` for arrays and objects.
pub(in crate::result) fn str(value: &JsonValue) -> Option<JsonText> {
    match value {
        JsonValue::String(text) => Some(text.clone()),
        JsonValue::Number(text) => Some(JsonText::from(text.as_ref())),
        JsonValue::Bool(true) => Some("True".into()),
        JsonValue::Bool(false) => Some("False".into()),
        JsonValue::Null => Some("None".into()),
        JsonValue::Array(_) | JsonValue::Object(_) => None,
    }
}

/// `int(value)`, as JSON spells it; `None` where Python raises.
pub(in crate::result) fn int(value: &JsonValue) -> Option<JsonValue> {
    let whole = |text: &str| {
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    match value {
        JsonValue::Bool(value) => Some(u64::from(*value).into()),
        JsonValue::Number(text) if whole(text) => Some(value.clone()),
        JsonValue::Number(text) => {
            let number: f64 = text.parse().ok().filter(|number: &f64| number.is_finite())?;
            Some(JsonValue::Number(format!("{:.0}", number.trunc() + 0.0).into()))
        }
        JsonValue::String(text) => {
            let text = text.to_str_lossy();
            let text = text.trim();
            let number: i128 = whole(text).then(|| text.parse().ok()).flatten()?;
            Some(JsonValue::Number(number.to_string().into()))
        }
        _ => None,
    }
}

/// `bool(value)`.
pub(in crate::result) fn is_true(value: &JsonValue) -> bool {
    match value {
        JsonValue::Null => false,
        JsonValue::Bool(value) => *value,
        JsonValue::Number(text) => text.parse::<f64>().is_ok_and(|number| number != 0.0),
        JsonValue::String(text) => !text.is_empty(),
        JsonValue::Array(elements) => !elements.is_empty(),
        JsonValue::Object(members) => !members.is_empty(),
    }
}

/// `float(value)` of a number or a bool, which Python counts among the numbers.
pub(in crate::result) fn float(value: &JsonValue) -> Option<f64> {
    match value {
        JsonValue::Bool(value) => Some(u8::from(*value).into()),
        JsonValue::Number(text) => number(text),
        _ => None,
    }
}

/// The value of a number in Python's dialect of JSON.
fn number(text: &str) -> Option<f64> {
    text.parse().ok()
}
