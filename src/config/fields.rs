//! The options of a backend, as the types of its fields tell them.

use serde::de::{DeserializeSeed, IntoDeserializer, MapAccess, Visitor};
use serde::forward_to_deserialize_any;
use serde::{Deserialize as _, Deserializer};

use super::problem::{Checked, Problem};
use crate::compare::gate::GateOptions;
use crate::retention::{PruneOptions, TierOptions, TierRule};
use crate::secret::Secret;
use crate::store::BackendOptions;

/// The type of an option, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FieldKind {
    /// A [`Secret`], which can also be given as `X_file` or `X_command`.
    Secret,
    /// A table with these options.
    Table(&'static [&'static str]),
    /// A table with names that the user makes up: tags, metadata.
    Map,
    /// Any other value.
    Plain,
}

/// The names of the options of `backend`, aliases too; empty for an unknown backend.
pub(super) fn names(backend: &str) -> &'static [&'static str] {
    let mut names: &'static [&'static str] = &[];
    let _ = BackendOptions::deserialize(backend, NamesProbe(&mut names));
    names
}

/// The name that the documentation has for an option: `compression` is another one for `use_compression`.
pub(super) fn full_name(name: &str) -> &str {
    if name == "compression" { "use_compression" } else { name }
}

/// The tables of a profile that no backend reads, with the names of their options.
pub(super) fn rule_tables() -> [(&'static str, &'static [&'static str]); 3] {
    let [mut gate, mut prune, mut tiers]: [&'static [&'static str]; 3] = [&[]; 3];
    let _ = GateOptions::deserialize(NamesProbe(&mut gate));
    let _ = PruneOptions::deserialize(NamesProbe(&mut prune));
    let _ = TierOptions::deserialize(NamesProbe(&mut tiers));
    [("gate", gate), ("prune", prune), ("tiers", tiers)]
}

/// The names of the options of a rule for tiers.
pub(super) fn tier_rule_names() -> &'static [&'static str] {
    let mut names: &'static [&'static str] = &[];
    let _ = TierRule::deserialize(NamesProbe(&mut names));
    names
}

/// The names of the tables that no backend reads.
pub(super) fn rule_table_names() -> impl Iterator<Item = &'static str> {
    rule_tables().into_iter().map(|(name, _)| name)
}

/// The options of `backend` with their kinds; empty for an unknown backend.
pub(super) fn fields(backend: &str) -> impl Iterator<Item = (&'static str, FieldKind)> {
    names(backend).iter().map(move |name| {
        let mut kind = FieldKind::Plain;
        let _ = BackendOptions::deserialize(backend, FieldProbe { name, kind: &mut kind });
        (*name, kind)
    })
}

/// The options of `backend` that are secret.
pub(super) fn secrets(backend: &str) -> impl Iterator<Item = &'static str> {
    fields(backend).filter(|(_, kind)| *kind == FieldKind::Secret).map(|(name, _)| name)
}

fn asked() -> Problem {
    Problem::new("only the fields were asked for")
}

/// Takes note of the names of a struct's fields.
struct NamesProbe<'a>(&'a mut &'static [&'static str]);

impl<'de> Deserializer<'de> for NamesProbe<'_> {
    type Error = Problem;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Checked<V::Value> {
        Err(asked())
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Checked<V::Value> {
        *self.0 = fields;
        Err(asked())
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

/// Gives a struct one field, and takes note of the type that is asked for.
struct FieldProbe<'a> {
    name: &'static str,
    kind: &'a mut FieldKind,
}

impl<'de> Deserializer<'de> for FieldProbe<'_> {
    type Error = Problem;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Checked<V::Value> {
        visitor.visit_map(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de> MapAccess<'de> for FieldProbe<'_> {
    type Error = Problem;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Checked<Option<K::Value>> {
        seed.deserialize(self.name.into_deserializer()).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Checked<V::Value> {
        seed.deserialize(KindProbe(self.kind))
    }
}

struct KindProbe<'a>(&'a mut FieldKind);

impl<'de> Deserializer<'de> for KindProbe<'_> {
    type Error = Problem;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Checked<V::Value> {
        Err(asked())
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Checked<V::Value> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Checked<V::Value> {
        if name == Secret::TYPE_NAME {
            *self.0 = FieldKind::Secret;
            return Err(asked());
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_map<V: Visitor<'de>>(self, _: V) -> Checked<V::Value> {
        *self.0 = FieldKind::Map;
        Err(asked())
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Checked<V::Value> {
        *self.0 = FieldKind::Table(fields);
        Err(asked())
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_types_of_the_fields_tell_which_options_are_secret() {
        let of = |backend| secrets(backend).collect::<Vec<_>>();
        assert_eq!(of("database"), ["connection_url", "password"]);
        assert_eq!(of("s3"), ["access_key_id", "secret_access_key", "session_token"]);
        assert_eq!(of("azure"), ["connection_string", "account_url", "account_key", "sas_token"]);
        assert!(of("gcs").is_empty() && of("filesystem").is_empty() && of("memory").is_empty() && of("x").is_empty());
    }

    #[test]
    fn tables_are_told_from_maps_and_from_values() {
        let kind = |backend, name| fields(backend).find(|(field, _)| *field == name).map(|(_, kind)| kind);
        assert!(matches!(kind("database", "pooling"), Some(FieldKind::Table(names)) if names.contains(&"pool_size")));
        assert_eq!(kind("s3", "tags"), Some(FieldKind::Map));
        assert_eq!(kind("s3", "region"), Some(FieldKind::Plain));
        assert_eq!(kind("s3", "server_side_encryption"), Some(FieldKind::Plain));
    }
}
