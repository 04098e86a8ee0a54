//! Saving, and reading back.

use std::fs::File;
use std::io::Write as _;
use std::sync::Arc;

use truthound_store::error::ErrorKind;
use truthound_store::result::{Body, Status};
use truthound_store::store::contract::SaveMode;

use crate::backends::Place;
use crate::support::{assert_listed, assert_not_found, everything, read, result, text};

crate::cases![
    a_document_comes_back_byte_for_byte,
    spacing_and_line_ends_are_kept,
    nan_and_infinity_are_kept,
    lone_surrogates_and_huge_numbers_are_kept,
    every_plane_of_unicode_is_kept,
    five_megabytes_come_back_byte_for_byte,
    a_document_in_pieces_of_memory_and_file_comes_back_whole,
    what_is_saved_is_seen_by_the_next_process,
    saving_twice_is_one_result,
    overwriting_moves_the_result_to_its_new_time,
    overwriting_changes_what_is_listed_of_it,
    overwriting_back_and_forth_lists_it_once,
    overwriting_with_less_leaves_nothing_of_the_longer_document,
    if_absent_saves_what_is_not_there,
    if_absent_refuses_what_is_there_and_leaves_it_as_it_is,
    getting_what_is_not_there_is_not_found,
];

async fn a_document_comes_back_byte_for_byte(place: &Place) {
    let store = place.open();
    let draft = result("run-1").saying(r#""rows": 3, "rate": 1e-7, "note": null"#);
    draft.save_in(&store).await;
    assert_eq!(text(&store, "run-1").await, draft.text());
}

async fn spacing_and_line_ends_are_kept(place: &Place) {
    let store = place.open();
    let draft = result("run-1");
    let odd = format!("\r\n\t {}\r\n\r\n", draft.text().replace(", ", " ,\r\n"));
    store.save(&draft.document_of(odd.clone()), SaveMode::Overwrite).await.unwrap();
    assert_eq!(text(&store, "run-1").await, odd);
}

async fn nan_and_infinity_are_kept(place: &Place) {
    let store = place.open();
    let draft = result("run-1").saying(r#""mean": NaN, "max": Infinity, "min": -Infinity"#);
    draft.save_in(&store).await;
    assert_eq!(text(&store, "run-1").await, draft.text());
}

async fn lone_surrogates_and_huge_numbers_are_kept(place: &Place) {
    let store = place.open();
    let draft = result("run-1").saying(r#""name": "\ud800 \udfff\u0000", "n": 123456789012345678901234567890"#);
    draft.save_in(&store).await;
    assert_eq!(text(&store, "run-1").await, draft.text());
}

async fn every_plane_of_unicode_is_kept(place: &Place) {
    let store = place.open();
    let draft =
        result("run-1").of("größe/客户.csv").tagged("équipe", "🦀").saying("\"\u{1F98A}\": \"e\u{301} é \u{10FFFF}\"");
    draft.save_in(&store).await;
    assert_eq!(text(&store, "run-1").await, draft.text());
    assert_listed(&store, &everything(), &[&draft]).await;
}

async fn five_megabytes_come_back_byte_for_byte(place: &Place) {
    let store = place.open();
    let draft = result("run-1").saying(&format!("\"samples\": [{}0]", "\"äöü 0123456789\", ".repeat(250_000)));
    assert!(draft.text().len() > 5_000_000);
    draft.save_in(&store).await;
    assert!(text(&place.open(), "run-1").await == draft.text(), "the bytes differ");
}

async fn a_document_in_pieces_of_memory_and_file_comes_back_whole(place: &Place) {
    let store = place.open();
    let draft = result("run-1").saying(&format!("\"samples\": \"{}\"", "0123456789".repeat(100_000)));
    let whole = draft.text();
    let mut file: File = tempfile::tempfile().unwrap();
    file.write_all(b"before ").unwrap();
    file.write_all(&whole.as_bytes()[100..900_000]).unwrap();
    file.write_all(b" after").unwrap();
    let mut body = Body::from(whole[..100].to_owned());
    body.push_file(Arc::new(file), 7..900_000 - 100 + 7);
    body.push_bytes(whole[900_000..].to_owned());
    store.save(&draft.document_of(body), SaveMode::Overwrite).await.unwrap();
    assert!(text(&store, "run-1").await == whole, "the bytes differ");
}

async fn what_is_saved_is_seen_by_the_next_process(place: &Place) {
    let draft = result("run-1").of("orders").ended(Status::Failure).tagged("env", "prod");
    draft.save_in(&place.open()).await;
    let store = place.open();
    assert_eq!(text(&store, "run-1").await, draft.text());
    assert_listed(&store, &everything(), &[&draft]).await;
}

async fn saving_twice_is_one_result(place: &Place) {
    let draft = result("run-1");
    draft.save_in(&place.open()).await;
    draft.save_in(&place.open()).await;
    assert_listed(&place.open(), &everything(), &[&draft]).await;
}

async fn overwriting_moves_the_result_to_its_new_time(place: &Place) {
    let between = result("between").at("2026-03-02T00:00:00");
    let old = result("moved").at("2026-03-01T00:00:00");
    let new = old.clone().at("2026-03-03T00:00:00.000001+05:30");
    let store = place.open();
    between.save_in(&store).await;
    old.save_in(&store).await;
    assert_listed(&store, &everything(), &[&between, &old]).await;
    new.save_in(&place.open()).await;
    assert_listed(&store, &everything(), &[&new, &between]).await;
    assert_eq!(text(&store, "moved").await, new.text());
}

async fn overwriting_changes_what_is_listed_of_it(place: &Place) {
    let store = place.open();
    let bare = result("run-1").of("orders").ended(Status::Failure);
    let tagged = bare.clone().tagged("env", "dev").tagged("team", "a");
    for next in [
        tagged.clone(),
        tagged.clone().tagged("env", "prod"),
        tagged.clone().of("customers"),
        tagged.clone().ended(Status::Warning),
        bare,
        tagged,
    ] {
        next.save_in(&place.open()).await;
        assert_listed(&store, &everything(), &[&next]).await;
        assert_eq!(text(&store, "run-1").await, next.text());
    }
}

async fn overwriting_back_and_forth_lists_it_once(place: &Place) {
    let (one, two) =
        (result("run-1").at("2026-03-01T00:00:00"), result("run-1").at("2025-01-01T00:00:00").of("orders"));
    for _ in 0..5 {
        one.save_in(&place.open()).await;
        two.save_in(&place.open()).await;
    }
    assert_listed(&place.open(), &everything(), &[&two]).await;
}

async fn overwriting_with_less_leaves_nothing_of_the_longer_document(place: &Place) {
    let store = place.open();
    let long = result("run-1").saying(&format!("\"samples\": \"{}\"", "x".repeat(300_000)));
    let short = result("run-1");
    long.save_in(&store).await;
    short.save_in(&store).await;
    assert_eq!(text(&store, "run-1").await, short.text());
}

async fn if_absent_saves_what_is_not_there(place: &Place) {
    let store = place.open();
    let draft = result("run-1");
    store.save(&draft.document(), SaveMode::IfAbsent).await.unwrap();
    assert_listed(&store, &everything(), &[&draft]).await;
    store.delete(&draft.entry().run_id, None).await.unwrap();
    store.save(&draft.document(), SaveMode::IfAbsent).await.unwrap();
    assert_eq!(text(&store, "run-1").await, draft.text());
}

async fn if_absent_refuses_what_is_there_and_leaves_it_as_it_is(place: &Place) {
    let store = place.open();
    let first = result("run-1").tagged("attempt", "1");
    first.save_in(&store).await;
    let second = result("run-1").at("2027-01-01T00:00:00").of("orders").tagged("attempt", "2");
    let error = place.open().save(&second.document(), SaveMode::IfAbsent).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{error:?}");
    assert_eq!(error.run_id(), Some("run-1"), "{error:?}");
    assert_eq!(text(&store, "run-1").await, first.text());
    assert_listed(&store, &everything(), &[&first]).await;
}

async fn getting_what_is_not_there_is_not_found(place: &Place) {
    let store = place.open();
    assert_not_found(&store, "run-1").await;
    result("run-10").save_in(&store).await;
    assert_not_found(&store, "run-1").await;
    assert!(read(&store, "run-10").await.is_ok());
}
