//! Benchmarks of the inner parts: what a command does with each document and each name, without processes, disks and
//! networks.
//!
//! `cargo bench -p truthound-store-benches [-- FILTER]`

#![allow(clippy::expect_used, reason = "a benchmark without its input is of no use")]

use std::fs;
use std::hint::black_box;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use futures_util::{StreamExt as _, TryStreamExt as _};
use tokio::runtime::{Builder, Runtime};
use truthound_store::fuzzing;
use truthound_store::result::{
    Body, CheckCounts, Document, Entry, InputOptions, InputSource, RunId, Status, documents, gzip,
};
use truthound_store::store::contract::{Notices, Query, ResultStore, SaveMode, StoreContext};
use truthound_store::store::{self, BackendOptions};

/// A stored result, which `save` keeps byte for byte, and documents that it converts, one per tool.
const INPUTS: &[(&str, &str)] = &[
    ("stored result", "truthound/dirty-basic.stored.json"),
    ("truthound run", "truthound/dirty-basic.run.json"),
    ("Great Expectations", "great_expectations/orders.suite_result.json"),
    ("truthound checkpoint", "truthound_checkpoint/checkpoint.json"),
    ("Soda scan", "soda/scan.json"),
    ("OpenLineage events", "openlineage/events.ndjson"),
];

/// The number of results in the listed store.
const LISTED: usize = 10_000;

/// The number of bytes that are compressed and decompressed.
const COMPRESSED: usize = 4 << 20;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures").join(name)
}

/// Recognizing a file, converting it, and computing its facts.
fn convert(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("recognize and convert");
    for (name, file) in INPUTS {
        let source = InputSource::File(fixture(file));
        let size = fs::metadata(fixture(file)).expect("a fixture").len();
        group.throughput(Throughput::Bytes(size));
        group.bench_function(*name, |bencher| {
            bencher.iter(|| {
                let results = documents(&source, &InputOptions::default()).expect("a fixture can be read");
                results
                    .map(|result| result.expect("a fixture can be converted"))
                    .for_each(|result| drop(black_box(result)));
            });
        });
    }
    group.finish();
}

/// Reading the checks of a stored result, as `history`, `diff` and `gate` do.
fn checks(criterion: &mut Criterion) {
    let text = fs::read(fixture("truthound/wide-complete.stored.json")).expect("a fixture");
    let run_id = RunId::new("run").expect("a run id");
    let mut group = criterion.benchmark_group("checks");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("counts", |bencher| {
        bencher.iter(|| CheckCounts::read(run_id.clone(), black_box(&text[..])).expect("a stored result has checks"));
    });
    group.finish();
}

/// Both directions of gzip, on different results in a row.
fn compress(criterion: &mut Criterion) {
    let files = (0..).map(|number| document(number).body.to_bytes().expect("memory can be read"));
    let plain: Vec<u8> = files.flatten().take(COMPRESSED).collect();
    let mut packed = Vec::new();
    gzip::compressed(&plain[..]).read_to_end(&mut packed).expect("memory can be read");
    let mut group = criterion.benchmark_group("gzip");
    group.sample_size(20).throughput(Throughput::Bytes(plain.len() as u64));
    group.bench_function("compress", |bencher| {
        bencher.iter(|| io::copy(&mut gzip::compressed(&plain[..]), &mut io::sink()).expect("memory can be read"));
    });
    group.bench_function("decompress", |bencher| {
        bencher.iter(|| io::copy(&mut gzip::decompressed(&packed[..]), &mut io::sink()).expect("gzip can be read"));
    });
    group.finish();
}

/// Reading the name of a catalog entry.
fn catalog_names(criterion: &mut Criterion) {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/catalog_names");
    let names: Vec<_> = fs::read_dir(corpus)
        .expect("the corpus of the fuzzer")
        .map(|file| fs::read(file.expect("a file").path()).expect("a file of the corpus"))
        .filter(|name| name.contains(&b'/'))
        .collect();
    let mut group = criterion.benchmark_group("catalog names");
    group.throughput(Throughput::Elements(names.len() as u64));
    group.bench_function("read", |bencher| {
        bencher.iter(|| names.iter().for_each(|name| fuzzing::run("catalog_names", black_box(name))));
    });
    group.finish();
}

/// A store in memory, which has the catalog of all object stores.
fn memory() -> Arc<dyn ResultStore> {
    let options = BackendOptions::Memory(toml::from_str("").expect("no option is required"));
    let context =
        StoreContext { profile: "benchmark".to_owned(), state_directory: None, notices: Notices::new(|_| {}) };
    Arc::from(store::open(&options, context).expect("memory can be opened"))
}

fn document(number: usize) -> Document {
    let (hour, minute) = (number / 60 % 24, number % 60);
    let text = format!(
        r#"{{"run_id":"run-{number:05}","run_time":"2026-{:02}-{:02}T{hour:02}:{minute:02}:00","data_asset":"orders",
           "status":"success","tags":{{"env":"prod"}}}}"#,
        number / 60 / 24 / 28 % 12 + 1,
        number / 60 / 24 % 28 + 1,
    );
    let entry = Entry {
        run_id: RunId::new(format!("run-{number:05}")).expect("a run id"),
        data_asset: "orders".to_owned(),
        run_time: text.get(34..53).unwrap_or_default().parse().expect("a time"),
        status: Status::Success,
        tags: [("env".to_owned(), "prod".to_owned())].into(),
        revision: None,
    };
    let mut body = Body::default();
    body.push_bytes(text);
    Document { entry, body }
}

fn in_a_runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// Saving a result, and lists: the names of the catalog, read in order and merged with what is under way.
fn store_in_memory(criterion: &mut Criterion) {
    let runtime = in_a_runtime();
    let store = memory();
    for number in 0..LISTED {
        runtime.block_on(store.save(&document(number), SaveMode::Overwrite)).expect("memory takes a result");
    }
    let mut group = criterion.benchmark_group("store in memory");
    group.bench_function("save", |bencher| {
        let mut number = LISTED;
        let next = || {
            number += 1;
            document(number)
        };
        let store = memory();
        bencher.iter_batched(
            next,
            |document| runtime.block_on(store.save(&document, SaveMode::Overwrite)).expect("memory takes a result"),
            BatchSize::SmallInput,
        );
    });
    for (name, limit) in [("list 20 of 10,000", 20), ("list all of 10,000", LISTED as u64)] {
        let query = Query { limit: Some(limit), ..Query::default() };
        group.sample_size(20).throughput(Throughput::Elements(limit));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let listed = store.list(&query).map(|entry| entry.map(drop)).try_collect::<Vec<()>>();
                assert_eq!(runtime.block_on(listed).expect("memory can be listed").len() as u64, limit);
            });
        });
    }
    group.finish();
}

criterion_group!(inner, convert, checks, compress, catalog_names, store_in_memory);
criterion_main!(inner);
