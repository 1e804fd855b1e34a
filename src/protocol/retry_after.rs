//! How long a server asks to be left alone.

use crate::protocol::http::Response;
use crate::protocol::time::Timestamp;

/// The longest wait that is passed on, in seconds: a day.
const MAX_SECONDS: u64 = 24 * 60 * 60;

/// What is below is no Unix time, but seconds from now.
const LEAST_UNIX_SECONDS: i64 = 1_000_000_000;

/// Seconds to wait, from `Retry-After` as seconds or as a date (RFC 9110 section 10.2.3), else
/// from a quota that starts anew ([`reset`]). Never more than a day.
#[must_use]
pub fn read(response: &Response, now: Timestamp) -> Option<u64> {
    let seconds = match response.header("retry-after") {
        Some(value) => from_retry_after(value.trim(), now)?,
        None => reset(response, now)?,
    };
    Some(seconds.min(MAX_SECONDS))
}

/// Seconds until a quota starts anew, from `x-ratelimit-reset` (Auth0 and others) or `x-rate-limit-reset` (Okta), which hold
/// a Unix time or seconds.
#[must_use]
pub fn reset(response: &Response, now: Timestamp) -> Option<u64> {
    let reset = response.header("x-ratelimit-reset").or_else(|| response.header("x-rate-limit-reset"))?;
    Some(match reset.trim().parse().ok()? {
        seconds @ 0..LEAST_UNIX_SECONDS => seconds.unsigned_abs(),
        unix_seconds => until(unix_seconds, now),
    })
}

fn from_retry_after(value: &str, now: Timestamp) -> Option<u64> {
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(value.parse().unwrap_or(MAX_SECONDS));
    }
    Some(until(unix_seconds(value)?, now))
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The Unix time of an IMF-fixdate, `Wed, 21 Oct 2015 07:28:00 GMT`: the one form of a date that
/// may still be sent (RFC 9110 section 5.6.7). Here because the httpdate crate, which reads the
/// obsolete ones too, weighs 4 KB of wasm.
#[must_use]
pub fn unix_seconds(date: &str) -> Option<i64> {
    let mut parts = date.split([' ', ':']);
    let (_weekday, day, month, year) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let mut number = |most: i64| parts.next()?.parse().ok().filter(|number| (0..=most).contains(number));
    let (hours, minutes, seconds) = (number(23)?, number(59)?, number(60)?);
    if parts.next() != Some("GMT") || parts.next().is_some() {
        return None;
    }
    let month = i64::try_from(MONTHS.iter().position(|name| *name == month)?).ok()?;
    let day: i64 = day.parse().ok().filter(|day| (1..=31).contains(day))?;
    let year: i64 = year.parse().ok().filter(|year| (1970..=9999).contains(year))?;
    Some(
        day_number(year, month, day)
            .saturating_mul(24)
            .saturating_add(hours)
            .saturating_mul(60)
            .saturating_add(minutes)
            .saturating_mul(60)
            .saturating_add(seconds),
    )
}

/// Days since 1970-01-01, with months from 0. Years are counted from March, so that the leap day is
/// a year's last.
#[expect(clippy::arithmetic_side_effects, reason = "years up to 9999")]
const fn day_number(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month < 2 { (year - 1, month + 10) } else { (year, month - 2) };
    365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 719_469
}

/// Whole seconds from now until a Unix time, rounded up; 0 when it has passed.
fn until(unix_seconds: i64, now: Timestamp) -> u64 {
    let then = Timestamp::from_millis(unix_seconds.saturating_mul(1000));
    u64::try_from(then.millis_since(now)).unwrap_or(0).div_ceil(1000)
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::{read, unix_seconds};
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
        assert_eq!(wait("retry-after", "Thu, 22 Oct 2015 00:00:00 GMT"), Some(59_520));
        assert_eq!(wait("x-ratelimit-reset", "1445412490"), Some(10));
        assert_eq!(wait("x-rate-limit-reset", "1445412490"), Some(10));
        assert_eq!(wait("x-ratelimit-reset", "30"), Some(30));
        assert_eq!(wait("x-ratelimit-reset", "-30"), Some(0));
    }

    #[test]
    fn dates_are_counted_as_the_calendar_has_them() {
        for (date, seconds) in [
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
            ("Tue, 29 Feb 2000 12:00:00 GMT", 951_825_600),
            ("Thu, 31 Dec 2026 23:59:59 GMT", 1_798_761_599),
            ("Mon, 01 Mar 2100 00:00:00 GMT", 4_107_542_400),
        ] {
            assert_eq!(unix_seconds(date), Some(seconds), "{date}");
        }
    }

    #[test]
    fn nonsense_is_ignored_and_for_ever_is_a_day() {
        for value in [
            "",
            "-1",
            "soon",
            "1.5",
            "NaN",
            "+5",
            "Wed, 21 Oct 2015",
            "Wed, 21 Foo 2015 07:28:30 GMT",
            "Wed, 32 Oct 2015 07:28:30 GMT",
            "Wed, 21 Oct 2015 24:28:30 GMT",
            "Wed, 21 Oct 2015 07:28:30 CET",
            "Wed, 21 Oct -015 07:28:30 GMT",
            "Wed, 21 Oct 2015 07:28:30 GMT x",
        ] {
            assert_eq!(wait("retry-after", value), None, "{value}");
        }
        assert_eq!(wait("retry-after", "99999999999999999999999999"), Some(86_400));
        assert_eq!(wait("retry-after", "Fri, 31 Dec 9999 23:59:59 GMT"), Some(86_400));
        assert_eq!(wait("x-ratelimit-reset", "9223372036854775807"), Some(86_400));
    }
}
