//! The token endpoint's answer (RFC 6749 section 5), as servers really write it.

use crate::protocol::access_token::{AccessToken, TokenType};
use crate::protocol::base64url;
use crate::protocol::error::{Code, Error, OAuthError};
use crate::protocol::hint;
use crate::protocol::http::Response;
use crate::protocol::json::{self, Document, Object, Value};
use crate::protocol::retry_after;
use crate::protocol::scrub::scrub;
use crate::protocol::secret::Secret;
use crate::protocol::time::Timestamp;

/// The most bytes of an answer that are read.
pub const MAX_RESPONSE_BYTES: usize = 256 * 1024;
/// The largest access token, in bytes: no header of an HTTP request holds a larger one. A thousand of
/// them are kept, and there must be room for all.
pub const MAX_TOKEN_BYTES: usize = 64 * 1024;
/// The longest lifetime that is believed, in seconds: 30 days. A server that counts milliseconds
/// must not make a token live for years.
const MAX_LIFETIME: f64 = 30.0 * 86_400.0;

/// What is known of a token request when its answer is read.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// When it was sent.
    pub at: Timestamp,
    /// What is removed from everything the server says: the client's credential.
    pub hidden: &'a [&'a Secret],
    /// The types of tokens that will do.
    pub types: &'a [TokenType],
    /// How long a token lives of which nothing says so, in seconds.
    pub lifetime: f64,
}

/// What a server has granted.
pub struct Granted {
    /// The token.
    pub token: AccessToken,
    /// The ID token that came along.
    pub id_token: Option<Secret>,
    /// Whether the answer does not name the token's type, which RFC 6749 section 5.1 demands.
    pub is_untyped: bool,
}

/// Reads the answer to a token request.
///
/// # Errors
/// `invalid_client`, `request_refused`, `rate_limited`, `server_error`, `unexpected_redirect`,
/// `unreadable_response` or `unsupported_token_type`.
pub fn read(response: &Response, asked: Asked<'_>) -> Result<Granted, Error> {
    if response.is_redirect() {
        let message = "the token endpoint answered with a redirect, which is not followed: it would replay the secret";
        return Err(Error::new(Code::UnexpectedRedirect, message).with_status(response.status));
    }
    let document = document(response);
    // Some write an empty one where there is none.
    let says_error = |document: &Document| document.root().text("error").is_some_and(|error| !error.is_empty());
    let refused = !response.is_success() || document.as_ref().is_some_and(says_error);
    if refused {
        return Err(refusal(response, document.as_ref().map(Document::root), asked.at, asked.hidden));
    }
    let unreadable = |message: &'static str| Error::new(Code::UnreadableResponse, message).with_status(response.status);
    let document =
        document.ok_or_else(|| unreadable("the token endpoint's answer is neither JSON nor form-encoded"))?;
    granted(document.root(), asked).map_err(|error| error.with_status(response.status))
}

/// Whether the server asks for a proof with its nonce (RFC 9449 section 8).
#[must_use]
pub fn wants_dpop_nonce(response: &Response) -> bool {
    matches!(response.status, 400 | 401)
        && response.header("dpop-nonce").is_some()
        && document(response).is_some_and(|document| document.root().text("error") == Some("use_dpop_nonce"))
}

/// JSON first, whatever the content type says: servers label it `text/plain`, `text/javascript`,
/// XML or nothing. A form-encoded answer is read where it is labelled as one.
fn document(response: &Response) -> Option<Document> {
    if let Ok(document) = response.json() {
        return Some(document);
    }
    let content_type = response.header("content-type")?.to_ascii_lowercase();
    if !content_type.starts_with("application/x-www-form-urlencoded") {
        return None;
    }
    let mut text = String::from("{");
    for (name, value) in form_urlencoded::parse(&response.body) {
        if text.len() > 1 {
            text.push(',');
        }
        text.push_str(&json::quoted(&name));
        text.push(':');
        text.push_str(&json::quoted(&value));
    }
    text.push('}');
    json::object(text).ok()
}

/// The error for an answer that refuses (RFC 6749 section 5.2).
#[must_use]
pub fn refusal(response: &Response, document: Option<Object<'_>>, now: Timestamp, hidden: &[&Secret]) -> Error {
    let text = |name: &str| document.and_then(|document| document.text(name));
    let said = |name: &str| text(name).map(|text| scrub(text, hidden));
    let said_error = text("error").unwrap_or_default();
    let error = (!said_error.is_empty()).then(|| scrub(said_error, hidden));
    // As the server wrote it: a secret may be a part of the word.
    let code = match (response.status, said_error) {
        (429, _) => Code::RateLimited,
        // RFC 6749 section 5.2 keeps 401 for the client's credentials; Auth0 then says access_denied,
        // Spring says Unauthorized.
        (_, "invalid_client") | (401, "" | "access_denied" | "Unauthorized") => Code::InvalidClient,
        (_, "server_error" | "temporarily_unavailable") | (500.., _) => Code::ServerError,
        _ => Code::RequestRefused,
    };
    let description = said("error_description");
    let what = match code {
        Code::InvalidClient => "the authorization server refused the client's credentials",
        Code::RateLimited => "the authorization server asks for fewer requests",
        Code::ServerError => "the authorization server failed",
        _ => "the authorization server refused the request",
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
    refusal.hint = hint::for_refusal(response, code, error.as_deref(), description.as_deref(), now);
    refusal.oauth = error.map(|error| OAuthError { error, description, uri: said("error_uri") });
    // Headers about quotas come with any answer.
    if matches!(code, Code::RateLimited | Code::ServerError) || response.header("retry-after").is_some() {
        refusal.retry_after = retry_after::read(response, now);
    }
    refusal
}

fn granted(document: Object<'_>, asked: Asked<'_>) -> Result<Granted, Error> {
    let unreadable = |message: &'static str| Error::new(Code::UnreadableResponse, message);
    let value = match document.get("access_token") {
        Some(Value::String(value)) if !value.is_empty() => value,
        Some(Value::String(_)) | None => return Err(unreadable("the token endpoint's answer has no access_token")),
        Some(_) => return Err(unreadable("the access_token in the token endpoint's answer is not a string")),
    };
    if value.len() > MAX_TOKEN_BYTES {
        return Err(unreadable("the access_token is too long for a header"));
    }
    if !value.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(unreadable("the access_token holds characters that cannot be sent in a header"));
    }
    let named = token_type(document)?;
    let token_type = named.unwrap_or(TokenType::Bearer);
    if !asked.types.contains(&token_type) {
        return Err(Error::new(
            Code::UnsupportedTokenType,
            match token_type {
                TokenType::Bearer => "the server answered a request with a DPoP proof with a Bearer token",
                TokenType::Dpop => "the server answered a request without a DPoP proof with a DPoP token",
            },
        ));
    }
    let lifetime = lifetime(document, value, asked);
    let token = AccessToken {
        value: Secret::new(value.to_owned()),
        token_type,
        received_at: asked.at,
        expires_at: asked.at.plus_millis(millis(lifetime)),
        refresh_in_millis: seconds(document, "refresh_in")
            .filter(|hint| *hint > 0.0)
            .map(|hint| millis(hint.min(MAX_LIFETIME))),
        scope: scope(document),
    };
    let id_token = document.text("id_token").map(|text| Secret::new(text.to_owned()));
    Ok(Granted { token, id_token, is_untyped: named.is_none() })
}

/// RFC 6749 section 5.1: compared without case. Servers that leave it out mean Bearer.
fn token_type(document: Object<'_>) -> Result<Option<TokenType>, Error> {
    let known = match document.get("token_type") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(name)) => TokenType::from_name(name),
        Some(_) => None,
    };
    known.map(Some).ok_or_else(|| {
        Error::new(Code::UnsupportedTokenType, "the token endpoint's answer has a token_type that is not supported")
    })
}

fn scope(document: Object<'_>) -> Option<String> {
    match document.get("scope") {
        Some(Value::String(scope)) => Some(scope.to_owned()),
        Some(Value::Array(values)) => {
            values.iter().map(Value::as_str).collect::<Option<Vec<_>>>().map(|values| values.join(" "))
        }
        _ => None,
    }
}

/// Seconds the token lives, from 0 to 30 days.
///
/// `expires_in` where it is a number or writes one; a JWT's own `exp - iat` where that is less, both
/// by the server's clock; a JWT's `exp` by our clock when there is no `expires_in`; else what the server's profile
/// says, which is 300 where nothing is known.
fn lifetime(document: Object<'_>, token: &str, asked: Asked<'_>) -> f64 {
    let stated = seconds(document, "expires_in");
    let dates = jwt_dates(token);
    let own = dates.and_then(|(exp, iat)| iat.map(|iat| exp - iat)).filter(|own| *own > 0.0);
    let seconds = match (stated, own, dates) {
        (Some(stated), Some(own), _) => stated.min(own),
        (Some(stated), None, _) => stated,
        (None, _, Some((exp, _))) => exp - asked.at.as_seconds(),
        (None, _, None) => asked.lifetime,
    };
    seconds.clamp(0.0, MAX_LIFETIME)
}

/// A member that is a number or writes one.
fn seconds(document: Object<'_>, name: &str) -> Option<f64> {
    match document.get(name)? {
        Value::Number(number) => Some(number),
        // As JSON writes numbers: that parser is there already, the one of `str::parse` weighs 16 KB.
        Value::String(text) => json::number(text),
        _ => None,
    }
}

/// `exp` and `iat` of a token that happens to be a JWT: a hint about its lifetime, nothing more.
fn jwt_dates(token: &str) -> Option<(f64, Option<f64>)> {
    let mut segments = token.split('.');
    let (_, payload) = (segments.next()?, segments.next()?);
    let claims = json::object(base64url::decode(payload)?).ok()?;
    Some((claims.root().number("exp")?, claims.root().number("iat")))
}

#[expect(clippy::cast_possible_truncation, reason = "lifetime() clamps to 30 days")]
fn millis(seconds: f64) -> i64 {
    (seconds * 1000.0) as i64
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
