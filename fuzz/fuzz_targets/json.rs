//! Bytes in place of JSON: read or refused, and what is read is found again.
#![no_main]

use gatepass::protocol::{base64url, json};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(document) = json::object(bytes) {
        assert_eq!(document.source().as_bytes(), bytes);
        for (name, value) in document.root().members() {
            assert_eq!(document.root().get(name), Some(value));
        }
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = json::number(text);
        if let Some(decoded) = base64url::decode(text) {
            assert_eq!(base64url::encode(&decoded), text, "there is one way to write bytes");
        }
    }
});
