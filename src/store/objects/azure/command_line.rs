//! Tokens of the user who has signed in with `az login`.

use std::process::{Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use object_store::azure::AzureCredential;
use serde_json::Value;
use tokio::process::Command;

use crate::error::ErrorKind;
use crate::store::objects::service_error::ServiceError;

/// The audience of the tokens.
const RESOURCE: &str = "https://storage.azure.com/";

/// A token that expires within this time is replaced before it is used.
const MARGIN: Duration = Duration::from_secs(60);

/// Lifetime of a token without an expiry. `az` renews its tokens five minutes before they expire.
const LIFE: Duration = Duration::from_secs(240);

/// The program `az`, and its last token.
#[derive(Debug, Default)]
pub(super) struct AzureCommandLine {
    cached: Option<(Arc<AzureCredential>, SystemTime)>,
}

impl AzureCommandLine {
    /// Returns the cached token, or a new one from the program, which may run for `limit`.
    pub(super) async fn token(&mut self, limit: Duration) -> Result<Arc<AzureCredential>, ServiceError> {
        if let Some((token, end)) = &self.cached
            && *end > SystemTime::now() + MARGIN
        {
            return Ok(Arc::clone(token));
        }
        let output = run(limit).await?;
        if !output.status.success() {
            let complaint = String::from_utf8_lossy(&output.stderr);
            let words: Vec<_> = complaint.split_whitespace().collect();
            let complaint: String = words.join(" ").chars().take(300).collect();
            return Err(ServiceError::new(
                None,
                if complaint.is_empty() { output.status.to_string() } else { complaint },
            ));
        }
        // Unreadable output may contain a part of a token, so it is not shown.
        let unreadable = || ServiceError::new(None, "`az account get-access-token` prints no token");
        let answer: Value = serde_json::from_slice(&output.stdout).map_err(|_| unreadable())?;
        let token = answer.get("accessToken").and_then(Value::as_str).ok_or_else(unreadable)?;
        let token = Arc::new(AzureCredential::BearerToken(token.to_owned()));
        let end = answer.get("expires_on").and_then(Value::as_u64).map(Duration::from_secs);
        let end = end.and_then(|end| SystemTime::UNIX_EPOCH.checked_add(end));
        self.cached = Some((Arc::clone(&token), end.unwrap_or_else(|| SystemTime::now() + LIFE)));
        Ok(token)
    }
}

async fn run(limit: Duration) -> Result<Output, ServiceError> {
    // On Windows, `az` is a shell script.
    let (program, first): (_, &[&str]) = if cfg!(windows) { ("cmd", &["/C", "az"]) } else { ("az", &[]) };
    let output = Command::new(program)
        .args(first)
        .args(["account", "get-access-token", "--output", "json", "--resource", RESOURCE])
        // Standard input belongs to `save -`.
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    match tokio::time::timeout(limit, output).await {
        Ok(Ok(output)) => Ok(output),
        Ok(Err(error)) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(ServiceError::new(None, "the program `az` is not installed"))
        }
        Ok(Err(error)) => Err(ServiceError::new(None, format!("`az` cannot be started: {error}"))),
        Err(_) => {
            Err(ServiceError::new(ErrorKind::Connection, format!("`az` takes longer than {} seconds", limit.as_secs())))
        }
    }
}
