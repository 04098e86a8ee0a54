//! Rules of a bucket that delete objects by their age, and so can take documents and catalog apart.

use crate::error::ErrorKind;
use crate::store::contract::Finding;
use crate::store::objects::layout::KeyLayout;

const CHECK: &str = "lifecycle rules";

/// A rule that deletes current objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct ExpiryRule {
    /// The start of the names that it concerns; empty for all.
    pub(in super::super) prefix: String,
    /// Whether it concerns objects with certain tags only. Catalog entries have no tags.
    pub(in super::super) by_tag: bool,
}

impl ExpiryRule {
    fn concerns(&self, names: &str) -> bool {
        names.starts_with(&self.prefix) || self.prefix.starts_with(names)
    }
}

/// Judges the rules of a bucket.
pub(in super::super) fn lifecycle(rules: &[ExpiryRule], keys: &KeyLayout) -> Finding {
    let (catalog, documents) = (format!("{}/", keys.catalog()), format!("{}/", keys.documents()));
    let of_documents = rules.iter().any(|rule| rule.concerns(&documents));
    let of_catalog = rules.iter().any(|rule| !rule.by_tag && rule.concerns(&catalog));
    match (of_documents, of_catalog) {
        (false, false) => Finding::good(CHECK, "no rule deletes documents or catalog entries"),
        (true, true) => Finding::doubtful(
            CHECK,
            "a rule deletes documents and catalog entries by their age, not at the same moment",
            "delete old results with `truthound-store delete --until AGE`, which keeps documents and catalog together",
        ),
        (true, false) => Finding::bad(
            CHECK,
            ErrorKind::Usage,
            format!(
                "a rule deletes documents and leaves their entries in `{catalog}`, so that lists name what is gone"
            ),
            "remove the rule, and delete old results with `truthound-store delete --until AGE`",
        ),
        (false, true) => Finding::bad(
            CHECK,
            ErrorKind::Usage,
            format!("a rule deletes the catalog entries in `{catalog}`, so that results vanish from lists"),
            "exclude these names from the rule, then run `truthound-store reindex`",
        ),
    }
}

/// The finding for rules that cannot be asked for.
pub(in super::super) fn unknown_lifecycle(reason: &str) -> Finding {
    Finding::doubtful(
        CHECK,
        format!("they cannot be read: {reason}"),
        "check that no rule deletes objects of this store",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::contract::FindingLevel;

    #[test]
    fn a_rule_that_takes_documents_and_catalog_apart_is_wrong() {
        let keys = KeyLayout::in_cloud("p/", "n", true).unwrap();
        let rule = |prefix: &str, by_tag| ExpiryRule { prefix: prefix.to_owned(), by_tag };
        for (rules, expected) in [
            (vec![], FindingLevel::Good),
            (vec![rule("other/", false), rule("p/n2/", false)], FindingLevel::Good),
            (vec![rule("", false)], FindingLevel::Doubtful),
            (vec![rule("p/n/results/", false)], FindingLevel::Bad(ErrorKind::Usage)),
            (vec![rule("p/n/results/a", false)], FindingLevel::Bad(ErrorKind::Usage)),
            (vec![rule("", true)], FindingLevel::Bad(ErrorKind::Usage)),
            (vec![rule("p/n/_catalog/", false)], FindingLevel::Bad(ErrorKind::Usage)),
        ] {
            assert_eq!(lifecycle(&rules, &keys).level, expected, "{rules:?}");
        }
    }
}
