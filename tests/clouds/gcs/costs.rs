//! The requests of each command, and their options. The cost of lists is tested in tests/interop, on a server that can
//! list.

use serde_json::{Value, json};

use super::scripted::Scripted;
use super::uploads::{parts, query_value};
use crate::support::stored;

crate::cases![every_option_stands_in_the_requests];

fn every_option_stands_in_the_requests() {
    let server = Scripted::plain();
    let options = "prefix = 'a/b/'\nnamespace = 'n'\nstorage_class = 'nearline'\nmetadata = { Owner = 'größe' }";
    server.room(options).save(&stored("50% #1?"));
    let writes: Vec<_> = server.take().into_iter().filter(|request| request.method == "POST").collect();
    let [document, entry] = &writes[..] else { panic!("{writes:?}") };
    assert_eq!(query_value(document, "name").unwrap(), "a/b/n/results/50% #1?.json.gz");
    assert_eq!(query_value(document, "ifGenerationMatch").as_deref(), Some("0"));
    assert_eq!(query_value(entry, "ifGenerationMatch"), None);
    let [attributes, content] = parts(document);
    let mut attributes: Value = serde_json::from_slice(&attributes).unwrap();
    attributes["metadata"].as_object_mut().unwrap().remove("truthoundstorewrite").unwrap();
    let digest = attributes["metadata"].as_object_mut().unwrap().remove("truthoundstoresha256").unwrap();
    assert_eq!(digest.as_str().unwrap().len(), 64);
    let expected = json!({
        "contentType": "application/json", "storageClass": "NEARLINE", "metadata": {"owner": "gr%C3%B6%C3%9Fe"},
    });
    assert_eq!(attributes, expected);
    assert!(content.starts_with(&[0x1f, 0x8b]));
    let [attributes, _] = parts(entry);
    assert_eq!(attributes, b"{}");

    server.room("use_compression = false\nprefix = ''").save(&stored("run-1"));
    let requests = server.take();
    let document = requests.iter().find(|request| request.method == "POST").unwrap();
    assert_eq!(query_value(document, "name").unwrap(), "default/results/run-1.json");
    assert_eq!(parts(document)[1], stored("run-1").text().as_bytes());
}
