//! Writers beside Python's index, and beside Python itself.

use super::*;

#[test]
fn two_new_saves_with_an_index() {
    let scenario = Scenario::new().with_index().before([save(on("c", 3))]);
    scenario.client([save(on("a", 1))]).client([save(on("b", 2))]).holds();
}

#[test]
fn two_overwrites_with_an_index() {
    let scenario = Scenario::new().with_index().before([save(on("a", 3))]);
    scenario.client([save(changed("a", 2))]).client([save(changed("a", 4))]).holds();
}

#[test]
fn an_overwrite_and_a_delete_with_an_index() {
    let scenario = Scenario::new().with_index().before([save(on("a", 3)), save(on("b", 2))]);
    scenario.client([save(changed("a", 2))]).client([delete("a")]).holds();
}

#[test]
fn a_new_save_and_a_delete_of_another_with_an_index() {
    let scenario = Scenario::new().with_index().before([save(on("a", 3))]);
    scenario.client([save(on("b", 2))]).client([delete("a")]).holds();
}

#[test]
fn an_overwrite_and_a_list_with_an_index() {
    for query in [Query::default(), Query { limit: Some(1), ..Query::default() }, until(2)] {
        let scenario = Scenario::new().with_index().before([save(on("a", 3)), save(on("b", 2))]);
        scenario.client([save(changed("a", 1))]).client([list(query)]).holds();
    }
}

#[test]
fn a_delete_and_a_list_with_an_index() {
    for query in [Query::default(), Query { limit: Some(1), ..Query::default() }] {
        let scenario = Scenario::new().with_index().before([save(on("a", 3)), save(on("b", 2))]);
        scenario.client([delete("a")]).client([list(query)]).holds();
    }
}

#[test]
fn a_save_and_one_of_python() {
    let scenario = Scenario::new().with_index().before([save(on("c", 3))]);
    scenario.client([save(on("a", 1))]).client([Operation::PythonSave(on("b", 2))]).holds();
}

#[test]
fn an_overwrite_and_one_of_python() {
    let scenario = Scenario::new().with_index().before([save(on("a", 3))]);
    scenario.client([save(changed("a", 1))]).client([Operation::PythonSave(changed("a", 4))]).holds();
}

#[test]
fn an_overwrite_and_one_of_python_that_has_not_written_its_index() {
    for versions in [Versions::OfContent, Versions::Counted] {
        let before = [save(on("a", 3)), list(Query::default())];
        let scenario = Scenario::new().with_index().before(before).versions(versions);
        let python = [Operation::PythonSave(changed("a", 4))];
        scenario.client([save(changed("a", 1)), list(Query::default())]).client(python).holds();
    }
}

#[test]
fn an_overwrite_and_two_of_python_that_has_not_written_its_index() {
    let before = [save(on("a", 3)), list(Query::default())];
    let python = [Operation::PythonSave(changed("a", 4)), Operation::PythonSave(on("a", 2))];
    let scenario = Scenario::new().with_index().before(before);
    scenario.client([save(changed("a", 1)), list(Query::default())]).client(python).holds();
}

#[test]
fn an_overwrite_and_one_of_python_that_a_list_adopts() {
    let before = [save(on("a", 3)), save(on("b", 2)), list(Query::default())];
    let python = [Operation::PythonSave(changed("a", 4)), list(Query::default())];
    let scenario = Scenario::new().with_index().before(before);
    scenario.client([save(changed("a", 1)), list(Query::default())]).client(python).holds();
}

#[test]
fn an_overwrite_that_python_takes_back() {
    let before = [Operation::PythonSave(on("a", 3)), list(Query::default())];
    let python = [Operation::PythonSave(on("a", 3)), list(Query::default())];
    let scenario = Scenario::new().with_index().before(before).versions(Versions::Counted);
    scenario.client([save(changed("a", 1)), list(Query::default())]).client(python).holds();
}

#[test]
fn a_delete_by_filter_and_a_save_of_python_that_it_does_not_want() {
    let before = [save(on("a", 1)), save(on("b", 2)), list(Query::default())];
    let deleted = Operation::Delete(id("a"), Some(until(2)));
    let scenario = Scenario::new().with_index().before(before);
    scenario.client([deleted, list(Query::default())]).client([Operation::PythonSave(changed("a", 4))]).holds();
}

#[test]
fn an_overwrite_and_one_of_python_whose_row_is_lost() {
    let scenario = Scenario::new().with_index().before([save(on("a", 3))]).faults(&[]);
    let python = [Operation::PythonLoses(changed("a", 4)), Operation::PythonSave(on("b", 2))];
    scenario.client([save(changed("a", 1))]).client(python).holds();
}

#[test]
fn an_overwrite_of_what_python_saved_before_it_died() {
    for versions in [Versions::OfContent, Versions::Counted] {
        let before = [save(on("a", 3)), list(Query::default()), Operation::PythonLoses(changed("a", 4))];
        let scenario = Scenario::new().with_index().before(before).versions(versions).faults(&[]);
        scenario.client([save(changed("a", 1)), list(until(3))]).holds();
    }
}

#[test]
fn a_delete_of_what_python_saved_before_it_died() {
    for versions in [Versions::OfContent, Versions::Counted] {
        let before = [save(on("a", 3)), list(Query::default()), Operation::PythonLoses(changed("a", 4))];
        let scenario = Scenario::new().with_index().before(before).versions(versions).faults(&[]);
        scenario.client([delete("a"), list(Query::default())]).holds();
    }
}

#[test]
fn a_list_while_another_adopts_what_python_saved_and_a_save_covers_it() {
    let before = [save(on("a", 3)), Operation::PythonSave(changed("a", 4))];
    let scenario = Scenario::new().with_index().before(before).versions(Versions::Counted);
    let another = [list(Query::default()), save(on("b", 2))];
    scenario.client([list(Query::default())]).client(another).holds();
}

#[test]
fn a_list_while_another_adopts_what_python_moves() {
    for (from, to) in [(1, 5), (5, 1)] {
        let before = [save(on("a", from)), save(on("b", 2)), save(on("c", 3)), list(Query::default())];
        let scenario = Scenario::new().with_index().before(before);
        let another = [Operation::PythonSave(changed("a", to)), list(Query::default())];
        scenario.client([list(Query::default())]).client(another).holds();
    }
}

#[test]
fn a_save_and_a_delete_of_python() {
    let scenario = Scenario::new().with_index().before([save(on("a", 1)), save(on("c", 3))]);
    scenario.client([save(on("b", 2))]).client([Operation::PythonDelete(id("a"))]).holds();
}

#[test]
fn a_list_while_python_saves() {
    for query in [Query::default(), Query { limit: Some(1), ..Query::default() }] {
        let scenario = Scenario::new().with_index().before([save(on("a", 1)), save(on("b", 2))]);
        scenario.client([Operation::PythonSave(changed("a", 3))]).client([list(query)]).holds();
    }
}

#[test]
fn a_list_while_python_and_another_save() {
    let scenario = Scenario::new().with_index().before([save(on("c", 3))]).preemptions(2, None);
    let python = Operation::PythonSave(on("b", 2));
    scenario.client([save(on("a", 1))]).client([python]).client([list(Query::default())]).holds();
}

#[test]
fn two_saves_of_python_into_a_store_of_its_own() {
    let scenario = Scenario::new().before([Operation::PythonSave(on("a", 1))]);
    let second = Operation::PythonSave(on("c", 3));
    scenario.client([Operation::PythonSave(on("b", 2)), list(Query::default())]).client([second]).holds();
}
