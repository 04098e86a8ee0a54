//! `verify`: verify that stored results are there and undamaged.

use std::path::{Path, PathBuf};

use clap::Args;
use futures_util::StreamExt as _;
use serde::Serialize;

use super::batch::with_total;
use super::completed::ValueKind;
use super::document_name::document_name;
use super::filters::FilterArgs;
use super::run_ids::{GivenRunIds, without_repeats};
use crate::error::{Error, ErrorKind, Result};
use crate::output::{Cell, Color, DocumentFile, Output, OutputFormat, Table, Work};
use crate::random;
use crate::result::{DocumentDigest, RunId};
use crate::store::contract::{ReadingSample, ResultStore, VerifiedContent, VerifiedResult, VerifyOptions};

/// Verify that stored results are there and undamaged
///
/// Every listed document must exist, be a stored result with the listed facts, and have the SHA-256 that was recorded
/// when it was saved; results of Python and of older versions have none. Without run ids and filters, documents that are
/// not listed are found too. Each fault is reported, and the exit code is 5 if there is one.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  truthound-store verify
  truthound-store verify run-123
  truthound-store verify --since 7d --read 10%
  truthound-store verify --manifest results.sha256")]
pub struct VerifyArgs {
    /// Run ids; - means those on standard input, one per line
    #[arg(value_name = "RUN_ID", add = ValueKind::RunId.completer())]
    run_ids: Vec<RunId>,
    /// Share of the documents to read, such as 10%, or all; the others are only looked for. Each call takes another sample
    #[arg(long, value_name = "SHARE", default_value = "all", value_parser = share)]
    read: f64,
    /// Write the SHA-256 of every document to this file, for `sha256sum -c` in a directory that `get -o DIR` wrote
    #[arg(long, value_name = "FILE", add = ValueKind::File.completer())]
    manifest: Option<PathBuf>,
    /// Number of results verified at once
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: u16,
    #[command(flatten)]
    filters: FilterArgs,
}

fn share(text: &str) -> Result<f64, String> {
    if text == "all" {
        return Ok(1.0);
    }
    let percent = text.strip_suffix('%').and_then(|number| number.parse::<f64>().ok());
    match percent {
        Some(percent) if (0.0..=100.0).contains(&percent) => Ok(percent / 100.0),
        _ => Err("write a share as 10%, or all".to_owned()),
    }
}

/// Verifies the results that pass the filters, and reports what was found.
///
/// # Errors
/// If the manifest or stdout cannot be written. Each fault of a result is reported to `out`.
pub async fn run(args: VerifyArgs, store: &dyn ResultStore, out: &mut Output) -> Result<()> {
    let mut run_ids = GivenRunIds::new(args.run_ids).or_prefixes(out);
    if !run_ids.is_empty() && !args.filters.is_empty() {
        return Err(Error::usage("`verify` takes run ids or filters, not both"));
    }
    run_ids.complete(store).await?;
    let mut manifest = args.manifest.as_deref().map(Manifest::create).transpose()?;
    let query = args.filters.query(store.time_zone());
    let options = VerifyOptions {
        jobs: args.jobs.into(),
        sample: ReadingSample::new(args.read, random::fraction()),
        wants_digests: manifest.is_some(),
    };
    let mut report = VerifyReport::default();
    let place = format!("in {}", store.location());
    let progress = out.progress(Work { done: "verified", place, total: run_ids.known_count(), prints_results: false });
    let mut sample = options.sample;
    let given = without_repeats(run_ids.stream()).map(|run_id| {
        // Each result is a sample of its own: read, or looked for.
        let sample = if sample.takes_next() { ReadingSample::ALL } else { ReadingSample::new(0.0, 0.0) };
        async move { store.verify_one(&run_id?, VerifyOptions { sample, ..options }).await }
    });
    let mut verified = match run_ids.is_empty() {
        true => with_total(store.verify(&query, options), &query, &progress, store).boxed(),
        false => given.buffered(options.jobs).boxed(),
    };
    while let Some(outcome) = verified.next().await {
        match outcome {
            Ok(result) => {
                progress.succeed(result.bytes);
                report.count(&result);
                if let Some(manifest) = &mut manifest {
                    manifest.add(&result)?;
                }
            }
            Err(error) => {
                report.faults += 1;
                out.failure(&error);
            }
        }
        progress.step();
    }
    let summary = progress.finish();
    if let Some(manifest) = manifest {
        match manifest.finish(report.faults) {
            Err(error) if error.kind() == ErrorKind::Read => out.failure(&error),
            written => written?,
        }
    }
    match out.format() {
        Some(OutputFormat::Json | OutputFormat::Jsonl) => out.json(&report)?,
        _ => out.table(&report.table())?,
    }
    out.remark(&summary);
    Ok(())
}

/// The numbers of verified results.
#[derive(Debug, Default, Serialize)]
struct VerifyReport {
    /// Results without a fault.
    sound: u64,
    /// Of these, those that were read.
    read: u64,
    /// Of the results that were read, those with the digest that was recorded when they were saved.
    digest_confirmed: u64,
    /// Sound results without a recorded digest.
    without_digest: u64,
    /// Sound results that are archived and cannot be read.
    archived: u64,
    /// Faults. Each was reported.
    faults: u64,
}

impl VerifyReport {
    fn count(&mut self, result: &VerifiedResult) {
        self.sound += 1;
        let is_read = result.content == VerifiedContent::Read;
        self.read += u64::from(is_read);
        self.digest_confirmed += u64::from(is_read && result.has_recorded_digest);
        let is_archived = result.content == VerifiedContent::Archived;
        self.without_digest += u64::from(!result.has_recorded_digest && !is_archived);
        self.archived += u64::from(is_archived);
    }

    fn table(&self) -> Table {
        let colored = |count: u64, color| match count {
            0 => Cell::from("0"),
            _ => Cell::colored(count.to_string(), color),
        };
        let mut table = Table::new(&["WHAT", "COUNT"]);
        table.push(vec!["sound results".into(), self.sound.to_string().into()]);
        table.push(vec!["read".into(), self.read.to_string().into()]);
        table.push(vec!["digest confirmed".into(), self.digest_confirmed.to_string().into()]);
        table.push(vec!["no digest recorded".into(), self.without_digest.to_string().into()]);
        table.push(vec!["archived".into(), self.archived.to_string().into()]);
        table.push(vec!["faults".into(), colored(self.faults, Color::Bad)]);
        table
    }
}

/// The digests of all documents, in the form of `sha256sum`.
struct Manifest<'a> {
    path: &'a Path,
    file: DocumentFile,
    /// Number of results without a digest.
    missing: u64,
}

impl<'a> Manifest<'a> {
    fn create(path: &'a Path) -> Result<Self> {
        Ok(Self { path, file: DocumentFile::create(path)?, missing: 0 })
    }

    fn add(&mut self, result: &VerifiedResult) -> Result<()> {
        match result.digest {
            Some(digest) => self.file.write(manifest_line(digest, &document_name(&result.run_id)).as_bytes()),
            None => {
                self.missing += 1;
                Ok(())
            }
        }
    }

    /// Puts the file in place, unless it would lack results.
    fn finish(self, faults: u64) -> Result<()> {
        let missing = self.missing + faults;
        if missing == 0 {
            return self.file.finish();
        }
        let message = format!("the manifest `{}` was not written", self.path.display());
        let reason = format!("it would lack {missing} of the results");
        Err(Error::new(ErrorKind::Read, message)
            .with_source(reason)
            .with_hint("repair these results, or leave them out with filters"))
    }
}

fn manifest_line(digest: DocumentDigest, name: &str) -> String {
    format!("{digest}  {name}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_a_percentage_or_all() {
        assert!((share("10%").unwrap() - 0.1).abs() < 1e-9);
        assert!((share("all").unwrap() - 1.0).abs() < 1e-9);
        for text in ["", "10", "101%", "-1%", "NaN%", "x%"] {
            share(text).expect_err(text);
        }
    }
}
