//! `run_results.json`, of dbt 0.19 to 1.x.
//!
//! | stored result | from |
//! |---|---|
//! | run id | `metadata.invocation_id`, a point, the data asset |
//! | asset | the model, seed, snapshot or source that is tested or built; the project without a manifest that fits |
//! | run time | `metadata.generated_at` |
//! | results | one entry for each node: tests by the name and the column in the manifest, and `model built` |
//! | tags | `dbt_invocation`, `dbt_command`, `dbt_project`, `dbt_target` |
//! | metadata | `metadata`, `elapsed_time` and the arguments that choose the nodes, under `dbt` |

use std::collections::HashMap;
use std::io::Read;

use super::artifact::{self, ArtifactMetadata};
use super::manifest::{self, Manifest, TestFacts};
use super::node::NodeId;
use super::outcome::outcome;
use crate::result::checks::CheckOutcome;
use crate::result::convert::{
    Conversion, ConversionError, ConvertedCheck, ConvertedChecks, ConvertedFacts, ConvertedResult, DividedDocument,
    ElementGroups, ElementSpan, each_object, plain,
};
use crate::result::formats::format::{Format, FormatReading};
use crate::result::json::{JsonReader, JsonValue, TextPosition};
use crate::result::problem::shortened;
use crate::result::{Body, Layout, RunTime, Split};

const NAME: &str = "the run results of dbt";

pub(in crate::result::formats) const FORMAT: Format = Format {
    name: NAME,
    hint: Some("`run_results.json` or `sources.json` of dbt"),
    recognize: |outline| artifact::recognize(outline, "/dbt/run-results/"),
    reading: FormatReading::Divided(divide),
};

/// The newest version of the schema.
const NEWEST: u32 = 6;

/// The commands that run tests. Others write `success` for tests that never ran.
const TESTING: [&str; 3] = ["build", "retry", "test"];

/// The arguments of dbt that tell which nodes were chosen, and how.
const ARGUMENTS: [&str; 8] =
    ["which", "invocation_command", "profile", "target", "select", "exclude", "selector", "vars"];

/// The artifact, without its nodes.
#[derive(Default)]
struct RunResults {
    metadata: ArtifactMetadata,
    arguments: JsonValue,
    elapsed_time: JsonValue,
    nodes: Vec<RunNode>,
    has_nodes: bool,
}

/// A node of the run.
struct RunNode {
    id: Box<str>,
    span: ElementSpan,
}

/// The facts that the conversion of each group needs.
struct DbtRun {
    body: Body,
    start: TextPosition,
    layout: Layout,
    run_time: RunTime,
    invocation: String,
    project: String,
    /// Whether the result is about several data assets.
    is_whole: bool,
    nodes: Vec<RunNode>,
    tests: HashMap<usize, TestFacts>,
    tags: Vec<(&'static str, String)>,
    metadata: JsonValue,
}

fn divide(body: &Body, conversion: Conversion<'_>) -> Result<DividedDocument, ConversionError> {
    let run = RunResults::read(&mut JsonReader::starting_at(body.reader(), conversion.start))?;
    if !run.has_nodes {
        return Err(conversion.lacks(NAME, &["results"]));
    }
    run.metadata.check_version(NEWEST, NAME, conversion)?;
    let command = run.arguments.get("which").and_then(JsonValue::as_str).unwrap_or_default().into_owned();
    if !TESTING.contains(&command.as_str()) {
        return Err(conversion.refuses(
            format!("this run of dbt executed no test: its command was `{}`", shortened(&command)),
            "save what `dbt build` or `dbt test` writes",
        ));
    }
    let invocation = run.metadata.invocation(NAME, conversion)?;
    let run_time = run.metadata.run_time(conversion)?;
    let wanted = run.nodes.iter().enumerate().filter(|(_, node)| NodeId::new(&node.id).is_test());
    let wanted = wanted.map(|(place, node)| (&*node.id, place)).collect();
    let fitting = manifest::find(conversion, &wanted)?.and_then(|manifest| of_invocation(manifest, &invocation));
    let (manifest, misfit) = match fitting {
        Ok(manifest) => (Some(manifest), None),
        Err(reason) => (None, Some(reason)),
    };
    let project = manifest.as_ref().and_then(|manifest| manifest.metadata.text("project_name"));
    let project = project.unwrap_or_else(|| run.most_frequent_package());
    let warning = misfit.map(|reason| format!("{reason}; the data asset of all checks is `{project}`"));
    let warnings = warning.into_iter().collect();
    let is_whole = manifest.is_none() || conversion.split == Split::None;
    let tests = manifest.map(|manifest| manifest.tests).unwrap_or_default();
    let target = run.arguments.get("target").and_then(JsonValue::as_str).map(String::from);
    let tags = [
        ("dbt_invocation", Some(invocation.clone())),
        ("dbt_command", Some(command)),
        ("dbt_project", Some(project.clone())),
        ("dbt_target", target),
    ];
    let metadata = run.own_metadata();
    let run = DbtRun {
        body: body.clone(),
        start: conversion.start,
        layout: conversion.layout,
        run_time,
        invocation,
        project,
        is_whole,
        nodes: run.nodes,
        tests,
        tags: tags.into_iter().filter_map(|(key, value)| Some((key, value?))).collect(),
        metadata,
    };
    let groups = run.groups();
    let results = groups.into_iter().map(move |(unique_id, places)| run.convert(unique_id, &places));
    Ok(DividedDocument { results: Box::new(results), warnings, empty: "this run of dbt had no nodes" })
}

/// The manifest, if the same invocation of dbt wrote it.
fn of_invocation(manifest: Manifest, invocation: &str) -> Result<Manifest, String> {
    match manifest.metadata.text("invocation_id") {
        Some(other) if other == invocation => Ok(manifest),
        _ => {
            Err("the manifest is of another invocation of dbt than the results; save them before dbt runs again".into())
        }
    }
}

impl RunResults {
    fn read<R: Read>(reader: &mut JsonReader<R>) -> Result<Self, ConversionError> {
        let mut run = Self::default();
        reader.begin_object()?;
        while let Some(key) = reader.next_key()? {
            match key {
                "metadata" => run.metadata = ArtifactMetadata::read(reader)?,
                "args" => run.arguments = reader.value()?,
                "elapsed_time" => run.elapsed_time = reader.scalar_or_null()?,
                "results" => {
                    run.has_nodes = true;
                    each_object(reader, "results", |reader| {
                        let (node, span) = ElementSpan::of(reader, read_id)?;
                        let says_something =
                            |(id, status): &(Box<str>, String)| outcome(NodeId::new(id), status).is_some();
                        run.nodes.extend(node.filter(says_something).map(|(id, _)| RunNode { id, span }));
                        Ok(())
                    })?;
                }
                _ => reader.skip()?,
            }
        }
        Ok(run)
    }

    fn most_frequent_package(&self) -> String {
        let mut counts = HashMap::<&str, usize>::new();
        for node in &self.nodes {
            *counts.entry(NodeId::new(&node.id).package).or_default() += 1;
        }
        let most = counts.into_iter().max_by_key(|(package, count)| (*count, std::cmp::Reverse(*package)));
        most.map_or("dbt", |(package, _)| package).to_owned()
    }

    /// The object for `metadata.dbt`.
    fn own_metadata(&self) -> JsonValue {
        let chosen = ARGUMENTS.into_iter().filter_map(|key| Some((key, self.arguments.get(key)?.clone())));
        let mut metadata = self.metadata.all.clone();
        metadata.set("elapsed_time", self.elapsed_time.clone());
        metadata.set("args", JsonValue::object(chosen));
        metadata
    }
}

/// Reads a node: its unique id and its status.
fn read_id<R: Read>(reader: &mut JsonReader<R>) -> Result<Option<(Box<str>, String)>, ConversionError> {
    let (mut id, mut status) = (None, String::new());
    reader.begin_object()?;
    while let Some(key) = reader.next_key()? {
        match key {
            "unique_id" => id = reader.scalar_or_null()?.as_str().map(Into::into),
            "status" => status = reader.scalar_or_null()?.as_str().unwrap_or_default().into_owned(),
            _ => reader.skip()?,
        }
    }
    Ok(id.map(|id| (id, status)))
}

impl DbtRun {
    /// The places of the nodes by the unique id of their data asset, which is `None` for the project, in the order in which the assets come first.
    fn groups(&self) -> Vec<(Option<String>, Vec<usize>)> {
        let mut groups = ElementGroups::<_, usize>::default();
        for place in 0..self.nodes.len() {
            groups.push(if self.is_whole { None } else { self.data_asset_of(place) }, place);
        }
        groups.into_groups()
    }

    /// The unique id of the node that this one tests or builds; `None` if that is not known, or no data.
    fn data_asset_of(&self, place: usize) -> Option<String> {
        let id = &*self.nodes.get(place)?.id;
        let tested = if NodeId::new(id).is_test() { self.tests.get(&place)?.tested.as_deref()? } else { id };
        NodeId::new(tested).is_asset().then(|| tested.to_owned())
    }

    /// Converts the nodes at these places, which are about the data asset with this unique id.
    fn convert(&self, unique_id: Option<String>, places: &[usize]) -> Result<ConvertedResult, ConversionError> {
        let project = &self.project;
        let data_asset = unique_id.as_deref().map_or(project.clone(), |id| NodeId::new(id).data_asset(project));
        let mut checks = ConvertedChecks::new(self.layout);
        for &place in places {
            let Some(node) = self.nodes.get(place) else { continue };
            let mut reader = node.span.reader(&self.body, self.start);
            if let Some(check) = self.check(place, &node.id, &reader.value()?) {
                checks.push(check);
            }
        }
        let mut metadata = self.metadata.clone();
        if let Some(unique_id) = unique_id {
            metadata.set("unique_id", unique_id);
        }
        Ok(checks.into_result(ConvertedFacts {
            run_id: artifact::run_id(&self.invocation, &data_asset),
            run_time: self.run_time,
            data_asset,
            suite_name: Some(self.project.clone()),
            tags: self.tags.clone(),
            tool: ("dbt", metadata),
            rows: None,
            columns: None,
        }))
    }

    fn check(&self, place: usize, id: &str, result: &JsonValue) -> Option<ConvertedCheck> {
        let node = NodeId::new(id);
        let status = result.get("status").and_then(JsonValue::as_str).unwrap_or_default();
        let outcome = outcome(node, &status)?;
        let facts = self.tests.get(&place);
        let generic_name = facts.and_then(|facts| facts.generic_name.as_deref());
        let name = match generic_name {
            Some(name) => name.to_owned(),
            None if node.is_test() => node.test_name().to_owned(),
            None if node.is_asset() => format!("{} built", node.kind),
            None => format!("{} {}", node.kind, node.name),
        };
        let mut check = ConvertedCheck::new(name, outcome);
        check.column = facts.and_then(|facts| facts.column.as_deref()).map(str::to_owned);
        check.kwargs = facts
            .and_then(|facts| JsonValue::parse_str(facts.arguments.as_deref()?).ok())
            .unwrap_or_else(|| JsonValue::Object(Vec::new()));
        if self.is_whole {
            // Tests of several data assets may have one name.
            check.kwargs.set("node", id);
        }
        let message = result.get("message");
        // dbt 0.19 had the number of failures in the place of the message.
        let failures = [result.get("failures"), message].into_iter().flatten().find_map(JsonValue::as_u64);
        check.count = if outcome == CheckOutcome::Passed || !node.is_test() { 0 } else { failures.unwrap_or_default() };
        let worth_saying = outcome != CheckOutcome::Passed;
        check.message = message.and_then(JsonValue::as_str).filter(|_| worth_saying).and_then(|text| plain(&text));
        check.duration = artifact::duration(result);
        check.details = vec![("unique_id", id.into()), ("status", status.as_ref().into())];
        for key in ["compiled_code", "compiled_sql", "relation_name", "adapter_response", "timing"] {
            let value =
                result.get(key).filter(|value| !value.is_null() && value.as_object().is_none_or(|own| !own.is_empty()));
            check.details.extend(value.map(|value| (key, value.clone())));
        }
        Some(check)
    }
}
