//! A `WWW-Authenticate` field: it is read to its end, and each parameter has a scheme, a name and what the field holds.
#![no_main]

use gatepass::protocol::challenge::Params;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|field: &str| {
    let mut read = 0;
    for param in Params::of(field) {
        assert!(!param.scheme.is_empty() && !param.name.is_empty());
        assert!(param.value.len() <= field.len());
        read += 1;
        assert!(read <= field.len(), "each takes a part of the field");
    }
});
