//! `reindex` while others write.

use super::*;

fn two() -> [Operation; 2] {
    [save(on("a", 1)), save(on("b", 2))]
}

#[test]
fn a_reindex_and_a_new_save() {
    Scenario::new().before(two()).client([Operation::Reindex]).client([save(on("c", 3))]).holds();
}

#[test]
fn a_reindex_and_an_overwrite() {
    Scenario::new().before(two()).client([Operation::Reindex]).client([save(changed("a", 3))]).holds();
}

#[test]
fn a_reindex_and_an_overwrite_with_an_older_time() {
    Scenario::new().before([save(on("a", 3))]).client([Operation::Reindex]).client([save(changed("a", 1))]).holds();
}

#[test]
fn a_reindex_and_a_delete() {
    Scenario::new().before(two()).client([Operation::Reindex]).client([delete("a")]).holds();
}

#[test]
fn two_reindexes() {
    Scenario::new().before(two()).client([Operation::Reindex]).client([Operation::Reindex]).holds();
}

#[test]
fn a_reindex_with_an_index_of_python_and_an_overwrite() {
    let scenario = Scenario::new().with_index().before([save(on("a", 1))]);
    scenario.client([Operation::Reindex]).client([save(changed("a", 3))]).holds();
}
