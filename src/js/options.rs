//! Reading option objects strictly, with the option's path in every complaint.

use js_sys::{Array, Object, Reflect};
use wasm_bindgen::prelude::*;

use crate::protocol::option::OptionError;
use crate::protocol::profile::Profile;
use crate::protocol::token_request::{TokenRequest, check_parameter_name, scope_values};
use crate::protocol::url::{Transport, UrlProblem};

/// The longest timeout hosts keep exactly, in milliseconds.
const MAX_TIMEOUT_MILLIS: u32 = i32::MAX as u32;

/// The longest a store may take for one operation, in milliseconds.
const MAX_STORE_TIMEOUT_MILLIS: u32 = 60_000;

#[wasm_bindgen(module = "/src/host/web/snapshot.js")]
extern "C" {
    /// Reads an option object of a caller's once and for all.
    #[wasm_bindgen(reexport, catch)]
    fn snapshot(options: &JsValue, path: &str) -> Result<Object, JsValue>;
}

/// An option object whose keys are all known: a copy, which nothing can throw from.
pub struct Options {
    object: JsValue,
    path: &'static str,
}

impl Options {
    /// Takes a copy of an object, or nothing at all for an empty one.
    pub fn read(value: &JsValue, path: &'static str, known: &[&str]) -> Result<Self, JsValue> {
        if value.is_undefined() {
            return Ok(Self { object: Object::new().into(), path });
        }
        let copy = snapshot(value, path)?;
        for key in Object::keys(&copy).iter() {
            let key = key.as_string().unwrap_or_default();
            if !known.contains(&key.as_str()) {
                return Err(OptionError::new(format!("{path}.{key}"), "is not a known option").into());
            }
        }
        Ok(Self { object: copy.into(), path })
    }

    /// Takes an object that [`Options::read`] has seen before.
    pub fn seen(value: &JsValue, path: &'static str) -> Self {
        Self { object: value.clone(), path }
    }

    fn at(&self, name: &str) -> String {
        format!("{}.{name}", self.path)
    }

    /// The error for an option of this object.
    pub fn error(&self, name: &str, problem: impl Into<String>) -> OptionError {
        OptionError::new(self.at(name), problem.into())
    }

    /// The error for a URL in an option of this object.
    pub fn url_error(&self, name: &str) -> impl Fn(UrlProblem) -> OptionError {
        let path = self.at(name);
        move |problem| OptionError::new(path.clone(), problem.to_string())
    }

    /// The value, unless it is undefined.
    pub fn value(&self, name: &str) -> Result<Option<JsValue>, OptionError> {
        let value = Reflect::get(&self.object, &name.into()).map_err(|_| self.error(name, "could not be read"))?;
        Ok((!value.is_undefined()).then_some(value))
    }

    /// A string that is not empty.
    pub fn text(&self, name: &str) -> Result<Option<String>, OptionError> {
        match self.value(name)? {
            None => Ok(None),
            Some(value) => match value.as_string() {
                Some(text) if !text.is_empty() => Ok(Some(text)),
                _ => Err(self.error(name, "must be a non-empty string")),
            },
        }
    }

    /// A string that is not empty and must be there.
    pub fn required_text(&self, name: &str) -> Result<String, OptionError> {
        self.text(name)?.ok_or_else(|| self.error(name, "must be a non-empty string"))
    }

    /// An array of strings, none of them empty, at least one.
    pub fn texts(&self, name: &str) -> Result<Option<Vec<String>>, OptionError> {
        let Some(value) = self.value(name)? else { return Ok(None) };
        let texts: Option<Vec<String>> = value
            .dyn_ref::<Array>()
            .and_then(|array| array.iter().map(|item| item.as_string().filter(|text| !text.is_empty())).collect());
        match texts {
            Some(texts) if !texts.is_empty() => Ok(Some(texts)),
            _ => Err(self.error(name, "must be a non-empty array of non-empty strings")),
        }
    }

    /// A string, or an array of strings.
    pub fn text_or_texts(&self, name: &str) -> Result<Option<Vec<String>>, OptionError> {
        match self.value(name)? {
            Some(value) if value.is_string() => self.text(name).map(|text| text.map(|text| vec![text])),
            Some(value) if Array::is_array(&value) => self.texts(name),
            Some(_) => Err(self.error(name, "must be a string or an array of strings")),
            None => Ok(None),
        }
    }

    /// A whole number from `least` to `most`.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "what the cast changes is refused")]
    pub fn number(&self, name: &str, least: u32, most: u32) -> Result<Option<u32>, OptionError> {
        match self.value(name)? {
            None => Ok(None),
            Some(value) => value
                .as_f64()
                .map(|number| number as u32)
                .filter(|number| value.as_f64() == Some(f64::from(*number)) && (least..=most).contains(number))
                .map(Some)
                .ok_or_else(|| self.error(name, format!("must be a whole number from {least} to {most}"))),
        }
    }

    /// Milliseconds to wait.
    pub fn timeout(&self, default_millis: u32) -> Result<u32, OptionError> {
        Ok(self.number("timeout", 1, MAX_TIMEOUT_MILLIS)?.unwrap_or(default_millis))
    }

    /// Yes or no; no by default.
    pub fn flag(&self, name: &str) -> Result<bool, OptionError> {
        match self.value(name)? {
            None => Ok(false),
            Some(value) => value.as_bool().ok_or_else(|| self.error(name, "must be a boolean")),
        }
    }

    /// `dangerouslyAllowHttp`.
    pub fn transport(&self) -> Result<Transport, OptionError> {
        Ok(if self.flag("dangerouslyAllowHttp")? { Transport::DangerouslyAllowHttp } else { Transport::Secure })
    }

    /// A function, or undefined.
    pub fn function(&self, name: &str) -> Result<JsValue, OptionError> {
        match self.value(name)? {
            None => Ok(JsValue::UNDEFINED),
            Some(value) if value.is_function() => Ok(value),
            Some(_) => Err(self.error(name, "must be a function")),
        }
    }

    /// `store`: an object with the methods of one, or undefined.
    pub fn store(&self) -> Result<JsValue, OptionError> {
        self.object_with("store", "options.store", &["get", "set"])
    }

    /// An object with these methods, and perhaps a timeout of its own, or undefined.
    pub fn object_with(&self, name: &str, path: &'static str, methods: &[&str]) -> Result<JsValue, OptionError> {
        let Some(store) = self.value(name)? else { return Ok(JsValue::UNDEFINED) };
        let has = |name: &&str| Reflect::get(&store, &(*name).into()).is_ok_and(|method| method.is_function());
        if !store.is_object() || !methods.iter().all(has) {
            let methods = methods.join(" and ");
            return Err(self.error(name, format!("must be an object with the methods {methods}")));
        }
        Self::seen(&store, path).number("timeout", 1, MAX_STORE_TIMEOUT_MILLIS)?;
        Ok(store)
    }

    /// A number from 0 to 1.
    pub fn share(&self, name: &str) -> Result<Option<f64>, OptionError> {
        match self.value(name)? {
            None => Ok(None),
            Some(value) => match value.as_f64() {
                Some(share) if (0.0..=1.0).contains(&share) => Ok(Some(share)),
                _ => Err(self.error(name, "must be a number from 0 to 1")),
            },
        }
    }

    /// An option object within this one, whose keys are all known.
    pub fn nested(&self, name: &str, path: &'static str, known: &[&str]) -> Result<Self, JsValue> {
        Self::read(&self.value(name)?.unwrap_or_default(), path, known)
    }

    /// `profile`, which for a domain can only be the one that has a domain.
    pub fn profile(&self, has_domain: bool) -> Result<Profile, OptionError> {
        let name = self.text("profile")?;
        let default = if has_domain { Profile::Login3 } else { Profile::Generic };
        let profile = match name {
            None => return Ok(default),
            Some(name) => Profile::from_name(&name)
                .ok_or_else(|| self.error("profile", format!("must be one of {}", Profile::NAMES.join(", "))))?,
        };
        if has_domain && profile != Profile::Login3 {
            return Err(self.error("profile", "must be login3 when options.domain is given"));
        }
        Ok(profile)
    }

    /// Exactly one of these options, as its name and value.
    pub fn one_of<'a>(&self, names: &[&'a str]) -> Result<(&'a str, String), OptionError> {
        let mut found = None;
        for name in names {
            if let Some(text) = self.text(name)? {
                if let Some((other, _)) = found {
                    return Err(self.error(name, format!("cannot be combined with {}", self.at(other))));
                }
                found = Some((*name, text));
            }
        }
        found.ok_or_else(|| {
            let names: Vec<_> = names.iter().map(|name| self.at(name)).collect();
            OptionError::new(names.join(" or "), "must be given")
        })
    }

    /// `audience`, `scope`, `organization` and `parameters`.
    pub fn token_request(&self) -> Result<TokenRequest, OptionError> {
        let scope = match self.text_or_texts("scope")? {
            None => Vec::new(),
            Some(texts) => scope_values(&texts.join(" "), &self.at("scope"))?,
        };
        Ok(TokenRequest {
            audience: self.text("audience")?,
            scope,
            organization: self.text("organization")?,
            parameters: self.parameters()?,
        })
    }

    fn parameters(&self) -> Result<Vec<(String, String)>, OptionError> {
        let Some(value) = self.value("parameters")? else { return Ok(Vec::new()) };
        // The copy of a plain object has no prototype. A Map or URLSearchParams has no members of its
        // own: taken for an empty object, it would be lost.
        if !value.is_object() || value.is_instance_of::<Object>() {
            return Err(self.error("parameters", "must be a plain object"));
        }
        let mut parameters = Vec::new();
        for name in Object::keys(value.unchecked_ref::<Object>()).iter() {
            let key = name.as_string().unwrap_or_default();
            check_parameter_name(&key, &self.at("parameters"))?;
            let path = format!("parameters.{key}");
            let text = Reflect::get(&value, &name).map_err(|_| self.error(&path, "could not be read"))?;
            parameters.push((key, text.as_string().ok_or_else(|| self.error(&path, "must be a string"))?));
        }
        Ok(parameters)
    }
}
