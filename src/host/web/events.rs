//! Events, told to the caller's listener.

use js_sys::Array;
use wasm_bindgen::prelude::*;

use crate::host::events::{Event, Events, Member};
use crate::host::web::WebHost;

/// So many characters of a key name a cache entry: enough to tell entries apart.
const NAME_LENGTH: usize = 8;

#[wasm_bindgen(module = "/src/host/web/events.js")]
extern "C" {
    #[wasm_bindgen(reexport)]
    fn notify(listener: &JsValue, name: &str, key: &str, members: Array);
    /// Counts, where the clients of this isolate see it.
    #[wasm_bindgen(reexport)]
    fn changed();
}

impl Events for WebHost {
    fn emit(&self, key: &str, event: &Event) {
        if !self.on_event.is_function() {
            return;
        }
        let members = Array::new();
        event.members(&mut |name, member| {
            members.push(&name.into());
            members.push(&match member {
                Member::Text(text) => text.into(),
                Member::Number(number) => number.into(),
                Member::Flag(flag) => flag.into(),
            });
        });
        notify(&self.on_event, event.name(), key.get(..NAME_LENGTH).unwrap_or(key), members);
    }
    fn changed(&self) {
        changed();
    }
}
