//! Events, told to the caller's listener.

use js_sys::Array;
use wasm_bindgen::prelude::*;

use crate::host::events::{Event, Events, Field};
use crate::host::web::WebHost;

/// So many characters of a key name a cache entry: enough to tell entries apart.
const NAME_LENGTH: usize = 8;

#[wasm_bindgen(module = "/src/host/web/events.js")]
extern "C" {
    fn notify(listener: &JsValue, name: &str, key: &str, fields: Array);
}

impl Events for WebHost {
    fn emit(&self, key: &str, event: &Event) {
        if !self.on_event.is_function() {
            return;
        }
        let fields = Array::new();
        for (name, field) in event.fields() {
            fields.push(&name.into());
            fields.push(&match field {
                Field::Text(text) => text.into(),
                Field::Number(number) => number.into(),
                Field::Flag(flag) => flag.into(),
            });
        }
        notify(&self.on_event, event.name(), key.get(..NAME_LENGTH).unwrap_or(key), fields);
    }
}
