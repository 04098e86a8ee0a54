//! Access tiers: <https://learn.microsoft.com/rest/api/storageservices/set-blob-tier>.

use std::sync::Arc;

use async_trait::async_trait;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use object_store::path::Path;

use super::client::AzureClient;
use super::options::TIERS;
use crate::error::{Error, ErrorKind, Result};
use crate::store::contract::{Placement, StorageTiers, Tier, TierChange};
use crate::store::objects::backend::Tiers;
use crate::store::objects::http::response::check_object;
use crate::store::objects::service_error::ServiceError;

/// The tier of blobs in accounts without tiers.
const NO_TIER: &str = "none";

/// The access tiers of a container.
#[derive(Debug)]
pub(super) struct AzureAccessTiers {
    pub(super) client: Arc<AzureClient>,
    /// Address of the store for messages.
    pub(super) location: String,
}

#[async_trait]
impl Tiers for AzureAccessTiers {
    fn tiers(&self) -> StorageTiers {
        TIERS.tiers
    }

    async fn placement(&self, path: &Path) -> Result<Option<Placement>> {
        match self.send(Method::HEAD, path, "", HeaderMap::new(), &format!("look at `{path}`")).await {
            Ok((_, present)) => {
                let tier = Tier(text(&present, "x-ms-access-tier").unwrap_or(NO_TIER).to_owned());
                let size = text(&present, "content-length").and_then(|length| length.parse().ok());
                Ok(Some(Placement { tier, size }))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn set_tier(&self, path: &Path, tier: &Tier) -> Result<TierChange> {
        let tier = TIERS.find(tier)?;
        let what = format!("move `{path}` to {tier}");
        let (_, present) = self.send(Method::HEAD, path, "", HeaderMap::new(), &what).await?;
        let is = |name: &str, value: &str| text(&present, name).is_some_and(|it| it.eq_ignore_ascii_case(value));
        let pending = text(&present, "x-ms-archive-status").and_then(|it| it.strip_prefix("rehydrate-pending-to-"));
        if let Some(goal) = pending {
            if goal.eq_ignore_ascii_case(tier) {
                return Ok(TierChange::Requested);
            }
            let message = format!("cannot {what}: it is on its way from Archive to {goal}");
            return Err(Error::new(ErrorKind::Write, message)
                .with_hint("that takes up to 15 hours and cannot be changed: try again when it is done"));
        }
        // An inferred tier is that of the account, and changes with it.
        if is("x-ms-access-tier", tier) && !is("x-ms-access-tier-inferred", "true") {
            return Ok(TierChange::Unchanged);
        }
        let was_archived = is("x-ms-access-tier", "Archive");
        let headers =
            HeaderMap::from_iter([(HeaderName::from_static("x-ms-access-tier"), HeaderValue::from_static(tier))]);
        let (status, _) = self.send(Method::PUT, path, "comp=tier", headers, &what).await?;
        Ok(if status == 202 || was_archived { TierChange::Requested } else { TierChange::Done })
    }
}

impl AzureAccessTiers {
    async fn send(
        &self,
        method: Method,
        path: &Path,
        query: &str,
        headers: HeaderMap,
        what: &str,
    ) -> Result<(u16, HeaderMap)> {
        let explain = |known: &ServiceError, kind| known.explain(kind, format!("cannot {what} in {}", self.location));
        let request = self.client.protocol.request(method, path, query);
        let mut request = request.map_err(|known| explain(&known, ErrorKind::Usage))?;
        *request.headers_mut() = headers;
        let answer = self.client.send(request).await.map_err(|known| explain(&known, ErrorKind::Write))?;
        let answer = check_object(answer, "it is being changed by others");
        let parts = answer.map_err(|error| explain(&error, ErrorKind::Write))?.into_parts().0;
        Ok((parts.status.as_u16(), parts.headers))
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiers_have_their_names_in_any_case() {
        for (text, expected) in [("hot", "Hot"), ("COOL", "Cool"), ("Cold", "Cold"), ("archive", "Archive")] {
            assert_eq!(TIERS.find(&Tier(text.to_owned())).unwrap(), expected);
        }
        assert_eq!(TIERS.find(&Tier("GLACIER".to_owned())).unwrap_err().kind(), ErrorKind::Unsupported);
    }
}
