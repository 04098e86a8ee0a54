//! One page of a list, as the JSON API sends it.

use std::time::SystemTime;

use jiff::Timestamp;
use object_store::client::HttpResponse;
use object_store::path::Path;
use object_store::{Error as Failure, Extensions, ListResult, ObjectMeta, Result};
use serde::Deserialize;

use crate::store::objects::http::response::not_a_list;
use crate::store::objects::http::retry::Attempt;
use crate::store::objects::http::transport::interrupted;
use crate::store::objects::service_error::ServiceError;

/// The fields of a page that are read.
pub(super) const FIELDS: &str = "kind,nextPageToken,prefixes,items(name,size,generation,updated)";

/// The `kind` of a page.
const KIND: &str = "storage#objects";

/// One page of a list.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Page {
    items: Vec<Item>,
    prefixes: Vec<String>,
    /// The token of the next page; `None` on the last one.
    pub(super) next_page_token: Option<String>,
}

/// One object of a page.
#[derive(Debug, Deserialize)]
struct Item {
    name: String,
    /// In bytes, in decimal.
    size: String,
    generation: String,
    updated: Timestamp,
}

impl Page {
    /// Reads a page.
    pub(super) fn parse(body: &[u8]) -> std::result::Result<Self, ServiceError> {
        serde_json::from_slice(body).map_err(|_| not_a_list())
    }

    /// Its objects without the one named `after`, and its directories.
    pub(super) fn into_result(self, after: Option<&str>) -> Result<ListResult> {
        // `startOffset` includes the name it says.
        let items = self.items.into_iter().filter(|item| Some(item.name.as_str()) != after);
        let objects = items.map(Item::into_meta).collect::<Result<_>>()?;
        let common_prefixes = self.prefixes.into_iter().map(parsed).collect::<Result<_>>()?;
        Ok(ListResult { common_prefixes, objects, extensions: Extensions::new() })
    }
}

impl Item {
    fn into_meta(self) -> Result<ObjectMeta> {
        let unreadable = || Failure::Generic { store: "GCS", source: not_a_list().into() };
        Ok(ObjectMeta {
            location: parsed(self.name)?,
            last_modified: SystemTime::try_from(self.updated).map_err(|_| unreadable())?.into(),
            size: self.size.parse().map_err(|_| unreadable())?,
            e_tag: Some(self.generation.clone()),
            version: Some(self.generation),
        })
    }
}

fn parsed(name: String) -> Result<Path> {
    Path::parse(name).map_err(Into::into)
}

/// Takes a response that holds a whole page. One that ends too early is asked for again: a connection without a length can
/// end in the middle without an error. Anything else would be read as an empty list, and fails.
pub(super) async fn check_page(response: HttpResponse) -> Attempt {
    /// Enough to see that the document is whole and a list.
    #[derive(Deserialize)]
    struct Kind {
        kind: String,
    }
    let (parts, body) = response.into_parts();
    let body = match body.bytes().await {
        Ok(body) => body,
        Err(error) => return interrupted(&error.to_string()).into(),
    };
    match serde_json::from_slice::<Kind>(&body) {
        Ok(page) if page.kind == KIND => Attempt::Done(HttpResponse::from_parts(parts, body.into())),
        Err(error) if error.is_eof() => interrupted("the list is not complete").into(),
        _ => Attempt::Fail(not_a_list()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(text: &str) -> Page {
        Page::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn an_object_has_its_generation_as_etag_and_version() {
        let text = r#"{"kind":"storage#objects","nextPageToken":"t","prefixes":["a/b/"],"items":[
            {"name":"a/ü %23","size":"12","generation":"7","updated":"2026-03-02T10:00:00.123Z"},
            {"name":"a/z","size":"0","generation":"8","updated":"2026-03-02T10:00:00+01:00"}]}"#;
        let listed = page(text).into_result(Some("a/z")).unwrap();
        let [object] = &listed.objects[..] else { panic!("{listed:?}") };
        assert_eq!((object.location.as_ref(), object.size), ("a/ü %23", 12));
        assert_eq!((object.e_tag.as_deref(), object.version.as_deref()), (Some("7"), Some("7")));
        assert_eq!(object.last_modified.timestamp_millis(), 1_772_445_600_123);
        assert_eq!(listed.common_prefixes, [Path::from("a/b")]);
        assert_eq!(page(text).next_page_token.as_deref(), Some("t"));
        assert!(page("{}").into_result(None).unwrap().objects.is_empty());
    }

    #[tokio::test]
    async fn a_page_that_ends_early_is_told_from_a_whole_one_and_from_another_document() {
        let judged = async |text: &str| match check_page(HttpResponse::new(text.to_owned().into())).await {
            Attempt::Done(_) => "whole",
            Attempt::RetryLater(..) | Attempt::RetryNow(_) => "again",
            Attempt::Fail(_) => "another",
        };
        let list = r#"{"kind": "storage#objects", "items": [{"name": "x"}]}"#;
        for end in 0..list.len() {
            assert_eq!(judged(&list[..end]).await, "again", "{}", &list[..end]);
        }
        assert_eq!(judged(list).await, "whole");
        for other in ["<html>", "{}", r#"{"kind": "storage#object"}"#, "[]"] {
            assert_eq!(judged(other).await, "another", "{other}");
        }
    }
}
