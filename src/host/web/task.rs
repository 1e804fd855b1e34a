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
use std::task::{Context, Poll, Waker};

use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

use crate::host::clock::Clock;
use crate::host::web::WebHost;
use crate::protocol::time::Timestamp;

type Work = Pin<Box<dyn Future<Output = ()>>>;

#[derive(Default)]
struct Body {
    work: RefCell<Option<Work>>,
    /// The executor's task holds its own waker; only a poll that finds it finished breaks that ring.
    waker: RefCell<Option<Waker>>,
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
///
/// It takes its first steps at once, in the caller's own request and async context: the executor may
/// poll the tasks of several callers in one microtask.
pub fn promise(host: &WebHost, lifetime_millis: i64, mut outcome: Outcome) -> Promise {
    let now = host.now();
    reap(now);
    match outcome.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(value)) => return Promise::resolve(&value),
        Poll::Ready(Err(reason)) => return Promise::reject(&reason),
        Poll::Pending => {}
    }
    let mut outcome = Some(outcome);
    Promise::new(&mut |resolve: Function, reject: Function| {
        if let Some(outcome) = outcome.take() {
            let work = async move {
                let (settle, value) = match outcome.await {
                    Ok(value) => (resolve, value),
                    Err(reason) => (reject, reason),
                };
                // These functions do not throw.
                let _ = settle.call1(&JsValue::UNDEFINED, &value);
            };
            start(Box::pin(work), now, lifetime_millis);
        }
    })
}

fn start(work: Work, now: Timestamp, lifetime_millis: i64) {
    let body: Rc<Body> = Rc::new(Body { work: RefCell::new(Some(work)), waker: RefCell::default() });
    let place = TASKS.with_borrow_mut(|tasks| tasks.add(now, lifetime_millis, Rc::clone(&body)));
    spawn_local(poll_fn(move |context| {
        let mut now_body = body.work.borrow_mut();
        let Some(work) = now_body.as_mut() else { return Poll::Ready(()) };
        let state = work.as_mut().poll(context);
        if state.is_ready() {
            *now_body = None;
            TASKS.with_borrow_mut(|tasks| tasks.remove(place));
        } else {
            body.waker.borrow_mut().get_or_insert_with(|| context.waker().clone());
        }
        state
    }));
}

/// Drops what has outlived its lifetime.
fn reap(now: Timestamp) {
    for body in TASKS.with_borrow_mut(|tasks| tasks.overdue(now)) {
        // Outside of the borrow: what it drops may look at it.
        let dead = body.work.take();
        drop(dead);
        if let Some(waker) = body.waker.take() {
            waker.wake();
        }
    }
}
