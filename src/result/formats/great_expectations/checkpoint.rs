//! The result of a checkpoint of Great Expectations, which holds several validation results.
//!
//! - 0.x: `CheckpointResult.to_json_dict()`, with `run_results`: an object with the validations by name.
//! - 1.x: `CheckpointResult.describe()` and `describe_dict()`, with `validation_results`. It has no time, no suite, and of
//!   the data asset only the `batch_id` of the expectations.

use std::io::Read;

use super::validation::ValidationResult;
use crate::result::convert::{
    Conversion, ConversionError, ConvertedResult, DividedDocument, ElementSpan, OwnedConversion, RUN_TIME_HINT,
    each_object, exact_text,
};
use crate::result::formats::format::{Format, FormatReading, Recognition};
use crate::result::formats::outline::Outline;
use crate::result::json::{JsonError, JsonKind, JsonReader, TextPosition};
use crate::result::problem::DocumentProblem;
use crate::result::{Body, Split};

const NAME: &str = "a checkpoint result of Great Expectations";

pub(in crate::result::formats) const FORMAT: Format =
    Format { name: NAME, hint: None, recognize, reading: FormatReading::Divided(divide) };

fn recognize(outline: &Outline) -> Recognition {
    let is_description = outline.has_all(&["validation_results", "statistics"]);
    Recognition::certain_if(outline.has("run_results") || is_description)
}

/// The members of a checkpoint result.
#[derive(Default)]
struct CheckpointMembers {
    validations: Vec<ElementSpan>,
    has_validations: bool,
    is_description: bool,
    /// The name of the checkpoint, where it is told.
    name: Option<String>,
}

fn divide(body: &Body, conversion: Conversion<'_>) -> Result<DividedDocument, ConversionError> {
    let result = CheckpointMembers::read(&mut JsonReader::starting_at(body.reader(), conversion.start))?;
    if !result.has_validations {
        return Err(conversion.lacks(NAME, &["run_results"]));
    }
    if result.is_description && conversion.overrides.run_time.is_none() {
        let reason = "the description of a checkpoint does not say when the run took place";
        let problem = DocumentProblem::new(conversion.start, reason);
        return Err(ConversionError::Problem(problem, Some(RUN_TIME_HINT)));
    }
    let empty = "this checkpoint of Great Expectations ran no validation";
    let checkpoint = Checkpoint {
        body: body.clone(),
        conversion: conversion.to_owned(),
        name: result.name.or_else(|| conversion.file_stem()),
    };
    if conversion.split == Split::None {
        let results = checkpoint.whole(&result.validations)?.into_iter().map(Ok);
        return Ok(DividedDocument { results: Box::new(results), warnings: Vec::new(), empty });
    }
    let results = result.validations.into_iter();
    let results =
        results.map(move |place| checkpoint.validation(place, None)?.into_result(None, checkpoint.conversion.get()));
    Ok(DividedDocument { results: Box::new(results), warnings: Vec::new(), empty })
}

/// A checkpoint during the conversion of its validations.
struct Checkpoint {
    body: Body,
    conversion: OwnedConversion,
    name: Option<String>,
}

impl Checkpoint {
    fn validation(&self, place: ElementSpan, among_assets: Option<&str>) -> Result<ValidationResult, ConversionError> {
        let conversion = self.conversion.get();
        ValidationResult::read(&mut place.reader(&self.body, conversion.start), conversion, among_assets)
    }

    /// The validations as one result, if there are any.
    fn whole(&self, places: &[ElementSpan]) -> Result<Option<ConvertedResult>, ConversionError> {
        let mut whole = None::<ValidationResult>;
        for &place in places {
            // The data asset is named after the expectations.
            let data_asset = self.validation(place, None)?.asset().unwrap_or_default();
            let next = self.validation(place, Some(&data_asset))?;
            match &mut whole {
                None => whole = Some(next),
                Some(whole) => whole.add(next, self.conversion.get().layout),
            }
        }
        whole.map(|whole| whole.into_result(self.name.clone(), self.conversion.get())).transpose()
    }
}

impl CheckpointMembers {
    fn read<R: Read>(reader: &mut JsonReader<R>) -> Result<Self, ConversionError> {
        let mut result = Self::default();
        reader.begin_object()?;
        while let Some(key) = reader.next_key()? {
            match key {
                "run_results" => {
                    result.has_validations = true;
                    reader.begin_object()?;
                    while reader.next_key()?.is_some() {
                        result.read_run_result(reader)?;
                    }
                }
                "validation_results" => {
                    (result.has_validations, result.is_description) = (true, true);
                    each_object(reader, "validation_results", |reader| {
                        let ((), span) = ElementSpan::of(reader, JsonReader::skip)?;
                        result.validations.push(span);
                        Ok(())
                    })?;
                }
                "checkpoint_config" => {
                    let config = reader.value()?;
                    result.name = config.get("name").and_then(exact_text);
                }
                _ => reader.skip()?,
            }
        }
        Ok(result)
    }

    /// Reads a value of `run_results`: the validation result, or an object with it among what its actions did.
    fn read_run_result<R: Read>(&mut self, reader: &mut JsonReader<R>) -> Result<(), ConversionError> {
        let kind = reader.peek()?;
        if kind != JsonKind::Object {
            return Err(not_an_object(reader.position(), kind));
        }
        let (mut inner, mut is_validation) = (None, false);
        let ((), outer) = ElementSpan::of(reader, |reader| {
            reader.begin_object()?;
            while let Some(key) = reader.next_key()? {
                is_validation |= key == "results";
                if key == "validation_result" {
                    inner = Some(ElementSpan::of(reader, JsonReader::skip)?.1);
                } else {
                    reader.skip()?;
                }
            }
            Ok::<_, JsonError>(())
        })?;
        self.validations.extend(inner.or_else(|| is_validation.then_some(outer)));
        Ok(())
    }
}

fn not_an_object(position: TextPosition, kind: JsonKind) -> ConversionError {
    DocumentProblem::new(position, format!("an entry of `run_results` is {}, not an object", kind.name())).into()
}
