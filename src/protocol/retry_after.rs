//! How long a server asks to be left alone.

use std::time::UNIX_EPOCH;

use crate::protocol::http::Response;
use crate::protocol::time::Timestamp;

/// The longest wait that is passed on, in seconds: a day.
const MAX_SECONDS: u64 = 24 * 60 * 60;

/// Seconds to wait, from `Retry-After` as seconds or as a date (RFC 9110 section 10.2.3), else
/// from `x-ratelimit-reset` (a Unix time, Auth0 and others). Never more than a day.
#[must_use]
pub fn read(response: &Response, now: Timestamp) -> Option<u64> {
    let seconds = match response.header("retry-after") {
        Some(value) => from_retry_after(value.trim(), now)?,
        None => until(response.header("x-ratelimit-reset")?.trim().parse().ok()?, now),
    };
    Some(seconds.min(MAX_SECONDS))
}

fn from_retry_after(value: &str, now: Timestamp) -> Option<u64> {
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(value.parse().unwrap_or(MAX_SECONDS));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    let since_epoch = date.duration_since(UNIX_EPOCH).ok()?.as_secs();
    Some(until(i64::try_from(since_epoch).ok()?, now))
}

/// Whole seconds from now until a Unix time, rounded up; 0 when it has passed.
fn until(unix_seconds: i64, now: Timestamp) -> u64 {
    let then = Timestamp::from_millis(unix_seconds.saturating_mul(1000));
    u64::try_from(then.millis_since(now)).unwrap_or(0).div_ceil(1000)
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::read;
    use crate::protocol::http::Response;
    use crate::protocol::time::Timestamp;

    const NOW: Timestamp = Timestamp::from_millis(1_445_412_480_000); // Wed, 21 Oct 2015 07:28:00 GMT

    fn wait(name: &str, value: &str) -> Option<u64> {
        let headers = vec![(name.to_owned(), value.to_owned())];
        read(&Response { status: 429, headers, body: vec![] }, NOW)
    }

    #[test]
    fn seconds_and_dates_are_understood() {
        assert_eq!(wait("retry-after", "120"), Some(120));
        assert_eq!(wait("retry-after", "0"), Some(0));
        assert_eq!(wait("retry-after", "Wed, 21 Oct 2015 07:28:30 GMT"), Some(30));
        assert_eq!(wait("retry-after", "Wed, 21 Oct 2015 07:00:00 GMT"), Some(0));
        assert_eq!(wait("x-ratelimit-reset", "1445412490"), Some(10));
    }

    #[test]
    fn nonsense_is_ignored_and_for_ever_is_a_day() {
        for value in ["", "-1", "soon", "1.5", "NaN", "+5"] {
            assert_eq!(wait("retry-after", value), None, "{value}");
        }
        assert_eq!(wait("retry-after", "99999999999999999999999999"), Some(86_400));
        assert_eq!(wait("retry-after", "Fri, 31 Dec 9999 23:59:59 GMT"), Some(86_400));
        assert_eq!(wait("x-ratelimit-reset", "9223372036854775807"), Some(86_400));
    }
}
