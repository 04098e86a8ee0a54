//! Google Cloud Storage, as Google documents it.

mod costs;
mod credentials;
mod faults;
pub(crate) mod scripted;
mod uploads;

pub(crate) use scripted::Objects;

use serde_json::{Value, json};

use self::scripted::Object;
use self::uploads::{parts, query_value};
use crate::Subject;
use crate::cloud::{Cloud, Condition};
use crate::server::{Answer, Request};

impl Cloud for Objects {
    const NAME: &'static str = "gcs";
    const SUBJECTS: &'static [Subject] =
        &[("costs", costs::CASES), ("credentials", credentials::CASES), ("faults", faults::CASES)];
    const WHOLE_LIST: &'static str = r#"{"kind": "storage#objects", "prefixes": ["x/"]}"#;
    const DOCUMENT_HEADERS: &'static [(&'static str, &'static str)] =
        &[("x-goog-generation", "1"), ("x-goog-stored-content-length", "1000")];
    const TOKEN_HEADER: &'static str = "x-goog-meta-truthoundstorewrite";
    const WRITE: &'static str = "POST";
    const SET_TIER: &'static [&'static str] = &["GET", "GET", "POST"];
    const FOREIGN_TIER: &'static str = "STANDARD_IA";
    const HOW_TO_CREATE: &'static str = "create the bucket";
    const PERMISSIONS: &'static str = "docs/gcs.md";
    const REFUSED_CREDENTIALS: &'static [(u16, &'static str)] =
        &[(401, "AuthenticationRequired"), (403, "AccessDenied")];

    fn profile(address: &str) -> String {
        format!("bucket = 'bucket'\nendpoint_url = '{address}'")
    }

    fn list_of(names: &[&str]) -> String {
        let object =
            |name: &&str| json!({"name": name, "size": "1", "generation": "1", "updated": "2026-03-02T10:00:00Z"});
        json!({"kind": "storage#objects", "items": names.iter().map(object).collect::<Vec<_>>()}).to_string()
    }

    fn lists_without_end() -> Vec<String> {
        let list = Self::list_of(&["truthound/default/_catalog/x"]);
        vec![list.replacen('{', "{\"nextPageToken\": \"A\", ", 1)]
    }

    fn is_list(request: &Request) -> bool {
        scripted::is_list(request)
    }

    fn token(request: &Request) -> Option<String> {
        query_value(request, "uploadType").filter(|kind| kind == "multipart")?;
        let [attributes, _] = parts(request);
        let attributes: Value = serde_json::from_slice(&attributes).unwrap();
        attributes["metadata"]["truthoundstorewrite"].as_str().map(str::to_owned)
    }

    fn error(status: u16, code: &str) -> Answer {
        scripted::error(status, code)
    }

    fn no_bucket() -> Answer {
        scripted::error(404, "The specified bucket does not exist.")
    }

    fn busy() -> Answer {
        scripted::error(503, "ServiceUnavailable")
    }

    fn denied() -> Answer {
        scripted::error(403, "AccessDenied")
    }

    fn is_part(request: &Request) -> bool {
        request.is("PUT", "upload_id=")
    }

    fn is_completion(request: &Request) -> bool {
        Self::is_part(request) && !request.header("content-range").ends_with("/*")
    }

    fn upload_condition(request: &Request) -> Option<Condition> {
        query_value(request, "uploadType").filter(|kind| kind == "resumable")?;
        match query_value(request, "ifGenerationMatch")?.as_str() {
            "0" => Some(Condition::Absent),
            _ => Some(Condition::Version),
        }
    }

    fn store_rival(&mut self, _: &Request) {
        let name = "truthound/default/results/large.json".to_owned();
        self.stored.insert(name, Object { generation: 50, content: b"theirs".to_vec(), ..Object::default() });
    }

    /// Google does not bill unfinished uploads, and discards them after a week.
    fn has_parts(&self) -> bool {
        false
    }

    fn is_empty(&self) -> bool {
        self.stored.is_empty()
    }
}
