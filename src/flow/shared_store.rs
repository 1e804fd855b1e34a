//! The store a fleet shares: a helper, never a dependency. Whatever it does means at worst that
//! there is no record; after the first failure it is left alone for the rest of the attempt, but for
//! a lock that is to be given back.

use std::cell::Cell;

use crate::host::events::{Event, Events};
use crate::host::sleep::Sleep;
use crate::host::store::{Place, Store, StoreFailure};
use crate::protocol::access_token::AccessToken;
use crate::protocol::secret::Secret;
use crate::protocol::stored_token;
use crate::protocol::time::Timestamp;
use crate::protocol::token_request::TokenRequest;

/// The pauses between tries to give a lock back, in milliseconds: long enough for a client library to
/// connect again.
const UNLOCK_PAUSES: [u32; 2] = [50, 200];

/// One attempt's view of the store.
pub struct SharedStore<'a, H> {
    host: &'a H,
    /// How events name the cache entry.
    name: &'a str,
    key: String,
    lock: String,
    secrets: &'a [Secret],
    request: &'a TokenRequest,
    works: Cell<bool>,
}

impl<'a, H: Store + Events + Sleep> SharedStore<'a, H> {
    /// The store as it is for one key, which is the same in the whole fleet.
    pub fn new(host: &'a H, name: &'a str, key: &str, secrets: &'a [Secret], request: &'a TokenRequest) -> Self {
        let key = format!("gp1.{key}");
        Self { host, name, lock: format!("{key}.lock"), key, secrets, request, works: Cell::new(host.has_store()) }
    }

    /// Whether a lock can keep the fleet from asking twice.
    pub fn can_lock(&self) -> bool {
        self.works.get() && self.host.can_acquire()
    }

    fn place(&self) -> Place<'_> {
        Place { key: &self.key, secrets: self.secrets, request: self.request }
    }

    /// The token in the store, if there is one that can be read.
    pub async fn load(&self) -> Option<AccessToken> {
        if !self.works.get() {
            return None;
        }
        match self.host.load(&self.place()).await {
            Ok(record) => {
                let record = record?;
                let token = stored_token::read(record.expose());
                if token.is_none() {
                    self.failed("get", StoreFailure { problem: "unreadable".to_owned(), error: None });
                }
                token
            }
            Err(failure) => {
                // What cannot be opened may be replaced: the store itself works.
                self.works.set(failure.problem == "unreadable");
                self.failed("get", failure);
                None
            }
        }
    }

    /// Keeps a token for the fleet.
    pub async fn save(&self, token: &AccessToken, renew_at: Timestamp) {
        if self.works.get() {
            let record = stored_token::write(token);
            let saved = self.host.save(&self.place(), &record, token.expires_at, renew_at).await;
            self.note("set", saved);
        }
    }

    /// Forgets the token.
    pub async fn forget(&self) {
        if self.works.get() {
            self.note("delete", self.host.delete(&self.key).await);
        }
    }

    /// Takes the right to ask the server, for some time. `None` where nobody can tell.
    pub async fn lock(&self, millis: u32) -> Option<bool> {
        self.note("acquire", self.host.acquire(&self.lock, millis).await)
    }

    /// Gives the right back, whatever has failed before: others wait for it. Whether it is.
    pub async fn unlock(&self) -> bool {
        let mut pauses = UNLOCK_PAUSES.into_iter();
        loop {
            let outcome = self.host.delete(&self.lock).await;
            let may_work = outcome.as_ref().is_err_and(|failure| failure.problem != "timeout");
            let Some(pause) = pauses.next().filter(|_| may_work) else {
                return self.note("delete", outcome).is_some();
            };
            self.host.sleep(pause).await;
        }
    }

    fn note<T>(&self, operation: &'static str, outcome: Result<T, StoreFailure>) -> Option<T> {
        match outcome {
            Ok(value) => Some(value),
            Err(failure) => {
                self.works.set(false);
                self.failed(operation, failure);
                None
            }
        }
    }

    fn failed(&self, operation: &'static str, failure: StoreFailure) {
        let StoreFailure { problem, error } = failure;
        self.host.emit(self.name, &Event::StoreFailed { operation, problem, error });
    }
}
