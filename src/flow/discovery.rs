//! Finding an issuer's endpoints, and remembering them.

use std::num::NonZeroUsize;
use std::rc::Rc;

use crate::flow::memory::Memory;
use crate::host::clock::Clock;
use crate::host::fetch::{Fetch, Limits};
use crate::host::{Failure, Host};
use crate::protocol::error::{Code, Error};
use crate::protocol::metadata::{self, Issuer, MAX_METADATA_BYTES, Metadata};
use crate::protocol::time::Timestamp;
use crate::protocol::url::Transport;

/// How long metadata is believed, in milliseconds.
const FRESH_MILLIS: i64 = 10 * 60 * 1000;
/// How many issuers are remembered.
const MAX_ISSUERS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(99);

/// The metadata of the issuers an isolate has met.
pub struct Discovery {
    known: Memory<(Metadata, Timestamp)>,
}

impl Default for Discovery {
    fn default() -> Self {
        Self { known: Memory::new(MAX_ISSUERS) }
    }
}

impl Discovery {
    /// The issuer's metadata: remembered for 10 minutes, else requested in both well-known forms.
    ///
    /// # Errors
    /// `discovery_failed`, `issuer_mismatch`, `server_error`, `unexpected_redirect`, or what the
    /// transport met. Of two failures the first form's is told, unless it did not exist there.
    pub async fn metadata<H: Fetch + Clock>(
        &self,
        host: &H,
        issuer: &Issuer,
        transport: Transport,
        timeout_millis: u32,
    ) -> Result<Metadata, Failure<H::Cause>> {
        let name = transport.mark(issuer.as_str());
        if let Some(known) = self.known.get(&name)
            && host.now().is_within(known.1, FRESH_MILLIS)
        {
            return Ok(known.0.clone());
        }
        let metadata = request(host, issuer, transport, timeout_millis).await?;
        self.known.put(&name, Rc::new((metadata.clone(), host.now())));
        Ok(metadata)
    }
}

async fn request<H: Fetch>(
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
        match metadata::read(&response, issuer, transport) {
            Ok(metadata) => return Ok(metadata),
            Err(unusable) if unusable.try_other_form => {
                failure.get_or_insert(unusable.error);
            }
            Err(unusable) => return Err(unusable.error.into()),
        }
    }
    Err(failure.unwrap_or_else(|| Error::new(Code::DiscoveryFailed, "the issuer has no metadata")).into())
}
