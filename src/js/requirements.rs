//! What an API asks of a token, as its caller writes it.

use js_sys::{JSON, Object, Reflect};
use wasm_bindgen::prelude::*;

use crate::js::error::from_failure;
use crate::js::options::Options;
use crate::protocol::json;
use crate::protocol::option::OptionError;
use crate::protocol::requirements::Requirements;
use crate::protocol::token_request::scope_values;

const REQUIREMENTS: [&str; 6] = ["scopes", "anyScope", "permissions", "organization", "clientIds", "claims"];

/// Reads `requirements`; undefined asks for nothing. Functions among the claims are left to JavaScript.
pub fn read_requirements(value: &JsValue) -> Result<Requirements, JsValue> {
    if value.is_undefined() {
        return Ok(Requirements::default());
    }
    let options = Options::read(value, "requirements", &REQUIREMENTS)?;
    let texts = |name: &str| Ok::<_, OptionError>(options.text_or_texts(name)?.unwrap_or_default());
    let scopes = |name: &str| match texts(name)? {
        texts if texts.is_empty() => Ok(texts),
        texts => scope_values(&texts.join(" "), &format!("requirements.{name}")),
    };
    Ok(Requirements {
        scopes: scopes("scopes")?,
        any_scope: scopes("anyScope")?,
        permissions: texts("permissions")?,
        organization: options.text("organization")?,
        client_ids: texts("clientIds")?,
        claims: read_claims(&options)?,
    })
}

fn read_claims(options: &Options) -> Result<Vec<(String, json::Value)>, JsValue> {
    let Some(claims) = options.value("claims")? else { return Ok(Vec::new()) };
    // The copy of a plain object has no prototype. Whatever else this is, its members would be lost.
    if !claims.is_object() || claims.is_instance_of::<Object>() {
        return Err(options.error("claims", "must be a plain object").into());
    }
    let mut wanted = Vec::new();
    for name in Object::keys(claims.unchecked_ref::<Object>()).iter() {
        let value = Reflect::get(&claims, &name)?;
        if value.is_function() {
            continue;
        }
        let name = name.as_string().unwrap_or_default();
        let text = JSON::stringify(&value).ok().and_then(|text| text.as_string());
        let value = text.and_then(|text| json::value(text.as_bytes())).ok_or_else(|| {
            OptionError::new(format!("requirements.claims.{name}"), "must be a JSON value or a function")
        })?;
        wanted.push((name, value));
    }
    Ok(wanted)
}

/// Checks the claims of a token that was verified before.
///
/// # Errors
/// A `TypeError` for the requirements, a `GatepassError` for the token.
#[wasm_bindgen(js_name = checkRequirements)]
pub fn check_requirements(payload: &str, requirements: &JsValue) -> Result<(), JsValue> {
    let requirements = read_requirements(requirements)?;
    let claims = json::object(payload.as_bytes()).unwrap_or_default();
    requirements.check(&claims).map_err(|error| from_failure(error.into()))
}
