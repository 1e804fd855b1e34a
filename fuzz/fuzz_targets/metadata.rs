//! Bytes in place of an issuer's metadata, and a text in place of an issuer: no endpoint comes out that is
//! neither https nor on this machine.
#![no_main]

use gatepass::protocol::http::Response;
use gatepass::protocol::metadata::{self, Endpoints, Issuer};
use gatepass::protocol::time::Timestamp;
use gatepass::protocol::url::Transport;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, u16, &[u8])| {
    let (text, status, body) = input;
    if let Ok(issuer) = Issuer::parse(text, Transport::Secure) {
        assert!(issuer.metadata_requests(Transport::Secure).len() <= 2);
    }
    let issuer = Issuer::parse("https://as.example", Transport::Secure).expect("this is an issuer");
    let response = Response { status, headers: Vec::new(), body: body.to_vec() };
    if let Ok(metadata) = metadata::read(&response, &issuer, Transport::Secure, Timestamp::from_millis(0)) {
        for Endpoints { token, keys, introspection, revocation } in [metadata.endpoints, metadata.mtls_endpoints] {
            for url in [token, keys, introspection, revocation].into_iter().flatten() {
                // A scheme may be written in any case (RFC 3986 section 3.1).
                let url = url.as_str().to_ascii_lowercase();
                let is_loopback =
                    ["http://localhost", "http://127.", "http://[::1]"].iter().any(|start| url.starts_with(start));
                assert!(url.starts_with("https://") || is_loopback, "{url}");
            }
        }
    }
});
