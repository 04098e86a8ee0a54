//! Lists of blobs. <https://learn.microsoft.com/rest/api/storageservices/list-blobs>

use async_trait::async_trait;
use jiff::Timestamp;

use super::client::AzureClient;
use crate::store::objects::http::listing::{ListPage, ListPages, ListedNames, ListedObject, PageStart, fetch_page};
use crate::store::objects::http::request::list_request;
use crate::store::objects::http::xml_list::{XmlItem, XmlList};
use crate::store::objects::service_error::ServiceError;

#[async_trait]
impl ListPages for AzureClient {
    async fn fetch(&self, names: &ListedNames, start: &PageStart) -> Result<ListPage, ServiceError> {
        let mut query = vec![("restype", "container"), ("comp", "list")];
        query.extend((!names.prefix.is_empty()).then_some(("prefix", names.prefix.as_str())));
        query.extend(names.by_directory.then_some(("delimiter", "/")));
        match start {
            PageStart::First => query.extend(names.after.as_deref().map(|after| ("startFrom", after))),
            PageStart::Token(marker) => query.push(("marker", marker)),
            // Azure's answers do not say that more follows without a marker.
            PageStart::After(after) => query.push(("startFrom", after)),
        }
        let place = &self.protocol.place;
        let request = list_request(&format!("{}/{}", place.endpoint, place.container), &query)?;
        fetch_page(self, request, |body| page(body, &names.prefix)).await
    }
}

/// Reads a page of the names below `prefix`.
pub(super) fn page(body: &[u8], prefix: &str) -> Option<ListPage> {
    let list = XmlList::parse(body, &["Blob", "BlobPrefix"])?;
    let mut page = ListPage { token: list.fields.get("NextMarker").cloned(), ..ListPage::default() };
    for item in &list.items {
        let name = item.field("Name")?;
        match item.name.as_str() {
            "BlobPrefix" => page.directories.push(name.to_owned()),
            // With a hierarchical namespace, directories are listed as blobs.
            _ if item.field("Properties/ResourceType") == Some("directory") || name.len() <= prefix.len() => {}
            _ => page.objects.push(object(name, item)?),
        }
    }
    Some(page)
}

fn object(name: &str, item: &XmlItem) -> Option<ListedObject> {
    let written = item.field("Properties/Last-Modified")?;
    Some(ListedObject {
        name: name.to_owned(),
        size: item.field("Properties/Content-Length")?.trim().parse().ok()?,
        written: jiff::fmt::rfc2822::parse(written.trim())
            .map(|time| time.timestamp())
            .ok()
            .or_else(|| iso(written))?,
        e_tag: item.field("Properties/Etag").map(str::to_owned),
        version: None,
    })
}

fn iso(text: &str) -> Option<Timestamp> {
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_blobs_directories_and_a_marker() {
        let text = "<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults><Prefix>a/</Prefix><Blobs>\
            <Blob><Name>a/ü &amp;</Name><Properties><Last-Modified>Mon, 02 Mar 2026 10:00:00 GMT</Last-Modified>\
            <Etag>0x8D</Etag><Content-Length>12</Content-Length></Properties><OrMetadata /></Blob>\
            <Blob><Name>a/dir</Name><Properties><ResourceType>directory</ResourceType></Properties></Blob>\
            <BlobPrefix><Name>a/b/</Name></BlobPrefix></Blobs><NextMarker>m</NextMarker></EnumerationResults>";
        let page = page(text.as_bytes(), "a/").unwrap();
        let [blob] = &page.objects[..] else { panic!("{page:?}") };
        assert_eq!((&*blob.name, blob.size, blob.e_tag.as_deref()), ("a/ü &", 12, Some("0x8D")));
        assert_eq!(blob.written.as_millisecond(), 1_772_445_600_000);
        assert_eq!((page.directories, page.token.as_deref()), (vec!["a/b/".to_owned()], Some("m")));
    }
}
