//! Workload identity federation: the token of another identity provider is exchanged for one of Google's
//! (<https://google.aip.dev/auth/4117>).

use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::{Value, json};

use super::credentials::{Credentials, SCOPE, Token, field, of_answer};
use crate::error::ErrorKind;
use crate::store::objects::known::Known;

/// The token for a file of type `external_account`.
pub(super) async fn token(credentials: &Credentials, json: &Value) -> Result<Token, Known> {
    let subject = subject(credentials, json).await?;
    let mut form = vec![
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("requested_token_type", "urn:ietf:params:oauth:token-type:access_token"),
        ("audience", field(json, "audience")?),
        ("subject_token_type", field(json, "subject_token_type")?),
        ("scope", SCOPE),
        ("subject_token", &subject),
    ];
    let payer = json.get("workforce_pool_user_project").and_then(Value::as_str);
    let options = payer.map(|project| json!({"userProject": project}).to_string());
    form.extend(options.as_deref().map(|options| ("options", options)));
    let answer = credentials.post_form(field(json, "token_url")?, &form).await?;
    let federated = of_answer(&answer)?;
    let Some(address) = json.get("service_account_impersonation_url").and_then(Value::as_str) else {
        return Ok(federated);
    };
    let life = json.pointer("/service_account_impersonation/token_lifetime_seconds").and_then(Value::as_u64);
    let life = life.unwrap_or(3600);
    let wish = json!({"scope": [SCOPE], "lifetime": format!("{life}s")});
    let answer = credentials.post_json(address, &federated.text, &wish).await?;
    let text = field(&answer, "accessToken").map_err(|_| {
        Known::new(ErrorKind::Denied, "the service account gives no token").hint(
            "grant `roles/iam.workloadIdentityUser` on the service account to whoever is federated; docs/gcs.md says how",
        )
    })?;
    let end = answer.get("expireTime").and_then(Value::as_str).and_then(|text| text.parse::<jiff::Timestamp>().ok());
    let end = end.and_then(|end| SystemTime::try_from(end).ok());
    let end = end.unwrap_or_else(|| SystemTime::now() + Duration::from_secs(life.min(3600)));
    Ok(Token { text: text.to_owned(), end })
}

/// The token of the other provider.
async fn subject(credentials: &Credentials, json: &Value) -> Result<String, Known> {
    let source = json.get("credential_source").unwrap_or(&Value::Null);
    let text = |name: &str| source.get(name).and_then(Value::as_str);
    let content = match (text("file"), text("url")) {
        _ if text("environment_id").is_some() => return Err(unsupported("AWS")),
        (Some(file), _) => {
            let content = std::fs::read(file);
            content.map_err(|error| Known::new(None, format!("its token file {file}: {error}")))?
        }
        (None, Some(url)) => {
            let mut headers = HeaderMap::new();
            for (name, value) in source.get("headers").and_then(Value::as_object).into_iter().flatten() {
                let pair = (HeaderName::try_from(name.as_str()), value.as_str().map(HeaderValue::try_from));
                let (Ok(name), Some(Ok(value))) = pair else {
                    return Err(Known::new(None, "the headers of its `credential_source` cannot be sent"));
                };
                headers.insert(name, value);
            }
            credentials.ask(Method::GET, url, headers, String::new(), credentials.limit()).await?.to_vec()
        }
        (None, None) if source.get("executable").is_some() => return Err(unsupported("a program")),
        (None, None) => return Err(unsupported("neither a file nor an address")),
    };
    let content = String::from_utf8(content).map_err(|_| Known::new(None, "its subject token is not text"))?;
    let token = match source.pointer("/format/type").and_then(Value::as_str) {
        Some("json") => {
            let name = source.pointer("/format/subject_token_field_name").and_then(Value::as_str);
            let json = serde_json::from_str::<Value>(&content).unwrap_or_default();
            let token = name.and_then(|name| json.get(name)).and_then(Value::as_str).map(str::to_owned);
            token.ok_or_else(|| Known::new(None, "its subject token is not where `format` says"))?
        }
        _ => content.trim().to_owned(),
    };
    if token.is_empty() { Err(Known::new(None, "its subject token is empty")) } else { Ok(token) }
}

fn unsupported(what: &str) -> Known {
    let message = format!("workload identity federation with {what} as its source is not supported");
    Known::new(ErrorKind::Denied, message).hint("let its token be written to a file, or be served at an address")
}
