//! The names of checks in one list.

use std::collections::HashMap;

use crate::result::CheckKey;

/// The names of the checks of one list: as short as [`CheckKey`] is shown, unless two checks would have the same.
#[derive(Clone, Debug, Default)]
pub struct CheckNames(HashMap<String, usize>);

impl CheckNames {
    /// The names of checks with these keys, which differ.
    pub fn new<'a>(keys: impl IntoIterator<Item = &'a CheckKey>) -> Self {
        let mut counts = HashMap::new();
        for key in keys {
            *counts.entry(key.to_string()).or_insert(0) += 1;
        }
        Self(counts)
    }

    /// The name of a check of the list: `between[age]`, or `between[age] {"max_value": 9}` beside another `between[age]`.
    pub fn name(&self, key: &CheckKey) -> String {
        let name = key.to_string();
        match key.kwargs().or_else(|| key.issue_type()) {
            Some(condition) if self.0.get(&name).is_some_and(|count| *count > 1) => format!("{name} {condition}"),
            _ => name,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::result::json::JsonValue;

    #[test]
    fn checks_of_one_name_are_told_apart_by_their_conditions() {
        let between = |most: u64| {
            let kwargs = [("column", JsonValue::from("age")), ("max_value", most.into())];
            CheckKey::of_expectation("between", Some("age"), JsonValue::object(kwargs))
        };
        let null = |issue_type| CheckKey::of_validator("null", Some("age"), Some(issue_type));
        let keys = [between(9), between(10), null("null"), null("nan"), CheckKey::of_validator("range", None, None)];
        let names = CheckNames::new(&keys);
        assert_eq!(
            keys.each_ref().map(|key| names.name(key)),
            [
                r#"between[age] {"column": "age", "max_value": 9}"#,
                r#"between[age] {"column": "age", "max_value": 10}"#,
                "null[age] null",
                "null[age] nan",
                "range",
            ]
        );
        assert_eq!(CheckNames::new(&keys[..1]).name(&keys[0]), "between[age]");
    }
}
