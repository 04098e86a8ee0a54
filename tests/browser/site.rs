//! A site that the program has written about results of three data assets.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::support::Room;

/// Text that must be shown as it is, and not take effect: in names, messages, tags and run ids.
pub(crate) const HOSTILE: &str =
    "<script>pwned=1</script>\"'><img src=x onerror=pwned=1> {{ 7*7 }} &lt;b&gt; \u{202e}txet\u{7}\u{1b}[31m";

/// Parts of [`HOSTILE`] as a page shows them.
pub(crate) const HOSTILE_PARTS: [&str; 4] = [
    "<script>pwned=1</script>\"'><img src=x onerror=pwned=1>",
    "{{ 7*7 }}",
    "&lt;b&gt;",
    "\\u{202e}txet\\u{7}\\u{1b}[31m",
];

/// The number of runs of `orders`: more than the table of runs shows at once.
const RUNS: usize = 24;

/// A site, in a room with the store that it was made from.
pub(crate) struct Site(Room);

impl Site {
    /// Saves results and writes a site about them.
    pub(crate) fn write() -> Self {
        let room = Room::with_disk_profile("");
        let orders = (0..RUNS).map(|place| {
            let count = if place % 5 == 3 || place + 3 >= RUNS { place + 1 } else { 0 };
            let checks = [
                check("not_null", "id", if count > 0 { "failed" } else { "passed" }, count, "found nulls"),
                check("unique", "id", if place % 7 == 2 { "warned" } else { "passed" }, 0, "found twins"),
                check("in_set", "country", if place == 9 { "errored" } else { "passed" }, 0, "no\tconnection\nto it"),
                check("in_range", "amount", "passed", 0, ""),
                check("mean", "amount", "passed", 0, ""),
                check("slow", "amount", "skipped", 0, ""),
            ];
            result(&format!("orders-{place}"), "orders", if count > 0 { "failure" } else { "success" }, place, &checks)
        });
        let customers = (0..2).map(|place| {
            let checks = [check("not_null", "email", "passed", 0, "")];
            result(&format!("customers-{place}"), "customers", "success", place, &checks)
        });
        let hostile = [
            check(HOSTILE, HOSTILE, "failed", 3, HOSTILE),
            check(&format!("passed {HOSTILE}"), HOSTILE, "passed", 0, HOSTILE),
        ];
        let hostile = result(HOSTILE, HOSTILE, "failure", 0, &hostile);
        let documents: String =
            orders.chain(customers).chain([hostile]).map(|document| format!("{document}\n")).collect();
        room.start(["-q", "save", "-"]).input(documents).run().succeeds();
        room.run(["report", "-o", "site"]).succeeds();
        Self(room)
    }

    pub(crate) fn directory(&self) -> PathBuf {
        self.0.work().join("site").canonicalize().unwrap()
    }

    pub(crate) fn path(&self, page: &str) -> PathBuf {
        self.directory().join(page)
    }

    /// One page of each kind, and its kind.
    pub(crate) fn kinds(&self) -> Vec<(&'static str, String)> {
        [("overview", "index.html"), ("asset", "assets/orders.html"), ("run", "runs/orders-23.html")]
            .map(|(kind, page)| (kind, page.to_owned()))
            .into()
    }

    /// All pages.
    pub(crate) fn pages(&self) -> BTreeSet<String> {
        let below = |directory: &str| {
            let names = self.0.names_in(&format!("site/{directory}")).into_iter();
            names.map(|name| format!("{directory}/{name}")).collect::<Vec<_>>()
        };
        below("assets").into_iter().chain(below("runs")).chain(["index.html".to_owned()]).collect()
    }

    /// The pages that show foreign text of every kind.
    pub(crate) fn hostile_pages(&self) -> Vec<String> {
        let hostile = self.pages().into_iter().filter(|page| page.contains('~')).collect::<Vec<_>>();
        assert_eq!(hostile.len(), 2, "{hostile:?}");
        hostile.into_iter().chain(["index.html".to_owned()]).collect()
    }
}

fn check(name: &str, column: &str, outcome: &str, count: usize, message: &str) -> Value {
    json!({
        "validator_name": name,
        "column": column,
        "success": outcome == "passed",
        "count": count,
        "severity": if outcome == "passed" { Value::Null } else { json!("high") },
        "message": message,
        "details": {"outcome": outcome, "kwargs": {"column": column}},
    })
}

fn result(run_id: &str, asset: &str, status: &str, day: usize, checks: &[Value]) -> Value {
    json!({
        "run_id": run_id,
        "run_time": format!("2026-11-{:02}T06:00:00Z", day + 1),
        "data_asset": asset,
        "status": status,
        "results": checks,
        "statistics": {"total_validators": checks.len(), "total_rows": 120},
        "tags": {"branch": "main", "note": run_id},
        "metadata": {},
        "suite_name": asset,
        "runtime_environment": {},
    })
}
