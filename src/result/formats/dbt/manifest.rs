//! The manifest of a dbt project, read as a stream for the tests of one run.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use super::artifact::ArtifactMetadata;
use super::node::NodeId;
use crate::result::convert::{Conversion, ConversionError};
use crate::result::json::{JsonKind, JsonReader, JsonValue};
use crate::result::{Layout, gzip};

/// The facts of one test in the manifest.
#[derive(Debug, Default)]
pub(super) struct TestFacts {
    /// The unique id of the node that is tested.
    pub(super) tested: Option<Box<str>>,
    pub(super) column: Option<Box<str>>,
    /// The name of a generic test with its namespace: `not_null`, `dbt_utils.expression_is_true`.
    pub(super) generic_name: Option<Box<str>>,
    /// The arguments of a generic test, as compact JSON. The model, which is the asset, is left out.
    pub(super) arguments: Option<Box<str>>,
}

/// The manifest, as far as the tests of one run need it.
#[derive(Debug, Default)]
pub(super) struct Manifest {
    pub(super) metadata: ArtifactMetadata,
    /// The facts of the tests that were asked for, by their place among them.
    pub(super) tests: HashMap<usize, TestFacts>,
}

/// The manifest for a document: the one that the caller names, else the one in the same directory.
///
/// # Errors
/// The second is the reason why there is none, for a warning. The first is that of one that the caller named.
pub(super) fn find(
    conversion: Conversion<'_>,
    wanted: &HashMap<&str, usize>,
) -> Result<Result<Manifest, String>, ConversionError> {
    let named = conversion.manifest.map(Path::to_path_buf);
    let is_named = named.is_some();
    let Some(path) = named.or_else(|| beside(conversion.source.path())) else {
        return Ok(Err("there is no `manifest.json` beside the results; name it with `--manifest`".to_owned()));
    };
    match read_file(&path, wanted) {
        Ok(manifest) => Ok(Ok(manifest)),
        Err(reason) => {
            let reason = format!("cannot read the manifest `{}`: {reason}", path.display());
            if is_named { Err(conversion.refuses(reason, "give dbt's `manifest.json`")) } else { Ok(Err(reason)) }
        }
    }
}

fn beside(source: Option<&Path>) -> Option<PathBuf> {
    let path = source?.with_file_name("manifest.json");
    path.is_file().then_some(path)
}

fn read_file(path: &Path, wanted: &HashMap<&str, usize>) -> Result<Manifest, String> {
    let is_file = fs::metadata(path).map_err(|error| error.to_string())?.is_file();
    if !is_file {
        return Err("it is not a regular file".to_owned());
    }
    let file = File::open(path).map_err(|error| error.to_string())?;
    let manifest = Manifest::read(&mut JsonReader::new(gzip::decompressed(file)), wanted);
    let manifest = manifest.map_err(|error| match error {
        ConversionError::Json(error) => error.to_string(),
        ConversionError::Problem(problem, _) => problem.reason,
    })?;
    match manifest.metadata.text("dbt_schema_version") {
        Some(schema) if schema.contains("/dbt/manifest/") => Ok(manifest),
        _ => Err("it is not a manifest of dbt".to_owned()),
    }
}

impl Manifest {
    /// Reads a manifest. Memory holds the facts of the tests in `wanted`, which maps their unique ids to their places.
    fn read<R: Read>(reader: &mut JsonReader<R>, wanted: &HashMap<&str, usize>) -> Result<Self, ConversionError> {
        let mut manifest = Self::default();
        reader.begin_object()?;
        while let Some(key) = reader.next_key()? {
            match key {
                // Nothing else is wanted of it.
                "metadata" if wanted.is_empty() => {
                    manifest.metadata = ArtifactMetadata::read(reader)?;
                    break;
                }
                "metadata" => manifest.metadata = ArtifactMetadata::read(reader)?,
                "nodes" | "unit_tests" => manifest.read_tests(reader, wanted)?,
                _ => reader.skip()?,
            }
        }
        Ok(manifest)
    }

    fn read_tests<R: Read>(
        &mut self,
        reader: &mut JsonReader<R>,
        wanted: &HashMap<&str, usize>,
    ) -> Result<(), ConversionError> {
        if reader.peek()? != JsonKind::Object {
            return Ok(reader.skip()?);
        }
        reader.begin_object()?;
        while let Some(key) = reader.next_key()? {
            let place = wanted.get(key).copied();
            match place {
                Some(place) if reader.peek()? == JsonKind::Object => {
                    let facts = TestFacts::read(reader)?;
                    self.tests.insert(place, facts);
                }
                _ => reader.skip()?,
            }
        }
        Ok(())
    }
}

impl TestFacts {
    fn read<R: Read>(reader: &mut JsonReader<R>) -> Result<Self, ConversionError> {
        let mut facts = Self::default();
        let (mut depends_on, mut test_metadata, mut filter) = (JsonValue::Null, JsonValue::Null, JsonValue::Null);
        reader.begin_object()?;
        while let Some(key) = reader.next_key()? {
            match key {
                "attached_node" => facts.tested = text(&reader.scalar_or_null()?),
                "column_name" => facts.column = text(&reader.scalar_or_null()?),
                "depends_on" => depends_on = reader.value()?,
                "test_metadata" => test_metadata = reader.value()?,
                "config" => filter = reader.value()?.remove("where").unwrap_or_default(),
                _ => reader.skip()?,
            }
        }
        let mut arguments = test_metadata.remove("kwargs").unwrap_or_default();
        let model = arguments.remove("model");
        if facts.tested.is_none() {
            facts.tested = tested(&depends_on, model.as_ref());
        }
        if let Some(name) = test_metadata.get("name").and_then(text) {
            let namespace = test_metadata.get("namespace").and_then(text);
            facts.generic_name = Some(namespace.map_or(name.clone(), |namespace| format!("{namespace}.{name}").into()));
        }
        if facts.column.is_none() {
            facts.column = arguments.get("column_name").and_then(text);
        }
        if !filter.is_null() {
            arguments.set("where", filter);
        }
        if arguments.as_object().is_some() {
            facts.arguments = Some(arguments.to_text(Layout::Compact).into());
        }
        Ok(facts)
    }
}

fn text(value: &JsonValue) -> Option<Box<str>> {
    value.as_str().filter(|text| !text.is_empty()).map(Into::into)
}

/// The node that is tested, of a test that is not attached to one: a unit test, a singular test, and a generic test of
/// a version before 1.6, whose argument `model` names it among the nodes that it depends on.
fn tested(depends_on: &JsonValue, model: Option<&JsonValue>) -> Option<Box<str>> {
    let nodes = depends_on.get("nodes")?.as_array()?.iter().filter_map(text).collect::<Vec<_>>();
    let model = model.and_then(JsonValue::as_str).unwrap_or_default();
    let is_named = |id: &str| {
        let name = NodeId::new(id).name.rsplit('.').next().unwrap_or_default();
        [format!("'{name}'"), format!("\"{name}\"")].iter().any(|quoted| model.contains(quoted))
    };
    let named = nodes.iter().find(|id| is_named(id));
    named.or(nodes.first()).cloned()
}
