//! Azure Blob Storage, as Microsoft documents it. Options and tiers are tested on Azurite, in tests/interop.

mod costs;
mod credentials;
mod faults;
mod large;
mod permissions;
mod scripted;
mod tiers;

pub(crate) use scripted::Blobs;

use self::scripted::Blob;
use crate::Subject;
use crate::cloud::{Cloud, Condition};
use crate::server::{Answer, Request};

impl Cloud for Blobs {
    const NAME: &'static str = "azure";
    const SUBJECTS: &'static [Subject] = &[
        ("credentials", credentials::CASES),
        ("faults", faults::CASES),
        ("costs", costs::CASES),
        ("large", large::CASES),
        ("permissions", permissions::CASES),
        ("tiers", tiers::CASES),
    ];
    const WHOLE_LIST: &'static str = "<?xml version=\"1.0\"?><EnumerationResults><IsTruncated>false</IsTruncated>\
        <Prefix>x</Prefix></EnumerationResults>";
    const DOCUMENT_HEADERS: &'static [(&'static str, &'static str)] = &[];
    const TOKEN_HEADER: &'static str = "x-ms-meta-truthoundstorewrite";
    const WRITE: &'static str = "PUT";
    const SET_TIER: &'static [&'static str] = &["HEAD", "HEAD", "PUT"];
    const FOREIGN_TIER: &'static str = "NEARLINE";
    const HOW_TO_CREATE: &'static str = "az storage container create";
    const PERMISSIONS: &'static str = "Storage Blob Data Contributor";
    const REFUSED_CREDENTIALS: &'static [(u16, &'static str)] =
        &[(403, "AuthenticationFailed"), (401, "NoAuthenticationInformation"), (403, "AuthorizationFailure")];

    fn profile(address: &str) -> String {
        format!("container = 'box'\naccount_url = '{address}/acc'\naccount_key = 'c2VjcmV0'")
    }

    fn list_of(names: &[&str]) -> String {
        let blob = |name: &&str| {
            format!(
                "<Blob><Name>{name}</Name><Properties><Last-Modified>{}</Last-Modified><Etag>\"1\"</Etag>\
                 <Content-Length>1</Content-Length></Properties></Blob>",
                scripted::DATE
            )
        };
        let blobs: String = names.iter().map(blob).collect();
        format!("<EnumerationResults><Blobs>{blobs}</Blobs><NextMarker /></EnumerationResults>")
    }

    fn lists_without_end() -> Vec<String> {
        let list = Self::list_of(&["truthound/default/_catalog/x"]);
        vec![list.replace("<NextMarker />", "<NextMarker>A</NextMarker>")]
    }

    fn profiles_with_secrets(address: &str) -> Vec<String> {
        let signature = "sv=2022-11-02&sp=rwdl&se=2999-01-01T00:00:00Z&sr=c&sig=SIGNATURE%2BSIGNATURE%3D";
        let profile = format!("container = 'box'\naccount_url = '{address}/acc'\nsas_token = '{signature}'");
        vec![Self::profile(address), profile]
    }

    fn is_list(request: &Request) -> bool {
        request.is("GET", "comp=list")
    }

    fn token(request: &Request) -> Option<String> {
        let token = request.header(Self::TOKEN_HEADER).to_owned();
        (request.method == "PUT" && !token.is_empty()).then_some(token)
    }

    fn error(status: u16, code: &str) -> Answer {
        scripted::error(status, code)
    }

    fn no_bucket() -> Answer {
        scripted::error(404, "ContainerNotFound")
    }

    fn busy() -> Answer {
        scripted::error(503, "ServerBusy")
    }

    fn denied() -> Answer {
        scripted::error(403, "AuthorizationPermissionMismatch")
    }

    fn is_part(request: &Request) -> bool {
        request.is("PUT", "comp=block&")
    }

    fn is_completion(request: &Request) -> bool {
        request.is("PUT", "comp=blocklist")
    }

    fn upload_condition(request: &Request) -> Option<Condition> {
        Self::is_completion(request).then(|| Condition::of_headers(request)).flatten()
    }

    fn store_rival(&mut self, part: &Request) {
        let path = part.target.split('?').next().unwrap().to_owned();
        self.stored.insert(path, Blob { version: 50, tier: "Hot".to_owned(), body: b"theirs".to_vec() });
    }

    /// Azure discards uncommitted blocks after a week.
    fn has_parts(&self) -> bool {
        false
    }

    fn is_empty(&self) -> bool {
        self.stored.is_empty()
    }
}
