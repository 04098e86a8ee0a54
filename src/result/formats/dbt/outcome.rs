//! The outcome of a node, in dbt's words and in ours.

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
}
