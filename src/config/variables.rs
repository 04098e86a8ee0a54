//! `${NAME}` and `${NAME:-default}` in the values of a profile.

use std::borrow::Cow;
use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::DeValue;

use super::environment::Environment;
use super::problem::{Checked, Problem, shown};

/// The values of a profile that are not what the file says literally, by the place at which they begin.
#[derive(Debug, Default)]
pub(super) struct References {
    /// Strings that are one reference and nothing else, with the variable; these may fill numbers and switches.
    whole: BTreeMap<usize, String>,
    /// Whether a reference stands anywhere.
    any: bool,
    /// Whether the references are left as they are written.
    pub(super) unresolved: bool,
}

impl References {
    /// No references yet; they will be replaced, or left as they are written.
    pub(super) fn new(are_resolved: bool) -> Self {
        Self { unresolved: !are_resolved, ..Self::default() }
    }

    /// The variable, if the value that begins at `start` is one reference and nothing else.
    pub(super) fn whole(&self, start: usize) -> Option<&str> {
        self.whole.get(&start).map(String::as_str)
    }

    /// Whether some value is not known, because its reference was left as it is.
    pub(super) fn hide_values(&self) -> bool {
        self.unresolved && self.any
    }

    /// Replaces the references in `value` and in all that it holds; without an `environment` they are only checked.
    /// `path` is the option's name, for messages.
    pub(super) fn resolve(
        &mut self,
        value: &mut Spanned<DeValue<'_>>,
        path: &str,
        text: &str,
        environment: Option<&Environment>,
    ) -> Checked<()> {
        let span = value.span();
        match value.get_mut() {
            DeValue::String(string) => {
                if !string.contains('$') {
                    return Ok(());
                }
                let expanded = expand(string, environment).map_err(|fault| {
                    let start = place_of(fault.written, text, &span);
                    Problem::new(format!("cannot resolve option `{}`", shown(path)))
                        .detail(fault.message)
                        .hint(fault.hint)
                        .at(start)
                })?;
                self.any |= !expanded.references.is_empty();
                if let Some(variable) = expanded.whole {
                    self.whole.insert(span.start, variable);
                }
                if environment.is_some() {
                    *string = Cow::Owned(expanded.text);
                }
            }
            DeValue::Array(items) => {
                for item in items.iter_mut() {
                    self.resolve(item, path, text, environment)?;
                }
            }
            DeValue::Table(table) => {
                for (key, item) in table.iter_mut() {
                    self.resolve(item, &format!("{path}.{}", key.get_ref()), text, environment)?;
                }
            }
            DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_) => {}
        }
        Ok(())
    }
}

/// Where `written` stands in the value at `span`: a string with escapes in it is not what the file says, then it is
/// the whole value.
fn place_of(written: &str, text: &str, span: &std::ops::Range<usize>) -> std::ops::Range<usize> {
    let found = text.get(span.clone()).and_then(|raw| raw.find(written));
    found.map_or_else(|| span.clone(), |offset| span.start + offset..span.start + offset + written.len())
}

struct Expanded {
    text: String,
    references: Vec<VariableReference>,
    /// The variable, if the text is one reference and nothing else.
    whole: Option<String>,
}

/// A reference to a variable.
pub(super) struct VariableReference {
    pub(super) name: String,
    pub(super) has_default: bool,
}

/// The references in `text`; none in one that is malformed.
pub(super) fn references_in(text: &str) -> Vec<VariableReference> {
    expand(text, None).map(|expanded| expanded.references).unwrap_or_default()
}

/// A reference that cannot be replaced.
struct Fault<'a> {
    message: String,
    hint: String,
    written: &'a str,
}

impl<'a> Fault<'a> {
    fn malformed(written: &'a str, why: &str) -> Self {
        let hint = "write ${NAME}, ${NAME:-default}, or $$ for a dollar".to_owned();
        Self { message: format!("malformed reference ({why})"), hint, written }
    }
}

/// `text` with its references replaced.
fn expand<'a>(text: &'a str, environment: Option<&Environment>) -> Result<Expanded, Fault<'a>> {
    let mut expanded = Expanded { text: String::with_capacity(text.len()), references: Vec::new(), whole: None };
    let mut rest = text;
    while let Some(dollar) = rest.find('$') {
        let (before, from_dollar) = rest.split_at(dollar);
        expanded.text.push_str(before);
        if let Some(after) = from_dollar.strip_prefix("$$") {
            expanded.text.push('$');
            rest = after;
        } else if let Some(inner) = from_dollar.strip_prefix("${") {
            let Some((reference, after)) = inner.split_once('}') else {
                return Err(Fault::malformed("${", "the closing `}` is missing"));
            };
            let written = from_dollar.get(..reference.len() + 3).unwrap_or(from_dollar);
            expanded.text.push_str(&value_of(reference, written, environment)?);
            let (name, has_default) = reference.split_once(":-").map_or((reference, false), |(name, _)| (name, true));
            if written == text {
                expanded.whole = Some(name.to_owned());
            }
            expanded.references.push(VariableReference { name: name.to_owned(), has_default });
            rest = after;
        } else {
            expanded.text.push('$');
            rest = from_dollar.get(1..).unwrap_or_default();
        }
    }
    expanded.text.push_str(rest);
    Ok(expanded)
}

fn value_of<'a>(reference: &'a str, written: &'a str, environment: Option<&Environment>) -> Result<String, Fault<'a>> {
    let (name, default) = match reference.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (reference, None),
    };
    let mut characters = name.chars();
    let starts_well = characters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_');
    if !starts_well || !characters.all(|character| character.is_ascii_alphanumeric() || character == '_') {
        return Err(Fault::malformed(written, "a name is letters, digits and `_`"));
    }
    if default.is_some_and(|default| default.contains("${")) {
        return Err(Fault::malformed(written, "a default cannot hold a reference"));
    }
    let Some(environment) = environment else { return Ok(String::new()) };
    let value = match environment.variable(name) {
        Some(value) => Some(value.into_string().map_err(|_| Fault {
            message: format!("variable `{name}` is not UTF-8"),
            hint: format!("set {name} to UTF-8 text"),
            written,
        })?),
        None => None,
    };
    match (value, default) {
        // As in a shell: an empty variable takes the default too.
        (None, Some(default)) => Ok(default.to_owned()),
        (Some(value), Some(default)) if value.is_empty() => Ok(default.to_owned()),
        (Some(value), _) => Ok(value),
        (None, None) => Err(Fault {
            message: format!("variable `{name}` is not set"),
            hint: format!("set {name}, or give a default: ${{{name}:-default}}"),
            written,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(text: &str) -> Result<String, String> {
        let environment = Environment::new("/").with_variables(|name| match name {
            "NAME" => Some("value".into()),
            "EMPTY" => Some("".into()),
            "DOLLAR" => Some("${NAME}".into()),
            _ => None,
        });
        expand(text, Some(&environment)).map(|expanded| expanded.text).map_err(|fault| fault.message)
    }

    #[test]
    fn references_are_replaced_once() {
        for (text, wanted) in [
            ("${NAME}", "value"),
            ("a${NAME}b${NAME}", "avaluebvalue"),
            ("${MISSING:-a b:c}", "a b:c"),
            ("${EMPTY:-x}", "x"),
            ("${EMPTY}", ""),
            ("${MISSING:-}", ""),
            ("$${NAME}", "${NAME}"),
            ("$$$$", "$$"),
            ("a$b $ c$", "a$b $ c$"),
            ("${DOLLAR}", "${NAME}"),
        ] {
            assert_eq!(expanded(text).as_deref(), Ok(wanted), "{text}");
        }
    }

    #[test]
    fn what_is_no_reference_is_refused() {
        for text in ["${", "${}", "${1A}", "${A B}", "${A:x}", "${A-x}", "${A:-${NAME}}", "${MISSING}"] {
            assert!(expanded(text).is_err(), "{text}");
        }
    }
}
