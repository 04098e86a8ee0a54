//! What Python makes of a value.

use crate::result::json::{Text, Value};

/// `str(value)`, of what is no container.
pub(super) fn str(value: &Value) -> Option<Text> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(text) => Some(Text::from(text.as_ref())),
        Value::Bool(true) => Some("True".into()),
        Value::Bool(false) => Some("False".into()),
        Value::Null => Some("None".into()),
        Value::Array(_) | Value::Object(_) => None,
    }
}

/// `int(value)`, as JSON spells it.
pub(super) fn int(value: &Value) -> Option<Value> {
    let whole = |text: &str| {
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    match value {
        Value::Bool(value) => Some(u64::from(*value).into()),
        Value::Number(text) if whole(text) => Some(value.clone()),
        Value::Number(text) => {
            let number: f64 = text.parse().ok().filter(|number: &f64| number.is_finite())?;
            Some(Value::Number(format!("{:.0}", number.trunc() + 0.0).into()))
        }
        Value::String(text) => {
            let text = text.to_str_lossy();
            let text = text.trim();
            let number: i128 = whole(text).then(|| text.parse().ok()).flatten()?;
            Some(Value::Number(number.to_string().into()))
        }
        _ => None,
    }
}

/// `bool(value)`.
pub(super) fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(text) => text.parse::<f64>().is_ok_and(|number| number != 0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(elements) => !elements.is_empty(),
        Value::Object(members) => !members.is_empty(),
    }
}

/// `float(value)` of a number, which truth values are to Python.
pub(super) fn float(value: &Value) -> Option<f64> {
    match value {
        Value::Bool(value) => Some(u8::from(*value).into()),
        Value::Number(text) => number(text),
        _ => None,
    }
}

/// The number that a literal of Python's dialect means.
fn number(text: &str) -> Option<f64> {
    text.parse().ok()
}
