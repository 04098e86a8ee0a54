//! Lists by the JSON API, each object with its generation. <https://cloud.google.com/storage/docs/json_api/v1/objects/list>

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, Method};
use jiff::Timestamp;
use serde::Deserialize;

use super::client::GcsClient;
use super::place::request;
use crate::store::objects::http::listing::{ListPage, ListPages, ListedNames, ListedObject, PageStart, fetch_page};
use crate::store::objects::service_error::ServiceError;

/// The fields of a page that are read.
const FIELDS: &str = "kind,nextPageToken,prefixes,items(name,size,generation,updated)";

#[async_trait]
impl ListPages for GcsClient {
    async fn fetch(&self, names: &ListedNames, start: &PageStart) -> Result<ListPage, ServiceError> {
        let mut query = vec![("fields", FIELDS)];
        query.extend((!names.prefix.is_empty()).then_some(("prefix", names.prefix.as_str())));
        query.extend(names.by_directory.then_some(("delimiter", "/")));
        // `startOffset` includes the name it says.
        query.extend(names.after.as_deref().map(|after| ("startOffset", after)));
        match start {
            PageStart::First => {}
            PageStart::Token(token) => query.push(("pageToken", token)),
            // Google's answers do not say that more follows without a token.
            PageStart::After(after) => query.push(("startOffset", after)),
        }
        let place = &self.protocol.place;
        let asked = request(Method::GET, &place.objects(), &query, HeaderMap::new(), Bytes::new())?;
        fetch_page(self, asked, page).await
    }
}

/// One page of a list.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Page {
    items: Vec<Item>,
    prefixes: Vec<String>,
    next_page_token: Option<String>,
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

/// Reads a page.
pub(super) fn page(body: &[u8]) -> Option<ListPage> {
    let Page { items, prefixes, next_page_token } = serde_json::from_slice(body).ok()?;
    let objects = items.into_iter().map(|item| {
        let size = item.size.parse().ok()?;
        let (e_tag, version) = (Some(item.generation.clone()), Some(item.generation));
        Some(ListedObject { name: item.name, size, written: item.updated, e_tag, version })
    });
    let objects = objects.collect::<Option<_>>()?;
    Some(ListPage { objects, directories: prefixes, token: next_page_token, is_truncated: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_has_its_generation_as_etag_and_version() {
        let text = r#"{"kind":"storage#objects","nextPageToken":"t","prefixes":["a/b/"],"items":[
            {"name":"a/ü %23","size":"12","generation":"7","updated":"2026-03-02T10:00:00.123Z"},
            {"name":"a/z","size":"0","generation":"8","updated":"2026-03-02T10:00:00+01:00"}]}"#;
        let page = page(text.as_bytes()).unwrap();
        let [object, _] = &page.objects[..] else { panic!("{page:?}") };
        assert_eq!((&*object.name, object.size), ("a/ü %23", 12));
        assert_eq!((object.e_tag.as_deref(), object.version.as_deref()), (Some("7"), Some("7")));
        assert_eq!(object.written.as_millisecond(), 1_772_445_600_123);
        assert_eq!((page.directories, page.token.as_deref()), (vec!["a/b/".to_owned()], Some("t")));
        assert!(super::page(b"{}").unwrap().objects.is_empty());
    }
}
