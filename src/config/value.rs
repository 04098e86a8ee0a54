//! From a TOML value to the options of a backend.
//!
//! `toml`'s own deserializer says what is wrong as a sentence that quotes the value. This one knows what each field
//! wants, lets a reference fill a number, and reports facts with their place (see [`Problem`]).

use std::borrow::Cow;
use std::ops::Range;

use serde::Deserializer;
use serde::de::{DeserializeSeed, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{Checked, Problem};
use super::variables::References;

/// A value of a profile, on its way into a field.
#[derive(Clone)]
pub(super) struct Value<'de> {
    value: ConfigurationValue<'de>,
    span: Range<usize>,
    path: String,
    references: &'de References,
}

#[derive(Clone, Copy)]
enum ConfigurationValue<'de> {
    Table(&'de DeTable<'de>),
    Other(&'de DeValue<'de>),
}

impl<'de> Value<'de> {
    /// The options of a profile; its header stands at `span`.
    pub(super) fn profile(table: &'de DeTable<'de>, span: Range<usize>, references: &'de References) -> Self {
        Self { value: ConfigurationValue::Table(table), span, path: String::new(), references }
    }

    fn child(&self, key: &str, value: &'de Spanned<DeValue<'de>>) -> Self {
        let path = if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) };
        Self { value: ConfigurationValue::of(value.get_ref()), span: value.span(), path, references: self.references }
    }

    fn wrong_type(&self, wanted: &str) -> Problem {
        let found = match self.value {
            ConfigurationValue::Table(_) => "a table",
            ConfigurationValue::Other(value) => article(value),
        };
        if let Some(variable) = self.references.whole(self.span.start) {
            let detail = format!("what variable `{variable}` gives is not {wanted}");
            return Problem::wrong_value(&self.path, detail).at(self.span.clone());
        }
        Problem::wrong_type(&self.path, wanted, found).at(self.span.clone())
    }

    fn text(&self) -> Option<&'de str> {
        match self.value {
            ConfigurationValue::Other(DeValue::String(text)) => Some(text),
            _ => None,
        }
    }

    /// The text of a string that is one reference and nothing else.
    fn reference(&self) -> Option<&'de str> {
        self.text().filter(|_| self.references.whole(self.span.start).is_some())
    }

    /// Whether this is a reference with an unknown value.
    fn is_unknown(&self) -> bool {
        self.references.unresolved && self.reference().is_some()
    }

    fn integer(&self, least: i128, most: i128) -> Checked<i128> {
        if self.is_unknown() {
            return Ok(1);
        }
        let wanted = "a whole number";
        let number = match (self.value, self.reference()) {
            (ConfigurationValue::Other(DeValue::Integer(integer)), _) => {
                i128::from_str_radix(integer.as_str(), integer.radix()).ok()
            }
            (_, Some(text)) => text.trim().parse().ok(),
            _ => None,
        };
        let number = number.ok_or_else(|| self.wrong_type(wanted))?;
        if (least..=most).contains(&number) {
            return Ok(number);
        }
        let detail = match (number < least, least) {
            (true, 0) => "it must not be negative",
            (true, _) => "it is too small",
            (false, _) => "it is too large",
        };
        Err(Problem::wrong_value(&self.path, detail).at(self.span.clone()))
    }

    fn number(&self) -> Checked<f64> {
        if self.is_unknown() {
            return Ok(1.0);
        }
        let number = match (self.value, self.reference()) {
            (ConfigurationValue::Other(DeValue::Integer(integer)), _) if integer.radix() == 10 => {
                integer.as_str().parse().ok()
            }
            (ConfigurationValue::Other(DeValue::Float(float)), _) => float.as_str().parse().ok(),
            (_, Some(text)) => text.trim().parse().ok(),
            _ => None,
        };
        number.ok_or_else(|| self.wrong_type("a number"))
    }

    fn boolean(&self) -> Checked<bool> {
        if self.is_unknown() {
            return Ok(false);
        }
        match (self.value, self.reference().map(str::trim)) {
            (ConfigurationValue::Other(DeValue::Boolean(boolean)), _) => Ok(*boolean),
            (_, Some(text)) if text.eq_ignore_ascii_case("true") => Ok(true),
            (_, Some(text)) if text.eq_ignore_ascii_case("false") => Ok(false),
            _ => Err(self.wrong_type("true or false")),
        }
    }

    fn table(&self, wanted: &str) -> Checked<&'de DeTable<'de>> {
        match self.value {
            ConfigurationValue::Table(table) => Ok(table),
            ConfigurationValue::Other(DeValue::Table(table)) => Ok(table),
            ConfigurationValue::Other(_) => Err(self.wrong_type(wanted)),
        }
    }

    /// Gives the entries of `table` to `visitor`, in the order of the file, and puts a place on what goes wrong.
    fn visit_table<V: Visitor<'de>>(&self, table: &'de DeTable<'de>, visitor: V) -> Checked<V::Value> {
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(key, _)| std::cmp::Reverse(key.span().start));
        let mut access = Entries { parent: self, entries, value: None, key_span: None };
        let visited = visitor.visit_map(&mut access);
        // Once all entries are read, what remains to complain about is what is not there.
        let place = access.key_span.unwrap_or_else(|| self.span.clone());
        visited.map_err(|problem| problem.or_at(place))
    }
}

impl<'de> ConfigurationValue<'de> {
    fn of(value: &'de DeValue<'de>) -> Self {
        match value {
            DeValue::Table(table) => Self::Table(table),
            other => Self::Other(other),
        }
    }
}

/// The type of `value`, for a message.
pub(super) fn article(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    }
}

macro_rules! integers {
    ($($method:ident $visit:ident $type:ty),*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Checked<V::Value> {
            let number = self.integer(<$type>::MIN.into(), <$type>::MAX.into())?;
            match <$type>::try_from(number) {
                Ok(number) => visitor.$visit(number),
                Err(_) => Err(self.wrong_type("a whole number")),
            }
        })*
    };
}

impl<'de> Deserializer<'de> for Value<'de> {
    type Error = Problem;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Checked<V::Value> {
        match self.value {
            ConfigurationValue::Table(table) => self.visit_table(table, visitor),
            ConfigurationValue::Other(DeValue::String(_)) => self.deserialize_str(visitor),
            ConfigurationValue::Other(DeValue::Integer(_)) => self.deserialize_i64(visitor),
            ConfigurationValue::Other(DeValue::Float(_)) => self.deserialize_f64(visitor),
            ConfigurationValue::Other(DeValue::Boolean(boolean)) => visitor.visit_bool(*boolean),
            ConfigurationValue::Other(DeValue::Array(_)) => self.deserialize_seq(visitor),
            ConfigurationValue::Other(DeValue::Table(table)) => self.visit_table(table, visitor),
            ConfigurationValue::Other(DeValue::Datetime(_)) => Err(self.wrong_type("another type")),
        }
    }

    integers!(
        deserialize_u8 visit_u8 u8, deserialize_u16 visit_u16 u16, deserialize_u32 visit_u32 u32,
        deserialize_u64 visit_u64 u64, deserialize_i8 visit_i8 i8, deserialize_i16 visit_i16 i16,
        deserialize_i32 visit_i32 i32, deserialize_i64 visit_i64 i64
    );

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Checked<V::Value> {
        visitor.visit_bool(self.boolean()?)
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Checked<V::Value> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Checked<V::Value> {
        visitor.visit_f64(self.number()?)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Checked<V::Value> {
        match self.text() {
            Some(text) => visitor.visit_str(text).map_err(|problem: Problem| problem.or_at(self.span)),
            None => Err(self.wrong_type("a string")),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Checked<V::Value> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Checked<V::Value> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Checked<V::Value> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Checked<V::Value> {
        match self.value {
            ConfigurationValue::Other(DeValue::Array(items)) => {
                visitor.visit_seq(Items { parent: &self, rest: items.iter() })
            }
            _ => Err(self.wrong_type("an array")),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Checked<V::Value> {
        self.visit_table(self.table("a table")?, visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Checked<V::Value> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Checked<V::Value> {
        let Some(text) = self.text() else { return Err(self.wrong_type("a string")) };
        let known =
            if self.is_unknown() { variants.first() } else { variants.iter().find(|variant| **variant == text) };
        match known {
            Some(variant) => visitor.visit_enum((*variant).into_deserializer()),
            None => Err(Problem::unknown_name(&self.path, "value", text, variants).at(self.span)),
        }
    }

    forward_to_deserialize_any! {
        char bytes byte_buf unit unit_struct tuple tuple_struct identifier ignored_any
    }
}

/// The entries of a table, the next one last.
struct Entries<'a, 'de> {
    parent: &'a Value<'de>,
    entries: Vec<(&'de Spanned<Cow<'de, str>>, &'de Spanned<DeValue<'de>>)>,
    value: Option<Value<'de>>,
    key_span: Option<Range<usize>>,
}

impl<'de> MapAccess<'de> for &mut Entries<'_, 'de> {
    type Error = Problem;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Checked<Option<K::Value>> {
        let Some((key, value)) = self.entries.pop() else {
            self.key_span = None;
            return Ok(None);
        };
        self.key_span = Some(key.span());
        let value = self.parent.child(key.get_ref(), value);
        // An unknown key reports its whole path, which is known here only.
        let name = Key { name: key.get_ref(), path: &value.path };
        let key = seed.deserialize(name)?;
        self.value = Some(value);
        Ok(Some(key))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Checked<V::Value> {
        match self.value.take() {
            Some(value) => {
                let (span, path) = (value.span.clone(), value.path.clone());
                // A visitor that refuses a value does not know its name.
                seed.deserialize(value).map_err(|problem| problem.or_at(span).renamed("", &path))
            }
            None => Err(Problem::new("a key without a value")),
        }
    }
}

/// The name of an option, which reports itself with its path if it is unknown.
struct Key<'a> {
    name: &'a str,
    path: &'a str,
}

impl<'de> Deserializer<'de> for Key<'_> {
    type Error = Problem;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Checked<V::Value> {
        visitor.visit_str(self.name).map_err(|problem: Problem| problem.renamed(self.name, self.path))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// The items of an array.
struct Items<'a, 'de> {
    parent: &'a Value<'de>,
    rest: std::slice::Iter<'de, Spanned<DeValue<'de>>>,
}

impl<'de> SeqAccess<'de> for Items<'_, 'de> {
    type Error = Problem;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Checked<Option<T::Value>> {
        let Some(item) = self.rest.next() else { return Ok(None) };
        let mut value = self.parent.child("", item);
        value.path.clone_from(&self.parent.path);
        seed.deserialize(value).map(Some)
    }
}
