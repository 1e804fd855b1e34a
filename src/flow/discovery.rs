//! Finding an issuer's endpoints, and remembering them.

use std::cell::RefCell;
use std::num::NonZeroUsize;

use crate::flow::flight::{Flight, Waited, beating, wait};
use crate::flow::memory::Memory;
use crate::host::clock::Clock;
use crate::host::fetch::{Fetch, Limits};
use crate::host::random::Random;
use crate::host::sleep::Sleep;
use crate::host::{Failure, Host};
use crate::protocol::error::{Code, Error};
use crate::protocol::metadata::{self, Issuer, MAX_METADATA_BYTES, Metadata};
use crate::protocol::time::Timestamp;
use crate::protocol::url::Transport;

/// How long metadata is believed, in milliseconds.
const FRESH_MILLIS: i64 = 10 * 60 * 1000;
/// How many issuers are remembered.
const MAX_ISSUERS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(99);

/// How long metadata serves when no newer can be had, in milliseconds.
const STALE_MILLIS: i64 = 24 * 60 * 60 * 1000;

/// How long nobody asks again after that, in milliseconds.
const MISSED_MILLIS: i64 = 30_000;

/// What is known about one issuer.
#[derive(Default)]
struct Entry {
    known: Option<(Metadata, Timestamp)>,
    /// When newer metadata could not be had.
    missed: Option<Timestamp>,
    flight: Flight,
    /// The claim that failed last, and how: for those who waited for it.
    failed: Option<(u32, Error)>,
}

/// The metadata of the issuers an isolate has met.
pub struct Discovery {
    issuers: Memory<RefCell<Entry>>,
}

impl Default for Discovery {
    fn default() -> Self {
        Self { issuers: Memory::new(MAX_ISSUERS) }
    }
}

impl Discovery {
    /// The issuer's metadata: remembered for 10 minutes, else requested in both well-known forms by
    /// one caller for all. For a day, old metadata serves when no newer can be had.
    ///
    /// # Errors
    /// `discovery_failed`, `issuer_mismatch`, `server_error`, `unexpected_redirect`, or what the
    /// transport met. Of two failures the first form's is told, unless it did not exist there.
    pub async fn metadata<H: Fetch + Clock + Sleep + Random>(
        &self,
        host: &H,
        issuer: &Issuer,
        transport: Transport,
        timeout_millis: u32,
    ) -> Result<Metadata, Failure<H::Cause>> {
        let name = transport.mark(issuer.as_str());
        loop {
            let entry = self.issuers.get_or_insert(&name, RefCell::default);
            let (known, claimed) = {
                let entry = entry.borrow();
                let known = |millis| {
                    let (metadata, since) = entry.known.as_ref()?;
                    host.now().is_within(*since, millis).then(|| metadata.clone())
                };
                let missed = entry.missed.is_some_and(|since| host.now().is_within(since, MISSED_MILLIS));
                if let Some(good) = known(if missed { STALE_MILLIS } else { FRESH_MILLIS }) {
                    return Ok(good);
                }
                (known(STALE_MILLIS), entry.flight.claimed(host.now()))
            };
            match (known, claimed) {
                // Somebody is at it: what is old will do.
                (Some(old), Some(_)) => return Ok(old),
                (old, None) => {
                    let claim = entry.borrow_mut().flight.claim(host.now());
                    let beat = || entry.borrow_mut().flight.beat(claim, host.now());
                    let outcome = beating(host, beat, request(host, issuer, transport, timeout_millis)).await;
                    let mut entry = entry.borrow_mut();
                    entry.flight.end(claim);
                    match (outcome, old) {
                        (Ok(metadata), _) => {
                            entry.known = Some((metadata.clone(), host.now()));
                            return Ok(metadata);
                        }
                        (Err(_), Some(old)) => {
                            entry.missed = Some(host.now());
                            return Ok(old);
                        }
                        (Err(failure), None) => {
                            entry.failed = Some((claim, failure.error.clone()));
                            return Err(failure);
                        }
                    }
                }
                (None, Some(claim)) => {
                    // Two documents may be asked for.
                    let limit = timeout_millis.saturating_mul(2);
                    let before = entry.borrow_mut().flight.join();
                    if wait(host, limit, before, &|_| entry.borrow().flight.look(claim)).await != Waited::Over {
                        entry.borrow_mut().flight.end(claim);
                    }
                    let entry = entry.borrow();
                    if let Some((_, error)) = entry.failed.as_ref().filter(|(failed, _)| *failed == claim) {
                        return Err(error.clone().into());
                    }
                }
            }
        }
    }
}

async fn request<H: Fetch + Clock>(
    host: &H,
    issuer: &Issuer,
    transport: Transport,
    timeout_millis: u32,
) -> Result<Metadata, Failure<<H as Host>::Cause>> {
    let limits = Limits { timeout_millis, max_body_bytes: MAX_METADATA_BYTES };
    let mut failure = None;
    for request in issuer.metadata_requests(transport) {
        let url = request.url.clone();
        let response = match host.fetch(request, limits).await {
            Ok(response) => response,
            Err(error) => return Err(error.into_failure("the metadata endpoint", &url, limits)),
        };
        match metadata::read(&response, issuer, transport, host.now()) {
            Ok(metadata) => return Ok(metadata),
            Err(unusable) if unusable.try_other_form => {
                failure.get_or_insert(unusable.error);
            }
            Err(unusable) => return Err(unusable.error.into()),
        }
    }
    Err(failure.unwrap_or_else(|| Error::new(Code::DiscoveryFailed, "the issuer has no metadata")).into())
}
