//! Constraints as Deequ prints them: "CompletenessConstraint(Completeness(email,None,None))".

/// The parts of a constraint's text that say what it is about.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Constraint {
    /// The kind of constraint: "Completeness".
    pub(super) name: String,
    /// The column, or the columns separated by commas.
    pub(super) column: Option<String>,
}

/// Analyzers without a column as first argument.
const WITHOUT_COLUMN: [&str; 5] = ["Size", "Compliance", "CustomSql", "ColumnCount", "DatasetMatch"];

impl Constraint {
    pub(super) fn parse(text: &str) -> Self {
        let (name, inner) = call(text).unwrap_or((text, ""));
        let name = name.strip_suffix("Constraint").filter(|name| !name.is_empty()).unwrap_or(name);
        let column = call(inner).and_then(|(analyzer, arguments)| columns(analyzer, arguments));
        Self { name: if name.is_empty() { "constraint".to_owned() } else { name.to_owned() }, column }
    }
}

/// The name and the arguments of "name(arguments)...".
fn call(text: &str) -> Option<(&str, &str)> {
    let (name, rest) = text.split_once('(')?;
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    is_name.then_some((name, rest))
}

fn columns(analyzer: &str, arguments: &str) -> Option<String> {
    if WITHOUT_COLUMN.contains(&analyzer) {
        return None;
    }
    let list =
        ["List(", "Stream(", "Vector(", "ArrayBuffer("].into_iter().find_map(|list| arguments.strip_prefix(list));
    let columns = match list {
        Some(list) => list.split_once(')')?.0,
        None if analyzer == "Correlation" => {
            let (first, rest) = arguments.split_once(',')?;
            return Some(format!("{first}, {}", rest.split([',', ')']).next()?));
        }
        None => arguments.split([',', ')']).next()?,
    };
    let columns = columns.split(',').map(str::trim).filter(|column| !column.is_empty()).collect::<Vec<_>>();
    (!columns.is_empty()).then(|| columns.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constraint_names_its_kind_and_its_columns() {
        for (text, name, column) in [
            ("SizeConstraint(Size(None))", "Size", None),
            ("CompletenessConstraint(Completeness(att1,None))", "Completeness", Some("att1")),
            ("CompletenessConstraint(Completeness(att1,Some(a > 1),None))", "Completeness", Some("att1")),
            ("UniquenessConstraint(Uniqueness(List(id, email),None,None))", "Uniqueness", Some("id, email")),
            ("UniquenessConstraint(Uniqueness(Stream(id, ?),None))", "Uniqueness", Some("id, ?")),
            ("MinimumConstraint(Minimum(age,None,None))", "Minimum", Some("age")),
            ("CorrelationConstraint(Correlation(a,b,None))", "Correlation", Some("a, b")),
            ("ComplianceConstraint(Compliance(a is positive,a >= 0,None,List(a),None))", "Compliance", None),
            ("AnalysisBasedConstraint(Entropy(x,None),<function1>,None,None)", "AnalysisBased", Some("x")),
            ("what Deequ may print one day", "what Deequ may print one day", None),
            ("Constraint(", "Constraint", None),
            ("", "constraint", None),
        ] {
            assert_eq!(
                Constraint::parse(text),
                Constraint { name: name.to_owned(), column: column.map(str::to_owned) },
                "{text}"
            );
        }
    }
}
