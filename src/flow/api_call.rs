//! Whether an API call may carry the token.
//!
//! The call itself is the host's: its body, its response and the time it takes belong to the caller,
//! and a future that waited for it here would stay in wasm memory when its request is cancelled.

use crate::host::api_call::ApiCall;
use crate::protocol::destination::DestinationPolicy;
use crate::protocol::option::OptionError;

/// Checks a call before any token is asked for.
///
/// # Errors
/// The caller's mistake: the token must not go there, or would replace the caller's own header.
pub fn check<C: ApiCall>(call: &C, policy: &DestinationPolicy) -> Result<(), OptionError> {
    policy.check(&call.origin())?;
    if call.has_authorization() {
        return Err(OptionError::new(
            "init.headers",
            "must not hold an Authorization header: the access token goes there",
        ));
    }
    Ok(())
}
