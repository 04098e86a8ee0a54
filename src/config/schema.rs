//! The JSON Schema of a configuration file, for editors. The types of the options tell it, as they tell what is read.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema as _, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::fields;
use super::profile::RuleTables;
use super::secrets::forms;
use crate::secret::Secret;
use crate::store::BackendOptions;

/// A string that is one reference and nothing else, which may stand for any value.
const REFERENCE: &str = r"^\$\{[^}]*\}$";

/// Returns the schema, in draft 7, which editors know. A file that it accepts can still be refused: it knows no variables,
/// files and ranges, and not which options contradict each other.
pub fn schema() -> Value {
    let mut generator = SchemaSettings::draft07().with(|settings| settings.inline_subschemas = true).into_generator();
    let mut definitions = rule_tables(&mut generator);
    definitions.values_mut().for_each(allow_references);
    let backends = BackendOptions::schemas(&mut generator);
    let names: Vec<&str> = backends.iter().map(|(name, _)| *name).collect();
    let reference = |name: &str| json!({ "$ref": format!("#/definitions/{name}") });
    let if_named =
        |name: &&str| json!({ "if": { "properties": { "backend": { "const": name } } }, "then": reference(name) });
    // Editors that complete options look into `anyOf`, and not into `then`. The empty schema accepts every profile.
    let completed: Vec<Value> = [json!({})].into_iter().chain(names.iter().copied().map(reference)).collect();
    let profile_schema = json!({
        "type": "object",
        "properties": {
            "backend": { "anyOf": [{ "enum": names }, { "type": "string", "pattern": r"\$\{" }] },
        },
        "required": ["backend"],
        "allOf": names.iter().map(if_named).collect::<Vec<_>>(),
        "anyOf": completed,
    });
    definitions
        .extend(backends.into_iter().map(|(name, options)| (name.to_owned(), profile(name, options.to_value()))));
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Configuration of truthound-store",
        "type": "object",
        "properties": {
            "default_profile": { "description": "The profile to use without --profile.", "type": "string" },
            "profiles": {
                "description": "A store for each name.",
                "type": "object",
                "minProperties": 1,
                "additionalProperties": profile_schema,
            },
        },
        "required": ["profiles"],
        "additionalProperties": false,
        "definitions": definitions,
    })
}

/// The schemas of the tables that no backend reads.
fn rule_tables(generator: &mut SchemaGenerator) -> Map<String, Value> {
    let mut tables = RuleTables::json_schema(generator).to_value();
    tables.get_mut("properties").and_then(Value::as_object_mut).map(std::mem::take).unwrap_or_default()
}

/// The schema of a profile of `backend`.
fn profile(backend: &'static str, mut options: Value) -> Value {
    let Some(properties) = options.get_mut("properties").and_then(Value::as_object_mut) else { return options };
    let mut exclusive = Vec::new();
    for name in fields::names(backend) {
        let full_name = fields::full_name(name);
        if *name != full_name {
            let option = properties.get(full_name).cloned().unwrap_or_default();
            properties.insert((*name).to_owned(), option);
            exclusive.push([(*name).to_owned(), full_name.to_owned()]);
        }
    }
    let secrets: Vec<String> =
        properties.iter().filter(|(_, option)| is_secret(option)).map(|(name, _)| name.clone()).collect();
    for secret in &secrets {
        let [value, file, command] = forms(secret);
        exclusive.extend([[&value, &file], [&value, &command], [&file, &command]].map(|two| two.map(String::clone)));
        let of = |what: &str| format!("{what} `{secret}`, instead of it in this file.");
        properties.insert(file, json!({ "description": of("The file that holds"), "type": "string", "minLength": 1 }));
        properties.insert(
            command,
            json!({
                "description": of("The program, with its arguments, that prints"),
                "type": "array", "items": { "type": "string" }, "minItems": 1,
            }),
        );
    }
    properties.values_mut().for_each(allow_references);
    properties.extend(fields::rule_table_names().map(|name| {
        let table = format!("#/definitions/{name}");
        (name.to_owned(), json!({ "$ref": table }))
    }));
    properties.insert("backend".to_owned(), json!({ "description": "What keeps the results.", "const": backend }));
    let Some(profile) = options.as_object_mut() else { return options };
    without_secrets_required(profile, &secrets);
    if !exclusive.is_empty() {
        profile.insert("allOf".to_owned(), exclusive.iter().map(|two| json!({ "not": { "required": two } })).collect());
    }
    profile.insert("title".to_owned(), backend.into());
    options
}

/// Whether this is the schema of a [`Secret`], or of one that may be missing.
fn is_secret(option: &Value) -> bool {
    option.get("title").and_then(Value::as_str) == Some(Secret::TYPE_NAME)
}

/// A secret that is required can be given in another form.
fn without_secrets_required(profile: &mut Map<String, Value>, secrets: &[String]) {
    if let Some(required) = profile.get_mut("required").and_then(Value::as_array_mut) {
        required.retain(|name| !name.as_str().is_some_and(|name| secrets.iter().any(|secret| secret == name)));
    }
}

/// Lets a reference stand for each value in `option` that is no free text.
fn allow_references(option: &mut Value) {
    let Some(table) = option.as_object_mut() else { return };
    // The formats are those of Rust's numbers; an editor needs the limit instead.
    if table.remove("format").is_some_and(|format| format == "uint32") {
        table.insert("maximum".to_owned(), u32::MAX.into());
    }
    without_null(table);
    if is_free_text(table) {
        if table.remove("title").is_some() {
            table.remove("default");
        }
        return;
    }
    if let Some(properties) = table.get_mut("properties").and_then(Value::as_object_mut) {
        properties.values_mut().for_each(allow_references);
        return;
    }
    if let Some(items) = table.get_mut("items") {
        return allow_references(items);
    }
    if table.get("type") == Some(&json!("object")) {
        return;
    }
    let description = table.remove("description");
    let default = table.remove("default");
    let value = std::mem::take(table);
    table.extend(description.map(|text| ("description".to_owned(), text)));
    table.extend(default.map(|value| ("default".to_owned(), value)));
    table.insert("anyOf".to_owned(), json!([value, { "type": "string", "pattern": REFERENCE }]));
}

/// Takes out the `null` of an option that may be missing: TOML has none.
fn without_null(option: &mut Map<String, Value>) {
    for list in ["type", "enum", "anyOf"] {
        let Some(values) = option.get_mut(list).and_then(Value::as_array_mut) else { continue };
        values.retain(|value| !value.is_null() && value != "null" && value.get("type") != Some(&json!("null")));
        if let ("type" | "anyOf", [only]) = (list, values.as_slice()) {
            let only = only.clone();
            if list == "type" {
                option.insert(list.to_owned(), only);
            } else {
                option.remove(list);
                option.extend(only.as_object().cloned().unwrap_or_default());
            }
        }
    }
}

/// Whether every string is a value.
fn is_free_text(option: &Map<String, Value>) -> bool {
    let is_text = |kind: &Value| kind == "string";
    let has_text = |kind: &Value| is_text(kind) || kind.as_array().is_some_and(|kinds| kinds.iter().any(is_text));
    option.get("type").is_some_and(has_text) && !["enum", "const"].iter().any(|list| option.contains_key(*list))
}
