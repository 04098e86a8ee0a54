//! The unique ids of dbt's nodes: `model.shop.customers`, `source.shop.raw.customers`, `test.shop.not_null_id.02bfe1`.

/// The parts of a unique id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NodeId<'a> {
    /// model, seed, snapshot, source, test, `unit_test`, ...
    pub(super) kind: &'a str,
    /// The project or package that defines the node.
    pub(super) package: &'a str,
    /// The rest: the name of a model; source and table; a model and its version; a test and its hash.
    pub(super) name: &'a str,
}

impl<'a> NodeId<'a> {
    /// The parts of `id`. A part that it lacks is empty.
    pub(super) fn new(id: &'a str) -> Self {
        let (kind, rest) = id.split_once('.').unwrap_or((id, ""));
        let (package, name) = rest.split_once('.').unwrap_or((rest, ""));
        Self { kind, package, name }
    }

    /// Whether it is a test of data or a unit test.
    pub(super) fn is_test(self) -> bool {
        matches!(self.kind, "test" | "unit_test")
    }

    /// Whether it is data: what can be tested, or built.
    pub(super) fn is_asset(self) -> bool {
        matches!(self.kind, "model" | "seed" | "snapshot" | "source" | "analysis" | "function")
    }

    /// The data asset of a node that is one. A node of another package than the project has the name of the package
    /// before its own, so that two packages may use one name.
    pub(super) fn data_asset(self, project: &str) -> String {
        if self.package == project { self.name.to_owned() } else { format!("{}.{}", self.package, self.name) }
    }

    /// The name of a test without the hash of its arguments.
    pub(super) fn test_name(self) -> &'a str {
        let name = if self.kind == "unit_test" { self.name.rsplit('.').next() } else { self.name.split('.').next() };
        name.unwrap_or(self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unique_id_has_a_kind_a_package_and_a_name() {
        for (id, asset) in [
            ("model.shop.customers", "customers"),
            ("source.shop.raw.customers", "raw.customers"),
            ("model.shop.customers.v2", "customers.v2"),
            ("seed.other.countries", "other.countries"),
        ] {
            assert!(NodeId::new(id).is_asset());
            assert_eq!(NodeId::new(id).data_asset("shop"), asset);
        }
        for (id, name) in [
            ("test.shop.not_null_id.422908bfae", "not_null_id"),
            ("test.shop.no_negative_ids", "no_negative_ids"),
            ("unit_test.shop.customers.ut_customers", "ut_customers"),
        ] {
            assert!(NodeId::new(id).is_test());
            assert_eq!(NodeId::new(id).test_name(), name);
        }
        assert_eq!(NodeId::new("odd"), NodeId { kind: "odd", package: "", name: "" });
    }
}
