//! The token endpoint's answer (RFC 6749 section 5), as servers really write it.

use percent_encoding::percent_decode_str;

use crate::protocol::access_token::{AccessToken, TokenType};
use crate::protocol::base64url;
use crate::protocol::error::{Code, Error, OAuthError, printable};
use crate::protocol::http::Response;
use crate::protocol::json::{self, Object, Value};
use crate::protocol::retry_after;
use crate::protocol::secret::Secret;
use crate::protocol::time::Timestamp;

/// The most bytes of an answer that are read.
pub const MAX_RESPONSE_BYTES: usize = 256 * 1024;
/// Used when neither the server nor the token says how long it lives, in seconds.
const DEFAULT_LIFETIME: f64 = 300.0;
/// The longest lifetime that is believed, in seconds: 30 days. A server that counts milliseconds
/// must not make a token live for years.
const MAX_LIFETIME: f64 = 30.0 * 86_400.0;
/// The most characters of a server's text that are kept.
const MAX_TEXT: usize = 500;

/// Reads the answer to a token request. `secret` is removed from everything the server said.
///
/// # Errors
/// `invalid_client`, `request_refused`, `rate_limited`, `server_error`, `unexpected_redirect`,
/// `unreadable_response` or `unsupported_token_type`.
pub fn read(response: &Response, now: Timestamp, secret: &Secret) -> Result<AccessToken, Error> {
    if response.is_redirect() {
        let message = "the token endpoint answered with a redirect, which is not followed: it would replay the secret";
        return Err(Error::new(Code::UnexpectedRedirect, message).with_status(response.status));
    }
    let document = document(response);
    let refused = !response.is_success() || document.as_ref().is_some_and(|document| document.text("error").is_some());
    if refused {
        return Err(refusal(response, document.as_ref(), now, secret));
    }
    let unreadable = |message: &'static str| Error::new(Code::UnreadableResponse, message).with_status(response.status);
    let document =
        document.ok_or_else(|| unreadable("the token endpoint's answer is neither JSON nor form-encoded"))?;
    token(&document, now).map_err(|error| error.with_status(response.status))
}

/// JSON first, whatever the content type says: servers label it `text/plain`, `text/javascript`,
/// XML or nothing. A form-encoded answer is read where it is labelled as one.
fn document(response: &Response) -> Option<Object> {
    if let Ok(document) = json::object(&response.body) {
        return Some(document);
    }
    let content_type = response.header("content-type")?.to_ascii_lowercase();
    if !content_type.starts_with("application/x-www-form-urlencoded") {
        return None;
    }
    let members = form_urlencoded::parse(&response.body)
        .map(|(name, value)| (name.into_owned(), Value::String(value.into_owned())));
    Object::new(members.collect())
}

fn refusal(response: &Response, document: Option<&Object>, now: Timestamp, secret: &Secret) -> Error {
    let text = |name: &str| document.and_then(|document| document.text(name));
    let said = |name: &str| text(name).map(|text| scrub(text, secret));
    let error = said("error");
    let code = match (response.status, error.as_deref()) {
        (429, _) => Code::RateLimited,
        // RFC 6749 section 5.2 keeps 401 for the client's credentials; Auth0 then says access_denied,
        // Spring says Unauthorized.
        (_, Some("invalid_client")) | (401, None | Some("access_denied" | "Unauthorized")) => Code::InvalidClient,
        (_, Some("server_error" | "temporarily_unavailable")) | (500.., _) => Code::ServerError,
        _ => Code::RequestRefused,
    };
    let description = said("error_description");
    let what = match code {
        Code::InvalidClient => "the authorization server refused the client's credentials",
        Code::RateLimited => "the authorization server asks for fewer requests",
        Code::ServerError => "the authorization server failed",
        _ => "the authorization server refused the token request",
    };
    let message = match (&error, &description) {
        (Some(error), Some(description)) => format!("{what}: {error}: {description}"),
        (Some(error), None) => format!("{what}: {error}"),
        (None, _) if matches!(response.status, 404 | 405) => {
            format!("{what} with status {} and no OAuth error: is this the token endpoint?", response.status)
        }
        (None, _) => format!("{what} (status {})", response.status),
    };
    let mut refusal = Error::new(code, message).with_status(response.status);
    refusal.oauth = error.map(|error| OAuthError { error, description, uri: said("error_uri") });
    if matches!(code, Code::RateLimited | Code::ServerError) {
        refusal.retry_after = retry_after::read(response, now);
    }
    refusal
}

const HIDDEN: &str = "[hidden]";

/// A server's text without our secret and without anything that looks like a token, in characters
/// that are safe to print. Servers have been seen to echo both.
///
/// Where the secret is there in another spelling (percent-encoded, or escaped for HTML or JSON), all
/// of the text goes: what is left around it could still tell a part.
fn scrub(text: &str, secret: &Secret) -> String {
    let text = text.replace(secret.expose(), HIDDEN);
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let other_readings =
        [decoded(&text), decoded(&text.replace('+', " ")), html_unescaped(&text), text.replace('\\', "")];
    if other_readings.iter().any(|reading| reading.contains(secret.expose())) {
        return HIDDEN.to_owned();
    }
    let words: Vec<&str> = text.split(' ').map(|word| if word.contains("eyJ") { HIDDEN } else { word }).collect();
    printable(&words.join(" "), MAX_TEXT)
}

fn html_unescaped(text: &str) -> String {
    let escapes = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&#x27;", "'"), ("&amp;", "&")];
    escapes.iter().fold(text.to_owned(), |text, (escape, character)| text.replace(escape, character))
}

fn token(document: &Object, now: Timestamp) -> Result<AccessToken, Error> {
    let unreadable = |message: &'static str| Error::new(Code::UnreadableResponse, message);
    let value = match document.get("access_token") {
        Some(Value::String(value)) if !value.is_empty() => value,
        Some(Value::String(_)) | None => return Err(unreadable("the token endpoint's answer has no access_token")),
        Some(_) => return Err(unreadable("the access_token in the token endpoint's answer is not a string")),
    };
    if !value.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(unreadable("the access_token holds characters that cannot be sent in a header"));
    }
    let token_type = token_type(document)?;
    let lifetime = lifetime(document, value, now);
    Ok(AccessToken {
        value: Secret::new(value.clone()),
        token_type,
        received_at: now,
        expires_at: now.plus_millis(millis(lifetime)),
        refresh_in_millis: seconds(document, "refresh_in")
            .filter(|hint| *hint > 0.0)
            .map(|hint| millis(hint.min(MAX_LIFETIME))),
        scope: scope(document),
    })
}

/// RFC 6749 section 5.1: compared without case. Servers that leave it out mean Bearer.
fn token_type(document: &Object) -> Result<TokenType, Error> {
    match document.get("token_type") {
        None | Some(Value::Null) => Ok(TokenType::Bearer),
        Some(Value::String(name)) if name.eq_ignore_ascii_case("bearer") => Ok(TokenType::Bearer),
        Some(_) => Err(Error::new(
            Code::UnsupportedTokenType,
            "the token endpoint's answer has a token_type other than Bearer",
        )),
    }
}

fn scope(document: &Object) -> Option<String> {
    match document.get("scope") {
        Some(Value::String(scope)) => Some(scope.clone()),
        Some(Value::Array(values)) => {
            values.iter().map(Value::as_str).collect::<Option<Vec<_>>>().map(|values| values.join(" "))
        }
        _ => None,
    }
}

/// Seconds the token lives, from 0 to 30 days.
///
/// `expires_in` where it is a number or writes one; a JWT's own `exp - iat` where that is less, both
/// by the server's clock; a JWT's `exp` by our clock when there is no `expires_in`; else 300.
fn lifetime(document: &Object, token: &str, now: Timestamp) -> f64 {
    let stated = seconds(document, "expires_in");
    let dates = jwt_dates(token);
    let own = dates.and_then(|(exp, iat)| iat.map(|iat| exp - iat)).filter(|own| *own > 0.0);
    let seconds = match (stated, own, dates) {
        (Some(stated), Some(own), _) => stated.min(own),
        (Some(stated), None, _) => stated,
        (None, _, Some((exp, _))) => exp - now.as_seconds(),
        (None, _, None) => DEFAULT_LIFETIME,
    };
    seconds.clamp(0.0, MAX_LIFETIME)
}

/// A member that is a number or writes one.
fn seconds(document: &Object, name: &str) -> Option<f64> {
    match document.get(name)? {
        Value::Number(number) => Some(*number),
        // As JSON writes numbers: that parser is there already, the one of `str::parse` weighs 16 KB.
        Value::String(text) => json::number(text),
        _ => None,
    }
}

/// `exp` and `iat` of a token that happens to be a JWT: a hint about its lifetime, nothing more.
fn jwt_dates(token: &str) -> Option<(f64, Option<f64>)> {
    let mut segments = token.split('.');
    let (_, payload) = (segments.next()?, segments.next()?);
    let claims = json::object(&base64url::decode(payload)?).ok()?;
    Some((claims.get("exp")?.as_f64()?, claims.get("iat").and_then(Value::as_f64)))
}

#[expect(clippy::cast_possible_truncation, reason = "lifetime() clamps to 30 days")]
fn millis(seconds: f64) -> i64 {
    (seconds * 1000.0) as i64
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
