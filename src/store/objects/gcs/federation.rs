//! Workload identity federation: exchanges the token of another identity provider for one of Google's
//! (<https://google.aip.dev/auth/4117>).

use std::path::Path;
use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

use super::token_client::{GoogleToken, SCOPE, TokenClient, oauth_token, required};
use crate::error::ErrorKind;
use crate::secret::{read_text, shown_path};
use crate::store::objects::service_error::ServiceError;

/// The token for a file of type `external_account`.
pub(super) async fn token(client: &TokenClient, json: &Value) -> Result<GoogleToken, ServiceError> {
    let subject = subject(client, json).await?;
    let mut form = vec![
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("requested_token_type", "urn:ietf:params:oauth:token-type:access_token"),
        ("audience", required(json, "audience")?),
        ("subject_token_type", required(json, "subject_token_type")?),
        ("scope", SCOPE),
        ("subject_token", &subject),
    ];
    let project = json.get("workforce_pool_user_project").and_then(Value::as_str);
    let options = project.map(|project| json!({"userProject": project}).to_string());
    form.extend(options.as_deref().map(|options| ("options", options)));
    let response = client.post_form(required(json, "token_url")?, &form).await?;
    let federated = oauth_token(&response)?;
    let Some(address) = json.get("service_account_impersonation_url").and_then(Value::as_str) else {
        return Ok(federated);
    };
    let lifetime = json.pointer("/service_account_impersonation/token_lifetime_seconds").and_then(Value::as_u64);
    let lifetime = lifetime.unwrap_or(3600);
    let request = json!({"scope": [SCOPE], "lifetime": format!("{lifetime}s")});
    let response = client.post_json(address, &federated.text, &request).await?;
    let text = required(&response, "accessToken").map_err(|_| {
        ServiceError::new(ErrorKind::Denied, "the service account issues no token").hint(
            "grant `roles/iam.workloadIdentityUser` on the service account to the federated identity; docs/gcs.md says how",
        )
    })?;
    let expiry =
        response.get("expireTime").and_then(Value::as_str).and_then(|text| text.parse::<jiff::Timestamp>().ok());
    let expiry = expiry.and_then(|time| SystemTime::try_from(time).ok());
    let expiry = expiry.unwrap_or_else(|| SystemTime::now() + Duration::from_secs(lifetime.min(3600)));
    Ok(GoogleToken { text: text.to_owned(), expiry })
}

/// The token of the other identity provider.
async fn subject(client: &TokenClient, json: &Value) -> Result<String, ServiceError> {
    let source = json.get("credential_source").unwrap_or(&Value::Null);
    let text = |name: &str| source.get(name).and_then(Value::as_str);
    let content = match (text("file"), text("url")) {
        _ if text("environment_id").is_some() => return Err(unsupported("AWS")),
        (Some(file), _) => {
            let content = read_text(Path::new(file));
            let file = shown_path(file);
            content.map_err(|error| ServiceError::new(None, format!("its token file {file}: {error}")))?.into_bytes()
        }
        (None, Some(url)) => {
            let mut headers = HeaderMap::new();
            for (name, value) in source.get("headers").and_then(Value::as_object).into_iter().flatten() {
                let pair = (HeaderName::try_from(name.as_str()), value.as_str().map(HeaderValue::try_from));
                let (Ok(name), Some(Ok(value))) = pair else {
                    return Err(ServiceError::new(None, "the headers of its `credential_source` cannot be sent"));
                };
                headers.insert(name, value);
            }
            client.get(url, headers).await?.to_vec()
        }
        (None, None) if source.get("executable").is_some() => return Err(unsupported("a program")),
        (None, None) => return Err(unsupported("neither a file nor a URL")),
    };
    let content = String::from_utf8(content).map_err(|_| ServiceError::new(None, "its subject token is not text"))?;
    let token = match source.pointer("/format/type").and_then(Value::as_str) {
        Some("json") => {
            let name = source.pointer("/format/subject_token_field_name").and_then(Value::as_str);
            let json = serde_json::from_str::<Value>(&content).unwrap_or_default();
            let token = name.and_then(|name| json.get(name)).and_then(Value::as_str).map(str::to_owned);
            token.ok_or_else(|| ServiceError::new(None, "its subject token is not where `format` says"))?
        }
        _ => content.trim().to_owned(),
    };
    if token.is_empty() { Err(ServiceError::new(None, "its subject token is empty")) } else { Ok(token) }
}

fn unsupported(what: &str) -> ServiceError {
    let message = format!("workload identity federation with {what} as its source is not supported");
    ServiceError::new(ErrorKind::Denied, message).hint("have its token written to a file, or served at a URL")
}
