//! Making results of the documents that were found.

use std::io::Read as _;

use super::detect::Detection;
use super::looks_like::looks_like;
use super::options::InputOptions;
use super::refusal::{Refusal, SourceErrors};
use super::replace::replace;
use super::source::InputSource;
use super::stream::FoundDocument;
use crate::error::Error;
use crate::result::convert::{Conversion, ConvertedResult, ConvertedResults, derived_run_id};
use crate::result::formats::{Converter, Divider, FormatReading, accepted_formats};
use crate::result::json::{ContentHash, JsonError, JsonErrorKind, JsonReader, TextPosition};
use crate::result::problem::DocumentProblem;
use crate::result::redact::without_samples;
use crate::result::{Body, Document, DocumentDigest, DocumentLimit, RunId, RunTime, limits};

/// Bytes of a file of markup that show what it is.
const MARKUP_HEAD: u64 = 1_024;

/// Makes results of the documents of one source.
pub(super) struct ResultMaker {
    pub(super) source: InputSource,
    pub(super) errors: SourceErrors,
    /// Its `overrides` have the run time that all documents get.
    pub(super) options: InputOptions,
}

/// The results of a document.
pub(super) enum MadeResults {
    One(Box<Document>),
    Many(Box<DividedResults>),
}

/// The results of a document that holds several.
pub(super) struct DividedResults {
    results: ConvertedResults,
    body: Body,
    start: TextPosition,
    content: Option<ContentHash>,
    /// The number of results delivered.
    count: u64,
    pub(super) warnings: Vec<String>,
    empty: &'static str,
    /// A result that was looked at, to know whether it is the only one.
    next: Option<Result<Document, Refusal>>,
}

impl ResultMaker {
    pub(super) fn make(&self, found: FoundDocument) -> Result<MadeResults, Refusal> {
        let FoundDocument { detection, around, digest, among_others } = found;
        let start = detection.start;
        if among_others {
            self.refuse_run_id(start)?;
        }
        let refused = |reason: String| self.errors.problem(&DocumentProblem::new(start, reason));
        let Some(format) = detection.format() else {
            let hint = if detection.is_markup { self.markup_hint(detection)? } else { None };
            let hint = hint.unwrap_or_else(accepted_formats);
            let error = refused("not a validation result in a known format".into()).with_hint(hint);
            return Err(Refusal::NoResult(error.into()));
        };
        match format.reading {
            FormatReading::Kept => {
                let mut document = self.stored(detection, around)?;
                let is_unchanged = self.options.overrides.is_empty() && self.options.redaction.is_empty();
                let as_read = digest.filter(|_| is_unchanged);
                self.redact(&mut document.body)?;
                self.add_digest(&mut document.body, as_read)?;
                self.within_limits(document, start).map(|document| MadeResults::One(document.into()))
            }
            FormatReading::Converted(converter) => {
                let body = detection.into_body();
                let converted = self.converted(&body, start, converter)?;
                let document = self.finish(converted, start, |maker| maker.content_hash(&body, start), 0)?;
                Ok(MadeResults::One(document.into()))
            }
            FormatReading::Divided(divider) | FormatReading::DividedArray(divider) => {
                self.divided(detection.into_body(), start, divider).map(|divided| MadeResults::Many(divided.into()))
            }
            FormatReading::Refused { instead } => {
                let error = refused(format!("this is {}", format.name)).with_hint(instead);
                Err(Refusal::NoResult(error.into()))
            }
        }
    }

    /// The next thing to do with a file that is XML or HTML, but no report.
    fn markup_hint(&self, detection: Detection) -> Result<Option<String>, Refusal> {
        let mut head = Vec::new();
        let read = detection.into_body().reader().take(MARKUP_HEAD).read_to_end(&mut head);
        read.map_err(|error| self.errors.refused(error))?;
        Ok(looks_like(&head, self.source.path()))
    }

    fn within_limits(&self, document: Document, start: TextPosition) -> Result<Document, Refusal> {
        if let Err(error) = self.options.limit.check(document.body.len()) {
            let hint = DocumentLimit::hint(&error);
            let refusal = self.errors.problem(&DocumentProblem::new(start, error.to_string()));
            let refusal = refusal.with_run_id(document.entry.run_id.as_str());
            return Err(hint.into_iter().fold(refusal, Error::with_hint).into());
        }
        match limits::check(&document.entry) {
            Ok(()) => Ok(document),
            Err(fact) => {
                let run_id = document.entry.run_id.as_str();
                let error = self.errors.problem(&DocumentProblem::new(start, fact.reason));
                Err(error.with_hint(fact.hint).with_run_id(run_id).into())
            }
        }
    }

    /// Refuses one run id for several documents: each would replace the one before.
    fn refuse_run_id(&self, start: TextPosition) -> Result<(), Refusal> {
        if self.options.overrides.run_id.is_none() {
            return Ok(());
        }
        let reason = "a run id was given, but there are several documents";
        let error = self.errors.problem(&DocumentProblem::new(start, reason));
        Err(Refusal::from(error.with_hint("leave out `--run-id`, or save each document separately")))
    }

    /// Drops the data that the caller does not want to keep.
    fn redact(&self, body: &mut Body) -> Result<(), Refusal> {
        if self.options.redaction.samples {
            *body = without_samples(body, self.options.layout)?;
        }
        Ok(())
    }

    /// Sets the digest of a body; computes it where the bytes are not those that were read.
    fn add_digest(&self, body: &mut Body, known: Option<DocumentDigest>) -> Result<(), Refusal> {
        let digest = known.map_or_else(|| body.digest(), Ok).map_err(|error| self.errors.refused(error))?;
        body.set_digest(digest);
        Ok(())
    }

    fn stored(&self, detection: Detection, around: Option<(Body, Body)>) -> Result<Document, Refusal> {
        let overrides = &self.options.overrides;
        let run_id = overrides.run_id.as_ref().or(detection.stored.run_id()).map(ToString::to_string);
        let mut entry = detection
            .stored
            .into_entry(detection.start, overrides)
            .map_err(|error| run_id.into_iter().fold(self.errors.conversion(error), Error::with_run_id))?;
        let document = replace(detection.parts, overrides, &mut entry);
        let (before, after) = around.unwrap_or_default();
        let mut body = before;
        body.append(document);
        body.append(after);
        Ok(Document { entry, body })
    }

    fn conversion(&self, start: TextPosition) -> Conversion<'_> {
        let InputOptions { overrides, layout, split, manifest, .. } = &self.options;
        let manifest = manifest.as_deref();
        Conversion { start, layout: *layout, overrides, split: *split, manifest, source: &self.source }
    }

    /// Converts `body`, which is one JSON object.
    fn converted(&self, body: &Body, start: TextPosition, converter: Converter) -> Result<ConvertedResult, Refusal> {
        let mut reader = JsonReader::starting_at(body.reader(), start);
        converter(&mut reader, self.conversion(start)).map_err(|error| self.errors.conversion(error).into())
    }

    fn divided(&self, body: Body, start: TextPosition, divider: Divider) -> Result<DividedResults, Refusal> {
        let divided = divider(&body, self.conversion(start)).map_err(|error| self.errors.conversion(error))?;
        let mut divided = DividedResults {
            results: divided.results,
            body,
            start,
            content: None,
            count: 0,
            warnings: divided.warnings,
            empty: divided.empty,
            next: None,
        };
        if self.options.overrides.run_id.is_some() {
            let only = divided.next(self);
            if divided.next(self).is_some() {
                self.refuse_run_id(start)?;
            }
            divided.next = only;
        }
        Ok(divided)
    }

    /// The document of a converted result. `content` is asked for if its run id is derived, which is then that of the
    /// `part`th result of its source.
    fn finish(
        &self,
        converted: ConvertedResult,
        start: TextPosition,
        content: impl FnOnce(&Self) -> Result<ContentHash, Refusal>,
        part: u64,
    ) -> Result<Document, Refusal> {
        let InputOptions { overrides, layout, .. } = &self.options;
        let run_time: RunTime = overrides.run_time.unwrap_or(converted.run_time);
        let run_id: RunId = match (&overrides.run_id, &converted.run_id) {
            (Some(run_id), _) | (None, Some(run_id)) => run_id.clone(),
            (None, None) => derived_run_id(&content(self)?, part, run_time)?,
        };
        let document = converted.into_document(run_id, overrides, *layout);
        let mut document = document.map_err(|error| JsonError::io(start, error))?;
        self.redact(&mut document.body)?;
        self.add_digest(&mut document.body, None)?;
        self.within_limits(document, start)
    }

    fn content_hash(&self, body: &Body, start: TextPosition) -> Result<ContentHash, Refusal> {
        let hash = JsonReader::starting_at(body.reader(), start).content_hash();
        match hash {
            Ok(hash) => Ok(hash),
            // A text that is not JSON counts as it is spelled.
            Err(error) if error.kind() == JsonErrorKind::Io => Err(Refusal::Json(error)),
            Err(_) => {
                let digest = body.digest().map_err(|error| JsonError::io(start, error))?;
                Ok(digest.to_bytes())
            }
        }
    }
}

impl DividedResults {
    /// The next result; `None` at the end.
    pub(super) fn next(&mut self, maker: &ResultMaker) -> Option<Result<Document, Refusal>> {
        if let Some(next) = self.next.take() {
            return Some(next);
        }
        let converted = self.results.next()?;
        let part = self.count;
        self.count += 1;
        let (body, start, content) = (&self.body, self.start, &mut self.content);
        Some(match converted {
            Err(error) => Err(maker.errors.conversion(error).into()),
            Ok(converted) => maker.finish(
                converted,
                start,
                |maker| {
                    let hash = match *content {
                        Some(hash) => hash,
                        None => maker.content_hash(body, start)?,
                    };
                    *content = Some(hash);
                    Ok(hash)
                },
                part,
            ),
        })
    }

    /// Why the document has no result, if it has none. Ask at the end.
    pub(super) fn nothing(&self, maker: &ResultMaker) -> Option<Error> {
        (self.count == 0).then(|| maker.errors.problem(&DocumentProblem::new(self.start, self.empty)))
    }
}
