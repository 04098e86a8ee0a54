//! Targets of the fuzzer: documents and gzip.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a broken promise ends the search")]

use std::io::Read as _;

use super::gzip::{Decoder, decompressed};
use super::input::documents_of_bytes;
use super::{CheckCounts, DocumentLimit, InputOptions, Layout, Overrides, RunId, Split, describe};

/// The longest decompressed text that is compared. Gzip grows a thousandfold.
const COMPARED: u64 = 1 << 20;

/// Documents in any format, plain or gzip. The first byte chooses what the command line asks for.
pub(crate) fn documents(input: &[u8]) {
    let Some((choice, input)) = input.split_first() else { return };
    let mut overrides = Overrides::default();
    if choice & 1 != 0 {
        overrides.run_id = RunId::new("given").ok();
    }
    if choice & 2 != 0 {
        overrides.data_asset = Some("given \"asset\"".to_owned());
    }
    if choice & 4 != 0 {
        overrides.tags.insert("env".to_owned(), "prod".to_owned());
    }
    if choice & 16 != 0 {
        overrides.run_time = "2026-11-26T12:00:00Z".parse().ok();
    }
    let split = if choice & 32 == 0 { Split::Assets } else { Split::None };
    let layout = if choice & 8 == 0 { Layout::Compact } else { Layout::Pretty };
    let options = InputOptions { overrides, layout, split, ..InputOptions::default() };
    let unchanged = InputOptions { layout, ..InputOptions::default() };
    for document in documents_of_bytes(input.to_vec(), &options).take(100) {
        let Ok(document) = document else { continue };
        let body = document.body.to_bytes().expect("a document can be read again");
        assert_eq!(describe(&body[..], DocumentLimit::NONE).expect("what is saved can be described"), document.entry);
        drop(CheckCounts::read(document.entry.run_id.clone(), &body[..]));
        // A stored result is kept as it is, so that saving it again changes nothing.
        let mut again = documents_of_bytes(body.to_vec(), &unchanged);
        let again = again.next().expect("what is saved can be read").expect("what is saved can be saved again");
        assert_eq!(again.body.to_bytes().expect("a document can be read again"), body);
        assert_eq!(again.entry, document.entry);
    }
}

/// Gzip of any number of members, or anything else, in chunks of any size. The first byte chooses the size.
pub(crate) fn gzip(input: &[u8]) {
    let Some((size, input)) = input.split_first() else { return };
    let mut pulled = Vec::new();
    let whole = decompressed(input).take(COMPARED).read_to_end(&mut pulled).is_ok();
    let mut decoder = Decoder::new();
    let mut pushed = Vec::new();
    let chunk = usize::from(*size).min(decoder.portion()).max(1);
    for part in input.chunks(chunk) {
        match decoder.push(part) {
            Ok(bytes) => pushed.extend(bytes),
            Err(_) => break,
        }
        if pushed.len() as u64 > COMPARED {
            break;
        }
    }
    if (pulled.len() as u64) < COMPARED {
        let ended = decoder.finish().map(|bytes| pushed.extend(bytes)).is_ok();
        assert!(!(whole && ended) || pulled == pushed, "two ways to decompress differ");
    }
}
