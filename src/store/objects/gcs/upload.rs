//! Uploads by the JSON API. It takes a condition with uploads of every kind, and emulators have nothing else.
//! <https://cloud.google.com/storage/docs/uploads-downloads#uploads>

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method};
use object_store::client::{HttpRequest, HttpRequestBody, HttpResponse};
use object_store::path::Path;
use object_store::{
    Attribute, Attributes, Error as Failure, Extensions, PutMode, PutOptions, PutPayload, PutResult, Result,
};
use serde_json::{Map, Value};

use super::client::GcsClient;
use super::place::request;
use crate::error::ErrorKind;
use crate::random;
use crate::store::objects::service_error::ServiceError;

/// The type of a document that says none.
const UNKNOWN_TYPE: &str = "application/octet-stream";

/// Writes a small document in one request: its attributes as JSON, then its content.
/// <https://cloud.google.com/storage/docs/json_api/v1/how-tos/multipart-upload>
///
/// # Errors
/// [`AlreadyExists`](Failure::AlreadyExists) or [`Precondition`](Failure::Precondition) if the mode of `options` does not
/// hold; [`Generic`](Failure::Generic) with a [`ServiceError`] otherwise.
pub(super) async fn upload(
    client: &GcsClient,
    path: &Path,
    content: PutPayload,
    options: &PutOptions,
) -> Result<PutResult> {
    let generation = expected_generation(&options.mode)?;
    let mut query = vec![("uploadType", "multipart"), ("name", path.as_ref()), ("fields", "generation")];
    query.extend(generation.as_deref().map(|generation| ("ifGenerationMatch", generation)));
    let boundary = boundary();
    let content_type = HeaderValue::try_from(format!("multipart/related; boundary={boundary}"));
    let content_type = content_type.map_err(|_| failed(ServiceError::new(None, "the content type cannot be sent")))?;
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, content_type)]);
    let asked =
        request(Method::POST, &client.protocol.place.uploads(), &query, headers, Bytes::new()).map_err(failed)?;
    let (head, _) = asked.into_parts();
    let body = multipart(&boundary, &options.attributes, content);
    let asked = HttpRequest::from_parts(head, HttpRequestBody::from(body));
    let response = client.send(asked).await.map_err(failed)?;
    let creates = matches!(options.mode, PutMode::Create);
    if response.status().as_u16() == 404 {
        return Err(failed(client.protocol.missing_bucket()));
    }
    written(accepted(response, path, creates)?).await
}

/// The generation that an object must have to be written in this mode; 0 where there must be none.
/// <https://cloud.google.com/storage/docs/request-preconditions>
pub(super) fn expected_generation(mode: &PutMode) -> Result<Option<String>> {
    match mode {
        PutMode::Create => Ok(Some("0".to_owned())),
        PutMode::Update(version) => match &version.version {
            Some(generation) => Ok(Some(generation.clone())),
            None => Err(failed(ServiceError::new(None, "the version to replace is not known"))),
        },
        PutMode::Overwrite => Ok(None),
    }
}

/// The response to an upload, unless its condition did not hold.
pub(super) fn accepted(response: HttpResponse, path: &Path, creates: bool) -> Result<HttpResponse> {
    let path = path.to_string();
    let source = "it has been written or removed meanwhile".into();
    match response.status().as_u16() {
        409 | 412 if creates => Err(Failure::AlreadyExists { path, source }),
        409 | 412 => Err(Failure::Precondition { path, source }),
        _ => Ok(response),
    }
}

/// The generation in the response to a complete upload. It is the ETag as well.
pub(super) async fn written(response: HttpResponse) -> Result<PutResult> {
    let body = response.into_body().bytes().await.unwrap_or_default();
    let object = serde_json::from_slice::<Value>(&body).unwrap_or_default();
    let generation = object.get("generation").and_then(Value::as_str).map(str::to_owned);
    let missing = || ServiceError::new(ErrorKind::Connection, "the server does not say which generation it has stored");
    let generation = generation.ok_or_else(|| failed(missing()))?;
    Ok(PutResult { e_tag: Some(generation.clone()), version: Some(generation), extensions: Extensions::new() })
}

/// The JSON API's description of a new object with these attributes.
/// <https://cloud.google.com/storage/docs/json_api/v1/objects#resource-representations>
pub(super) fn resource(attributes: &Attributes) -> Value {
    let (mut object, mut metadata) = (Map::new(), Map::new());
    for (attribute, value) in attributes {
        let value = value.as_ref();
        match attribute {
            Attribute::ContentType => drop(object.insert("contentType".to_owned(), value.into())),
            Attribute::StorageClass => drop(object.insert("storageClass".to_owned(), value.into())),
            Attribute::Metadata(name) => drop(metadata.insert(name.to_string(), value.into())),
            // Documents of this store carry no others.
            _ => {}
        }
    }
    if !metadata.is_empty() {
        object.insert("metadata".to_owned(), metadata.into());
    }
    object.into()
}

pub(super) fn failed(known: ServiceError) -> Failure {
    Failure::Generic { store: "GCS", source: known.into() }
}

/// The body of a multipart upload. The content is shared and not copied.
fn multipart(boundary: &str, attributes: &Attributes, content: PutPayload) -> PutPayload {
    let content_type = attributes.get(&Attribute::ContentType).map_or(UNKNOWN_TYPE, |value| value.as_ref());
    let resource = resource(attributes);
    let head = format!(
        "--{boundary}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n{resource}\r\n\
         --{boundary}\r\nContent-Type: {content_type}\r\n\r\n"
    );
    let pieces = std::iter::once(Bytes::from(head)).chain(content);
    pieces.chain([Bytes::from(format!("\r\n--{boundary}--\r\n"))]).collect()
}

/// A line that no document contains.
fn boundary() -> String {
    format!("{:016x}{:016x}", random::bits(), random::bits())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_attributes_stand_before_the_content() {
        let attributes = Attributes::from_iter([
            (Attribute::ContentType, "application/json"),
            (Attribute::StorageClass, "NEARLINE"),
            (Attribute::Metadata("owner".into()), "me"),
        ]);
        let body: Vec<Bytes> = multipart("b", &attributes, PutPayload::from_static(b"{}\r\n")).into_iter().collect();
        let resource = r#"{"contentType":"application/json","metadata":{"owner":"me"},"storageClass":"NEARLINE"}"#;
        let body = String::from_utf8(body.concat()).unwrap();
        let (head, content) = body.split_once("\r\n--b\r\n").unwrap();
        let (head, found) = head.split_once("\r\n\r\n").unwrap();
        assert_eq!(head, "--b\r\nContent-Type: application/json; charset=UTF-8");
        let same = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        assert_eq!(same(found), same(resource));
        assert_eq!(content, "Content-Type: application/json\r\n\r\n{}\r\n\r\n--b--\r\n");
    }
}
