//! A key set as it is kept outside of the isolate that fetched it, and for how long one is fresh.

use crate::protocol::json::{self, Value};
use crate::protocol::jwk::KeySet;
use crate::protocol::time::Timestamp;

/// How long a set is fresh when its server does not say so, in milliseconds.
const FRESH_MILLIS: i64 = 10 * 60 * 1000;
/// The bounds of what a server can say, in milliseconds.
const LEAST_FRESH_MILLIS: i64 = 60 * 1000;
const MOST_FRESH_MILLIS: i64 = 24 * 60 * 60 * 1000;
/// The longest document that is kept, in bytes.
const MAX_DOCUMENT_BYTES: usize = 60_000;

/// How long a key set is fresh, in milliseconds, by the `Cache-Control` it came with (RFC 9111 section 5.2.2).
#[must_use]
pub fn fresh_millis(cache_control: Option<&str>) -> i64 {
    let seconds = |directive: &str| {
        let (name, value) = directive.split_once('=')?;
        let digits = value.trim().trim_matches('"');
        let is_age = name.trim().eq_ignore_ascii_case("max-age") && digits.bytes().all(|byte| byte.is_ascii_digit());
        // More digits than a number has are more seconds than a day has.
        (is_age && !digits.is_empty()).then(|| digits.parse::<i64>().unwrap_or(i64::MAX))
    };
    let max_age = cache_control.and_then(|text| text.split(',').find_map(seconds));
    max_age.map_or(FRESH_MILLIS, |age| age.saturating_mul(1000).clamp(LEAST_FRESH_MILLIS, MOST_FRESH_MILLIS))
}

/// A key set document, and when it was received.
pub struct KeySnapshot {
    /// When it was received.
    pub at: Timestamp,
    /// For how long it is fresh from then on, in milliseconds.
    pub fresh_millis: i64,
    /// The JSON text of the set.
    pub document: String,
}

impl KeySnapshot {
    /// The snapshot as text, unless it is too long to be kept.
    #[must_use]
    pub fn write(&self) -> Option<String> {
        let Self { at, fresh_millis, document } = self;
        let is_short = document.len() <= MAX_DOCUMENT_BYTES;
        is_short.then(|| format!(r#"{{"v":1,"at":{},"fresh":{fresh_millis},"set":{document}}}"#, at.as_millis()))
    }

    /// The usable keys of such a text, when they were received, and for how long they are fresh.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "a cast of f64 to i64 saturates")]
    pub fn read(text: &str) -> Option<(KeySet, Timestamp, i64)> {
        let object = json::object(text.as_bytes()).ok()?;
        let number = |name| object.get(name).and_then(Value::as_f64).map(|number| number as i64);
        let fresh = number("fresh")?.clamp(LEAST_FRESH_MILLIS, MOST_FRESH_MILLIS);
        let set = KeySet::of(object.get("set")?.as_object()?).ok()?;
        (number("v")? == 1).then_some((set, Timestamp::from_millis(number("at")?), fresh))
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::{KeySnapshot, fresh_millis};
    use crate::protocol::jwk::KeySet;
    use crate::protocol::time::Timestamp;

    #[test]
    fn a_set_is_fresh_for_as_long_as_its_server_says_within_bounds() {
        for (header, seconds) in [
            (None, 600),
            (Some("no-store"), 600),
            (Some("max-age"), 600),
            (Some("max-age=x"), 600),
            (Some("max-age=-1"), 600),
            (Some("s-maxage=5"), 600),
            (Some("public, Max-Age=3600, must-revalidate"), 3600),
            (Some("max-age=\"300\""), 300),
            (Some("max-age=0"), 60),
            (Some("max-age=99999999999999999999999"), 86_400),
        ] {
            assert_eq!(fresh_millis(header), seconds * 1000, "{header:?}");
        }
    }

    #[test]
    fn a_snapshot_is_read_as_it_was_written() {
        let document = r#"{"keys":[{"kty":"EC","crv":"P-256","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","y":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},7]}"#;
        let at = Timestamp::from_millis(1_700_000_000_123);
        let snapshot = KeySnapshot { at, fresh_millis: 90_000, document: document.to_owned() };
        let set = KeySet::read(document.as_bytes()).unwrap();
        assert_eq!(set.keys().len(), 1);
        assert_eq!(KeySnapshot::read(&snapshot.write().unwrap()), Some((set, at, 90_000)));
        assert_eq!(KeySnapshot { document: " ".repeat(60_001), ..snapshot }.write(), None);
    }

    #[test]
    fn what_is_no_snapshot_is_not_read() {
        for text in [
            "",
            "null",
            "{}",
            r#"{"v":2,"at":1,"fresh":60000,"set":{"keys":[]}}"#,
            r#"{"v":1,"at":"1","fresh":60000,"set":{"keys":[]}}"#,
            r#"{"v":1,"at":1,"fresh":60000,"set":[]}"#,
            r#"{"v":1,"at":1,"set":{"keys":[]}}"#,
        ] {
            assert_eq!(KeySnapshot::read(text), None, "{text}");
        }
    }
}
