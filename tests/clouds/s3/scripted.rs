//! A server that stores objects as S3 does, with the faults that a test asks for.

use std::collections::BTreeMap;

use crate::server::{self, Keeps};
pub(crate) use crate::server::{Answer, Request, large, saved_and_read, text};
use crate::support::{Room, Run};

/// An error as S3 sends it.
pub(crate) fn error(status: u16, code: &str) -> Answer {
    let body = format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>scripted</Message></Error>");
    Answer::Respond(status, vec![("content-type", "application/xml".to_owned())], body.into_bytes())
}

/// The objects of a bucket and the uploads in progress.
#[derive(Clone, Default)]
pub(crate) struct Objects {
    pub(crate) stored: BTreeMap<String, (u64, Vec<u8>)>,
    pub(crate) uploads: BTreeMap<String, Vec<u8>>,
    versions: u64,
}

/// S3 with one bucket.
pub(crate) type Scripted = server::Scripted<Objects>;

impl Scripted {
    /// A room with a profile for this bucket and more options.
    pub(crate) fn room(&self, more: &str) -> Room {
        let room = Room::new();
        room.write(
            "truthound-store.toml",
            format!(
                "default_profile = \"s3\"\n[profiles.s3]\nbackend = \"s3\"\nbucket = \"bucket\"\nendpoint_url = \"{}\"\n\
                 {more}\n",
                self.address()
            ),
        );
        room
    }

    /// The same, with credentials in the profile.
    pub(crate) fn room_with_keys(&self, more: &str) -> Room {
        self.room(&format!("access_key_id = \"AKID\"\nsecret_access_key = \"SECRET\"\n{more}"))
    }
}

/// Disables the credential sources of the machine that runs the tests.
pub(crate) fn alone(run: Run<'_>) -> Run<'_> {
    run.env("AWS_EC2_METADATA_DISABLED", "true")
}

impl Keeps for Objects {
    const HEADERS: &'static [(&'static str, &'static str)] = &[("x-amz-request-id", "1")];

    fn answer(&mut self, request: &Request) -> Answer {
        let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
        let present = self.stored.get(path).cloned();
        let e_tag = |version: u64| vec![("etag", format!("\"{version}\"")), ("last-modified", DATE.to_owned())];
        match request.method.as_str() {
            "GET" if query.contains("list-type=2") => text(LIST),
            "GET" if query.contains("uploadId=") => match self.uploads.contains_key(path) {
                true => text("<ListPartsResult/>"),
                false => error(404, "NoSuchUpload"),
            },
            "GET" | "HEAD" => match present {
                Some((version, body)) => {
                    let range = request.header("range").trim_start_matches("bytes=");
                    match range.split('-').next().unwrap_or_default().parse::<usize>() {
                        Ok(from) => {
                            let range = format!("bytes {from}-{}/{}", body.len() - 1, body.len());
                            let headers = [e_tag(version), vec![("content-range", range)]].concat();
                            Answer::Respond(206, headers, body[from..].to_vec())
                        }
                        Err(_) => Answer::Respond(200, e_tag(version), body),
                    }
                }
                None => error(404, "NoSuchKey"),
            },
            "PUT" if query.contains("partNumber=") => {
                self.uploads.get_mut(path).unwrap().extend(&request.body);
                Answer::Respond(200, e_tag(0), Vec::new())
            }
            "POST" if query.starts_with("uploads") => {
                self.uploads.insert(path.to_owned(), Vec::new());
                text("<InitiateMultipartUploadResult><UploadId>upload 1</UploadId></InitiateMultipartUploadResult>")
            }
            "PUT" | "POST" => {
                let refused = match (request.header("if-none-match"), request.header("if-match")) {
                    ("*", _) => present.is_some(),
                    (_, "") => false,
                    (_, wanted) => present.is_none_or(|(version, _)| wanted != format!("\"{version}\"")),
                };
                if refused {
                    return error(412, "PreconditionFailed");
                }
                self.versions += 1;
                let body = match request.method.as_str() {
                    "POST" => match self.uploads.remove(path) {
                        Some(parts) => parts,
                        None => return error(404, "NoSuchUpload"),
                    },
                    _ => request.body.clone(),
                };
                self.stored.insert(path.to_owned(), (self.versions, body));
                let root = match (request.method.as_str(), request.header("x-amz-copy-source")) {
                    ("POST", _) => "CompleteMultipartUploadResult",
                    (_, "") => return Answer::Respond(200, e_tag(self.versions), Vec::new()),
                    _ => "CopyObjectResult",
                };
                let result = format!("<{root}><ETag>\"{}\"</ETag></{root}>", self.versions);
                Answer::Respond(200, e_tag(self.versions), result.into_bytes())
            }
            "DELETE" => {
                match query.contains("uploadId=") {
                    true => drop(self.uploads.remove(path)),
                    false => drop(self.stored.remove(path)),
                }
                Answer::Respond(204, Vec::new(), Vec::new())
            }
            _ => error(405, "MethodNotAllowed"),
        }
    }
}

const DATE: &str = "Mon, 02 Mar 2026 10:00:00 GMT";

const LIST: &str = "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>";
