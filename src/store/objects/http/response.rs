//! Successful responses: lists that must be complete, metadata that must be readable, content that is archived.

use futures_util::stream::{self, StreamExt as _};
use http::{HeaderMap, HeaderName, HeaderValue};
use object_store::client::HttpResponse;
use object_store::path::Path;
use object_store::{
    Attributes, Error as Failure, Extensions, GetOptions, GetResult, GetResultPayload, ObjectMeta, ObjectStore,
    ObjectStoreExt as _,
};

use crate::error::ErrorKind;
use crate::store::objects::service_error::ServiceError;

/// Removes metadata with values that are not ASCII: `object_store` refuses to read an object that has any.
pub(in crate::store::objects) fn remove_unreadable_metadata(headers: &mut HeaderMap, prefix: &str) {
    let is_unreadable =
        |(name, value): &(&HeaderName, &HeaderValue)| name.as_str().starts_with(prefix) && value.to_str().is_err();
    let names: Vec<HeaderName> = headers.iter().filter(is_unreadable).map(|(name, _)| name.clone()).collect();
    for name in names {
        headers.remove(name);
    }
}

/// How much of an XML document has arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store::objects) enum XmlState {
    /// The root element is closed.
    Complete,
    /// The text can be the start of the document.
    Incomplete,
    /// The root element has another name, or there is none.
    Other,
}

/// How much of the document with this root element a text is.
pub(in crate::store::objects) fn xml_state(text: &str, root: &str) -> XmlState {
    let mut rest = text.trim_start_matches('\u{feff}').trim();
    if rest.starts_with("<?") {
        let Some((_, after)) = rest.split_once("?>") else { return XmlState::Incomplete };
        rest = after.trim_start();
    }
    let open = format!("<{root}");
    let Some(after) = rest.strip_prefix(&open) else {
        return if open.starts_with(rest) { XmlState::Incomplete } else { XmlState::Other };
    };
    if after.starts_with(|next: char| next.is_alphanumeric() || "-_.:".contains(next)) {
        return XmlState::Other;
    }
    let is_empty_element = rest.ends_with("/>") && rest.matches('<').count() == 1;
    let is_closed = is_empty_element || rest.ends_with(&format!("</{root}>"));
    if is_closed { XmlState::Complete } else { XmlState::Incomplete }
}

/// The text of the first element with this name, without control characters.
pub(in crate::store::objects) fn xml_element(xml: &str, name: &str) -> Option<String> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    let unescaped = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'");
    Some(server_text(&unescaped.replace("&amp;", "&")))
}

/// The words of a server, without control characters and at a length that fits into a message.
pub(in crate::store::objects) fn server_text(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).take(1000).collect()
}

/// Checks the response to a request about one object. `conflict` is the message for an object that another client has
/// changed or is changing.
pub(in crate::store::objects) fn check_object(
    response: HttpResponse,
    conflict: &str,
) -> Result<HttpResponse, ServiceError> {
    match response.status().as_u16() {
        404 => Err(ServiceError::new(ErrorKind::NotFound, "the object does not exist")
            .hint("see the stored results with `truthound-store list`")),
        409 | 412 => Err(ServiceError::new(ErrorKind::Write, conflict).hint("try again")),
        _ => Ok(response),
    }
}

/// Reads an object of `store`. An archived object exists, and can be replaced or deleted: its result has the metadata, and
/// the error in place of the content.
pub(in crate::store::objects) async fn get_or_archived(
    store: &impl ObjectStore,
    from: &Path,
    options: GetOptions,
) -> object_store::Result<GetResult> {
    let head = options.head;
    match store.get_opts(from, options).await {
        Err(error) if !head && is_archived(&error) => Ok(archived(store.head(from).await?, error)),
        result => result,
    }
}

fn is_archived(error: &Failure) -> bool {
    ServiceError::under(error).is_some_and(|error| error.kind == Some(ErrorKind::Read))
}

fn archived(meta: ObjectMeta, error: Failure) -> GetResult {
    GetResult {
        range: 0..meta.size,
        meta,
        payload: GetResultPayload::Stream(stream::once(async { Err(error) }).boxed()),
        attributes: Attributes::new(),
        extensions: Extensions::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complete_list_is_told_from_an_incomplete_one_and_from_another_document() {
        let list = "\u{feff}<?xml version=\"1.0\"?>\n<List a=\"b\"><Key>x</Key></List>";
        for (end, _) in list.char_indices() {
            assert_eq!(xml_state(&list[..end], "List"), XmlState::Incomplete, "{:?}", &list[..end]);
        }
        for complete in [list, "<List/>", "<List></List>\n"] {
            assert_eq!(xml_state(complete, "List"), XmlState::Complete, "{complete:?}");
        }
        for other in
            ["<Error><Code>x</Code></Error>", "<html>", "{}", "<?xml version='1.0'?><Liar/>", "<Lists></Lists>"]
        {
            assert_eq!(xml_state(other, "List"), XmlState::Other, "{other:?}");
        }
    }
}
