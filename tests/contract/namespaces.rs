//! Namespaces, which separate projects and environments.

use truthound_store::error::ErrorKind;
use truthound_store::store::contract::{ReindexOptions, SaveMode};

use crate::backends::Place;
use crate::support::{assert_listed, assert_not_found, everything, id, result, text};

crate::cases![
    a_result_is_not_seen_in_another_namespace,
    a_run_id_in_two_namespaces_is_two_results_or_refused,
    names_that_begin_alike_are_apart,
    a_namespace_below_another_is_apart,
    the_other_namespaces_are_those_with_results,
    a_store_without_results_has_no_other_namespaces,
];

async fn a_result_is_not_seen_in_another_namespace(place: &Place) {
    let (dev, prod) = (place.open_namespace("dev"), place.open_namespace("prod"));
    let draft = result("run-1");
    draft.save_in(&dev).await;
    assert_not_found(&prod, "run-1").await;
    assert_listed(&prod, &everything(), &[]).await;
    assert!(!prod.delete(&id("run-1"), None).await.unwrap());
    assert_listed(&dev, &everything(), &[&draft]).await;
    assert_eq!(text(&dev, "run-1").await, draft.text());
}

async fn a_run_id_in_two_namespaces_is_two_results_or_refused(place: &Place) {
    let (dev, prod) = (place.open_namespace("dev"), place.open_namespace("prod"));
    let (in_dev, in_prod) = (result("run-1").of("dev.csv"), result("run-1").of("prod.csv"));
    in_dev.save_in(&dev).await;
    if place.backend.ids_are_unique_across_namespaces {
        for mode in [SaveMode::Overwrite, SaveMode::IfAbsent] {
            let error = prod.save(&in_prod.document(), mode).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{error:?}");
        }
        assert_listed(&prod, &everything(), &[]).await;
    } else {
        prod.save(&in_prod.document(), SaveMode::IfAbsent).await.unwrap();
        assert_eq!(text(&prod, "run-1").await, in_prod.text());
        assert_listed(&prod, &everything(), &[&in_prod]).await;
        assert!(prod.delete(&id("run-1"), None).await.unwrap());
    }
    assert_eq!(text(&dev, "run-1").await, in_dev.text());
    assert_listed(&dev, &everything(), &[&in_dev]).await;
}

async fn names_that_begin_alike_are_apart(place: &Place) {
    let stores = ["a", "ab", "A", "a.b", "a_b", "axb"].map(|namespace| (namespace, place.open_namespace(namespace)));
    for (namespace, store) in &stores {
        result(&format!("in-{}", namespace.replace('/', "-"))).save_in(store).await;
    }
    for (namespace, store) in &stores {
        assert_listed(store, &everything(), &[&result(&format!("in-{namespace}"))]).await;
    }
}

async fn a_namespace_below_another_is_apart(place: &Place) {
    let (above, below) = (place.open_namespace("a"), place.open_namespace("a/validations/b"));
    let (in_above, in_below) = (result("above"), result("below"));
    in_above.save_in(&above).await;
    in_below.save_in(&below).await;
    for store in [&above, &below] {
        if store.capabilities().catalog {
            let report = store.reindex(ReindexOptions::default()).await.unwrap();
            assert_eq!(report.documents, 1, "{report:?}");
        }
    }
    assert_listed(&above, &everything(), &[&in_above]).await;
    assert_listed(&below, &everything(), &[&in_below]).await;
}

async fn the_other_namespaces_are_those_with_results(place: &Place) {
    for namespace in ["prod", "dev", "team/nightly", "été"] {
        result(&format!("in-{}", namespace.replace('/', "-"))).save_in(&place.open_namespace(namespace)).await;
    }
    let emptied = place.open_namespace("emptied");
    result("gone").save_in(&emptied).await;
    assert!(emptied.delete(&id("gone"), None).await.unwrap());
    let in_memory = place.backend.lives_in_memory;
    for (namespace, others) in
        [("dev", vec!["prod", "team/nightly", "été"]), ("no", vec!["dev", "prod", "team/nightly", "été"])]
    {
        let store = place.open_namespace(namespace);
        assert_eq!(store.namespace(), namespace);
        let mut found = store.other_namespaces(10).await.unwrap();
        found.sort_unstable();
        // A store in memory has one namespace.
        assert_eq!(found, if in_memory { Vec::new() } else { others });
        assert_eq!(store.other_namespaces(2).await.unwrap().len(), if in_memory { 0 } else { 2 });
    }
}

async fn a_store_without_results_has_no_other_namespaces(place: &Place) {
    assert_eq!(place.open_namespace("dev").other_namespaces(10).await.unwrap(), Vec::<String>::new());
}
