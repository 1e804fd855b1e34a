//! Bytes in place of an issuer's metadata, and a text in place of an issuer: no endpoint that is not https comes out.
#![no_main]

use gatepass::protocol::http::Response;
use gatepass::protocol::metadata::{self, Issuer};
use gatepass::protocol::url::Transport;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, u16, &[u8])| {
    let (text, status, body) = input;
    if let Ok(issuer) = Issuer::parse(text, Transport::Secure) {
        assert!(issuer.metadata_requests(Transport::Secure).len() <= 2);
    }
    let issuer = Issuer::parse("https://as.example", Transport::Secure).expect("this is an issuer");
    let response = Response { status, headers: Vec::new(), body: body.to_vec() };
    if let Ok(metadata) = metadata::read(&response, &issuer, Transport::Secure) {
        for url in [metadata.token_endpoint, metadata.jwks_uri].into_iter().flatten() {
            assert!(url.as_str().starts_with("https://") || url.as_str().starts_with("http://"), "{}", url.as_str());
        }
    }
});
