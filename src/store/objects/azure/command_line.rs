//! Tokens from whoever has signed in with `az login`.

use std::process::{Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use object_store::azure::AzureCredential;
use serde_json::Value;
use tokio::process::Command;

use crate::error::ErrorKind;
use crate::store::objects::known::Known;

/// What a token is for.
const RESOURCE: &str = "https://storage.azure.com/";

/// A token that ends within this time is replaced before it is used.
const MARGIN: Duration = Duration::from_secs(60);

/// How long a token is used of which the program does not say when it ends; it renews its own five minutes before.
const LIFE: Duration = Duration::from_secs(240);

/// The program `az`, and the token that it has given.
#[derive(Debug, Default)]
pub(super) struct CommandLine {
    kept: Option<(Arc<AzureCredential>, SystemTime)>,
}

impl CommandLine {
    /// A token, from the program if there is no other. The program has as long as `limit`.
    pub(super) async fn token(&mut self, limit: Duration) -> Result<Arc<AzureCredential>, Known> {
        if let Some((token, end)) = &self.kept
            && *end > SystemTime::now() + MARGIN
        {
            return Ok(Arc::clone(token));
        }
        let output = run(limit).await?;
        if !output.status.success() {
            let complaint = String::from_utf8_lossy(&output.stderr);
            let words: Vec<_> = complaint.split_whitespace().collect();
            let complaint: String = words.join(" ").chars().take(300).collect();
            return Err(Known::new(None, if complaint.is_empty() { output.status.to_string() } else { complaint }));
        }
        // What cannot be read may be a part of a token: it is not shown.
        let unreadable = || Known::new(None, "`az account get-access-token` prints no token");
        let answer: Value = serde_json::from_slice(&output.stdout).map_err(|_| unreadable())?;
        let token = answer.get("accessToken").and_then(Value::as_str).ok_or_else(unreadable)?;
        let token = Arc::new(AzureCredential::BearerToken(token.to_owned()));
        let end = answer.get("expires_on").and_then(Value::as_u64).map(Duration::from_secs);
        let end = end.and_then(|end| SystemTime::UNIX_EPOCH.checked_add(end));
        self.kept = Some((Arc::clone(&token), end.unwrap_or_else(|| SystemTime::now() + LIFE)));
        Ok(token)
    }
}

async fn run(limit: Duration) -> Result<Output, Known> {
    // On Windows it is a script of the shell.
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
            Err(Known::new(None, "the program `az` is not installed"))
        }
        Ok(Err(error)) => Err(Known::new(None, format!("`az` cannot be started: {error}"))),
        Err(_) => Err(Known::new(ErrorKind::Connection, format!("`az` takes longer than {} seconds", limit.as_secs()))),
    }
}
