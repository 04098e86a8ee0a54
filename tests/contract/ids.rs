//! Run ids of every kind: any text except the empty one.

use truthound_store::error::ErrorKind;
use truthound_store::store::contract::SaveMode;

use crate::backends::Place;
use crate::support::{Draft, assert_listed, assert_not_found, everything, id, result, text};

crate::cases![
    ids_with_slashes_stay_inside_the_namespace,
    ids_that_look_encoded_are_not_decoded,
    ids_with_control_characters_are_told_apart,
    ids_named_like_the_files_of_a_store_harm_nothing,
    ids_that_differ_in_case_are_two,
    ids_that_look_the_same_but_are_composed_differently_are_two,
    ids_that_end_in_space_or_dot_are_not_trimmed,
    ids_with_wildcards_and_quotes_mean_themselves,
    ids_that_look_like_numbers_are_text,
    ids_of_every_script_are_kept,
    ids_of_any_length_are_kept_or_refused_before_anything_is_stored,
];

/// Saves a result under each id, then checks that the ids are distinct when results are read, listed and deleted. An id
/// that the backend may refuse is either stored like the others or refused as wrong usage.
async fn each_is_a_result_of_its_own(place: &Place, run_ids: &[&str]) {
    let store = place.open();
    let mut drafts: Vec<Draft> = Vec::new();
    for run_id in run_ids {
        let draft = result(run_id).saying(&format!("\"number\": {}", drafts.len()));
        match store.save(&draft.document(), SaveMode::IfAbsent).await {
            Ok(()) => drafts.push(draft),
            Err(error) => {
                assert!(!(place.backend.takes)(run_id), "{run_id:?} is refused: {error:?}");
                assert_eq!(error.kind(), ErrorKind::Usage, "{error:?}");
                assert_eq!(error.run_id(), Some(*run_id), "{error:?}");
            }
        }
    }
    let store = place.open();
    // All have the same time, so they are in the order of their ids.
    drafts.sort_by(|one, other| one.run_id.cmp(&other.run_id));
    assert_listed(&store, &everything(), &drafts.iter().collect::<Vec<_>>()).await;
    for draft in &drafts {
        assert_eq!(text(&store, &draft.run_id).await, draft.text());
    }
    while let Some(draft) = drafts.pop() {
        assert!(store.delete(&id(&draft.run_id), None).await.unwrap(), "{draft:?}");
        assert_not_found(&store, &draft.run_id).await;
        assert_listed(&store, &everything(), &drafts.iter().collect::<Vec<_>>()).await;
    }
}

async fn ids_with_slashes_stay_inside_the_namespace(place: &Place) {
    let run_ids = [
        "a/b", "/a/b", "a//b", "a/b/", "..", "../x", "../../x", "a/../b", ".", "./a", "/etc/x", "a\\b", "..\\x",
        "C:\\x", "a",
    ];
    each_is_a_result_of_its_own(place, &run_ids).await;
    if place.backend.keeps_files {
        let strangers: Vec<_> = std::fs::read_dir(place.data())
            .unwrap()
            .map(|item| item.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != "default")
            .collect();
        assert!(strangers.is_empty(), "beside the namespace lies {strangers:?}");
    }
}

async fn ids_that_look_encoded_are_not_decoded(place: &Place) {
    let run_ids =
        ["a/b", "a%2Fb", "a%2fb", "a%252Fb", "%", "%%", "%2", "100%", "50%zz", "%00", "a+b", "a b", "a%20b", "&amp;"];
    each_is_a_result_of_its_own(place, &run_ids).await;
}

async fn ids_with_control_characters_are_told_apart(place: &Place) {
    let run_ids = [
        "a",
        "a\n",
        "\na",
        "a\nb",
        "a\r\nb",
        "a\tb",
        "\u{1}",
        "\u{7f}",
        "a\u{85}b",
        "\u{1b}[31mred",
        "\0",
        "a\0",
        "a\0b",
    ];
    each_is_a_result_of_its_own(place, &run_ids).await;
}

async fn ids_named_like_the_files_of_a_store_harm_nothing(place: &Place) {
    let run_ids = [
        "_index",
        "_index.json",
        "_index.json.gz",
        "_catalog",
        "_catalog/",
        "results",
        "default",
        "x",
        "x.json",
        "x.gz",
        "x.json.gz",
        ".json",
        ".gz",
        ".hidden",
        "x#1",
        "#1",
        "x.tmp",
        "x.lock",
        "~",
        "CON",
        "validation_results",
    ];
    each_is_a_result_of_its_own(place, &run_ids).await;
}

async fn ids_that_differ_in_case_are_two(place: &Place) {
    each_is_a_result_of_its_own(place, &["run-A", "run-a", "RUN-A", "ß", "ẞ", "SS", "ss", "İ", "i", "I", "ı"]).await;
}

async fn ids_that_look_the_same_but_are_composed_differently_are_two(place: &Place) {
    each_is_a_result_of_its_own(
        place,
        &["é", "e\u{301}", "e", "\u{212b}", "Å", "A\u{30a}", "ﬁ", "fi", "a\u{200b}", "a"],
    )
    .await;
}

async fn ids_that_end_in_space_or_dot_are_not_trimmed(place: &Place) {
    each_is_a_result_of_its_own(place, &["x", "x ", " x", "x  ", " ", "x.", "x..", "x\u{a0}", "x\t"]).await;
}

async fn ids_with_wildcards_and_quotes_mean_themselves(place: &Place) {
    let run_ids = [
        "a_b",
        "axb",
        "a%",
        "a%b",
        "%",
        "*",
        "a*",
        "?",
        "[a]",
        "{a}",
        "'",
        "''",
        "\"",
        "`a`",
        "'; DROP TABLE validation_results; --",
        "$1",
        ":a",
        "@a",
        "a,b",
        "a=b",
        "a:b",
        "a|b",
        "<a>",
    ];
    each_is_a_result_of_its_own(place, &run_ids).await;
}

async fn ids_that_look_like_numbers_are_text(place: &Place) {
    each_is_a_result_of_its_own(place, &["1", "01", "1.0", "+1", "1e0", "0x1", "null", "true", "NaN", "-1"]).await;
}

async fn ids_of_every_script_are_kept(place: &Place) {
    each_is_a_result_of_its_own(
        place,
        &["客户-1", "прогон", "تشغيل", "🦀", "\u{10ffff}", "\u{feff}x", "\u{202e}gpj", "\u{e000}"],
    )
    .await;
}

async fn ids_of_any_length_are_kept_or_refused_before_anything_is_stored(place: &Place) {
    let lengths = [200, 240, 255, 256, 300, 1_000, 1_100, 5_000];
    let mut run_ids: Vec<String> = lengths.iter().map(|length| "x".repeat(*length)).collect();
    run_ids.extend([format!("{}y", "x".repeat(299)), "é".repeat(200), "/".repeat(150), "🦀".repeat(70)]);
    each_is_a_result_of_its_own(place, &run_ids.iter().map(String::as_str).collect::<Vec<_>>()).await;
}
