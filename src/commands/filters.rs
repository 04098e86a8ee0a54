//! The filters that commands share.

use clap::Args;
use clap::builder::PossibleValuesParser;
use clap::builder::TypedValueParser as _;
use jiff::Timestamp;

use super::completed::ValueKind;
use super::filter_time::FilterTime;
use crate::result::{Status, TimeZone, parse_tag};
use crate::retention::CalendarAge;
use crate::store::contract::{NamePattern, Query};

/// Filters on results.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Filters")]
pub struct FilterArgs {
    #[allow(rustdoc::broken_intra_doc_links, reason = "clap prints the text as it stands")]
    /// Only results of this data asset; * stands for any characters, as in 'orders_*', and [*] for an asterisk
    #[arg(long, value_name = "NAME", add = ValueKind::Asset.completer())]
    pub asset: Option<String>,
    /// Only results with this status; repeat for several
    #[arg(long, value_name = "STATUS", value_parser = status_parser(&Status::ALL))]
    pub status: Vec<Status>,
    /// Only runs at or after this time: RFC 3339, 2026-11-23, 2026-11, today, yesterday, seconds since 1970, or an age such as
    /// 12h, 7d or 1mo; without an offset, in the profile's time zone
    #[arg(long, value_name = "WHEN", value_parser = FilterTime::parse, allow_hyphen_values = true)]
    pub since: Option<FilterTime>,
    /// Only runs at or before this time; a date or a month is included to its end
    #[arg(long, value_name = "WHEN", value_parser = FilterTime::parse, allow_hyphen_values = true)]
    pub until: Option<FilterTime>,
    /// Only runs that are older than this, such as 90d, 6mo or 1y; days and months are those of the profile's time zone
    #[arg(long, value_name = "AGE", conflicts_with = "until")]
    pub older_than: Option<CalendarAge>,
    /// Only results with this tag; repeat to require several
    #[arg(long, value_name = "KEY=VALUE", value_parser = parse_tag, add = ValueKind::Tag.completer())]
    pub tag: Vec<(String, String)>,
}

impl FilterArgs {
    /// Whether no filter was given.
    pub fn is_empty(&self) -> bool {
        self.asset.is_none()
            && self.status.is_empty()
            && self.since.is_none()
            && self.until.is_none()
            && self.older_than.is_none()
            && self.tag.is_empty()
    }

    /// The query for the results that pass. Times without an offset are in `zone`.
    pub fn query(&self, zone: &TimeZone) -> Query {
        let asset = self.asset.as_deref().map(NamePattern::parse);
        let (data_asset, data_assets) = match asset.as_ref().and_then(NamePattern::name) {
            Some(name) => (Some(name.to_owned()), None),
            None => (None, asset),
        };
        let older = || Some(self.older_than.as_ref()?.before(Timestamp::now().into(), zone));
        Query {
            data_asset,
            data_assets,
            statuses: self.status.clone(),
            since: self.since.map(|time| time.since(zone)),
            until: self.until.map(|time| time.until(zone)).or_else(older),
            tags: self.tag.iter().cloned().collect(),
            ..Query::default()
        }
    }
}

/// Parses one of these statuses.
pub(super) fn status_parser(statuses: &[Status]) -> impl clap::builder::TypedValueParser<Value = Status> + use<> {
    PossibleValuesParser::new(statuses.iter().map(|status| status.name())).try_map(|name| name.parse::<Status>())
}
