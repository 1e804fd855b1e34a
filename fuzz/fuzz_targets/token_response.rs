//! An answer of a token endpoint: a token that ends at some time, or an error without the secret.
#![no_main]

use gatepass::protocol::access_token::TokenType;
use gatepass::protocol::http::Response;
use gatepass::protocol::secret::Secret;
use gatepass::protocol::time::Timestamp;
use gatepass::protocol::token_response::{self, Asked};
use libfuzzer_sys::fuzz_target;

const SECRET: &str = "canary-of-the-client";
/// No token is believed to live for longer than thirty days.
const LONGEST_MILLIS: i64 = 30 * 24 * 3_600_000;

fuzz_target!(|input: (u16, &str, &str, &[u8])| {
    let (status, name, value, body) = input;
    let headers = vec![(name.to_ascii_lowercase(), value.to_owned()), ("content-type".to_owned(), value.to_owned())];
    let mut body = body.to_vec();
    // Now and then a server repeats the secret.
    if status % 3 == 0 {
        body.splice(body.len() / 2..body.len() / 2, SECRET.bytes());
    }
    let now = Timestamp::from_millis(1_700_000_000_000);
    let secret = Secret::new(SECRET.to_owned());
    let asked = Asked { at: now, hidden: &[&secret], types: &[TokenType::Bearer, TokenType::Dpop], lifetime: 300.0 };
    match token_response::read(&Response { status, headers, body }, asked) {
        Ok(granted) => assert!(granted.token.expires_at.millis_since(now) <= LONGEST_MILLIS, "a token that never ends"),
        Err(error) => assert!(!format!("{error:?}").contains(SECRET), "an error shows the secret"),
    }
});
