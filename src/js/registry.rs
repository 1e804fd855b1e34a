//! Checked options behind a number.

use std::rc::Rc;

use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/src/js/handles.js")]
extern "C" {
    /// A number that no other client or verifier has, whichever instance of the wasm it was opened in.
    #[wasm_bindgen(js_name = nextHandle)]
    fn next_handle() -> u32;
}

/// How many clients, or verifiers, are kept ready.
const CAPACITY: usize = 1024;

/// Bounded: building a client per request is fine, and on hosts without `FinalizationRegistry`
/// nothing else would ever free one. A handle's place is fixed; whoever comes 1024 handles later
/// takes it.
pub struct Registry<T> {
    places: Vec<Option<(u32, Rc<T>)>>,
}

impl<T> Default for Registry<T> {
    fn default() -> Self {
        Self { places: Vec::new() }
    }
}

impl<T> Registry<T> {
    /// Keeps a value under a new handle.
    pub fn add(&mut self, value: T) -> u32 {
        let handle = next_handle();
        self.put(handle, value);
        handle
    }

    /// The value of a handle, if it is still kept.
    pub fn get(&self, handle: u32) -> Option<Rc<T>> {
        match self.places.get(place(handle)) {
            Some(Some((owner, value))) if *owner == handle => Some(Rc::clone(value)),
            _ => None,
        }
    }

    /// Keeps a value under a handle that was given out before.
    pub fn put(&mut self, handle: u32, value: T) -> Rc<T> {
        let value = Rc::new(value);
        let place = place(handle);
        if self.places.len() <= place {
            self.places.resize_with(place.saturating_add(1), || None);
        }
        if let Some(entry) = self.places.get_mut(place) {
            *entry = Some((handle, Rc::clone(&value)));
        }
        value
    }
}

const fn place(handle: u32) -> usize {
    handle as usize % CAPACITY
}
