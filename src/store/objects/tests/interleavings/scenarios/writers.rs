//! Writers of one run.

use super::*;

const FAILURES: &[RequestOutcome] = &[RequestOutcome::Lost, RequestOutcome::Refused, RequestOutcome::Repeated];

#[test]
fn a_new_save_and_another() {
    Scenario::new().client([save(on("a", 1))]).client([save(changed("a", 2))]).holds();
}

#[test]
fn two_overwrites() {
    let scenario = Scenario::new().before([save(on("a", 3))]);
    scenario.client([save(changed("a", 2))]).client([save(changed("a", 4))]).holds();
}

#[test]
fn two_overwrites_whose_answers_are_lost() {
    let scenario = Scenario::new().before([save(on("a", 3))]).faults(FAILURES);
    scenario.client([save(changed("a", 2))]).client([save(changed("a", 4))]).holds();
}

#[test]
fn two_overwrites_with_equal_content() {
    for versions in [Versions::OfContent, Versions::Counted] {
        let scenario = Scenario::new().before([save(on("a", 3))]).versions(versions);
        scenario.client([save(changed("a", 4))]).client([save(changed("a", 4))]).holds();
    }
}

#[test]
fn an_overwrite_and_one_that_changes_nothing() {
    for versions in [Versions::OfContent, Versions::Counted] {
        let scenario = Scenario::new().before([save(on("a", 3))]).versions(versions);
        scenario.client([save(on("a", 3))]).client([save(changed("a", 4))]).holds();
    }
}

#[test]
fn an_overwrite_that_is_taken_back_and_another() {
    let scenario = Scenario::new().before([save(on("a", 3))]);
    scenario.client([save(changed("a", 4)), save(on("a", 3))]).client([save(changed("a", 2))]).holds();
}

#[test]
fn overwrites_that_change_everything_but_the_time() {
    let scenario = Scenario::new().before([save(on("a", 3)), save(on("b", 3))]);
    scenario.client([save(changed("a", 3))]).client([save(on("a", 3))]).holds();
}

#[test]
fn an_overwrite_and_a_delete() {
    let scenario = Scenario::new().before([save(on("a", 3)), save(on("b", 2))]);
    scenario.client([save(changed("a", 1))]).client([delete("a")]).holds();
}

#[test]
fn a_delete_whose_answers_are_lost() {
    for versions in [Versions::OfContent, Versions::Counted] {
        let scenario = Scenario::new().before([save(on("a", 3))]).versions(versions).faults(FAILURES);
        scenario.client([delete("a")]).holds();
    }
}

#[test]
fn an_overwrite_and_a_delete_whose_answers_are_lost() {
    let scenario = Scenario::new().before([save(on("a", 3))]).faults(FAILURES);
    scenario.client([save(changed("a", 1))]).client([delete("a")]).holds();
}

#[test]
fn a_delete_and_a_new_save() {
    let scenario = Scenario::new().before([save(on("a", 3))]);
    scenario.client([delete("a"), save(changed("a", 1))]).client([delete("a")]).holds();
}

#[test]
fn a_delete_and_a_save_if_absent() {
    let scenario = Scenario::new().before([save(on("a", 3))]);
    scenario.client([delete("a")]).client([save_if_absent(changed("a", 1))]).holds();
}

#[test]
fn a_delete_of_what_is_just_being_saved() {
    Scenario::new().client([delete("a")]).client([save(on("a", 1))]).holds();
}

#[test]
fn two_deletes() {
    let scenario = Scenario::new().before([save(on("a", 3)), save(on("b", 3))]);
    scenario.client([delete("a")]).client([delete("a")]).holds();
}

#[test]
fn a_save_if_absent_and_a_save() {
    Scenario::new().client([save_if_absent(on("a", 1))]).client([save(changed("a", 2))]).holds();
}

#[test]
fn two_saves_if_absent() {
    for second in [on("a", 1), changed("a", 2)] {
        Scenario::new().client([save_if_absent(on("a", 1))]).client([save_if_absent(second)]).holds();
    }
}

#[test]
fn a_save_if_absent_whose_answers_are_lost() {
    let scenario = Scenario::new().faults(FAILURES);
    scenario.client([save_if_absent(on("a", 1))]).client([save(changed("a", 2))]).holds();
}

#[test]
fn a_delete_by_filter_and_an_overwrite_that_it_does_not_want() {
    let scenario = Scenario::new().before([save(on("a", 1)), save(on("b", 2))]);
    let deleted = Operation::Delete(id("a"), Some(until(2)));
    scenario.client([deleted]).client([save(changed("a", 4))]).holds();
}

#[test]
fn a_delete_by_filter_of_what_an_overwrite_has_changed_already() {
    let scenario = Scenario::new().before([save(on("a", 1)), save(on("b", 2))]);
    let deleted = Operation::Delete(id("a"), Some(until(2)));
    scenario.client([save(changed("a", 4)), deleted]).client([save(changed("a", 3))]).holds();
}

/// A store with this document that has been listed. The first list compares all documents with the catalog.
fn listed(document: Document) -> Scenario {
    Scenario::new().before([save(document), list(Query::default())])
}

#[test]
fn a_prune_and_an_overwrite() {
    for document in [changed("a", 3), on("a", 3)] {
        for versions in [Versions::OfContent, Versions::Counted] {
            let scenario = listed(on("a", 3)).versions(versions);
            scenario.client([prune("a")]).client([save(document.clone())]).holds();
        }
    }
}

#[test]
fn a_prune_and_a_delete_after_which_the_same_document_is_saved_again() {
    for versions in [Versions::OfContent, Versions::Counted] {
        let scenario = listed(on("a", 3)).versions(versions);
        scenario.client([prune("a")]).client([delete("a"), save(on("a", 3))]).holds();
    }
}

#[test]
fn a_prune_whose_answers_are_lost_and_an_overwrite() {
    let scenario = listed(on("a", 3)).faults(FAILURES);
    scenario.client([prune("a")]).client([save(changed("a", 3))]).holds();
}

#[test]
fn two_prunes() {
    listed(on("a", 3)).client([prune("a")]).client([prune("a")]).holds();
}

#[test]
fn two_overwrites_and_a_delete() {
    let scenario = Scenario::new().before([save(on("a", 3))]).preemptions(2, None);
    scenario.client([save(changed("a", 2))]).client([save(changed("a", 4))]).client([delete("a")]).holds();
}
