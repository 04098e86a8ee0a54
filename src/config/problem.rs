//! A problem of a configuration, and its place: the error type of everything below this room's face.

use std::fmt;
use std::ops::Range;

use serde::de::{Expected, Unexpected};

use crate::error::{BoxError, ErrorKind};
use crate::secret::{printable, shown_name};
use crate::store::options::{known_names_hint, nearest};

/// A result with a [`Problem`] as its error.
pub(super) type Checked<T> = Result<T, Problem>;

/// One thing that is wrong with a configuration.
///
/// It never holds a value of the file or of a variable: values are shown only as the line they stand on, where
/// [`diagnostic`](super::diagnostic) masks what is secret.
#[derive(Debug)]
pub(super) struct Problem(Box<Facts>);

#[derive(Debug)]
struct Facts {
    /// The problem and the option; " in profile `x`" can follow it.
    subject: String,
    /// The reason, or the values that are allowed.
    detail: Option<String>,
    /// Appended to the subject once the profile is known.
    profile: Option<String>,
    /// Where it stands, in bytes of the file.
    span: Option<Range<usize>>,
    /// The next thing to try.
    hint: Option<String>,
    /// Why, where something outside the file failed.
    cause: Option<BoxError>,
    kind: ErrorKind,
}

impl Problem {
    pub(super) fn new(subject: impl Into<String>) -> Self {
        Self(Box::new(Facts {
            subject: subject.into(),
            detail: None,
            profile: None,
            span: None,
            hint: None,
            cause: None,
            kind: ErrorKind::Usage,
        }))
    }

    /// A problem of the option named in `subject`. The user may have made the name up.
    pub(super) fn of_option(subject: impl AsRef<str>) -> Self {
        Self::new(printable(subject.as_ref()))
    }

    /// Where it stands, in bytes of the file.
    pub(super) fn span(&self) -> Option<&Range<usize>> {
        self.0.span.as_ref()
    }

    /// Its kind: wrong usage, unless it is said otherwise.
    pub(super) fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    pub(super) fn of_kind(mut self, kind: ErrorKind) -> Self {
        self.0.kind = kind;
        self
    }

    /// The next thing to try, and the failure behind it.
    pub(super) fn into_hint_and_cause(self) -> (Option<String>, Option<BoxError>) {
        (self.0.hint, self.0.cause)
    }

    /// `name` is not an option; `known` are, and `listed` are named in the hint.
    pub(super) fn unknown_option(name: &str, known: &[&str], listed: &[&str]) -> Self {
        let hint = match nearest(name, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("options: {}", listed.join(", ")),
        };
        Self::new(format!("unknown option `{}`", shown(name))).hint(hint)
    }

    /// `name` is none of `known`, which is a closed list of names.
    pub(super) fn unknown_name(path: &str, what: &str, name: &str, known: &[&str]) -> Self {
        let hint = known_names_hint(name, known);
        Self::new(format!("unknown {what} for option `{}`", shown(path))).hint(hint)
    }

    /// The value of `path` is of the wrong type.
    pub(super) fn wrong_type(path: &str, wanted: &str, found: &str) -> Self {
        Self::new(format!("wrong type of option `{}`", shown(path))).detail(format!("expected {wanted}, found {found}"))
    }

    /// The value of `path` is of the right type, and yet not possible.
    pub(super) fn wrong_value(path: &str, detail: impl Into<String>) -> Self {
        Self::new(format!("wrong value of option `{}`", shown(path))).detail(detail)
    }

    /// Says `path` instead of `name`, the last part of it.
    pub(super) fn renamed(mut self, name: &str, path: &str) -> Self {
        self.0.subject = self.0.subject.replace(&format!("`{}`", shown(name)), &format!("`{}`", shown(path)));
        self
    }

    pub(super) fn detail(mut self, detail: impl Into<String>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    pub(super) fn at(mut self, span: Range<usize>) -> Self {
        self.0.span = Some(span);
        self
    }

    /// Says where it stands, unless a place nearer to the cause is known already.
    pub(super) fn or_at(self, span: Range<usize>) -> Self {
        if self.0.span.is_some() { self } else { self.at(span) }
    }

    pub(super) fn because(mut self, cause: impl Into<BoxError>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    pub(super) fn in_profile(mut self, profile: &str) -> Self {
        self.0.profile.get_or_insert_with(|| shown(profile));
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.subject)?;
        if let Some(profile) = &self.0.profile {
            write!(formatter, " in profile `{profile}`")?;
        }
        if let Some(detail) = &self.0.detail {
            write!(formatter, ": {detail}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}

/// The options' own `Deserialize` reports through this. Its hooks give the facts, so that no text of serde, which
/// quotes values, has to be shown.
impl serde::de::Error for Problem {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::new("wrong value")
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::wrong_value("", format!("expected {expected}"))
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::wrong_value("", format!("expected {expected}"))
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self::unknown_option(field, expected, expected)
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(format!("missing option `{field}`"))
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::new(format!("option `{field}` is given twice")).hint("keep one of its two names")
    }
}

/// `name` as it can be shown on one line of a terminal; a text that looks like a secret is masked.
pub(super) fn shown(name: &str) -> String {
    const LONGEST: usize = 80;
    let shown = shown_name(name);
    match shown.char_indices().nth(LONGEST) {
        Some((end, _)) => shown.get(..end).unwrap_or_default().to_owned() + "…",
        None => shown,
    }
}
