//! Lists by `ListObjectsV2`. <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html>

use async_trait::async_trait;
use jiff::Timestamp;

use super::client::S3Client;
use crate::store::objects::http::listing::{ListPage, ListPages, ListedNames, ListedObject, PageStart, fetch_page};
use crate::store::objects::http::request::list_request;
use crate::store::objects::http::xml_list::{XmlItem, XmlList};
use crate::store::objects::service_error::ServiceError;

#[async_trait]
impl ListPages for S3Client {
    async fn fetch(&self, names: &ListedNames, start: &PageStart) -> Result<ListPage, ServiceError> {
        let mut query = vec![("list-type", "2")];
        query.extend((!names.prefix.is_empty()).then_some(("prefix", names.prefix.as_str())));
        query.extend(names.by_directory.then_some(("delimiter", "/")));
        match start {
            PageStart::First => query.extend(names.after.as_deref().map(|after| ("start-after", after))),
            PageStart::Token(token) => query.push(("continuation-token", token)),
            // Servers that answer without a token know only the first version of lists.
            PageStart::After(after) => query.extend([("start-after", &**after), ("marker", &**after)]),
        }
        fetch_page(self, list_request(&self.protocol.place.url, &query)?, page).await
    }
}

/// Reads a page.
pub(super) fn page(body: &[u8]) -> Option<ListPage> {
    let list = XmlList::parse(body, &["Contents", "CommonPrefixes", "Owner"])?;
    let mut page = ListPage {
        token: list.fields.get("NextContinuationToken").cloned(),
        is_truncated: list.fields.get("IsTruncated").is_some_and(|text| text.trim().eq_ignore_ascii_case("true")),
        ..ListPage::default()
    };
    for item in &list.items {
        match item.name.as_str() {
            "Contents" => page.objects.push(object(item)?),
            "CommonPrefixes" => page.directories.extend(item.field("Prefix").map(str::to_owned)),
            _ => {}
        }
    }
    Some(page)
}

fn object(item: &XmlItem) -> Option<ListedObject> {
    Some(ListedObject {
        name: item.field("Key")?.to_owned(),
        size: item.field("Size")?.trim().parse().ok()?,
        written: time(item.field("LastModified")?.trim())?,
        // Some servers have the element and leave it empty.
        e_tag: item.field("ETag").filter(|text| !text.trim_matches('"').is_empty()).map(str::to_owned),
        version: None,
    })
}

/// A time in ISO format, as S3 has it, or in that of HTTP.
fn time(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| Some(jiff::fmt::rfc2822::parse(text).ok()?.timestamp()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_objects_directories_and_a_token() {
        let text = "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>b</Name>\
            <Prefix>a/</Prefix><IsTruncated>true</IsTruncated>\
            <NextContinuationToken>t+/=</NextContinuationToken>\
            <Contents><Key>a/&#xFC; %23</Key><LastModified>2026-03-02T10:00:00.123Z</LastModified>\
            <ETag>&quot;1&quot;</ETag><Size>12</Size><Owner><ID>x</ID></Owner></Contents>\
            <Contents><Key>a/z</Key><LastModified>Mon, 02 Mar 2026 10:00:00 GMT</LastModified><ETag>&quot;&quot;</ETag><Size>0</Size></Contents>\
            <CommonPrefixes><Prefix>a/b/</Prefix></CommonPrefixes></ListBucketResult>";
        let page = page(text.as_bytes()).unwrap();
        assert_eq!((page.token.as_deref(), page.is_truncated), (Some("t+/="), true));
        let [first, second] = &page.objects[..] else { panic!("{page:?}") };
        assert_eq!((&*first.name, first.size, first.e_tag.as_deref()), ("a/ü %23", 12, Some("\"1\"")));
        assert_eq!(first.written.as_millisecond(), 1_772_445_600_123);
        assert_eq!((&*second.name, second.e_tag.as_deref()), ("a/z", None));
        assert_eq!(second.written.as_millisecond(), 1_772_445_600_000);
        assert_eq!(page.directories, ["a/b/"]);
    }
}
