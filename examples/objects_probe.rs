//! Temporary: timings and interop by hand.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::indexing_slicing)]
use futures_util::TryStreamExt as _;
use std::time::Instant;
use truthound_store::result::{Body, Document, Entry, RunId, Status, Tags};
use truthound_store::store::contract::*;
use truthound_store::store::{BackendOptions, open};

fn doc(run_id: &str, time: &str) -> Document {
    let text = format!(
        "{{\"run_id\": \"{run_id}\", \"run_time\": \"{time}\", \"data_asset\": \"customers.csv\", \"status\": \"success\", \"tags\": {{\"env\": \"prod\"}}, \"success\": true, \"results\": [], \"statistics\": {{\"total_issues\": 0}}, \"suite_name\": null, \"metadata\": {{}} }}"
    );
    Document {
        entry: Entry {
            run_id: RunId::new(run_id).unwrap(),
            run_time: time.parse().unwrap(),
            data_asset: "customers.csv".into(),
            status: Status::Success,
            tags: Tags::from([("env".into(), "prod".into())]),
        },
        body: Body::from(text),
    }
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let toml = format!("base_path = \"{}\"\npython_index = \"{}\"\nuse_compression = {}", args[2], args[3], args[4]);
    let options: truthound_store::store::objects::filesystem::FilesystemOptions = toml::from_str(&toml).unwrap();
    let notices = Notices::new(|notice| println!("NOTICE {notice:?}"));
    let store = open(
        &BackendOptions::Filesystem(options),
        Surroundings { profile: "p".into(), state_directory: None, notices },
    )
    .unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let started = Instant::now();
        match args[1].as_str() {
            "save" => {
                let (from, to): (usize, usize) = (args[5].parse().unwrap(), args[6].parse().unwrap());
                let jobs: usize = args.get(7).map_or(1, |j| j.parse().unwrap());
                use futures_util::StreamExt as _;
                futures_util::stream::iter(from..to).for_each_concurrent(jobs, |n| { let store = &store; async move {
                    let time = format!("2026-{:02}-{:02}T{:02}:{:02}:00.000001", n / 20160 % 12 + 1, n / 720 % 28 + 1, n / 30 % 24, n % 30);
                    store.save(&doc(&format!("run-{n}"), &time), SaveMode::Overwrite).await.unwrap();
                }}).await;
            }
            "list" => {
                let limit = args.get(5).map(|l| l.parse().unwrap());
                let query = Query { limit, ..Query::default() };
                let rows: Vec<_> = store.list(&query).try_collect().await.unwrap();
                for row in rows.iter().take(3) { println!("{} {}", row.run_id, row.run_time.to_python_iso()); }
                println!("{} rows", rows.len());
            }
            "count" => println!("{}", store.count(&Query::default()).await.unwrap()),
            "get" => { let all: Vec<_> = store.get(&RunId::new(&args[5]).unwrap()).await.unwrap().try_collect().await.unwrap(); println!("{}", all.concat().len()); }
            "delete" => println!("{}", store.delete(&RunId::new(&args[5]).unwrap()).await.unwrap()),
            "reindex" => println!("{:?}", store.reindex(ReindexOptions { dry_run: false, python_index: args[5] == "true" }).await.unwrap()),
            "big" => {
                let file = std::sync::Arc::new(std::fs::File::open(&args[5]).unwrap());
                let mut document = doc("big", "2026-01-01T00:00:00");
                document.body = Body::default();
                document.body.push_bytes(&br#"{"run_id":"big","run_time":"2026-01-01T00:00:00","data_asset":"x","status":"error","results":[""#[..]);
                let length = file.metadata().unwrap().len();
                document.body.push_file(file, 0..length);
                document.body.push_bytes(&b"\"]}"[..]);
                store.save(&document, SaveMode::Overwrite).await.unwrap();
            }
            "getbig" => { let mut s = store.get(&RunId::new("big").unwrap()).await.unwrap(); let mut n = 0; while let Some(c) = s.try_next().await.unwrap() { n += c.len(); } println!("{n}"); }
            _ => {}
        }
        println!("{:?}", started.elapsed());
    });
    let peak = std::fs::read_to_string("/proc/self/status").unwrap();
    println!("{}", peak.lines().find(|l| l.starts_with("VmHWM")).unwrap());
}
