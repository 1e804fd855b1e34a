//! HTTP messages as plain values.

use zeroize::Zeroizing;

use crate::protocol::json::{self, Document, NotAnObject};
use crate::protocol::url::HttpUrl;

/// The methods the protocol uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// GET, for metadata and key sets.
    Get,
    /// POST, for the endpoints that clients authenticate at.
    Post,
}

impl Method {
    /// The method as it is written in a request.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

/// A request to be sent. A POST body is form-encoded.
///
/// No `Debug`: it holds the client's credential.
#[derive(Clone)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// Where to.
    pub url: HttpUrl,
    /// Names in lower case; values wiped after use.
    pub headers: Vec<(&'static str, Zeroizing<String>)>,
    /// The body, wiped after use.
    pub body: Option<Zeroizing<String>>,
}

/// A response that was received whole.
///
/// No `Debug`: the body may hold a token.
#[derive(Clone)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Names in lower case, as the host's `Headers` gives them.
    pub headers: Vec<(String, String)>,
    /// The whole body, within the limit that the request was sent with.
    pub body: Vec<u8>,
}

impl Response {
    /// The value of a header, by its name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The body as a JSON object, whatever the content type says.
    ///
    /// # Errors
    /// As [`json::object`].
    pub fn json(&self) -> Result<Document, NotAnObject> {
        json::object(json::unmarked(&self.body))
    }

    /// Whether this is a redirect. A host that hides redirects (`redirect: "manual"` in a browser)
    /// shows status 0.
    #[must_use]
    pub const fn is_redirect(&self) -> bool {
        self.status == 0 || (self.status >= 300 && self.status < 400)
    }

    /// Whether the status is 2xx.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        self.status >= 200 && self.status < 300
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::Response;

    #[test]
    fn a_byte_order_mark_before_json_is_skipped_once() {
        let member = |body: &str| {
            let response = Response { status: 200, headers: vec![], body: body.as_bytes().to_vec() };
            response.json().ok().and_then(|document| document.root().text("a").map(str::to_owned))
        };
        assert_eq!(member("{\"a\":\"b\"}").as_deref(), Some("b"));
        assert_eq!(member("\u{feff}{\"a\":\"b\"}").as_deref(), Some("b"));
        assert_eq!(member("\u{feff}\u{feff}{\"a\":\"b\"}"), None);
    }
}
