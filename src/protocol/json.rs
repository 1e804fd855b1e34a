//! JSON read strictly.

mod reader;

use std::cmp::Ordering;

/// A JSON value. Numbers are `f64`, as in JavaScript.
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
        let place = self.0.binary_search_by(|(known, _)| order(known, name)).ok()?;
        self.0.get(place).map(|(_, value)| value)
    }

    /// The text of a member that is a string.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str()
    }

    /// The texts of a member that is a string or an array of strings; none when it is neither.
    #[must_use]
    pub fn texts(&self, name: &str) -> Vec<String> {
        let value = self.get(name);
        let items = value.and_then(Value::as_array).unwrap_or(value.map_or(&[], std::slice::from_ref));
        items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
    }

    /// Its names and values.
    pub fn members(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
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
        members.sort_unstable_by(|(one, _), (other, _)| order(one, other));
        let twice = members.iter().zip(members.iter().skip(1)).any(|((one, _), (next, _))| one == next);
        (!twice).then_some(Self(members))
    }
}

/// By length first: two names of the same length are rare, and only those are looked at.
fn order(one: &str, other: &str) -> Ordering {
    one.len().cmp(&other.len()).then_with(|| one.cmp(other))
}

/// Reads one JSON object. A name that occurs twice in an object, at any depth and however it is
/// escaped, is refused: two readers could take different values for the same name (RFC 7515
/// section 4, RFC 7519 section 4, RFC 8725 section 2.4).
///
/// # Errors
/// When the bytes are not UTF-8, not JSON, not an object, nested deeper than 128 levels, or hold a
/// duplicate name. Nothing else is said, because it could quote the input.
pub fn object(bytes: &[u8]) -> Result<Object, NotAnObject> {
    match reader::read(bytes) {
        Some(Value::Object(object)) => Ok(object),
        _ => Err(NotAnObject),
    }
}

/// A document without the byte order mark that some servers write before it, and that `Response.json()` of the Fetch
/// standard skips as well.
#[must_use]
pub fn unmarked(document: &[u8]) -> &[u8] {
    if let [0xef, 0xbb, 0xbf, rest @ ..] = document { rest } else { document }
}

/// A number, as JSON writes it.
#[must_use]
pub fn number(text: &str) -> Option<f64> {
    reader::read(text.as_bytes())?.as_f64()
}

/// A text as JSON writes it.
#[must_use]
pub fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len().saturating_add(2));
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\0'..='\x1f' => {
                quoted.push_str("\\u00");
                let digit = |value: u32| char::from_digit(value, 16).unwrap_or('0');
                quoted.extend([digit(u32::from(character) / 16), digit(u32::from(character) % 16)]);
            }
            character => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

/// The bytes are not one strictly written JSON object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAnObject;

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
