//! Hostile texts.

use crate::support::stored;

/// Texts that end what is around them, or are more than text, in one of the formats.
pub(crate) const HOSTILE: [&str; 14] = [
    "\u{1b}[31mred\u{1b}[0m\u{7}\u{0}",
    "]]></failure></testcase>",
    "a|b\\|c\\",
    "%0A::error::%25",
    "\n::error title=x::y\r\n::stop-commands::z",
    "<script>alert(1)</script><img src=x onerror=y>",
    "\u{202e}reversed\u{2066}",
    "\u{fffe}\u{ffff}\u{85}\u{2028}",
    "@someone #1 GH-1 !1 :tada: $x$ 0123456789abcdef",
    "https://example.org www.example.org someone@example.org [x](y) ![x](y)",
    "`code` *bold* _it_ ~~x~~ # h\n- item\n\n---",
    "&amp;&#60;b&gt; \"quoted\" 'text'",
    ", title=x,line=1: y",
    "\u{c774}\u{b984} gr\u{f6}\u{df}e",
];

/// A stored run whose every name and message is a hostile text.
pub(crate) fn hostile_run(run_id: &str) -> String {
    let checks = HOSTILE.iter().enumerate().map(|(number, text)| {
        serde_json::json!({
            "validator_name": text,
            "column": text,
            "issue_type": format!("{number}{text}"),
            "success": false,
            "severity": if number % 2 == 0 { "high" } else { text },
            "count": number,
            "message": text,
        })
    });
    let mut document: serde_json::Value =
        serde_json::from_str(&stored(run_id).ended("failure").of(HOSTILE[4]).text()).unwrap();
    document["results"] = checks.collect();
    document["suite_name"] = HOSTILE.concat().into();
    document["tags"] = serde_json::json!({"<b>|%0A\n": HOSTILE.concat()});
    document.to_string()
}
