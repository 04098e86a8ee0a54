//! The input of a conversion, and its failures.

use std::path::{Path, PathBuf};

use crate::result::json::{JsonError, TextPosition};
use crate::result::problem::{DocumentProblem, missing_members, shortened};
use crate::result::{InputSource, Layout, Overrides, RunTime, Split};

/// The circumstances of a conversion.
#[derive(Clone, Copy, Debug)]
pub(in crate::result) struct Conversion<'a> {
    /// Where the document begins in its source, for messages about missing members.
    pub(in crate::result) start: TextPosition,
    /// The layout to write.
    pub(in crate::result) layout: Layout,
    /// The caller's values. They are applied after the conversion; a conversion looks at them only to see which of the
    /// document's own may be missing.
    pub(in crate::result) overrides: &'a Overrides,
    /// How many results a document with several data assets becomes.
    pub(in crate::result) split: Split,
    /// The manifest that the caller names, for formats with a second file.
    pub(in crate::result) manifest: Option<&'a Path>,
    /// The source of the document.
    pub(in crate::result) source: &'a InputSource,
}

/// A [`Conversion`] that lasts, for results that are converted later.
#[derive(Clone, Debug)]
pub(in crate::result) struct OwnedConversion {
    start: TextPosition,
    layout: Layout,
    overrides: Overrides,
    split: Split,
    manifest: Option<PathBuf>,
    source: InputSource,
}

impl OwnedConversion {
    /// The conversion.
    pub(in crate::result) fn get(&self) -> Conversion<'_> {
        let Self { start, layout, overrides, split, manifest, source } = self;
        Conversion { start: *start, layout: *layout, overrides, split: *split, manifest: manifest.as_deref(), source }
    }
}

impl Conversion<'_> {
    /// A copy that lasts.
    pub(in crate::result) fn to_owned(self) -> OwnedConversion {
        OwnedConversion {
            start: self.start,
            layout: self.layout,
            overrides: self.overrides.clone(),
            split: self.split,
            manifest: self.manifest.map(Path::to_owned),
            source: self.source.clone(),
        }
    }

    /// The time of the run: the caller's, else that of the document.
    ///
    /// # Errors
    /// If there is neither. `format` has no time: "a Frictionless report".
    pub(in crate::result) fn run_time(&self, found: Option<RunTime>, format: &str) -> Result<RunTime, ConversionError> {
        self.overrides.run_time.or(found).ok_or_else(|| {
            let problem = DocumentProblem::new(self.start, format!("{format} does not say when the run took place"));
            ConversionError::Problem(problem, Some(RUN_TIME_HINT))
        })
    }

    /// As [`run_time`](Self::run_time), of the text of a time. `key` names its member.
    pub(in crate::result) fn run_time_of(
        &self,
        key: &str,
        text: Option<&str>,
        format: &str,
    ) -> Result<RunTime, ConversionError> {
        let parsed = text.filter(|_| self.overrides.run_time.is_none()).map(|text| {
            text.parse().map_err(|error| {
                let reason = format!("`{key}` is `{}`, {error}", shortened(text));
                ConversionError::Problem(DocumentProblem::new(self.start, reason), Some(RUN_TIME_HINT))
            })
        });
        self.run_time(parsed.transpose()?, format)
    }

    /// The data asset: the caller's, else that of the document.
    ///
    /// # Errors
    /// If there is neither. `format` has no data asset: "a check result of Deequ".
    pub(in crate::result) fn data_asset(&self, found: Option<String>, format: &str) -> Result<String, ConversionError> {
        self.overrides.data_asset.clone().or(found).ok_or_else(|| {
            self.refuses(format!("{format} does not name its data asset"), "name the data asset with `--asset`")
        })
    }

    /// The name of the file without its extensions, if the source is a file.
    pub(in crate::result) fn file_stem(&self) -> Option<String> {
        let name = self.source.path()?.file_name()?.to_string_lossy().into_owned();
        let stem = name.strip_suffix(".gz").unwrap_or(&name);
        let stem = stem.rsplit_once('.').map_or(stem, |(stem, _)| stem);
        (!stem.is_empty()).then(|| stem.to_owned())
    }

    /// The refusal of a document that looks like `format` and lacks `keys`.
    pub(in crate::result) fn lacks(&self, format: &str, keys: &[&str]) -> ConversionError {
        missing_members(self.start, format, keys).into()
    }

    /// Checks that the document has what the conversion needs. `run_time` and `members` say of each member whether it is
    /// there, or the caller gives its value.
    ///
    /// # Errors
    /// If one is missing. Names all that are.
    pub(in crate::result) fn requires(
        &self,
        format: &str,
        run_time: (&str, bool),
        members: &[(&str, bool)],
    ) -> Result<(), ConversionError> {
        let (key, has_run_time) = run_time;
        let has_run_time = has_run_time || self.overrides.run_time.is_some();
        let missing = [(key, has_run_time)].into_iter().chain(members.iter().copied());
        let missing = missing.filter(|(_, present)| !present).map(|(key, _)| key).collect::<Vec<_>>();
        let hint = (missing == [key]).then_some(RUN_TIME_HINT);
        match missing[..] {
            [] => Ok(()),
            _ => Err(ConversionError::Problem(missing_members(self.start, format, &missing), hint)),
        }
    }

    /// The refusal of the document for this reason.
    pub(in crate::result) fn refuses(&self, reason: impl Into<String>, hint: &'static str) -> ConversionError {
        ConversionError::Problem(DocumentProblem::new(self.start, reason), Some(hint))
    }
}

/// How to name the time of a run that its document does not tell.
pub(in crate::result) const RUN_TIME_HINT: &str = "name its time with `--run-time now`, `--run-time mtime` (that of \
                                                   the file) or `--run-time 2026-11-23T00:56:54Z`";

/// The reason why a document cannot be converted.
#[derive(Debug)]
pub(in crate::result) enum ConversionError {
    /// The text is not JSON, or cannot be read.
    Json(JsonError),
    /// A member is missing or wrong; with a hint at the next action.
    Problem(DocumentProblem, Option<&'static str>),
}

impl From<JsonError> for ConversionError {
    fn from(error: JsonError) -> Self {
        Self::Json(error)
    }
}

impl From<DocumentProblem> for ConversionError {
    fn from(problem: DocumentProblem) -> Self {
        Self::Problem(problem, None)
    }
}
