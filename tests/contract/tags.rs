//! Finding results by their tags.

use std::collections::BTreeSet;

use truthound_store::store::contract::{OrderBy, Query};

use crate::backends::Place;
use crate::support::{Draft, assert_listed, everything, id, result, save_all};

crate::cases![
    a_result_with_many_tags_is_found_by_each_of_them,
    a_result_is_found_by_a_tag_with_any_signs_in_it,
    a_result_is_found_by_the_tags_that_it_was_last_saved_with,
    a_tag_and_a_data_asset_must_both_match_however_many_have_only_one,
    results_with_a_tag_come_in_every_order,
];

fn tagged(tags: &[(&str, &str)]) -> Query {
    Query { tags: tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(), ..everything() }
}

async fn a_result_with_many_tags_is_found_by_each_of_them(place: &Place) {
    let store = place.open();
    let with_tags = |count: usize| {
        (1..=count).fold(result(&format!("run-{count:02}")), |draft, number| {
            draft.tagged(&format!("key-{number}"), &format!("{number}, of {count}, all"))
        })
    };
    let drafts: Vec<Draft> = [1, 2, 3, 4, 7, 8, 9, 20].map(with_tags).to_vec();
    save_all(&store, &drafts).await;
    for (draft, count) in drafts.iter().zip([1, 2, 3, 4, 7, 8, 9, 20]) {
        for number in BTreeSet::from([1, count.min(8), count]) {
            let value = format!("{number}, of {count}, all");
            assert_listed(&store, &tagged(&[(&format!("key-{number}"), &value)]), &[draft]).await;
        }
    }
    assert_listed(&store, &tagged(&[("key-1", "1")]), &[]).await;
}

async fn a_result_is_found_by_a_tag_with_any_signs_in_it(place: &Place) {
    let store = place.open();
    let texts = ["", ", ", ",", ", x", "x, ", "*", "{", "}", "\"", "\", \"", "\\", ": ", "0", "é, ü"];
    let mut drafts = Vec::new();
    for (number, text) in texts.iter().enumerate() {
        drafts.push(result(&format!("key-{number:02}")).tagged("a", "first").tagged(text, "value"));
        drafts.push(result(&format!("value-{number:02}")).tagged("a", "first").tagged("key", text));
    }
    save_all(&store, &drafts).await;
    for (pair, text) in drafts.chunks(2).zip(texts) {
        assert_listed(&store, &tagged(&[(text, "value")]), &[&pair[0]]).await;
        assert_listed(&store, &tagged(&[("key", text)]), &[&pair[1]]).await;
    }
}

async fn a_result_is_found_by_the_tags_that_it_was_last_saved_with(place: &Place) {
    let store = place.open();
    let before = result("run-1").tagged("env", "dev").tagged("team", "a");
    let after = result("run-1").tagged("build", "7").tagged("env", "prod");
    save_all(&store, &[before]).await;
    save_all(&store, std::slice::from_ref(&after)).await;
    assert_listed(&store, &tagged(&[("env", "prod")]), &[&after]).await;
    assert_listed(&store, &tagged(&[("build", "7")]), &[&after]).await;
    assert_listed(&store, &tagged(&[("env", "dev")]), &[]).await;
    assert_listed(&store, &tagged(&[("team", "a")]), &[]).await;
    store.delete(&id("run-1"), None).await.unwrap();
    assert_listed(&store, &tagged(&[("env", "prod")]), &[]).await;
}

async fn a_tag_and_a_data_asset_must_both_match_however_many_have_only_one(place: &Place) {
    let store = place.open();
    let both = result("both").of("orders").tagged("env", "prod");
    let mut drafts = vec![both.clone()];
    for number in 0..40 {
        drafts.push(result(&format!("asset-{number}")).of("orders").tagged("env", "dev"));
        drafts.push(result(&format!("tag-{number}")).of("customers").tagged("env", "prod"));
    }
    save_all(&store, &drafts).await;
    let query = Query { data_asset: Some("orders".to_owned()), ..tagged(&[("env", "prod")]) };
    assert_listed(&store, &query, &[&both]).await;
}

async fn results_with_a_tag_come_in_every_order(place: &Place) {
    let store = place.open();
    let draft = |run_id: &str, asset: &str, time: &str| result(run_id).of(asset).at(time).tagged("env", "prod");
    let [a, b, c] = [
        draft("1", "b", "2026-03-01T00:00:00"),
        draft("2", "a", "2026-03-02T00:00:00"),
        draft("3", "b", "2026-03-03T00:00:00"),
    ];
    let other = result("4").of("c").at("2026-03-04T00:00:00").tagged("env", "dev");
    save_all(&store, &[a.clone(), b.clone(), c.clone(), other]).await;
    let query = |order_by, ascending| Query { order_by, ascending, ..tagged(&[("env", "prod")]) };
    assert_listed(&store, &query(OrderBy::RunTime, false), &[&c, &b, &a]).await;
    assert_listed(&store, &query(OrderBy::RunTime, true), &[&a, &b, &c]).await;
    assert_listed(&store, &query(OrderBy::DataAsset, false), &[&c, &a, &b]).await;
    assert_listed(&store, &query(OrderBy::DataAsset, true), &[&b, &c, &a]).await;
    let second = Query { limit: Some(1), offset: 1, ..query(OrderBy::RunTime, false) };
    assert_listed(&store, &second, &[&b]).await;
}
