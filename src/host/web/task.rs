//! Running a future as a JavaScript promise, within a lifetime.
//!
//! There is no executor and there are no wakers: a body is polled when it is made, and then whenever
//! JavaScript settles a slot that it waits for (`slots.rs`). So every step of a body is taken in the
//! request and in the async context of its own caller.
//!
//! A request that workerd cancels settles nothing any more, so nothing in its body would ever be
//! dropped. Each task therefore has a lifetime; every new task first drops the bodies of those that
//! have outlived theirs, which frees what they hold without calling into JavaScript on behalf of a
//! request that is gone.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;

use crate::host::clock::Clock;
use crate::host::web::WebHost;
use crate::host::web::slots::{attempted, promised};
use crate::protocol::time::Timestamp;

type Work = Pin<Box<dyn Future<Output = ()>>>;

/// The body of a task.
pub struct Body {
    work: RefCell<Option<Work>>,
    place: Cell<usize>,
}

thread_local! {
    static CURRENT: RefCell<Option<Rc<Body>>> = const { RefCell::new(None) };
}

impl Body {
    /// The one that is being polled.
    pub fn current() -> Option<Rc<Self>> {
        CURRENT.with_borrow(Clone::clone)
    }

    /// Takes its next steps.
    pub fn poll(self: &Rc<Self>) {
        // Whoever polls it now sees by itself what has been settled meanwhile.
        let Ok(mut work) = self.work.try_borrow_mut() else { return };
        let Some(future) = work.as_mut() else { return };
        let outer = CURRENT.replace(Some(Rc::clone(self)));
        let state = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        CURRENT.set(outer);
        if state.is_ready() {
            *work = None;
            TASKS.with_borrow_mut(|tasks| tasks.remove(self.place.get()));
        }
    }
}

struct Running {
    deadline: Timestamp,
    lifetime_millis: i64,
    /// Whether the deadline has already been put off once.
    overdue: bool,
    body: Rc<Body>,
}

/// What is running, each at a place of its own.
struct Tasks {
    places: Vec<Option<Running>>,
    free: Vec<usize>,
    /// Before this time no lifetime ends, or the last look was less than a second ago.
    next_look: Timestamp,
}

thread_local! {
    static TASKS: RefCell<Tasks> =
        const { RefCell::new(Tasks { places: Vec::new(), free: Vec::new(), next_look: Timestamp::from_millis(i64::MAX) }) };
}

impl Tasks {
    fn add(&mut self, now: Timestamp, lifetime_millis: i64, body: Rc<Body>) -> usize {
        let deadline = now.plus_millis(lifetime_millis);
        self.next_look = self.next_look.min(deadline);
        let task = Some(Running { deadline, lifetime_millis, overdue: false, body });
        let place = self.free.pop().unwrap_or(self.places.len());
        match self.places.get_mut(place) {
            Some(free) => *free = task,
            None => self.places.push(task),
        }
        place
    }

    fn remove(&mut self, place: usize) -> Option<Rc<Body>> {
        let Running { body, .. } = self.places.get_mut(place)?.take()?;
        self.free.push(place);
        Some(body)
    }

    /// Takes out the bodies that have outlived their lifetimes.
    fn overdue(&mut self, now: Timestamp) -> Vec<Rc<Body>> {
        if now < self.next_look {
            return Vec::new();
        }
        let mut places = Vec::new();
        for (place, task) in self.places.iter_mut().enumerate() {
            // A body that is being polled right now is alive, and its place is its own until it ends.
            let ended = |task: &&mut Running| task.deadline <= now && task.body.work.try_borrow_mut().is_ok();
            let Some(task) = task.as_mut().filter(ended) else { continue };
            if task.overdue {
                places.push(place);
            } else {
                // The clock may have been set, or the machine have slept: a caller who is still there
                // gets as much time again, in which its own timer ends the wait.
                task.overdue = true;
                task.deadline = now.plus_millis(task.lifetime_millis);
            }
        }
        let bodies = places.into_iter().filter_map(|place| self.remove(place)).collect();
        let next = self.places.iter().flatten().map(|task| task.deadline).min();
        self.next_look = next.unwrap_or(Timestamp::from_millis(i64::MAX)).max(now.plus_millis(1000));
        bodies
    }
}

/// What a promise of ours brings.
pub type Outcome = Pin<Box<dyn Future<Output = Result<JsValue, JsValue>>>>;

/// Runs a future and resolves or rejects with its outcome. After `lifetime_millis` by the host's
/// clock it may be dropped unfinished.
pub fn promise(host: &WebHost, lifetime_millis: i64, outcome: Outcome) -> Promise {
    promise_of(host, lifetime_millis, outcome, false)
}

fn promise_of(host: &WebHost, lifetime_millis: i64, outcome: Outcome, is_attempted: bool) -> Promise {
    let now = host.now();
    reap(now);
    let mut outcome = Some(outcome);
    promised(
        &mut |resolve, reject| {
            if let Some(outcome) = outcome.take() {
                begin(now, lifetime_millis, outcome, resolve, reject);
            }
        },
        is_attempted,
    )
}

/// The outcome of a future that has nothing to wait for, else a promise of it.
///
/// # Errors
/// What the future fails with at once.
pub fn outcome(host: &WebHost, lifetime_millis: i64, future: Outcome) -> Result<JsValue, JsValue> {
    let mut future = Some(future);
    let mut outcome = Ok(JsValue::UNDEFINED);
    attempted(&mut || {
        let Some(mut future) = future.take() else { return };
        outcome = match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(outcome) => outcome,
            Poll::Pending => Ok(promise_of(host, lifetime_millis, future, true).into()),
        };
    });
    outcome
}

fn begin(now: Timestamp, lifetime_millis: i64, outcome: Outcome, resolve: Function, reject: Function) {
    let work = Box::pin(async move {
        let (settle, value) = match outcome.await {
            Ok(value) => (resolve, value),
            Err(reason) => (reject, reason),
        };
        // These functions do not throw.
        let _ = settle.call1(&JsValue::UNDEFINED, &value);
    });
    let body = Rc::new(Body { work: RefCell::new(Some(work)), place: Cell::new(0) });
    body.place.set(TASKS.with_borrow_mut(|tasks| tasks.add(now, lifetime_millis, Rc::clone(&body))));
    body.poll();
}

/// Drops what has outlived its lifetime.
fn reap(now: Timestamp) {
    for body in TASKS.with_borrow_mut(|tasks| tasks.overdue(now)) {
        // Outside of the borrow: what it drops may look at it.
        let dead = body.work.take();
        drop(dead);
    }
}

/// Awaits what waits for slots in a task of another executor, as those of `wasm-bindgen-futures` are: the
/// handlers of Rust Workers, and tests. There is no lifetime; whoever drops the task drops the future.
pub async fn driven<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    std::future::poll_fn(|context| {
        let waker = context.waker().clone();
        let wake = std::future::poll_fn(move |_| {
            waker.wake_by_ref();
            std::task::Poll::Pending
        });
        let body = Rc::new(Body { work: RefCell::new(Some(Box::pin(wake))), place: Cell::new(0) });
        let outer = CURRENT.replace(Some(body));
        let state = future.as_mut().poll(context);
        CURRENT.set(outer);
        state
    })
    .await
}
