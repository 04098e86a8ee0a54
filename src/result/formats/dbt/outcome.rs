//! The outcome of a node, in dbt's words and in ours.

use std::borrow::Cow;

use super::node::NodeId;
use crate::result::checks::CheckOutcome;

/// The outcome of a node with this status (`NodeStatus` in dbt's `artifacts/schemas/results.py`); `None` if the node
/// has nothing to say.
///
/// A test with the status `success` was compiled and never run: a test that ran passed, failed or warned. A model either
/// succeeds or fails.
pub(super) fn outcome(node: NodeId<'_>, status: &str) -> Option<CheckOutcome> {
    Some(match status {
        "pass" | "reused" => CheckOutcome::Passed,
        "success" if node.is_test() => CheckOutcome::Skipped,
        "success" => CheckOutcome::Passed,
        "fail" => CheckOutcome::Failed,
        "warn" => CheckOutcome::Warned,
        "error" | "runtime error" | "partial success" if !node.is_test() && node.kind != "source" => {
            CheckOutcome::Failed
        }
        "skipped" => CheckOutcome::Skipped,
        "no-op" => return None,
        _ => CheckOutcome::Errored,
    })
}

/// A message without the codes that colour it at a terminal; `None` if nothing is left.
pub(super) fn plain(message: &str) -> Option<String> {
    let plain = anstream::adapter::strip_str(message).to_string();
    let plain = plain.replace("\r\n", "\n");
    let plain = Cow::from(plain.trim());
    (!plain.is_empty()).then(|| plain.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_means_what_dbt_did_with_the_node() {
        let said = |id, status| outcome(NodeId::new(id), status).map(CheckOutcome::name);
        for (id, status, expected) in [
            ("test.a.b", "pass", Some("passed")),
            ("test.a.b", "fail", Some("failed")),
            ("test.a.b", "warn", Some("warned")),
            ("test.a.b", "error", Some("errored")),
            ("test.a.b", "runtime error", Some("errored")),
            ("test.a.b", "skipped", Some("skipped")),
            ("test.a.b", "success", Some("skipped")),
            ("test.a.b", "what dbt may say one day", Some("errored")),
            ("unit_test.a.b.c", "fail", Some("failed")),
            ("model.a.b", "success", Some("passed")),
            ("model.a.b", "error", Some("failed")),
            ("model.a.b", "partial success", Some("failed")),
            ("model.a.b", "skipped", Some("skipped")),
            ("exposure.a.b", "no-op", None),
            ("source.a.b.c", "runtime error", Some("errored")),
        ] {
            assert_eq!(said(id, status), expected, "{id} {status}");
        }
    }

    #[test]
    fn a_message_has_no_colours_and_no_margin() {
        let message =
            "\n\n\u{1b}[32mactual\u{1b}[0m differs from \u{1b}[31mexpected\u{1b}[0m:\r\n\u{1b}[0;1m@@\u{1b}[0m\r\n\n";
        assert_eq!(plain(message).as_deref(), Some("actual differs from expected:\n@@"));
        assert_eq!(plain("\u{1b}[0m \n"), None);
    }
}
