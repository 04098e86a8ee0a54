//! Lists while others write.

use super::*;

/// Queries that each read the catalog in another way.
fn queries() -> Vec<Query> {
    let all = Query::default;
    vec![
        all(),
        Query { limit: Some(1), ..all() },
        Query { limit: Some(3), ..all() },
        until(3),
        Query { since: until(2).until, ..all() },
        Query { ascending: true, ..all() },
        Query { order_by: OrderBy::DataAsset, ascending: true, ..all() },
        Query { order_by: OrderBy::Status, limit: Some(2), ..all() },
    ]
}

fn four() -> [Operation; 4] {
    [save(on("a", 1)), save(on("b", 2)), save(on("c", 3)), save(on("d", 4))]
}

#[test]
fn a_list_while_the_oldest_becomes_the_newest() {
    for query in queries() {
        Scenario::new().before(four()).client([save(changed("a", 5))]).client([list(query)]).holds();
    }
}

/// A document at this hour of the second day, without an offset or in UTC.
fn at(run_id: &str, hour: &str) -> Document {
    tagged(run_id, &format!("2026-01-02T{hour}"), Status::Success, &[])
}

#[test]
fn a_list_in_another_zone_while_results_pass_each_other() {
    // In both zones the names are in another order than the results.
    for zone in ["America/New_York", "Asia/Seoul"] {
        for query in queries() {
            let before = [save(at("a", "01:00")), save(at("b", "03:00+00:00")), save(at("c", "12:00"))];
            let scenario = Scenario::new().before(before).client([save(at("b", "12:30+00:00"))]);
            scenario.client([list(query)]).in_zone(zone).holds();
        }
    }
}

#[test]
fn a_list_while_the_newest_becomes_the_oldest() {
    for query in queries() {
        let scenario = Scenario::new().before([save(on("a", 2)), save(on("b", 3)), save(on("c", 4))]);
        scenario.client([save(changed("c", 1))]).client([list(query)]).holds();
    }
}

#[test]
fn a_list_while_one_result_is_saved_twice() {
    for query in queries() {
        let scenario = Scenario::new().before([save(on("a", 3)), save(on("b", 2))]);
        scenario.client([save(changed("a", 1)), save(on("a", 4))]).client([list(query)]).holds();
    }
}

#[test]
fn a_list_while_a_result_is_new() {
    for query in queries() {
        let scenario = Scenario::new().before([save(on("a", 1)), save(on("b", 3))]);
        scenario.client([save(on("c", 2))]).client([list(query)]).holds();
    }
}

#[test]
fn a_list_while_a_result_is_deleted() {
    for query in queries() {
        let scenario = Scenario::new().before([save(on("a", 1)), save(on("b", 2)), save(on("c", 3))]);
        scenario.client([delete("b")]).client([list(query)]).holds();
    }
}

#[test]
fn a_list_while_a_result_is_deleted_and_saved_again() {
    for query in queries() {
        let scenario = Scenario::new().before([save(on("a", 1)), save(on("b", 2))]);
        scenario.client([delete("b"), save(changed("b", 3))]).client([list(query)]).holds();
    }
}

#[test]
fn a_list_while_two_overwrite() {
    for query in [Query::default(), Query { limit: Some(1), ..Query::default() }] {
        let scenario = Scenario::new().before([save(on("a", 2)), save(on("b", 3))]).preemptions(2, None);
        scenario.client([save(changed("a", 4))]).client([save(changed("a", 1))]).client([list(query)]).holds();
    }
}

#[test]
fn two_lists_while_one_overwrites() {
    let scenario = Scenario::new().before([save(on("a", 2)), save(on("b", 3))]);
    let lists = [list(Query::default()), list(Query::default())];
    scenario.client([save(changed("a", 4))]).client(lists).holds();
}
