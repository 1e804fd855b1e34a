//! Asking a server what a token is worth (RFC 7662), and telling it that a token has ended (RFC 7009).

use crate::protocol::client_auth::Authentication;
use crate::protocol::error::{Code, Error};
use crate::protocol::http::{Request, Response};
use crate::protocol::json::{Document, Value};
use crate::protocol::secret::Secret;
use crate::protocol::time::Timestamp;
use crate::protocol::token_response::refusal;
use crate::protocol::url::HttpUrl;

/// The request about a token, to either endpoint (RFC 7662 section 2.1, RFC 7009 section 2.1).
#[must_use]
pub fn request(endpoint: &HttpUrl, client: &Authentication, token: &Secret) -> Request {
    client.post(endpoint, ("token", token.expose()), &[("token_type_hint", "access_token")])
}

/// What a server says of a token: a JSON object with `active`.
#[derive(Clone)]
pub struct Introspection {
    /// The object.
    pub claims: Document,
    /// Whether the token is good.
    pub active: bool,
}

/// Reads the answer to an introspection request (RFC 7662 section 2.2). `hidden` is removed from what the
/// server says: the token, and the client's credential.
///
/// # Errors
/// What the server refused, or `unreadable_response`.
pub fn read(response: &Response, now: Timestamp, hidden: &[&Secret]) -> Result<Introspection, Error> {
    check(response, now, hidden)?;
    let unreadable = || {
        Error::new(Code::UnreadableResponse, "the introspection endpoint's answer is not a JSON object with active")
            .with_status(response.status)
    };
    let claims = response.json().map_err(|_| unreadable())?;
    let Some(Value::Bool(active)) = claims.root().get("active") else { return Err(unreadable()) };
    Ok(Introspection { claims, active })
}

/// Reads the answer to a revocation request: a token that the server does not know is no error (RFC
/// 7009 section 2.2).
///
/// # Errors
/// What the server refused.
pub fn check(response: &Response, now: Timestamp, hidden: &[&Secret]) -> Result<(), Error> {
    if response.is_redirect() {
        let message =
            "the server answered with a redirect, which is not followed: it would replay token and credential";
        return Err(Error::new(Code::UnexpectedRedirect, message).with_status(response.status));
    }
    if response.is_success() {
        return Ok(());
    }
    let document = response.json().ok();
    Err(refusal(response, document.as_ref().map(Document::root), now, hidden))
}
