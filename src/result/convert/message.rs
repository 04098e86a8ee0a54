//! Texts of other tools.

use crate::result::json::JsonValue;

/// The text of a string that is Unicode and not empty.
pub(in crate::result) fn exact_text(value: &JsonValue) -> Option<String> {
    let text = value.as_text().filter(|text| text.is_exact() && !text.is_empty())?;
    Some(text.to_str_lossy().into_owned())
}

/// A message without the codes that color it at a terminal, and without margin; `None` if nothing is left.
pub(in crate::result) fn plain(message: &str) -> Option<String> {
    let plain = anstream::adapter::strip_str(message).to_string().replace("\r\n", "\n");
    let plain = plain.trim();
    (!plain.is_empty()).then(|| plain.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_no_colors_and_no_margin() {
        let message =
            "\n\n\u{1b}[32mactual\u{1b}[0m differs from \u{1b}[31mexpected\u{1b}[0m:\r\n\u{1b}[0;1m@@\u{1b}[0m\r\n\n";
        assert_eq!(plain(message).as_deref(), Some("actual differs from expected:\n@@"));
        assert_eq!(plain("\u{1b}[0m \n"), None);
    }
}
