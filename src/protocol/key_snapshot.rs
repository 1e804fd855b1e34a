//! A key set as it is kept outside of the isolate that fetched it, and for how long one is fresh.

use crate::protocol::json;
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
        let is_age = name.trim().eq_ignore_ascii_case("max-age");
        json::number(value.trim()).filter(|seconds| is_age && *seconds >= 0.0)
    };
    let max_age = cache_control.and_then(|text| text.split(',').find_map(seconds));
    max_age.map_or(FRESH_MILLIS, |age| within_bounds(age * 1000.0))
}

#[expect(clippy::cast_possible_truncation, reason = "a cast of f64 to i64 saturates")]
fn within_bounds(millis: f64) -> i64 {
    (millis as i64).clamp(LEAST_FRESH_MILLIS, MOST_FRESH_MILLIS)
}

/// A key set document, and when it was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySnapshot {
    /// When it was received.
    pub at: Timestamp,
    /// For how long it is fresh from then on, in milliseconds.
    pub fresh_millis: i64,
    /// The JSON text of the set.
    pub document: String,
}

impl KeySnapshot {
    /// The snapshot as text, unless it is too long to be kept: version and times, a line break, the document.
    #[must_use]
    pub fn write(&self) -> Option<String> {
        let Self { at, fresh_millis, document } = self;
        let is_short = document.len() <= MAX_DOCUMENT_BYTES;
        is_short.then(|| format!("1 {} {fresh_millis}\n{document}", at.as_millis()))
    }

    /// What such a text says.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "a cast of f64 to i64 saturates")]
    pub fn read(text: &str) -> Option<Self> {
        let (at, rest) = text.strip_prefix("1 ")?.split_once(' ')?;
        let (fresh, document) = rest.split_once('\n')?;
        let fresh_millis = within_bounds(json::number(fresh)?);
        let at = Timestamp::from_millis(json::number(at)? as i64);
        Some(Self { at, fresh_millis, document: document.to_owned() })
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::{KeySnapshot, fresh_millis};
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
            (Some("max-age=0"), 60),
            (Some("max-age=99999999999999999999999"), 86_400),
        ] {
            assert_eq!(fresh_millis(header), seconds * 1000, "{header:?}");
        }
    }

    #[test]
    fn a_snapshot_is_read_as_it_was_written() {
        let document = "{\n \"keys\": [1]\n}".to_owned();
        let at = Timestamp::from_millis(1_700_000_000_123);
        let snapshot = KeySnapshot { at, fresh_millis: 90_000, document };
        assert_eq!(KeySnapshot::read(&snapshot.write().unwrap()), Some(snapshot.clone()));
        assert_eq!(KeySnapshot { document: " ".repeat(60_001), ..snapshot }.write(), None);
    }

    #[test]
    fn what_is_no_snapshot_is_not_read() {
        for text in ["", "{}", "2 1 60000\n{}", "1 1 60000", "1 x 60000\n{}", "1 1 x\n{}", "1 1\n{}"] {
            assert_eq!(KeySnapshot::read(text), None, "{text}");
        }
        let never_old = KeySnapshot::read("1 1 1e300\n{}").unwrap();
        assert_eq!(never_old.fresh_millis, 86_400_000);
    }
}
