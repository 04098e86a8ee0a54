//! The name of a check on a page.

use askama::Template;
use askama::filters::HtmlSafe;

use super::page_text::PageText;
use crate::result::json::JsonValue;
use crate::result::{CheckKey, Layout};

/// The name of a check, its column, and the condition that it tests as far as both leave it open.
#[derive(Debug, Template)]
#[template(path = "check.html")]
pub(super) struct CheckTitle {
    name: PageText,
    column: PageText,
    condition: PageText,
}

// The template of the title has escaped it.
impl HtmlSafe for CheckTitle {}

impl CheckTitle {
    pub(super) fn new(key: &CheckKey) -> Self {
        let issue_type = key.issue_type().filter(|issue_type| *issue_type != key.name()).map(str::to_owned);
        let arguments = key.kwargs().and_then(|kwargs| other_arguments(kwargs, key.column()));
        Self {
            name: PageText::name(key.name()),
            column: key.column().map(PageText::name).unwrap_or_default(),
            condition: PageText::name(&issue_type.or(arguments).unwrap_or_default()),
        }
    }
}

/// The arguments of an expectation besides its column; `None` if there are none.
fn other_arguments(kwargs: &str, column: Option<&str>) -> Option<String> {
    let mut arguments = JsonValue::parse_str(kwargs).ok()?;
    if arguments.get("column").and_then(JsonValue::as_str).as_deref() == column {
        arguments.remove("column");
    }
    arguments.as_object().is_some_and(|members| !members.is_empty()).then(|| arguments.to_text(Layout::Compact))
}
