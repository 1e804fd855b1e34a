//! Waiting for JavaScript promises without leaving anything behind.
//!
//! When workerd cancels a request, none of its continuations ever runs: a task parked on a
//! `JsFuture` would stay in wasm memory for ever, with two closures. Here JavaScript is handed a
//! number instead of a closure, and one immortal callback settles the slot of that number. A future
//! that is dropped frees its slot; a callback that comes too late finds nothing and does nothing.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;

use crate::host::web::task::Body;

#[wasm_bindgen(module = "/src/host/web/slots.js")]
extern "C" {
    /// A promise, whose functions are handed to what begins a task, or to the one that is being attempted.
    pub fn promised(run: &mut dyn FnMut(Function, Function), is_attempted: bool) -> Promise;
    /// Runs a task that may have nothing to wait for.
    pub fn attempted(run: &mut dyn FnMut());
    fn watch(promise: &Promise, settle: &JsValue, place: u32, generation: u32);
    #[wasm_bindgen(js_name = settleAfter)]
    fn settle_after(millis: u32, settle: &JsValue, place: u32, generation: u32);
}

type Outcome = Result<JsValue, JsValue>;

enum Content {
    Free,
    /// The body that waits for it.
    Waiting(Option<Rc<Body>>),
    Settled(Outcome),
}

struct Slot {
    generation: u32,
    content: Content,
}

#[derive(Default)]
struct Slots {
    slots: Vec<Slot>,
    free: Vec<u32>,
}

thread_local! {
    static SLOTS: RefCell<Slots> = RefCell::default();
    static SETTLE: JsValue = Closure::<dyn Fn(u32, u32, bool, JsValue)>::new(settle).into_js_value();
}

/// Called by JavaScript, in the request that made the promise.
fn settle(place: u32, generation: u32, ok: bool, value: JsValue) {
    let outcome = if ok { Ok(value) } else { Err(value) };
    let body = SLOTS.with_borrow_mut(|slots| {
        let slot = slots.of(place, generation)?;
        match std::mem::replace(&mut slot.content, Content::Settled(outcome)) {
            Content::Waiting(body) => body,
            // Free slots have another generation; a promise settles once.
            Content::Free | Content::Settled(_) => None,
        }
    });
    if let Some(body) = body {
        body.poll();
    }
}

/// The outcome of a promise, as a future that can be dropped at any time.
pub struct Settled {
    place: u32,
    generation: u32,
}

impl Settled {
    /// Waits for a promise.
    pub fn of(promise: &Promise) -> Self {
        let this = SLOTS.with_borrow_mut(Slots::reserve);
        SETTLE.with(|settle| watch(promise, settle, this.place, this.generation));
        this
    }

    /// Waits some milliseconds, on a timer of the request that runs now. The timer is never cleared:
    /// whoever drops this may be another request, which must not touch it.
    pub fn after_millis(millis: u32) -> Self {
        let this = SLOTS.with_borrow_mut(Slots::reserve);
        SETTLE.with(|settle| settle_after(millis, settle, this.place, this.generation));
        this
    }
}

impl Slots {
    fn reserve(&mut self) -> Settled {
        let place = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot { generation: 0, content: Content::Free });
            u32::try_from(self.slots.len().saturating_sub(1)).unwrap_or(u32::MAX)
        });
        let generation = self.slots.get_mut(place as usize).map_or(0, |slot| {
            slot.content = Content::Waiting(None);
            slot.generation
        });
        Settled { place, generation }
    }

    fn of(&mut self, place: u32, generation: u32) -> Option<&mut Slot> {
        self.slots.get_mut(place as usize).filter(|slot| slot.generation == generation)
    }
}

impl Future for Settled {
    type Output = Outcome;

    fn poll(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<Outcome> {
        let body = Body::current();
        SLOTS.with_borrow_mut(|slots| match slots.of(self.place, self.generation).map(|slot| &mut slot.content) {
            Some(Content::Settled(outcome)) => Poll::Ready(outcome.clone()),
            Some(waiting) => {
                *waiting = Content::Waiting(body);
                Poll::Pending
            }
            None => Poll::Pending,
        })
    }
}

impl Drop for Settled {
    fn drop(&mut self) {
        let content = SLOTS.with_borrow_mut(|slots| {
            let slot = slots.of(self.place, self.generation)?;
            slot.generation = slot.generation.wrapping_add(1);
            let content = std::mem::replace(&mut slot.content, Content::Free);
            slots.free.push(self.place);
            Some(content)
        });
        // Outside of the borrow: it may own a whole body.
        drop(content);
    }
}
