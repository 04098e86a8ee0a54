//! Whether the bucket or container of a profile answers.

use http::HeaderMap;

use super::clock::clock;
use crate::error::ErrorKind;
use crate::store::contract::Finding;
use crate::store::objects::service_error::ServiceError;

/// A bucket or container that was asked for the start of a list.
pub(in super::super) struct AskedBucket<'a> {
    /// The name of the check: "bucket" or "container".
    pub(in super::super) check: &'static str,
    /// Its own name.
    pub(in super::super) name: &'a str,
    /// The next step after an answer that is not a list.
    pub(in super::super) remedy: &'static str,
}

impl AskedBucket<'_> {
    /// Judges the status and the headers of the answer. Returns whether it answers with a list, so that more can be asked.
    pub(in super::super) fn judge(
        &self,
        answer: Result<(u16, &HeaderMap), &ServiceError>,
        findings: &mut Vec<Finding>,
    ) -> bool {
        let Self { check, name, remedy } = *self;
        match answer {
            Ok((status, headers)) if status < 300 => {
                findings.push(Finding::good(check, format!("`{name}` answers")));
                findings.push(clock(headers.get("date").and_then(|date| date.to_str().ok())));
                return true;
            }
            Ok((status, _)) => {
                let message = format!("the server answers {status} for `{name}`");
                findings.push(Finding::bad(check, ErrorKind::Connection, message, remedy));
            }
            Err(known) => {
                let error = known.explain(ErrorKind::Connection, format!("`{name}` cannot be listed"));
                findings.push(Finding::failed(check, &error));
            }
        }
        false
    }
}
