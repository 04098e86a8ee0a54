//! Verifying stored results, and the digests that are recorded when they are saved.

use futures_util::StreamExt as _;
use truthound_store::error::{Error, ErrorKind};
use truthound_store::result::{DocumentDigest, Status};
use truthound_store::store::contract::{
    Query, ReadingSample, SaveMode, VerifiedContent, VerifiedResult, VerifyOptions,
};

use crate::backends::{Place, Store};
use crate::support::{Draft, everything, id, result, save_all};

crate::cases![
    a_saved_result_is_sound_and_has_the_digest_of_its_document,
    an_overwritten_result_has_the_digest_of_its_new_document,
    digests_that_are_told_without_reading_are_those_of_the_documents,
    a_sample_reads_its_share_and_looks_for_the_others,
    filters_select_what_is_verified,
    one_result_is_verified_by_its_run_id,
    a_document_that_is_no_result_is_named_and_the_others_are_verified,
    a_document_that_contradicts_its_entry_is_named_with_the_fact,
    a_document_that_is_longer_than_the_limit_is_unreadable_and_named,
    a_result_that_is_verified_while_it_is_replaced_and_deleted_is_no_fault,
];

const ALL: VerifyOptions = VerifyOptions { jobs: 4, sample: ReadingSample::ALL, wants_digests: false };

/// Returns what is sound, by run id, and the faults.
async fn verify(store: &Store, query: &Query, options: VerifyOptions) -> (Vec<VerifiedResult>, Vec<Error>) {
    let (mut sound, mut faults) = (Vec::new(), Vec::new());
    let mut outcomes = store.verify(query, options);
    while let Some(outcome) = outcomes.next().await {
        match outcome {
            Ok(verified) => sound.push(verified),
            Err(error) => faults.push(error),
        }
    }
    sound.sort_by(|left, right| left.run_id.cmp(&right.run_id));
    (sound, faults)
}

async fn a_document_that_is_longer_than_the_limit_is_unreadable_and_named(place: &Place) {
    let long = result("long").saying(&format!("\"padding\": {:?}", "x".repeat(40_000)));
    let store = place.open_limited(16 << 10);
    save_all(&store, &[result("short"), long]).await;
    let id = id("long");
    let error = match store.get(&id).await {
        Ok(document) => document.collect::<Vec<_>>().await.into_iter().find_map(Result::err).unwrap(),
        Err(error) => error,
    };
    let said = |error: &Error| [vec![error.to_string()], error.causes()].concat().join(": ");
    assert_eq!((error.kind(), error.run_id()), (ErrorKind::Read, Some("long")), "{error:?}");
    assert!(said(&error).contains("longer than 16384 bytes, the `max_document_size`"), "{error:?}");
    let (sound, faults) = verify(&store, &everything(), ALL).await;
    assert_eq!(sound.iter().map(|verified| verified.run_id.as_str()).collect::<Vec<_>>(), ["short"]);
    let [fault] = faults.as_slice() else { panic!("{faults:?}") };
    assert!(fault.kind() == ErrorKind::Read && said(fault).contains("max_document_size"), "{fault:?}");
}

fn digest(text: &str) -> DocumentDigest {
    DocumentDigest::of(text.as_bytes()).unwrap()
}

async fn a_saved_result_is_sound_and_has_the_digest_of_its_document(place: &Place) {
    let drafts = [result("a").at("2026-03-01T12:00:00.123456"), result("b").tagged("env", "prod"), result("c")];
    save_all(&place.open(), &drafts).await;
    let (sound, faults) = verify(&place.open(), &everything(), ALL).await;
    assert!(faults.is_empty(), "{faults:?}");
    assert_eq!(sound.len(), 3);
    for (verified, draft) in sound.iter().zip(&drafts) {
        assert_eq!(verified.run_id.as_str(), draft.run_id);
        assert_eq!(verified.digest, Some(digest(&draft.text())));
        assert_eq!(verified.content, VerifiedContent::Read);
        // Python's tables have no column for it.
        assert_eq!(verified.has_recorded_digest, place.backend.records_digests);
    }
}

async fn digests_that_are_told_without_reading_are_those_of_the_documents(place: &Place) {
    // Enough for several statements.
    let drafts = [vec![result("a"), result("b"), result("o'hara 고객")], (0..260).map(numbered).collect()].concat();
    save_all(&place.open(), &drafts[..3]).await;
    let all: Vec<_> = drafts.iter().map(|draft| id(&draft.run_id)).collect();
    let found = place.open().digests_of(&all).await.unwrap();
    // A cloud tells none: it takes as many requests as to read the documents.
    assert!(found.is_empty() || found.len() == 3, "{found:?}");
    assert!(found.len() == 3 || !(place.backend.records_digests && place.open().capabilities().pool));
    for draft in drafts.iter().filter(|draft| found.contains_key(&id(&draft.run_id))) {
        assert_eq!(found[&id(&draft.run_id)], digest(&draft.text()), "{}", draft.run_id);
    }
}

fn numbered(number: u32) -> Draft {
    result(&format!("number-{number}"))
}

async fn an_overwritten_result_has_the_digest_of_its_new_document(place: &Place) {
    let store = place.open();
    let same_facts = result("a").saying(r#""n": 1"#);
    save_all(&store, &[result("a").at("2026-01-01T00:00:00"), result("a"), same_facts.clone()]).await;
    let (sound, faults) = verify(&place.open(), &everything(), ALL).await;
    assert!(faults.is_empty(), "{faults:?}");
    assert_eq!(sound[0].digest, Some(digest(&same_facts.text())));
    assert_eq!((sound.len(), sound[0].has_recorded_digest), (1, place.backend.records_digests));
}

async fn a_sample_reads_its_share_and_looks_for_the_others(place: &Place) {
    let drafts: Vec<_> = (0..8).map(|number| result(&format!("run-{number}"))).collect();
    save_all(&place.open(), &drafts).await;
    let half = VerifyOptions { sample: ReadingSample::new(0.5, 0.0), ..ALL };
    let (sound, faults) = verify(&place.open(), &everything(), half).await;
    assert!(faults.is_empty(), "{faults:?}");
    let is_read = |verified: &&VerifiedResult| verified.content == VerifiedContent::Read;
    assert_eq!((sound.len(), sound.iter().filter(is_read).count()), (8, 4));
    // A digest is known without reading where it is recorded, and read where it is wanted.
    assert!(sound.iter().all(|verified| verified.digest.is_some()) || !place.backend.records_digests);
    let (sound, _) = verify(&place.open(), &everything(), VerifyOptions { wants_digests: true, ..half }).await;
    for (verified, draft) in sound.iter().zip(&drafts) {
        assert_eq!(verified.digest, Some(digest(&draft.text())));
    }
}

async fn filters_select_what_is_verified(place: &Place) {
    let store = place.open();
    save_all(&store, &[result("a").of("x"), result("b").of("y").ended(Status::Failure)]).await;
    store.save(&result("bad").of("y").document_of("no result"), SaveMode::Overwrite).await.unwrap();
    let query = Query { data_asset: Some("x".to_owned()), ..everything() };
    let (sound, faults) = verify(&place.open(), &query, ALL).await;
    assert_eq!((sound.len(), faults.len()), (1, 0), "{faults:?}");
}

async fn one_result_is_verified_by_its_run_id(place: &Place) {
    let store = place.open();
    save_all(&store, &[result("a"), result("b")]).await;
    store.save(&result("bad").document_of("{\"run_id\": \"bad\""), SaveMode::Overwrite).await.unwrap();
    let found = store.verify_one(&id("a"), ALL).await.unwrap();
    assert_eq!((found.content, found.digest), (VerifiedContent::Read, Some(digest(&result("a").text()))));
    let looked_for = VerifyOptions { sample: ReadingSample::new(0.0, 0.0), ..ALL };
    let found = store.verify_one(&id("b"), looked_for).await.unwrap();
    assert_eq!((found.content, found.has_recorded_digest), (VerifiedContent::NotRead, place.backend.records_digests));
    let fault = store.verify_one(&id("bad"), ALL).await.unwrap_err();
    assert_eq!((fault.kind(), fault.run_id()), (ErrorKind::Read, Some("bad")), "{fault:?}");
    let missing = store.verify_one(&id("none"), ALL).await.unwrap_err();
    assert_eq!((missing.kind(), missing.run_id()), (ErrorKind::NotFound, Some("none")), "{missing:?}");
}

async fn a_document_that_is_no_result_is_named_and_the_others_are_verified(place: &Place) {
    let store = place.open();
    save_all(&store, &[result("a"), result("b")]).await;
    store.save(&result("bad").document_of("{\"run_id\": \"bad\""), SaveMode::Overwrite).await.unwrap();
    let (sound, faults) = verify(&place.open(), &everything(), ALL).await;
    assert_eq!(sound.len(), 2);
    let [fault] = faults.as_slice() else { panic!("{faults:?}") };
    assert_eq!((fault.kind(), fault.run_id()), (ErrorKind::Read, Some("bad")), "{fault:?}");
    assert!(!fault.causes().is_empty(), "{fault:?}");
}

async fn a_document_that_contradicts_its_entry_is_named_with_the_fact(place: &Place) {
    let store = place.open();
    let saved = result("a");
    for (position, (other, fact)) in [
        (result("b"), "run id"),
        (result("a").at("2026-03-05T00:00:00"), "run time"),
        (result("a").of("orders"), "data asset"),
        (result("a").ended(Status::Failure), "status"),
        (result("a").tagged("env", "prod"), "tags"),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("run-{position}");
        let other = if fact == "run id" { other } else { other.named(&name) };
        store.save(&saved.clone().named(&name).document_of(other.text()), SaveMode::Overwrite).await.unwrap();
        let (_, faults) = verify(&place.open(), &everything(), ALL).await;
        let found = faults.iter().filter(|fault| fault.run_id() == Some(&name)).collect::<Vec<_>>();
        let [fault] = found.as_slice() else { panic!("{fact}: {faults:?}") };
        assert!(fault.causes().concat().contains(fact), "{fact}: {fault:?}");
    }
}

async fn a_result_that_is_verified_while_it_is_replaced_and_deleted_is_no_fault(place: &Place) {
    let store = place.open();
    save_all(&store, &[result("a"), result("b")]).await;
    let writing = async {
        for number in 0..6 {
            result("a").at(&format!("2026-03-0{}T00:00:00", number % 3 + 1)).saying("\"n\": 1").save_in(&store).await;
            store.delete(&id("b"), None).await.unwrap();
            result("b").save_in(&store).await;
        }
    };
    let verifying = async {
        let other = place.open();
        for _ in 0..4 {
            let (_, faults) = verify(&other, &everything(), ALL).await;
            assert!(faults.is_empty(), "{faults:?}");
        }
    };
    futures_util::future::join(writing, verifying).await;
}
