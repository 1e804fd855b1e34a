//! Calling an API with a token, and never without one.

use crate::host::api_call::{ApiCall, SendError};
use crate::protocol::access_token::AccessToken;
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

/// Sends a call that [`check`] has passed, with the token.
///
/// # Errors
/// What the transport met, or the caller's own abort reason.
pub async fn send<C: ApiCall>(call: C, token: &AccessToken) -> Result<C::Response, SendError<C::Cause>> {
    call.send(&token.authorization()).await
}
