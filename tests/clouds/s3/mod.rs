//! S3, as Amazon documents it.

mod costs;
mod credentials;
mod faults;
mod permissions;
mod scripted;

pub(crate) use scripted::Objects;

use crate::Subject;
use crate::cloud::{Cloud, Condition};
use crate::server::{Answer, Request};

impl Cloud for Objects {
    const NAME: &'static str = "s3";
    const SUBJECTS: &'static [Subject] = &[
        ("credentials", credentials::CASES),
        ("faults", faults::CASES),
        ("costs", costs::CASES),
        ("permissions", permissions::CASES),
    ];
    const WHOLE_LIST: &'static str = "<?xml version=\"1.0\"?><ListBucketResult><IsTruncated>false</IsTruncated>\
        <Prefix>x</Prefix></ListBucketResult>";
    const DOCUMENT_HEADERS: &'static [(&'static str, &'static str)] = &[];
    const TOKEN_HEADER: &'static str = "x-amz-meta-truthoundstorewrite";
    const WRITE: &'static str = "PUT";
    const SET_TIER: &'static [&'static str] = &["HEAD", "HEAD", "PUT"];
    const FOREIGN_TIER: &'static str = "NEARLINE";
    const HOW_TO_CREATE: &'static str = "create the bucket";
    const PERMISSIONS: &'static str = "s3:ListBucket";
    const REFUSED_CREDENTIALS: &'static [(u16, &'static str)] =
        &[(403, "InvalidAccessKeyId"), (403, "SignatureDoesNotMatch"), (400, "ExpiredToken"), (403, "AccessDenied")];

    fn profile(address: &str) -> String {
        format!("bucket = 'bucket'\nendpoint_url = '{address}'\naccess_key_id = 'AKID'\nsecret_access_key = 'SECRET'")
    }

    fn list_of(names: &[&str]) -> String {
        let object = |name: &&str| {
            format!(
                "<Contents><Key>{name}</Key><LastModified>2026-03-02T10:00:00.000Z</LastModified><ETag>\"1\"</ETag>\
                 <Size>1</Size></Contents>"
            )
        };
        let objects: String = names.iter().map(object).collect();
        format!("<ListBucketResult><IsTruncated>false</IsTruncated>{objects}</ListBucketResult>")
    }

    fn lists_without_end() -> Vec<String> {
        let token = |token| format!("<IsTruncated>true</IsTruncated>{token}");
        let list = Self::list_of(&["truthound/default/_catalog/x"]);
        ["", "<NextContinuationToken/>", "<NextContinuationToken>A</NextContinuationToken>"]
            .map(|text| list.replace("<IsTruncated>false</IsTruncated>", &token(text)))
            .to_vec()
    }

    fn profiles_with_secrets(address: &str) -> Vec<String> {
        let profile = Self::profile(address);
        vec![profile.clone(), format!("{profile}\nsession_token = 'SECRETTOKEN'")]
    }

    fn is_list(request: &Request) -> bool {
        request.is("GET", "list-type=2")
    }

    fn token(request: &Request) -> Option<String> {
        let token = request.header(Self::TOKEN_HEADER).to_owned();
        (request.method == "PUT" && !token.is_empty()).then_some(token)
    }

    fn error(status: u16, code: &str) -> Answer {
        scripted::error(status, code)
    }

    fn no_bucket() -> Answer {
        scripted::error(404, "NoSuchBucket")
    }

    fn busy() -> Answer {
        scripted::error(503, "SlowDown")
    }

    fn denied() -> Answer {
        scripted::error(403, "AccessDenied")
    }

    fn is_part(request: &Request) -> bool {
        request.is("PUT", "partNumber=")
    }

    fn is_completion(request: &Request) -> bool {
        request.is("POST", "uploadId=")
    }

    fn upload_condition(request: &Request) -> Option<Condition> {
        Self::is_completion(request).then(|| Condition::of_headers(request)).flatten()
    }

    fn store_rival(&mut self, part: &Request) {
        let path = part.target.split('?').next().unwrap().to_owned();
        self.stored.insert(path, (50, b"theirs".to_vec()));
    }

    fn has_parts(&self) -> bool {
        !self.uploads.is_empty()
    }

    fn is_empty(&self) -> bool {
        self.stored.is_empty() && self.uploads.is_empty()
    }
}
