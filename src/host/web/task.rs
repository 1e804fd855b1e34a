//! Running a future as a JavaScript promise, within a lifetime.
//!
//! A request that workerd cancels never polls its task again, so nothing in it would ever be
//! dropped. Each task therefore has a lifetime; every new task first drops the bodies of those that
//! have outlived theirs, which frees what they hold without calling into JavaScript on behalf of a
//! request that is gone.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;

use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

use crate::host::clock::Clock;
use crate::host::web::WebHost;
use crate::protocol::time::Timestamp;

type Body = RefCell<Option<Pin<Box<dyn Future<Output = ()>>>>>;

/// What is running, each at a place of its own.
struct Tasks {
    places: Vec<Option<(Timestamp, Rc<Body>)>>,
    free: Vec<usize>,
    /// Before this time no lifetime ends, or the last look was less than a second ago.
    next_look: Timestamp,
}

thread_local! {
    static TASKS: RefCell<Tasks> =
        const { RefCell::new(Tasks { places: Vec::new(), free: Vec::new(), next_look: Timestamp::from_millis(i64::MAX) }) };
}

impl Tasks {
    fn add(&mut self, deadline: Timestamp, body: Rc<Body>) -> usize {
        self.next_look = self.next_look.min(deadline);
        let task = Some((deadline, body));
        let place = self.free.pop().unwrap_or(self.places.len());
        match self.places.get_mut(place) {
            Some(free) => *free = task,
            None => self.places.push(task),
        }
        place
    }

    fn remove(&mut self, place: usize) -> Option<Rc<Body>> {
        let (_, body) = self.places.get_mut(place)?.take()?;
        self.free.push(place);
        Some(body)
    }

    /// Takes out the bodies that have outlived their lifetimes.
    fn overdue(&mut self, now: Timestamp) -> Vec<Rc<Body>> {
        if now < self.next_look {
            return Vec::new();
        }
        let ended = |task: &Option<(Timestamp, Rc<Body>)>| task.as_ref().is_some_and(|(deadline, _)| *deadline <= now);
        let places: Vec<usize> =
            self.places.iter().enumerate().filter(|(_, task)| ended(task)).map(|(place, _)| place).collect();
        let bodies = places.into_iter().filter_map(|place| self.remove(place)).collect();
        let next = self.places.iter().flatten().map(|(deadline, _)| *deadline).min();
        self.next_look = next.unwrap_or(Timestamp::from_millis(i64::MAX)).max(now.plus_millis(1000));
        bodies
    }
}

/// Runs a future and resolves or rejects with its outcome. After `lifetime_millis` by the host's
/// clock it may be dropped unfinished.
pub fn promise(
    host: &WebHost,
    lifetime_millis: i64,
    future: impl Future<Output = Result<JsValue, JsValue>> + 'static,
) -> Promise {
    let now = host.now();
    reap(now);
    let mut future = Some(future);
    Promise::new(&mut |resolve: Function, reject: Function| {
        if let Some(future) = future.take() {
            let work = async move {
                let (settle, value) = match future.await {
                    Ok(value) => (resolve, value),
                    Err(reason) => (reject, reason),
                };
                // These functions do not throw.
                let _ = settle.call1(&JsValue::UNDEFINED, &value);
            };
            start(work, now.plus_millis(lifetime_millis));
        }
    })
}

fn start(work: impl Future<Output = ()> + 'static, deadline: Timestamp) {
    let body: Rc<Body> = Rc::new(RefCell::new(Some(Box::pin(work))));
    let place = TASKS.with_borrow_mut(|tasks| tasks.add(deadline, Rc::clone(&body)));
    spawn_local(poll_fn(move |context| {
        let mut now_body = body.borrow_mut();
        let Some(work) = now_body.as_mut() else { return Poll::Ready(()) };
        let state = work.as_mut().poll(context);
        if state.is_ready() {
            *now_body = None;
            TASKS.with_borrow_mut(|tasks| tasks.remove(place));
        }
        state
    }));
}

/// Drops what has outlived its lifetime.
fn reap(now: Timestamp) {
    for body in TASKS.with_borrow_mut(|tasks| tasks.overdue(now)) {
        // A body that is being polled right now is alive.
        let dead = body.try_borrow_mut().ok().and_then(|mut body| body.take());
        drop(dead);
    }
}
