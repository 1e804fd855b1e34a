//! JSON read strictly.
//!
//! What was read lies in one list beside its text, and a string is a place in that text: tokens are read for each request,
//! and a box for each of their strings takes longer than reading them.

mod reader;

use std::fmt;

/// A JSON value. Numbers are `f64`, as in JavaScript.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A finite number.
    Number(f64),
    /// A string.
    String(&'a str),
    /// An array.
    Array(Array<'a>),
    /// An object.
    Object(Object<'a>),
}

impl<'a> Value<'a> {
    /// The text of a string.
    #[must_use]
    pub const fn as_str(self) -> Option<&'a str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The number.
    #[must_use]
    pub const fn as_f64(self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The array.
    #[must_use]
    pub const fn as_array(self) -> Option<Array<'a>> {
        match self {
            Self::Array(array) => Some(array),
            _ => None,
        }
    }

    /// The object.
    #[must_use]
    pub const fn as_object(self) -> Option<Object<'a>> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }
}

/// A text that is a JSON object, and what it says.
#[derive(Clone, Default)]
pub struct Document {
    /// The text, and after it what its strings with escapes mean.
    text: String,
    /// The length of the text as it was given.
    source: usize,
    /// The values in the order of the text, each before what it holds. Before each member of an object is its name.
    nodes: Vec<Node>,
}

/// A value, or the name of one.
#[derive(Clone, Copy)]
struct Node {
    content: Content,
    /// The place of what comes after it and all that it holds.
    next: usize,
}

#[derive(Clone, Copy)]
enum Content {
    Null,
    Bool(bool),
    Number(f64),
    /// From where to where it is in the text.
    String(usize, usize),
    Array,
    Object,
}

impl Document {
    /// The object.
    #[must_use]
    pub const fn root(&self) -> Object<'_> {
        Object { document: self, place: 0 }
    }

    /// The text, as it was given.
    #[must_use]
    pub fn source(&self) -> &str {
        self.text.get(..self.source).unwrap_or_default()
    }

    fn value(&self, place: usize) -> Option<Value<'_>> {
        Some(match self.nodes.get(place)?.content {
            Content::Null => Value::Null,
            Content::Bool(truth) => Value::Bool(truth),
            Content::Number(number) => Value::Number(number),
            Content::String(start, end) => Value::String(self.text.get(start..end)?),
            Content::Array => Value::Array(Array { document: self, place }),
            Content::Object => Value::Object(Object { document: self, place }),
        })
    }

    /// The place of the value with this name. It is looked for a dozen times in each token.
    fn find(&self, object: usize, name: &str) -> Option<usize> {
        let end = self.nodes.get(object)?.next;
        let mut place = object.wrapping_add(1);
        while place < end {
            let Content::String(from, to) = self.nodes.get(place)?.content else { return None };
            place = place.wrapping_add(1);
            // Names of the same length mostly differ in their first character: the others are seldom looked at.
            let known = self.text.as_bytes().get(from..to)?;
            if known.len() == name.len() && known.first() == name.as_bytes().first() && known == name.as_bytes() {
                return Some(place);
            }
            place = self.nodes.get(place)?.next;
        }
        None
    }
}

impl PartialEq for Document {
    fn eq(&self, other: &Self) -> bool {
        self.root() == other.root()
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.root().fmt(formatter)
    }
}

/// The items of an array.
#[derive(Clone, Copy)]
pub struct Array<'a> {
    document: &'a Document,
    place: usize,
}

impl<'a> Array<'a> {
    /// One after the other.
    #[must_use]
    pub fn iter(self) -> Items<'a> {
        Items::of(self.document, self.place)
    }

    /// Those of them that are strings.
    #[must_use]
    pub fn texts(self) -> Vec<String> {
        let mut texts = Vec::new();
        for item in self {
            texts.extend(item.as_str().map(str::to_owned));
        }
        texts
    }
}

impl<'a> IntoIterator for Array<'a> {
    type Item = Value<'a>;
    type IntoIter = Items<'a>;

    fn into_iter(self) -> Items<'a> {
        self.iter()
    }
}

impl PartialEq for Array<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl fmt::Debug for Array<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.iter()).finish()
    }
}

/// The items of an array, one after the other.
pub struct Items<'a> {
    document: &'a Document,
    place: usize,
    end: usize,
}

impl<'a> Items<'a> {
    fn of(document: &'a Document, place: usize) -> Self {
        let end = document.nodes.get(place).map_or(0, |holder| holder.next);
        Self { document, place: place.wrapping_add(1), end }
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        if self.place >= self.end {
            return None;
        }
        let value = self.document.value(self.place);
        self.place = self.document.nodes.get(self.place)?.next;
        value
    }
}

/// A JSON object, whose names are all different.
#[derive(Clone, Copy)]
pub struct Object<'a> {
    document: &'a Document,
    place: usize,
}

impl<'a> Object<'a> {
    /// The value of a name.
    #[must_use]
    pub fn get(self, name: &str) -> Option<Value<'a>> {
        self.document.value(self.document.find(self.place, name)?)
    }

    /// The text of a member that is a string.
    #[must_use]
    pub fn text(self, name: &str) -> Option<&'a str> {
        self.get(name)?.as_str()
    }

    /// The number that a member is.
    #[must_use]
    pub fn number(self, name: &str) -> Option<f64> {
        self.get(name)?.as_f64()
    }

    /// The object that a member is.
    #[must_use]
    pub fn object(self, name: &str) -> Option<Self> {
        self.get(name)?.as_object()
    }

    /// The array that a member is.
    #[must_use]
    pub fn array(self, name: &str) -> Option<Array<'a>> {
        self.get(name)?.as_array()
    }

    /// The texts of a member that is a string or an array of strings; none when it is neither.
    #[must_use]
    pub fn texts(self, name: &str) -> Vec<String> {
        match self.get(name) {
            Some(Value::String(text)) => vec![text.to_owned()],
            Some(Value::Array(items)) => items.texts(),
            _ => Vec::new(),
        }
    }

    /// Its names and values, in the order of the text.
    #[must_use]
    pub fn members(self) -> Members<'a> {
        Members(Items::of(self.document, self.place))
    }

    /// Whether there is a member of this name.
    #[must_use]
    pub fn contains(self, name: &str) -> bool {
        self.document.find(self.place, name).is_some()
    }
}

impl Default for Object<'_> {
    /// Without members.
    fn default() -> Self {
        static EMPTY: Document = Document { text: String::new(), source: 0, nodes: Vec::new() };
        EMPTY.root()
    }
}

impl PartialEq for Object<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.members().count() == other.members().count()
            && self.members().all(|(name, value)| other.get(name) == Some(value))
    }
}

impl fmt::Debug for Object<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_map().entries(self.members()).finish()
    }
}

/// The names of an object, and their values.
pub struct Members<'a>(Items<'a>);

impl<'a> Iterator for Members<'a> {
    type Item = (&'a str, Value<'a>);

    fn next(&mut self) -> Option<(&'a str, Value<'a>)> {
        let Items { document, place, end } = &mut self.0;
        let node = document.nodes.get(*place).filter(|_| place < end)?;
        let Content::String(from, to) = node.content else { return None };
        *place = node.next;
        Some((document.text.get(from..to)?, self.0.next()?))
    }
}

/// Reads one JSON object. A name that occurs twice in an object, at any depth and however it is
/// escaped, is refused: two readers could take different values for the same name (RFC 7515
/// section 4, RFC 7519 section 4, RFC 8725 section 2.4).
///
/// # Errors
/// When the bytes are not UTF-8, not JSON, not an object, nested deeper than 128 levels, or hold a
/// duplicate name. Nothing else is said, because it could quote the input.
pub fn object(text: impl Into<Vec<u8>>) -> Result<Document, NotAnObject> {
    read(text.into()).filter(|document| matches!(document.value(0), Some(Value::Object(_)))).ok_or(NotAnObject)
}

fn read(text: Vec<u8>) -> Option<Document> {
    reader::read(String::from_utf8(text).ok()?)
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
    match read(text.into())?.nodes.first()?.content {
        Content::Number(number) => Some(number),
        _ => None,
    }
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
