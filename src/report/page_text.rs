//! Foreign text on a page.

use std::fmt;

use crate::secret::{excerpt, is_unsafe_to_print};

/// Characters of the beginning and of the end of a name that are shown.
const NAME: (usize, usize) = (300, 100);

/// Characters of the beginning and of the end of a message that are shown.
const MESSAGE: (usize, usize) = (1_500, 500);

/// Foreign text, such as a name or a message, made safe to read: characters that are invisible or reorder the text
/// around them are shown as escapes, and a long text is cut in the middle. The template escapes it as HTML.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageText(String);

impl PageText {
    /// A text on one line.
    pub fn name(text: &str) -> Self {
        Self(visible(&excerpt(text, NAME.0, NAME.1), |_| false))
    }

    /// A text that keeps its lines and tabs.
    pub fn message(text: &str) -> Self {
        let text = excerpt(text, MESSAGE.0, MESSAGE.1).replace("\r\n", "\n");
        Self(visible(text.trim_end(), |character| matches!(character, '\n' | '\t')))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn visible(text: &str, is_kept: fn(char) -> bool) -> String {
    let mut visible = String::with_capacity(text.len());
    for character in text.chars() {
        if is_unsafe_to_print(character) && !is_kept(character) {
            visible.extend(character.escape_default());
        } else {
            visible.push(character);
        }
    }
    visible
}

impl fmt::Display for PageText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
