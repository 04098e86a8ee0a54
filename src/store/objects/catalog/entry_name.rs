//! The key of a catalog entry, which holds all facts that a list needs.

use jiff::tz::Offset;

use super::escape::{END, cut, escape_into, unescape};
use super::nonce::{NONCE, Nonce};
use crate::result::json::JsonValue;
use crate::result::{
    DocumentDigest, Entry, Layout, RunId, RunTime, Status, Tags, UtcReading, tags_from_json, tags_to_json,
};
use crate::store::objects::layout::NameLimits;

/// 9999-12-31T23:59:59.999999Z in microseconds: the last time in Python's range.
pub(super) const LAST: i64 = 253_402_300_799_999_999;
/// 0001-01-01T00:00:00Z.
pub(super) const FIRST: i64 = -62_135_596_800_000_000;
const HOUR: i64 = 3_600_000_000;

/// Marks a name without facts: they are in the content of the object.
const OVERFLOW: &str = "+";

/// Key of the digest in the content of an entry.
const DIGEST: &str = "sha256";

/// The position of an instant in the catalog, newest first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct CatalogKey {
    /// Directory of its hour.
    pub(super) hour: String,
    /// Name in that directory, or the start of one.
    pub(super) within: String,
}

/// Returns the position of `reading`. A time outside the years 1 to 9999 counts as the first or last moment of that
/// range.
pub(super) fn catalog_key(reading: UtcReading) -> CatalogKey {
    let inverted = LAST - reading.as_microsecond().clamp(FIRST, LAST);
    CatalogKey { hour: format!("{:08}", inverted / HOUR), within: format!("{:010}", inverted % HOUR) }
}

/// Facts in the name of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum EntryName {
    /// All of them.
    Whole(Entry),
    /// None: they are in the content of the object.
    Overflow,
}

/// Bytes of the longest name before the facts: microseconds, hyphen, two ends and the nonce.
const FIXED: usize = 10 + 1 + 2 + OVERFLOW.len() + NONCE;

/// Returns the maximum length of a name in the directory of an hour, for a catalog with a path of `catalog` bytes.
pub(super) fn room(limits: NameLimits, catalog: usize) -> usize {
    // `/`, eight digits, `/`.
    limits.segment.min(limits.key.saturating_sub(catalog + 10))
}

/// Returns the common start of the keys of all entries of this run at this time.
pub(super) fn beginning(run_id: &RunId, instant: UtcReading, limits: NameLimits, catalog: usize) -> CatalogKey {
    let mut key = catalog_key(instant);
    let mut run = String::new();
    escape_into(&mut run, run_id.as_str());
    key.within.push('-');
    // The cut does not depend on the other facts, so that the name can be found without them.
    key.within.push_str(cut(&run, room(limits, catalog).saturating_sub(FIXED)));
    key.within.push(END);
    key
}

/// Returns the key for `entry` that ends in `nonce`, and the content of the object, which has the digest too. Readers
/// of older versions pass over the digest.
pub(super) fn encode(
    entry: &Entry,
    digest: Option<DocumentDigest>,
    nonce: &Nonce,
    limits: NameLimits,
    catalog: usize,
) -> (CatalogKey, Vec<u8>) {
    let mut key = beginning(&entry.run_id, entry.run_time.as_utc(), limits, catalog);
    let start = key.within.len();
    key.within.push_str(&facts(entry));
    // Facts that were cut or clamped do not read back as they are.
    let whole = key.within.len() + 1 + NONCE <= room(limits, catalog)
        && decode(&key.hour, &format!("{}!{:08}", key.within, 0)) == Some(EntryName::Whole(entry.clone()));
    if !whole {
        key.within.truncate(start);
        key.within.push_str(OVERFLOW);
    }
    let text = content((!whole).then_some(entry), digest);
    key.within.push(END);
    key.within.push_str(nonce.text());
    (key, text)
}

/// Writes status, offset, asset and tags.
fn facts(entry: &Entry) -> String {
    let mut text = entry.status.name().get(..1).unwrap_or_default().to_owned();
    if let Some(offset) = entry.run_time.offset() {
        text.push_str(&offset.seconds().to_string());
    }
    text.push(END);
    escape_into(&mut text, &entry.data_asset);
    text.push(END);
    for (position, (key, value)) in entry.tags.iter().enumerate() {
        if position > 0 {
            text.push(',');
        }
        escape_into(&mut text, key);
        text.push('=');
        escape_into(&mut text, value);
    }
    text
}

/// Returns the facts in a name in the directory `hour`, or `None` if the name is not that of an entry.
pub(super) fn decode(hour: &str, name: &str) -> Option<EntryName> {
    let instant = instant(hour, name)?;
    let mut pieces = name.get(11..)?.split(END);
    let (run_id, facts) = (pieces.next()?, pieces.next()?);
    if facts == OVERFLOW {
        return Some(EntryName::Overflow);
    }
    let run_id = RunId::new(unescape(run_id)?).ok()?;
    let (status, offset) = facts.split_at_checked(1)?;
    let status = Status::ALL.into_iter().find(|known| known.name().starts_with(status))?;
    let offset = match offset {
        "" => None,
        seconds => Some(Offset::from_seconds(seconds.parse().ok()?).ok()?),
    };
    let data_asset = unescape(pieces.next()?)?;
    let tags = match pieces.next()? {
        "" => Tags::new(),
        tags => tags
            .split(',')
            .map(|tag| tag.split_once('=').and_then(|(key, value)| Some((unescape(key)?, unescape(value)?))))
            .collect::<Option<Tags>>()?,
    };
    Some(EntryName::Whole(Entry {
        run_id,
        run_time: RunTime::new(instant.as_if_in_utc(), offset),
        data_asset,
        status,
        tags,
        revision: None,
    }))
}

/// Returns whether a directory of this name holds entries.
pub(super) fn is_hour(directory: &str) -> bool {
    directory.len() == 8 && directory.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns the time that a name in the directory `hour` stands for.
pub(super) fn instant(hour: &str, name: &str) -> Option<UtcReading> {
    let number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse::<i64>().ok())?;
    let (within, rest) = name.split_at_checked(10)?;
    if !is_hour(hour) || !rest.starts_with('-') {
        return None;
    }
    UtcReading::from_microsecond(LAST - (number(hour)? * HOUR + number(within)?))
}

/// Content of an entry: the facts that do not fit into its name, and the digest of its document.
fn content(entry: Option<&Entry>, digest: Option<DocumentDigest>) -> Vec<u8> {
    let facts = entry.map(|entry| {
        [
            ("run_id", JsonValue::from(entry.run_id.as_str())),
            // As Python writes it. With its own offset, the local time is in the year 1 or later.
            ("run_time", entry.run_time.to_python_iso().into()),
            ("data_asset", entry.data_asset.as_str().into()),
            ("status", entry.status.name().into()),
            ("tags", tags_to_json(&entry.tags)),
        ]
    });
    let digest = digest.map(|digest| (DIGEST, JsonValue::from(digest.to_string())));
    let members: Vec<_> = facts.into_iter().flatten().chain(digest).collect();
    if members.is_empty() {
        return Vec::new();
    }
    JsonValue::object(members).to_text(Layout::Compact).into_bytes()
}

/// Returns the digest in the content of an entry, if there is one.
pub(super) fn digest_in(content: &[u8]) -> Option<DocumentDigest> {
    let text = JsonValue::parse(content).ok()?.get(DIGEST)?.as_text()?.to_string();
    DocumentDigest::from_hex(&text)
}

/// Returns the entry in the content of an object, or `None` for other content.
pub(super) fn from_content(content: &[u8]) -> Option<Entry> {
    let value = JsonValue::parse(content).ok()?;
    let text = |key: &str| value.get(key)?.as_text().filter(|text| text.is_exact()).map(ToString::to_string);
    let tags = value.get("tags").filter(|tags| tags.as_object().is_some())?;
    Some(Entry {
        run_id: RunId::new(text("run_id")?).ok()?,
        run_time: text("run_time")?.parse().ok()?,
        data_asset: text("data_asset")?,
        status: text("status")?.parse().ok()?,
        tags: tags_from_json(tags),
        revision: None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::result::RunInstant;

    const CATALOG: usize = "truthound/default/_catalog".len();

    fn entry(run_id: &str, microsecond: i64, offset: Option<i32>, asset: &str, tags: &[(&str, &str)]) -> Entry {
        Entry {
            run_id: RunId::new(run_id).unwrap(),
            run_time: RunTime::new(
                RunInstant::from_microsecond(microsecond).unwrap(),
                offset.map(|seconds| Offset::from_seconds(seconds).unwrap()),
            ),
            data_asset: asset.to_owned(),
            status: Status::Failure,
            tags: tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
            revision: None,
        }
    }

    fn read_back(entry: &Entry, limits: NameLimits) -> Entry {
        let digest = DocumentDigest::of(&b"{}"[..]).unwrap();
        let (key, content) = encode(entry, Some(digest), &Nonce::fresh(), limits, CATALOG);
        assert_eq!(digest_in(&content), Some(digest));
        assert!(key.within.len() <= limits.segment);
        assert!(CATALOG + 10 + key.within.len() <= limits.key);
        let start = beginning(&entry.run_id, entry.run_time.as_utc(), limits, CATALOG);
        assert_eq!(key.hour, start.hour);
        assert!(key.within.starts_with(&start.within));
        match decode(&key.hour, &key.within).unwrap() {
            EntryName::Whole(entry) => entry,
            EntryName::Overflow => from_content(&content).unwrap(),
        }
    }

    #[test]
    fn content_of_older_versions_is_read() {
        let older = r#"{"run_id":"run-1","run_time":"1969-12-31T23:59:59+01:00","data_asset":"ü\"/","status":"failure","tags":{"a":"b"}}"#;
        let expected = entry("run-1", -3_601_000_000, Some(3_600), "ü\"/", &[("a", "b")]);
        assert_eq!(from_content(older.as_bytes()).as_ref(), Some(&expected));
        assert_eq!(from_content(&content(Some(&expected), None)), Some(expected));
        assert_eq!(digest_in(older.as_bytes()), None);
    }

    #[test]
    fn a_name_says_everything() {
        let entry = entry("run-1", 1_763_859_414_158_803, Some(3_600), "a,b.csv", &[("", ""), ("env", "prod=1,2")]);
        let (key, content) = encode(&entry, None, &Nonce::fresh(), NameLimits::DISK, 8);
        assert_eq!(key.hour, "69899567");
        let (name, nonce) = key.within.rsplit_once('!').unwrap();
        assert_eq!(name, "0185841196-run-1!f3600!a%2Cb.2Ecsv!=,env=prod@3D1%2C2");
        assert_eq!(nonce.len(), 8);
        assert!(content.is_empty());
        assert_eq!(decode(&key.hour, &key.within), Some(EntryName::Whole(entry)));
    }

    #[test]
    fn what_was_never_an_entry_is_none() {
        for (hour, name) in [
            ("", ""),
            ("69888767", "x"),
            ("69888767", "1785841196"),
            ("x", "1785841196-a!f!b!!1"),
            ("69888767", ".lock"),
        ] {
            assert_eq!(decode(hour, name), None, "{hour}/{name}");
        }
    }

    #[test]
    fn the_first_and_the_last_time_of_python_are_kept() {
        for (time, offset) in [(FIRST, None), (FIRST, Some(3_600)), (LAST, None), (LAST, Some(-3_600))] {
            let entry = entry("x", time, offset, "", &[]);
            assert_eq!(read_back(&entry, NameLimits::DISK), entry);
        }
    }

    proptest! {
        #[test]
        fn every_entry_is_read_back_and_no_name_is_too_long(
            run_id in ".{1,80}", asset in any::<String>(), microsecond in FIRST..LAST - 25 * HOUR,
            // Python cannot write a local time before the year 1.
            offset in proptest::option::of(0..86_400_i32), key in any::<String>(), value in ".{0,300}",
        ) {
            let entry = entry(&run_id, microsecond, offset, &asset, &[(&key, &value), ("b", "")]);
            for limits in [NameLimits::DISK, NameLimits::CLOUD] {
                prop_assert_eq!(&read_back(&entry, limits), &entry);
            }
        }

        #[test]
        fn names_sort_newest_first_and_then_by_run_id(
            left in ".{1,20}", right in ".{1,20}", time in FIRST..LAST - 3 * HOUR, later in 0..3 * HOUR,
        ) {
            let later = (time + later).min(253_402_207_200_000_000);
            let (a, b) = (entry(&left, time, None, "z", &[]), entry(&right, later, None, "a", &[]));
            let key = |entry| encode(entry, None, &Nonce::fresh(), NameLimits::DISK, 8).0;
            let order = key(&a).cmp(&key(&b));
            let expected = later.cmp(&time).then(left.cmp(&right));
            prop_assert!(expected.is_eq() || order == expected);
        }
    }
}
