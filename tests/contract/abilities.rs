//! The capabilities that a backend states, and its errors for operations that it does not support.

use std::net::TcpListener;
use std::pin::pin;
use std::time::Duration;

use truthound_store::error::ErrorKind;
use truthound_store::store::contract::{PoolActions, ReindexOptions, SaveMode, Tier, TierChange};

use crate::backends::Place;
use crate::support::{assert_listed, everything, id, read, result, save_all, text};

crate::cases![
    opening_touches_nothing,
    the_location_can_be_shown,
    tiers_are_moved_to_where_there_are_any,
    a_tier_of_no_name_is_refused,
    a_healthy_catalog_is_found_so,
    the_pool_reports_where_there_is_one,
    recycling_and_resetting_are_refused_or_leave_the_store_usable,
    ordinary_work_warns_of_nothing,
];

async fn opening_touches_nothing(place: &Place) {
    let before = std::fs::read_dir(place.data()).unwrap().count();
    let store = place.open();
    store.capabilities();
    store.location();
    assert_eq!(std::fs::read_dir(place.data()).unwrap().count(), before);

    // A backend with a server connects in the first operation, not before.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let Some(store) = place.open_at_port(listener.local_addr().unwrap().port()) else { return };
    store.capabilities();
    store.location();
    // If opening had left a connection to a background task, it would be made here.
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(listener.accept().is_err(), "opening connects");
    let query = everything();
    let mut operation = pin!(store.count(&query));
    let connects = async {
        while listener.accept().is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    // The operation cannot end before it connects, because this server never answers.
    tokio::select! {
        () = connects => {}
        answer = &mut operation => panic!("{answer:?} without a connection"),
    }
}

async fn the_location_can_be_shown(place: &Place) {
    let location = place.open().location();
    assert!(!location.is_empty() && !location.contains(char::is_control), "{location:?}");
}

async fn tiers_are_moved_to_where_there_are_any(place: &Place) {
    let store = place.open();
    let draft = result("run-1");
    draft.save_in(&store).await;
    let tiers = store.capabilities().tiers;
    if tiers.is_empty() {
        for tier in ["Hot", "Archive", "GLACIER_IR"] {
            let error = store.set_tier(&id("run-1"), &Tier(tier.to_owned()), None).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{error:?}");
        }
        assert_eq!(store.placement(&id("run-1")).await.unwrap_err().kind(), ErrorKind::Unsupported);
    } else {
        assert_eq!(store.placement(&id("absent")).await.unwrap_err().kind(), ErrorKind::NotFound);
    }
    assert_eq!(text(&store, "run-1").await, draft.text());
    assert_listed(&store, &everything(), &[&draft]).await;
    // A result cannot leave an archive tier at once, so each tier gets its own result.
    for tier in tiers.names() {
        let draft = result(tier);
        draft.save_in(&store).await;
        let before = store.placement(&id(tier)).await.unwrap();
        assert!(before.size.unwrap() > 0, "{before:?}");
        store.set_tier(&id(tier), &Tier(tier.to_lowercase()), None).await.unwrap();
        let again = store.set_tier(&id(tier), &Tier(tier.to_owned()), None).await.unwrap();
        assert!(matches!(again, Some(TierChange::Requested) | Some(TierChange::Unchanged)), "{tier}: {again:?}");
        let after = store.placement(&id(tier)).await.unwrap();
        assert_eq!((tiers.find(tier).map(|it| it.name), before.size), (Some(after.tier.0.as_str()), after.size));
        match read(&store, tier).await {
            Ok(bytes) => assert_eq!(bytes, draft.text().as_bytes(), "{tier}"),
            Err(error) => assert_eq!(error.kind(), ErrorKind::Read, "{tier}: {error:?}"),
        }
        assert!(store.delete(&id(tier), None).await.unwrap(), "{tier}");
    }
}

async fn a_tier_of_no_name_is_refused(place: &Place) {
    let store = place.open();
    result("run-1").save_in(&store).await;
    let error = store.set_tier(&id("run-1"), &Tier("lukewarm".to_owned()), None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error:?}");
}

async fn a_healthy_catalog_is_found_so(place: &Place) {
    let store = place.open();
    let drafts =
        [result("a"), result("b").at("2020-01-01T00:00:00+02:00").tagged("env", "prod"), result("c d").of("é")];
    save_all(&store, &drafts).await;
    for dry_run in [true, false] {
        let answer = store.reindex(ReindexOptions { dry_run, python_index: false }).await;
        if store.capabilities().catalog {
            let report = answer.unwrap();
            assert_eq!((report.documents, report.correct), (3, 3), "{report:?}");
            assert!(report.missing.is_empty() && report.stale.is_empty() && report.unreadable.is_empty(), "{report:?}");
        } else {
            assert_eq!(answer.unwrap_err().kind(), ErrorKind::Unsupported);
        }
    }
    assert_listed(&place.open(), &everything(), &[&drafts[0], &drafts[2], &drafts[1]]).await;
}

async fn the_pool_reports_where_there_is_one(place: &Place) {
    let store = place.open();
    save_all(&store, &[result("a"), result("b")]).await;
    let answer = store.pool_status(PoolActions::default()).await;
    if !store.capabilities().pool {
        assert_eq!(answer.unwrap_err().kind(), ErrorKind::Unsupported);
        return;
    }
    let status = serde_json::to_value(answer.unwrap()).unwrap();
    assert_eq!(status["initialized"], true, "{status}");
    assert_eq!(status["disposed"], false, "{status}");
    assert_eq!(status["healthy"], true, "{status}");
    assert_eq!(status["circuit_state"], "CLOSED", "{status}");
    assert_eq!(status["config"]["pool_size"], 5, "{status}");
    assert_eq!(status["config"]["max_overflow"], 10, "{status}");
    let metrics = &status["metrics"];
    assert!(metrics["connections"]["total_created"].as_u64().unwrap() >= 1, "{status}");
    assert!(metrics["operations"]["checkouts"].as_u64().unwrap() >= 2, "{status}");
    assert!(metrics["health"]["checks_passed"].as_u64().unwrap() >= 1, "{status}");
    assert_eq!(metrics["health"]["checks_failed"], 0, "{status}");
    assert_eq!(metrics["circuit_breaker"]["opens"], 0, "{status}");
    assert_eq!(status.get("error"), None, "{status}");
}

async fn recycling_and_resetting_are_refused_or_leave_the_store_usable(place: &Place) {
    let store = place.open();
    let draft = result("run-1");
    draft.save_in(&store).await;
    let answer = store.pool_status(PoolActions { recycle: true, reset_breaker: true }).await;
    if store.capabilities().pool {
        let status = answer.unwrap();
        assert!(status.healthy, "{status:?}");
        assert_eq!(status.circuit_state, "CLOSED");
    } else {
        assert_eq!(answer.unwrap_err().kind(), ErrorKind::Unsupported);
    }
    assert_eq!(text(&store, "run-1").await, draft.text());
    result("run-2").save_in(&store).await;
    assert_eq!(store.count(&everything()).await.unwrap(), 2);
}

async fn ordinary_work_warns_of_nothing(place: &Place) {
    let store = place.open();
    let draft = result("run-1").tagged("env", "prod");
    draft.save_in(&store).await;
    draft.clone().at("2026-04-01T00:00:00").save_in(&store).await;
    store.save(&draft.document(), SaveMode::IfAbsent).await.unwrap_err();
    assert_listed(&store, &everything(), &[&draft.at("2026-04-01T00:00:00")]).await;
    store.delete(&id("run-1"), None).await.unwrap();
    assert!(place.warnings().is_empty(), "{:?}", place.warnings());
}
