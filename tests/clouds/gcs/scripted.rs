//! A server that stores objects as Google Cloud Storage does, with the faults that a test asks for. Its lists are
//! empty.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::uploads::{parts, query_value, stored_as};
use crate::server::{self, Keeps};
pub(crate) use crate::server::{Answer, Request, text};
use crate::support::Room;

/// An error of the XML API, which is used for reads.
pub(crate) fn xml_error(status: u16, code: &str) -> Answer {
    let body = format!("<Error><Code>{code}</Code><Message>scripted</Message></Error>");
    Answer::Respond(status, Vec::new(), body.into_bytes())
}

/// An error of the JSON API, which is used for everything else.
pub(crate) fn error(status: u16, message: &str) -> Answer {
    let body = json!({"error": {"code": status, "message": message, "errors": [{"reason": "scripted"}]}});
    Answer::Respond(status, Vec::new(), body.to_string().into_bytes())
}

/// A list without objects.
pub(crate) const EMPTY_LIST: &str = r#"{"kind": "storage#objects"}"#;

/// Whether a request asks for a list.
pub(crate) fn is_list(request: &Request) -> bool {
    request.is("GET", "/storage/v1/b/bucket/o?")
}

/// An object: its generation, the attributes set at creation, and its content.
#[derive(Clone, Debug, Default)]
pub(crate) struct Object {
    pub(crate) generation: u64,
    pub(crate) attributes: Value,
    pub(crate) content: Vec<u8>,
}

/// A resumable upload: the object it creates, its condition, and its generation once it is complete.
#[derive(Clone, Debug)]
struct Upload {
    name: String,
    condition: Option<u64>,
    object: Object,
    complete: Option<u64>,
}

/// The objects of a bucket and the uploads in progress.
#[derive(Clone, Debug, Default)]
pub(crate) struct Objects {
    pub(crate) stored: BTreeMap<String, Object>,
    uploads: Vec<Upload>,
    generations: u64,
}

/// Google Cloud Storage with one bucket.
pub(crate) type Scripted = server::Scripted<Objects>;

impl Keeps for Objects {
    const HEADERS: &'static [(&'static str, &'static str)] = &[("x-guploader-uploadid", "1")];

    fn answer(&mut self, request: &Request) -> Answer {
        let path = request.target.split('?').next().unwrap_or_default();
        match (request.method.as_str(), path.strip_prefix("/storage/v1/b/bucket/o/")) {
            _ if is_list(request) => text(EMPTY_LIST),
            ("POST", None) if path == "/upload/storage/v1/b/bucket/o" => self.begin_upload(request),
            ("PUT", None) => self.continue_upload(request),
            ("DELETE", Some(name)) => self.delete(&decoded(name), request),
            ("POST", Some(name)) if name.contains("/rewriteTo/") => {
                match self.stored.contains_key(&decoded(name.split('/').next().unwrap_or_default())) {
                    true => text(json!({"done": true}).to_string()),
                    false => error(404, "No such object"),
                }
            }
            ("GET" | "HEAD", None) if path.starts_with("/bucket/") => match self.stored.get(&decoded(&path[8..])) {
                Some(object) => read(object, request),
                None => xml_error(404, "NoSuchKey"),
            },
            ("GET", Some(name)) => match self.stored.get(&decoded(name)) {
                Some(object) => {
                    let generation = object.generation.to_string();
                    let mut resource = json!({"generation": generation, "storageClass": "STANDARD"});
                    if let (Value::Object(resource), Value::Object(attributes)) = (&mut resource, &object.attributes) {
                        resource.extend(attributes.clone());
                    }
                    text(resource.to_string())
                }
                None => error(404, "No such object"),
            },
            _ => error(404, "No such object"),
        }
    }
}

impl Objects {
    fn begin_upload(&mut self, request: &Request) -> Answer {
        let name = query_value(request, "name").unwrap();
        let condition = query_value(request, "ifGenerationMatch").map(|generation| generation.parse().unwrap());
        if query_value(request, "uploadType").as_deref() == Some("multipart") {
            let [attributes, content] = parts(request);
            let attributes = serde_json::from_slice(&attributes).unwrap();
            return self.put(&name, condition, Object { generation: 0, attributes, content }).0;
        }
        let object = Object { attributes: serde_json::from_slice(&request.body).unwrap(), ..Object::default() };
        let location = format!("http://127.0.0.1/upload/storage/v1/b/bucket/o?upload_id={}", self.uploads.len());
        self.uploads.push(Upload { name, condition, object, complete: None });
        Answer::Respond(200, vec![("location", location)], Vec::new())
    }

    fn continue_upload(&mut self, request: &Request) -> Answer {
        let Some(id) = query_value(request, "upload_id").and_then(|id| id.parse::<usize>().ok()) else {
            return error(404, "No such upload");
        };
        let upload = &mut self.uploads[id];
        if let Some(generation) = upload.complete {
            return stored_as(generation);
        }
        upload.object.content.extend(&request.body);
        let kept = upload.object.content.len();
        if request.header("content-range").ends_with("/*") {
            return Answer::Respond(308, vec![("range", format!("bytes=0-{}", kept.saturating_sub(1)))], Vec::new());
        }
        let Upload { name, condition, object, .. } = upload.clone();
        let (answer, generation) = self.put(&name, condition, object);
        self.uploads[id].complete = generation;
        answer
    }

    fn put(&mut self, name: &str, condition: Option<u64>, object: Object) -> (Answer, Option<u64>) {
        if condition.is_some_and(|wanted| wanted != self.generation(name)) {
            return (error(412, "At least one of the pre-conditions you specified did not hold."), None);
        }
        self.generations += 1;
        self.stored.insert(name.to_owned(), Object { generation: self.generations, ..object });
        (stored_as(self.generations), Some(self.generations))
    }

    fn delete(&mut self, name: &str, request: &Request) -> Answer {
        let condition = query_value(request, "ifGenerationMatch").map(|generation| generation.parse::<u64>().unwrap());
        match self.generation(name) {
            0 => error(404, "No such object"),
            generation if condition.is_some_and(|wanted| wanted != generation) => {
                error(412, "At least one of the pre-conditions you specified did not hold.")
            }
            _ => {
                self.stored.remove(name);
                Answer::Respond(204, Vec::new(), Vec::new())
            }
        }
    }

    /// Returns the generation of an object; 0 if there is none.
    fn generation(&self, name: &str) -> u64 {
        self.stored.get(name).map_or(0, |object| object.generation)
    }
}

fn decoded(name: &str) -> String {
    percent_encoding::percent_decode_str(name).decode_utf8().unwrap().into_owned()
}

/// The XML API's response to a read.
fn read(object: &Object, request: &Request) -> Answer {
    let length = object.content.len();
    let mut headers = vec![
        ("etag", format!("\"{}\"", object.generation)),
        ("x-goog-generation", object.generation.to_string()),
        ("x-goog-stored-content-length", length.to_string()),
        ("last-modified", "Mon, 02 Mar 2026 10:00:00 GMT".to_owned()),
    ];
    let token = object.attributes["metadata"]["truthoundstorewrite"].as_str();
    headers.extend(token.map(|token| ("x-goog-meta-truthoundstorewrite", token.to_owned())));
    let range = request.header("range").trim_start_matches("bytes=").split('-').next().unwrap_or_default();
    match range.parse::<usize>() {
        Ok(from) => {
            headers.push(("content-range", format!("bytes {from}-{}/{length}", length - 1)));
            Answer::Respond(206, headers, object.content[from..].to_vec())
        }
        Err(_) => Answer::Respond(200, headers, object.content.clone()),
    }
}

impl Scripted {
    /// A room with a profile for this bucket without Python's index, and more options.
    pub(crate) fn room(&self, more: &str) -> Room {
        let room = Room::new();
        let endpoint = self.address();
        room.write(
            "truthound-store.toml",
            format!(
                "default_profile = 'gcs'\n[profiles.gcs]\nbackend = 'gcs'\nbucket = 'bucket'\n\
                 endpoint_url = '{endpoint}'\npython_index = 'never'\n{more}\n"
            ),
        );
        room
    }
}
