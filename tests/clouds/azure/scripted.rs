//! A server that stores blobs as Azure does, with the faults that a test asks for.

use std::collections::{BTreeMap, BTreeSet};

use crate::server;
pub(crate) use crate::server::{Answer, Keeps, Request, large, text};
use crate::support::Room;

/// An error as Azure sends it: <https://learn.microsoft.com/rest/api/storageservices/status-and-error-codes2>.
pub(crate) fn error(status: u16, code: &str) -> Answer {
    let body = format!(
        "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{code}</Code><Message>scripted\n\
         RequestId:1\nTime:2026-03-02T10:00:00Z</Message></Error>"
    );
    let headers = vec![("content-type", "application/xml".to_owned()), ("x-ms-error-code", code.to_owned())];
    Answer::Respond(status, headers, body.into_bytes())
}

/// A blob: its version, tier and content.
#[derive(Clone, Debug)]
pub(crate) struct Blob {
    pub(crate) version: u64,
    pub(crate) tier: String,
    pub(crate) body: Vec<u8>,
}

/// The blobs of a container and the uncommitted blocks, by path.
#[derive(Clone, Default)]
pub(crate) struct Blobs {
    pub(crate) stored: BTreeMap<String, Blob>,
    pub(crate) blocks: BTreeMap<String, BTreeMap<String, Vec<u8>>>,
    /// The block list of each blob.
    lists: BTreeMap<String, String>,
    versions: u64,
}

/// Azure with one container.
pub(crate) type Scripted = server::Scripted<Blobs>;

impl Scripted {
    /// A room with a profile for this container and more options.
    pub(crate) fn room(&self, more: &str) -> Room {
        let room = Room::new();
        room.write(
            "truthound-store.toml",
            format!(
                "default_profile = 'azure'\n[profiles.azure]\nbackend = 'azure'\ncontainer = 'box'\n\
                 account_url = '{}/acc'\n{more}\n",
                self.address()
            ),
        );
        room
    }

    /// The same, with a credential in the profile.
    pub(crate) fn room_with_key(&self, more: &str) -> Room {
        self.room(&format!("account_key = 'c2VjcmV0'\n{more}"))
    }
}

impl Keeps for Blobs {
    const HEADERS: &'static [(&'static str, &'static str)] =
        &[("x-ms-request-id", "1"), ("x-ms-version", "2021-08-06")];

    fn answer(&mut self, request: &Request) -> Answer {
        let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
        // A path can be percent-encoded in several ways.
        let path = &*decoded(path);
        let has = |pair: &str| query.split('&').any(|it| it == pair);
        let present = self.stored.get(path).cloned();
        match request.method.as_str() {
            "GET" if has("comp=list") => text(self.list(path, query)),
            "GET" if has("comp=blocklist") => match self.lists.get(path) {
                Some(names) => Answer::Respond(200, head(&self.stored[path]), names.clone().into_bytes()),
                None => error(404, "BlobNotFound"),
            },
            "GET" | "HEAD" => match present {
                Some(blob) if request.method == "GET" && blob.tier == "Archive" => error(409, "BlobArchived"),
                Some(blob) => part_of(&blob, request),
                None => error(404, "BlobNotFound"),
            },
            "PUT" if has("comp=block") => {
                let id = parameter(query, "blockid").unwrap();
                self.blocks.entry(path.to_owned()).or_default().insert(id, request.body.clone());
                Answer::Respond(201, Vec::new(), Vec::new())
            }
            "PUT" if has("comp=tier") => match self.stored.get_mut(path) {
                Some(blob) => {
                    let tier = request.header("x-ms-access-tier").to_owned();
                    let status = if blob.tier == "Archive" { 202 } else { 200 };
                    blob.tier = if status == 202 { "Archive".to_owned() } else { tier };
                    Answer::Respond(status, Vec::new(), Vec::new())
                }
                None => error(404, "BlobNotFound"),
            },
            "PUT" => match (request.header("if-none-match"), request.header("if-match"), present) {
                ("*", _, Some(_)) => error(409, "BlobAlreadyExists"),
                (_, wanted, present) if !wanted.is_empty() && !is_version(present.as_ref(), wanted) => {
                    error(412, "ConditionNotMet")
                }
                // https://learn.microsoft.com/azure/storage/blobs/access-tiers-overview#archive-access-tier
                (_, _, Some(blob)) if blob.tier == "Archive" => error(409, "BlobArchived"),
                _ => self.put(path, query, request),
            },
            "DELETE" => match (request.header("if-match"), present) {
                (_, None) => error(404, "BlobNotFound"),
                (wanted, present) if !wanted.is_empty() && !is_version(present.as_ref(), wanted) => {
                    error(412, "ConditionNotMet")
                }
                _ => {
                    self.stored.remove(path);
                    Answer::Respond(202, Vec::new(), Vec::new())
                }
            },
            _ => error(405, "UnsupportedHttpVerb"),
        }
    }
}

impl Blobs {
    /// Puts a blob, either whole or from its blocks.
    fn put(&mut self, path: &str, query: &str, request: &Request) -> Answer {
        let mut body = request.body.clone();
        // Blocks that are not part of the blob are discarded.
        let mut blocks = self.blocks.remove(path).unwrap_or_default();
        if query.contains("comp=blocklist") {
            let list = request.text();
            let names: Vec<&str> =
                list.split("<Uncommitted>").skip(1).map(|it| it.split('<').next().unwrap()).collect();
            let Some(parts) = names.iter().map(|name| blocks.remove(*name)).collect::<Option<Vec<_>>>() else {
                return error(400, "InvalidBlockList");
            };
            body = parts.concat();
            let named: String = names.iter().map(|name| format!("<Block><Name>{name}</Name></Block>")).collect();
            self.lists.insert(path.to_owned(), format!("<BlockList>{named}</BlockList>"));
        }
        self.versions += 1;
        let tier = match request.header("x-ms-access-tier") {
            "" => "Hot",
            tier => tier,
        };
        let blob = Blob { version: self.versions, tier: tier.to_owned(), body };
        let headers = head(&blob);
        self.stored.insert(path.to_owned(), blob);
        Answer::Respond(201, headers, Vec::new())
    }

    fn list(&self, path: &str, query: &str) -> String {
        let wanted = |name: &str| parameter(query, name).unwrap_or_default();
        let (prefix, from, marker) = (wanted("prefix"), wanted("startFrom"), wanted("marker"));
        let most: usize = wanted("maxresults").parse().unwrap_or(5000);
        let names = self.stored.keys().filter_map(|key| key.strip_prefix(path)?.strip_prefix('/'));
        let mut names: BTreeSet<String> = names.map(str::to_owned).collect();
        names.retain(|name| name.starts_with(&prefix) && *name >= from && *name >= marker);
        let delimiter = wanted("delimiter");
        let (mut items, mut prefixes) = (String::new(), BTreeSet::new());
        for name in names.iter().take(most) {
            match name[prefix.len()..].split_once('/') {
                Some((first, _)) if delimiter == "/" => drop(prefixes.insert(format!("{prefix}{first}/"))),
                _ => items.push_str(&format!(
                    "<Blob><Name>{}</Name><Properties><Last-Modified>{DATE}</Last-Modified><Etag>\"1\"</Etag>\
                     <Content-Length>1</Content-Length><Content-Type>t</Content-Type></Properties></Blob>",
                    name.replace('&', "&amp;").replace('<', "&lt;")
                )),
            }
        }
        let prefixes: String =
            prefixes.iter().map(|name| format!("<BlobPrefix><Name>{name}</Name></BlobPrefix>")).collect();
        let next = names.iter().nth(most).cloned().unwrap_or_default();
        format!(
            "<?xml version=\"1.0\"?><EnumerationResults><Blobs>{items}{prefixes}</Blobs><NextMarker>{next}</NextMarker>\
             </EnumerationResults>"
        )
    }
}

pub(crate) const DATE: &str = "Mon, 02 Mar 2026 10:00:00 GMT";

/// The response headers of a blob.
pub(crate) fn head(blob: &Blob) -> Vec<(&'static str, String)> {
    vec![
        ("etag", format!("\"{}\"", blob.version)),
        ("last-modified", DATE.to_owned()),
        ("x-ms-access-tier", blob.tier.clone()),
    ]
}

fn part_of(blob: &Blob, request: &Request) -> Answer {
    let range = [request.header("x-ms-range"), request.header("range")].concat();
    match range.trim_start_matches("bytes=").split('-').next().unwrap_or_default().parse::<usize>() {
        Ok(from) => {
            let range = format!("bytes {from}-{}/{}", blob.body.len() - 1, blob.body.len());
            let headers = [head(blob), vec![("content-range", range)]].concat();
            Answer::Respond(206, headers, blob.body[from..].to_vec())
        }
        Err(_) => Answer::Respond(200, head(blob), blob.body.clone()),
    }
}

fn is_version(present: Option<&Blob>, wanted: &str) -> bool {
    present.is_some_and(|blob| wanted == format!("\"{}\"", blob.version))
}

/// Returns a decoded query parameter.
pub(crate) fn parameter(query: &str, name: &str) -> Option<String> {
    let value = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
    Some(decoded(&value.replace('+', " ")))
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        match (first, after) {
            (b'%', [high, low, after @ ..]) => {
                let digits = String::from_utf8(vec![*high, *low]).unwrap();
                bytes.push(u8::from_str_radix(&digits, 16).unwrap());
                rest = after;
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap()
}
