//! How much of a server's patience is left, as its response headers tell it.
//!
//! Auth0 counts tokens per client and per organization (`Auth0-Client-Quota-Limit`,
//! `Auth0-Organization-Quota-Limit`: lists of `b=per_hour;q=100;r=90;t=3600`); many servers count
//! requests per endpoint (`x-ratelimit-limit`, `-remaining` and `-reset`, a Unix time or seconds).

use crate::protocol::http::Response;
use crate::protocol::retry_after;
use crate::protocol::time::Timestamp;

/// The longest time until a reset that is believed, in seconds: 31 days.
const MAX_RESET_SECONDS: u64 = 31 * 86_400;
/// The most buckets of one header that are read.
const MAX_BUCKETS: usize = 8;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The tokens of this client.
    Client,
    /// The tokens of the organization.
    Organization,
    /// The requests to the endpoint.
    Endpoint,
}

impl Scope {
    /// The scope as events name it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Organization => "organization",
            Self::Endpoint => "endpoint",
        }
    }
}

/// One quota: how much there was, how much is left, and when it starts anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// What is counted.
    pub scope: Scope,
    /// The size of the quota.
    pub limit: u64,
    /// What is left of it.
    pub remaining: u64,
    /// Seconds until it starts anew.
    pub reset_after: u64,
}

impl Quota {
    /// Whether nothing is left.
    #[must_use]
    pub const fn is_spent(&self) -> bool {
        self.remaining == 0
    }

    /// Whether at most a tenth is left.
    #[must_use]
    pub const fn is_nearly_spent(&self) -> bool {
        self.remaining.saturating_mul(10) <= self.limit
    }
}

/// The quotas that a response tells; what cannot be read is left out.
#[must_use]
pub fn read(response: &Response, now: Timestamp) -> Vec<Quota> {
    let mut quotas = Vec::new();
    let named = [("auth0-client-quota-limit", Scope::Client), ("auth0-organization-quota-limit", Scope::Organization)];
    for (name, scope) in named {
        let buckets = response.header(name).unwrap_or_default().split(',').take(MAX_BUCKETS);
        quotas.extend(buckets.filter_map(|bucket| from_bucket(bucket, scope)));
    }
    quotas.extend(from_rate_limit(response, now));
    quotas
}

fn from_bucket(bucket: &str, scope: Scope) -> Option<Quota> {
    let member = |name: &str| {
        let value = bucket.split(';').filter_map(|member| member.trim().split_once('=')).find(|(key, _)| *key == name);
        whole(value?.1)
    };
    quota(scope, member("q")?, member("r")?, member("t")?)
}

fn from_rate_limit(response: &Response, now: Timestamp) -> Option<Quota> {
    let number = |name: &str| whole(response.header(name)?);
    let reset_after = retry_after::reset(response, now)?;
    quota(Scope::Endpoint, number("x-ratelimit-limit")?, number("x-ratelimit-remaining")?, reset_after)
}

fn quota(scope: Scope, limit: u64, remaining: u64, reset_after: u64) -> Option<Quota> {
    (limit > 0).then(|| Quota { scope, limit, remaining, reset_after: reset_after.min(MAX_RESET_SECONDS) })
}

fn whole(text: &str) -> Option<u64> {
    let text = text.trim();
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::{Quota, Scope, read};
    use crate::protocol::http::Response;
    use crate::protocol::time::Timestamp;

    fn quotas(headers: &[(&str, &str)]) -> Vec<Quota> {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        read(&Response { status: 200, headers, body: Vec::new() }, Timestamp::from_millis(1_700_000_000_500))
    }

    const fn quota(scope: Scope, limit: u64, remaining: u64, reset_after: u64) -> Quota {
        Quota { scope, limit, remaining, reset_after }
    }

    #[test]
    fn the_quotas_of_auth0_are_read_bucket_by_bucket() {
        let both = quotas(&[
            ("auth0-client-quota-limit", "b=per_hour;q=100;r=90;t=3600,b=per_day; q=1000 ; r=0;t=86400"),
            ("auth0-organization-quota-limit", "b=per_hour;q=5;r=5;t=60"),
        ]);
        assert_eq!(
            both,
            [
                quota(Scope::Client, 100, 90, 3600),
                quota(Scope::Client, 1000, 0, 86_400),
                quota(Scope::Organization, 5, 5, 60)
            ]
        );
        assert!(!both[0].is_nearly_spent() && both[1].is_spent());
    }

    #[test]
    fn a_rate_limit_counts_the_endpoints_requests_until_a_time_or_for_seconds() {
        let headers =
            [("x-ratelimit-limit", "30"), ("x-ratelimit-remaining", "3"), ("x-ratelimit-reset", "1700000010")];
        let read = quotas(&headers);
        assert_eq!(read, [quota(Scope::Endpoint, 30, 3, 10)]);
        assert!(read[0].is_nearly_spent() && !read[0].is_spent());
        let past = [("x-ratelimit-limit", "30"), ("x-ratelimit-remaining", "3"), ("x-ratelimit-reset", "1600000000")];
        assert_eq!(quotas(&past)[0].reset_after, 0);
        let seconds = [("x-ratelimit-limit", "30"), ("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "20")];
        assert_eq!(quotas(&seconds), [quota(Scope::Endpoint, 30, 0, 20)]);
    }

    #[test]
    fn what_cannot_be_read_is_no_quota() {
        for value in
            ["", ",", ";", "b=per_hour", "q=1;r=1", "q=-1;r=1;t=1", "q=a;r=1;t=1", "q=0;r=0;t=1", "q=1.5;r=1;t=1"]
        {
            assert_eq!(quotas(&[("auth0-client-quota-limit", value)]), [], "{value}");
        }
        assert_eq!(quotas(&[("x-ratelimit-limit", "1"), ("x-ratelimit-remaining", "1")]), []);
        let many = "q=1;r=1;t=1,".repeat(1000);
        assert_eq!(quotas(&[("auth0-client-quota-limit", &many)]).len(), 8);
        let endless = quotas(&[("auth0-client-quota-limit", "q=1;r=0;t=18446744073709551615")]);
        assert_eq!(endless[0].reset_after, 31 * 86_400);
    }
}
