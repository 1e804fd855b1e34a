//! The options of callers, checked by `options.js` and read here.

use js_sys::{Array, Reflect};
use wasm_bindgen::prelude::*;

use crate::protocol::json::{self, Document, Object, Value};
use crate::protocol::option::OptionError;
use crate::protocol::secret::Secret;
use crate::protocol::url::{Transport, UrlProblem};

#[wasm_bindgen(module = "/src/host/web/snapshot.js")]
extern "C" {
    /// Reads an option object of a caller's once and for all.
    #[wasm_bindgen(reexport, catch)]
    pub fn snapshot(options: &JsValue, path: &str) -> Result<JsValue, JsValue>;
}

#[wasm_bindgen(module = "/src/js/options.js")]
extern "C" {
    /// A copy of an option object, and as JSON what its options say.
    #[wasm_bindgen(js_name = readOptions, catch)]
    fn read_options(options: &JsValue, path: &str, kind: &str) -> Result<Array, JsValue>;

    #[wasm_bindgen(js_name = keyText)]
    fn key_text(key: &JsValue) -> Option<String>;
}

/// An option object whose options are all of the right kind.
pub struct Settings {
    object: JsValue,
    read: Document,
    path: &'static str,
}

impl Settings {
    /// Reads an object, or nothing at all as an empty one.
    ///
    /// # Errors
    /// A `TypeError` that names the option.
    pub fn read(value: &JsValue, path: &'static str, kind: &str) -> Result<Self, JsValue> {
        let pair = read_options(value, path, kind)?;
        let text = pair.get(1).as_string().unwrap_or_default();
        let read = json::object(text.as_bytes()).map_err(|_| OptionError::new(path, "could not be read"))?;
        Ok(Self { object: pair.get(0), read, path })
    }

    fn at(&self, name: &str) -> String {
        format!("{}.{name}", self.path)
    }

    /// The error for an option of this object.
    pub fn error(&self, name: &str, problem: &'static str) -> OptionError {
        OptionError::new(self.at(name), problem)
    }

    /// The error for a URL in an option of this object.
    pub fn url_error(&self, name: &str) -> impl Fn(UrlProblem) -> OptionError {
        let path = self.at(name);
        move |problem| OptionError::new(path.clone(), problem.to_string())
    }

    /// What the options say.
    pub const fn values(&self) -> Object<'_> {
        self.read.root()
    }

    /// A text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.values().text(name)
    }

    /// A text that must be there.
    ///
    /// # Errors
    /// When it is not.
    pub fn required_text(&self, name: &str) -> Result<String, OptionError> {
        self.text(name).map(str::to_owned).ok_or_else(|| self.error(name, "must be a non-empty string"))
    }

    /// Whether an option is there, or is true.
    pub fn has(&self, name: &str) -> bool {
        self.values().get(name).is_some_and(|value| value != Value::Bool(false))
    }

    /// `dangerouslyAllowHttp`.
    pub fn transport(&self) -> Transport {
        if self.has("dangerouslyAllowHttp") { Transport::DangerouslyAllowHttp } else { Transport::Secure }
    }

    /// The value of an option as the host has it.
    pub fn value(&self, name: &str) -> JsValue {
        member(&self.object, name)
    }

    /// One secret, or several.
    pub fn secrets(&self, name: &str) -> Vec<Secret> {
        let value = self.value(name);
        let texts = if Array::is_array(&value) { Array::from(&value) } else { Array::of1(&value) };
        texts.iter().filter_map(|text| text.as_string()).map(Secret::new).collect()
    }
}

/// A member of an object that nothing can throw from.
pub fn member(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &name.into()).unwrap_or_default()
}

/// The text of a key, if it was given as one.
pub fn text_of_key(key: &JsValue) -> Option<Secret> {
    key_text(key).map(Secret::new)
}

/// A whole number, already known to be one of at most 32 bits.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "options.js has checked its range")]
pub fn number(object: Object<'_>, name: &str) -> Option<u32> {
    object.number(name).map(|number| number as u32)
}
