//! The secrets of a request, which a server may repeat in its error message.

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::request::Parts;

use crate::secret::MASK;

/// Headers with a secret as their value.
const HEADERS: [&str; 3] = ["x-amz-security-token", "x-goog-iam-authorization-token", "x-ms-copy-source-authorization"];

/// Parameters with a secret as their value.
const PARAMETERS: [&str; 4] = ["sig", "x-amz-signature", "x-amz-security-token", "access_token"];

/// Length of the shortest text that is masked, in bytes. Masking a shorter one would disfigure other words.
const SHORTEST: usize = 8;

/// The secrets of one signed request.
pub(super) struct RequestSecrets(Vec<String>);

impl RequestSecrets {
    /// Finds signatures and tokens, as they were sent and decoded.
    pub(super) fn of(head: &Parts) -> Self {
        let mut secrets = Vec::new();
        for value in head.headers.get_all(AUTHORIZATION).iter().filter_map(|value| value.to_str().ok()) {
            // `Bearer TOKEN`, `SharedKey ACCOUNT:SIGNATURE`, `AWS4-HMAC-SHA256 ..., Signature=SIGNATURE`.
            let last = value.rsplit([' ', ':']).next().unwrap_or_default();
            secrets.extend([value, last, value.rsplit_once("Signature=").map_or("", |(_, it)| it)].map(str::to_owned));
        }
        let values = HEADERS.iter().filter_map(|name| head.headers.get(*name)?.to_str().ok());
        secrets.extend(values.map(str::to_owned));
        for pair in head.uri.query().unwrap_or_default().split('&') {
            let (name, value) = pair.split_once('=').unwrap_or_default();
            if PARAMETERS.iter().any(|known| name.eq_ignore_ascii_case(known)) {
                let decoded = percent_encoding::percent_decode_str(value).decode_utf8_lossy().into_owned();
                secrets.extend([decoded, value.to_owned()]);
            }
        }
        secrets.retain(|secret| secret.len() >= SHORTEST);
        // A secret can be a part of another one.
        secrets.sort_unstable_by_key(|secret| std::cmp::Reverse(secret.len()));
        Self(secrets)
    }

    /// Masks the secrets in a body.
    pub(super) fn mask(&self, body: Bytes) -> Bytes {
        let mut text = String::from_utf8_lossy(&body).into_owned();
        let before = text.len();
        for secret in &self.0 {
            if text.contains(secret.as_str()) {
                text = text.replace(secret.as_str(), MASK);
            }
        }
        if text.len() == before { body } else { text.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_and_tokens_are_masked_wherever_a_server_repeats_them() {
        let request = http::Request::get("http://h/c/b?comp=list&sig=abc%2Bdef%3Dghi&se=2030")
            .header(AUTHORIZATION, "AWS4-HMAC-SHA256 Credential=AKID/x, Signature=0123456789abcdef")
            .header("x-amz-security-token", "session-token-1");
        let secrets = RequestSecrets::of(&request.body(()).unwrap().into_parts().0);
        let said = "url ?sig=abc%2Bdef%3Dghi&se=2030, abc+def=ghi, 0123456789abcdef, token session-token-1 of AKID";
        let masked = secrets.mask(said.into());
        assert_eq!(masked, "url ?sig=******&se=2030, ******, ******, token ****** of AKID");
        assert_eq!(secrets.mask("<Error>".into()), "<Error>");
    }
}
