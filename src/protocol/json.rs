//! JSON read strictly.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

/// A JSON value. Numbers are `f64`, as in JavaScript.
///
/// Not `serde_json::Value`: its maps and numbers weigh 9 KB of wasm, and it keeps the last of two
/// members with the same name.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A finite number.
    Number(f64),
    /// A string.
    String(String),
    /// An array.
    Array(Vec<Value>),
    /// An object.
    Object(Object),
}

impl Value {
    /// The text of a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The number.
    #[must_use]
    pub const fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The items of an array.
    #[must_use]
    pub fn as_array(&self) -> Option<&[Self]> {
        match self {
            Self::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The object.
    #[must_use]
    pub const fn as_object(&self) -> Option<&Object> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }
}

/// A JSON object, whose names are all different.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Object(Vec<(String, Value)>);

impl Object {
    /// The value of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// The text of a member that is a string.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str()
    }

    /// Whether there is a member of this name.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// An object with these members; `None` when a name comes twice.
    #[must_use]
    pub fn new(mut members: Vec<(String, Value)>) -> Option<Self> {
        // Sorted, because comparing every name with every other takes minutes for a hostile object.
        members.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        let twice = members.iter().zip(members.iter().skip(1)).any(|((one, _), (next, _))| one == next);
        (!twice).then_some(Self(members))
    }
}

/// Reads one JSON object. A name that occurs twice in an object, at any depth and however it is
/// escaped, is refused: two readers could take different values for the same name (RFC 7515
/// section 4, RFC 7519 section 4, RFC 8725 section 2.4).
///
/// # Errors
/// When the bytes are not UTF-8, not JSON, not an object, nested deeper than 128 levels, or hold a
/// duplicate name. The error of the parser is dropped because it may quote the input.
pub fn object(bytes: &[u8]) -> Result<Object, NotAnObject> {
    match read(bytes) {
        Some(Value::Object(object)) => Ok(object),
        _ => Err(NotAnObject),
    }
}

/// A number, as JSON writes it.
#[must_use]
pub fn number(text: &str) -> Option<f64> {
    read(text.as_bytes())?.as_f64()
}

fn read(bytes: &[u8]) -> Option<Value> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = Strict.deserialize(&mut deserializer).ok()?;
    deserializer.end().ok()?;
    Some(value)
}

/// The bytes are not one strictly written JSON object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAnObject;

struct Strict;

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    #[expect(clippy::cast_precision_loss, reason = "as JavaScript reads it")]
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value as f64))
    }

    #[expect(clippy::cast_precision_loss, reason = "as JavaScript reads it")]
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value as f64))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Number(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(Strict)? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut members = Vec::new();
        while let Some(name) = entries.next_key::<String>()? {
            members.push((name, entries.next_value_seed(Strict)?));
        }
        Object::new(members).map(Value::Object).ok_or_else(|| A::Error::custom("a name comes twice"))
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use proptest::prelude::*;

    use super::{NotAnObject, object};

    #[test]
    fn duplicate_names_are_refused_at_every_depth_and_however_escaped() {
        for text in [
            r#"{"a":1,"a":1}"#,
            r#"{"exp":1,"\u0065xp":2}"#,
            r#"{"cnf":{"jkt":"a","jkt":"b"}}"#,
            r#"{"a":[{"b":1,"b":2}]}"#,
        ] {
            assert_eq!(object(text.as_bytes()), Err(NotAnObject), "{text}");
        }
    }

    #[test]
    fn only_one_whole_object_is_read() {
        assert!(object(br#" {"a":{"b":[null,true,1,-1,1.5,"x"]}} "#).is_ok());
        for text in
            ["", "[]", "null", "\"a\"", "{}{}", "{} x", "{\"a\":}", "{\"a\":NaN}", "{\"a\":1e999}", "\u{feff}{}"]
        {
            assert_eq!(object(text.as_bytes()), Err(NotAnObject), "{text}");
        }
        assert_eq!(object(b"{\"a\":\"\xff\"}"), Err(NotAnObject));
        assert_eq!(object(br#"{"a":"\ud800"}"#), Err(NotAnObject), "a lone surrogate");
    }

    #[test]
    fn deep_nesting_is_refused_without_exhausting_the_stack() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(object(deep.as_bytes()), Err(NotAnObject));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..256)) {
            let _ = object(&bytes);
        }
    }
}
