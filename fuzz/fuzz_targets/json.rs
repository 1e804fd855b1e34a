//! Bytes in place of JSON: read or refused, and what is read is found again.
#![no_main]

use gatepass::protocol::{base64url, json};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(object) = json::object(bytes) {
        for (name, value) in object.members() {
            assert_eq!(object.get(name), Some(value));
        }
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = json::number(text);
        if let Some(decoded) = base64url::decode(text) {
            assert_eq!(base64url::encode(&decoded), text, "there is one way to write bytes");
        }
    }
});
