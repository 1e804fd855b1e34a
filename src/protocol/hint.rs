//! The likely reason for a refusal, and what to do about it: for those that people meet again and again.

use crate::protocol::error::Code;
use crate::protocol::http::Response;
use crate::protocol::retry_after::unix_seconds;
use crate::protocol::time::Timestamp;

/// How far the server's clock and ours may be apart before that is worth a word, in milliseconds.
const CLOCKS_APART_MILLIS: i64 = 30_000;

/// What to do about a refusal, by what the server says.
#[must_use]
pub fn for_refusal(
    response: &Response,
    code: Code,
    error: Option<&str>,
    description: Option<&str>,
    now: Timestamp,
) -> Option<&'static str> {
    let said = format!("{} {}", error.unwrap_or_default(), description.unwrap_or_default()).to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| said.contains(word));
    if matches!(code, Code::ServerError | Code::RateLimited) {
        return None;
    }
    if says(&["iat", "nbf", "exp", "future", "clock", "jti", "assertion", "proof"])
        && let Some(hint) = clocks(response, now)
    {
        return Some(hint);
    }
    if says(&["multiple", "more than one", "only one", "one mechanism", "two "])
        && says(&["auth", "credential", "secret"])
    {
        return Some(
            "the server got credentials in two places: does something (a proxy, options.fetch) add an Authorization header?",
        );
    }
    if says(&["unauthorized_client", "unsupported_grant_type", "grant type", "grant_type"]) {
        return Some("allow the client credentials grant for this client at the server, and for this API");
    }
    if code == Code::InvalidClient {
        return Some(
            "check clientId and the credential; the server may also want another options.authMethod, such as client_secret_basic",
        );
    }
    if says(&["audience", "invalid_target", "resource", "service not "]) {
        return Some(
            "check audience (or resource): it must be, to the letter, the identifier of an API that the server knows",
        );
    }
    if says(&["invalid_scope"]) {
        return Some("ask for scopes that the server grants to this client");
    }
    None
}

/// The server's clock by its `Date` header, beside ours.
fn clocks(response: &Response, now: Timestamp) -> Option<&'static str> {
    let server = Timestamp::from_millis(unix_seconds(response.header("date")?.trim())?.saturating_mul(1000));
    if now.millis_since(server) > CLOCKS_APART_MILLIS {
        return Some("this machine's clock is ahead of the server's: set it");
    }
    (server.millis_since(now) > CLOCKS_APART_MILLIS).then_some("this machine's clock is behind the server's: set it")
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::for_refusal;
    use crate::protocol::error::Code;
    use crate::protocol::http::Response;
    use crate::protocol::time::Timestamp;

    /// Wed, 21 Oct 2015 07:28:00 GMT.
    const NOW: i64 = 1_445_412_480;

    fn hint(code: Code, error: &str, description: &str, clock_ahead: i64) -> &'static str {
        let headers = vec![("date".to_owned(), "Wed, 21 Oct 2015 07:28:00 GMT".to_owned())];
        let response = Response { status: 400, headers, body: vec![] };
        let now = Timestamp::from_millis((NOW + clock_ahead) * 1000);
        for_refusal(&response, code, Some(error), Some(description), now).unwrap_or("")
    }

    #[test]
    fn frequent_refusals_come_with_what_to_do() {
        let refused = Code::RequestRefused;
        for (code, error, description, ahead, told) in [
            (refused, "access_denied", "Service not found: https://api.example", 0, "audience"),
            (refused, "invalid_target", "", 0, "audience"),
            (
                refused,
                "unauthorized_client",
                "Grant type 'client_credentials' not allowed",
                0,
                "client credentials grant",
            ),
            (refused, "invalid_request", "multiple client authentication methods", 0, "two places"),
            // oidc-provider.
            (
                refused,
                "invalid_request",
                "client authentication must only be provided using one mechanism",
                0,
                "two places",
            ),
            (refused, "access_denied", "Service not enabled within domain: https://api.example", 0, "audience"),
            (Code::InvalidClient, "invalid_client", "", 0, "authMethod"),
            (Code::InvalidClient, "invalid_client", "assertion issued in the future", 60, "ahead"),
            (Code::InvalidClient, "invalid_client", "assertion has expired", -60, "behind"),
            (Code::InvalidClient, "invalid_client", "assertion has expired", 29, "authMethod"),
            (refused, "invalid_scope", "", 0, "scopes"),
        ] {
            assert!(hint(code, error, description, ahead).contains(told), "{error}: {description}");
        }
        assert_eq!(hint(Code::ServerError, "server_error", "audience", 0), "");
        assert_eq!(hint(refused, "access_denied", "no", 0), "");
    }
}
