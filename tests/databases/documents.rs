//! Documents of every size.

use futures_util::TryStreamExt as _;
use truthound_store::error::ErrorKind;
use truthound_store::store::contract::SaveMode;

use crate::engine::{BOTH, Engine, document, id, store};
use crate::services::process::block_on;

crate::cases![
    "documents" on BOTH =>
    from_a_kilobyte_to_64_megabytes_they_come_back_byte_for_byte,
    a_text_that_the_server_cannot_keep_is_refused_and_the_others_are_saved,
    what_is_larger_than_the_server_takes_is_refused_with_the_reason,
];

fn from_a_kilobyte_to_64_megabytes_they_come_back_byte_for_byte(engine: Engine) {
    let place = engine.place();
    block_on(async {
        let store = store(&place.url, "");
        for size in [1 << 10, 64 << 10, 1 << 20, 17 << 20, 64 << 20] {
            let document = document("run-1", size);
            store.save(&document, SaveMode::Overwrite).await.unwrap();
            let pieces: Vec<_> = store.get(&id("run-1")).await.unwrap().try_collect().await.unwrap();
            assert!(pieces.concat() == document.body.to_bytes().unwrap(), "{size}");
        }
    });
}

fn a_text_that_the_server_cannot_keep_is_refused_and_the_others_are_saved(engine: Engine) {
    let place = engine.place();
    block_on(async {
        let store = store(&place.url, "");
        let [mut odd, good] = [document("odd", 100), document("good", 100)];
        odd.body = "{\"nul\": \"\0\"}".to_owned().into();
        let (odd, good) =
            futures_util::join!(store.save(&odd, SaveMode::Overwrite), store.save(&good, SaveMode::Overwrite));
        good.unwrap();
        if engine == Engine::Postgresql {
            let error = odd.unwrap_err();
            assert_eq!((error.kind(), error.run_id()), (ErrorKind::Usage, Some("odd")), "{error:?}");
            assert_eq!(error.causes(), ["PostgreSQL keeps no text with a NUL character in it"]);
        } else {
            odd.unwrap();
        }
        assert!(store.get(&id("good")).await.is_ok());
    });
}

fn what_is_larger_than_the_server_takes_is_refused_with_the_reason(engine: Engine) {
    // PostgreSQL's limit is that of a value, MySQL's is `max_allowed_packet`.
    if engine == Engine::Postgresql {
        let place = engine.place();
        block_on(async {
            let store = store(&place.url, "");
            let mut huge = document("huge", 100);
            huge.body = bytes::Bytes::from(vec![b' '; 1 << 30]).into();
            let error = store.save(&huge, SaveMode::Overwrite).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Write, "{error:?}");
            assert!(error.hint().unwrap().contains("1 GB"), "{error:?}");
        });
        return;
    }
    let server = engine.start(&["--max-allowed-packet=1M"]);
    block_on(async {
        let store = store(&server.url(""), "");
        for size in [2 << 20, 20 << 20] {
            let error = store.save(&document("large", size), SaveMode::Overwrite).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Write, "{error:?}");
            assert!(error.causes()[0].contains("max_allowed_packet"), "{error:?}");
            assert!(error.hint().unwrap().contains("max_allowed_packet"), "{error:?}");
        }
        store.save(&document("small", 1 << 10), SaveMode::Overwrite).await.unwrap();
        assert_eq!(store.count(&Default::default()).await.unwrap(), 1);
    });
}
