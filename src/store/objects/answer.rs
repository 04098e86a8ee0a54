//! What the answers of all clouds have in common.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use jiff::Timestamp;
use object_store::client::HttpResponse;

use super::known::Known;
use super::web::{Verdict, breaks_off};
use crate::error::ErrorKind;

/// An answer as it came, for whoever understands it.
pub(super) fn response(status: StatusCode, headers: HeaderMap, body: Bytes) -> HttpResponse {
    let mut response = HttpResponse::new(body.into());
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

/// An error in the server's own words. `code` and `message` may be empty.
pub(super) fn said(status: StatusCode, code: &str, message: &str) -> String {
    let number = status.as_u16();
    match (code, message.trim_end_matches('.')) {
        ("", "") => format!("the server answers {status}"),
        (code, "") => format!("the server answers {code} ({number})"),
        ("", message) => format!("the server answers {number}: {message}"),
        (code, message) => format!("the server answers {code}: {message}"),
    }
}

/// What to do about this machine's clock, and nothing where it and the server's are less than so many minutes apart, or the
/// server does not tell its time.
pub(super) fn about_the_clock(headers: &HeaderMap, least: i64) -> Option<String> {
    match minutes_fast(headers)? {
        minutes if minutes >= least => Some(format!("set this machine's clock: it is {minutes} minutes fast")),
        minutes if minutes <= -least => Some(format!("set this machine's clock: it is {} minutes slow", -minutes)),
        _ => None,
    }
}

fn minutes_fast(headers: &HeaderMap) -> Option<i64> {
    let theirs = headers.get("date")?.to_str().ok()?;
    let theirs = jiff::fmt::rfc2822::parse(theirs).ok()?.timestamp();
    Some(Timestamp::now().duration_since(theirs).as_secs() / 60)
}

/// How long the server would rather not be asked again.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get("retry-after")?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// Removes metadata that `object_store` cannot read: what others have put there must not keep an object from being read.
pub(super) fn leave_out_unreadable(headers: &mut HeaderMap, prefix: &str) {
    let strange =
        |(name, value): &(&HeaderName, &HeaderValue)| name.as_str().starts_with(prefix) && value.to_str().is_err();
    let strange: Vec<HeaderName> = headers.iter().filter(strange).map(|(name, _)| name.clone()).collect();
    for name in strange {
        headers.remove(name);
    }
}

/// What to do with an answer that should be a list: taken if its root element is closed. A connection without a length can
/// end in the middle without a word, and a server can send nothing: then it is asked again. What is no such list at all
/// would be read as an empty one, and is a failure.
pub(super) async fn judge_list(response: HttpResponse, root: &str) -> Verdict {
    let (parts, body) = response.into_parts();
    let body = match body.bytes().await {
        Ok(body) => body,
        Err(error) => return breaks_off(&error.to_string()).into(),
    };
    match is_whole(&String::from_utf8_lossy(&body), root) {
        Some(true) => Verdict::Take(HttpResponse::from_parts(parts, body.into())),
        Some(false) => breaks_off("the list has no end").into(),
        None => {
            let known = Known::new(ErrorKind::Connection, "the server answers with something else than a list");
            Verdict::Fail(known.hint("correct the server's address, or look for a proxy that answers in its place"))
        }
    }
}

/// Whether an XML document has its end; nothing where it has another root element than this.
fn is_whole(text: &str, root: &str) -> Option<bool> {
    let mut rest = text.trim_start_matches('\u{feff}').trim();
    if rest.starts_with("<?") {
        let Some((_, after)) = rest.split_once("?>") else { return Some(false) };
        rest = after.trim_start();
    }
    let open = format!("<{root}");
    if !rest.starts_with(&open) {
        return open.starts_with(rest).then_some(false);
    }
    let is_empty_element = rest.ends_with("/>") && rest.matches('<').count() == 1;
    Some(is_empty_element || rest.ends_with(&format!("</{root}>")))
}

/// The text of the first element of this name.
pub(super) fn element(xml: &str, name: &str) -> Option<String> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    let unescaped = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'");
    let line: String = unescaped.replace("&amp;", "&").chars().filter(|c| !c.is_control()).take(1000).collect();
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_ends_early_is_told_from_a_whole_one_and_from_what_is_no_list() {
        let list = "\u{feff}<?xml version=\"1.0\"?>\n<List a=\"b\"><Key>x</Key></List>";
        for (end, _) in list.char_indices() {
            assert_eq!(is_whole(&list[..end], "List"), Some(false), "{:?}", &list[..end]);
        }
        for whole in [list, "<List/>", "<List></List>\n"] {
            assert_eq!(is_whole(whole, "List"), Some(true), "{whole:?}");
        }
        for other in ["<Error><Code>x</Code></Error>", "<html>", "{}", "<?xml version='1.0'?><Liar/>"] {
            assert_eq!(is_whole(other, "List"), None, "{other:?}");
        }
    }
}
