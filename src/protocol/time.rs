//! Points in time and durations, as the protocol needs them.

/// How far the clocks of two requests may be apart.
const CLOCK_DISAGREEMENT_MILLIS: i64 = 60_000;

/// A point in time: whole milliseconds since 1970-01-01T00:00:00Z.
///
/// Arithmetic saturates: no date an authorization server can write makes it overflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From milliseconds since the epoch.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the epoch.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Milliseconds since the epoch, as a JavaScript `Date` counts them.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "dates within a JavaScript Date are exact in f64")]
    pub const fn as_date(self) -> f64 {
        self.0 as f64
    }

    /// Seconds since the epoch, as JWT claims count them (RFC 7519 section 2, `NumericDate`).
    #[must_use]
    pub fn as_seconds(self) -> f64 {
        self.as_date() / 1000.0
    }

    /// This point moved by `millis`, forwards or backwards.
    #[must_use]
    pub const fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// Whether this point lies from `since` on for less than `millis`. A `since` that lies ahead by
    /// more than clocks of two requests may disagree was read off a clock that has been set back:
    /// nobody knows how old that is.
    #[must_use]
    pub const fn is_within(self, since: Self, millis: i64) -> bool {
        self.millis_since(since) < millis && since.millis_since(self) <= CLOCK_DISAGREEMENT_MILLIS
    }

    /// Milliseconds from `earlier` to this point; 0 when `earlier` is later, because the clocks
    /// of two requests may disagree.
    #[must_use]
    pub const fn millis_since(self, earlier: Self) -> i64 {
        let difference = self.0.saturating_sub(earlier.0);
        if difference > 0 { difference } else { 0 }
    }
}
