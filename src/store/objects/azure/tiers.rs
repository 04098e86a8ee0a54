//! Access tiers: <https://learn.microsoft.com/rest/api/storageservices/set-blob-tier>.

use std::sync::Arc;

use async_trait::async_trait;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use object_store::path::Path;

use super::wire::Wire;
use crate::error::{Error, ErrorKind, Result};
use crate::store::contract::{Tier, TierChange};
use crate::store::objects::backend::Tiers;
use crate::store::objects::known::Known;

/// The tiers of block blobs.
const NAMES: &[&str] = &["Hot", "Cool", "Cold", "Archive"];

/// The first version of the protocol that knows `Cold`.
const VERSION: &str = "2023-11-03";

/// The access tiers of a container.
#[derive(Debug)]
pub(super) struct AccessTiers {
    pub(super) wire: Arc<Wire>,
    pub(super) profile: String,
}

#[async_trait]
impl Tiers for AccessTiers {
    fn names(&self) -> &'static [&'static str] {
        NAMES
    }

    async fn set_tier(&self, path: &Path, tier: &Tier) -> Result<TierChange> {
        let tier = name(tier)?;
        let what = format!("move `{path}` to {tier}");
        let (_, present) = self.send(Method::HEAD, path, "", HeaderMap::new(), &what).await?;
        let text = |name: &str| present.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if let Some(goal) = text("x-ms-archive-status").strip_prefix("rehydrate-pending-to-") {
            if goal.eq_ignore_ascii_case(tier) {
                return Ok(TierChange::Requested);
            }
            let message = format!("cannot {what}: it is on its way from Archive to {goal}");
            return Err(Error::new(ErrorKind::Write, message)
                .with_hint("That takes up to 15 hours and cannot be changed: try again when it is done"));
        }
        let is_inferred = text("x-ms-access-tier-inferred").eq_ignore_ascii_case("true");
        // A tier that comes from the account changes with the account.
        if text("x-ms-access-tier").eq_ignore_ascii_case(tier) && !is_inferred {
            return Ok(TierChange::Unchanged);
        }
        let was_archived = text("x-ms-access-tier").eq_ignore_ascii_case("Archive");
        let headers =
            HeaderMap::from_iter([(HeaderName::from_static("x-ms-access-tier"), HeaderValue::from_static(tier))]);
        let (status, _) = self.send(Method::PUT, path, "comp=tier", headers, &what).await?;
        Ok(if status == 202 || was_archived { TierChange::Requested } else { TierChange::Done })
    }
}

impl AccessTiers {
    async fn send(
        &self,
        method: Method,
        path: &Path,
        query: &str,
        mut headers: HeaderMap,
        what: &str,
    ) -> Result<(u16, HeaderMap)> {
        let explain = |known: &Known, kind| {
            let (place, profile) = (&self.wire.place, &self.profile);
            let place = format!("azure://{}/{}", place.account, place.container);
            known.explain(kind, format!("cannot {what} in {place} (profile `{profile}`)"))
        };
        headers.insert(HeaderName::from_static("x-ms-version"), HeaderValue::from_static(VERSION));
        let request = self.wire.request(method, path, query);
        let mut request = request.map_err(|known| explain(&known, ErrorKind::Usage))?;
        *request.headers_mut() = headers;
        let answer = self.wire.send(request).await.map_err(|known| explain(&known, ErrorKind::Write))?;
        match answer.status().as_u16() {
            404 => Err(explain(&Known::new(ErrorKind::NotFound, "there is none"), ErrorKind::NotFound)
                .with_hint("List what is there with `truthound-store list`")),
            409 | 412 => Err(explain(&Known::new(ErrorKind::Write, "it is being changed by others"), ErrorKind::Write)
                .with_hint("Try again")),
            status => Ok((status, answer.into_parts().0.headers)),
        }
    }
}

/// What Azure calls a tier.
fn name(tier: &Tier) -> Result<&'static str> {
    NAMES.iter().copied().find(|name| name.eq_ignore_ascii_case(&tier.0)).ok_or_else(|| {
        Error::new(ErrorKind::Unsupported, format!("Azure has no tier `{}`", tier.0))
            .with_hint(format!("Its tiers: {}", NAMES.join(", ")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiers_have_their_names_in_any_case() {
        for (text, expected) in [("hot", "Hot"), ("COOL", "Cool"), ("Cold", "Cold"), ("archive", "Archive")] {
            assert_eq!(name(&Tier(text.to_owned())).unwrap(), expected);
        }
        assert_eq!(name(&Tier("GLACIER".to_owned())).unwrap_err().kind(), ErrorKind::Unsupported);
    }
}
