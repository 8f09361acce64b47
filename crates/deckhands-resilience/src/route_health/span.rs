//! A stretch of time that always ends.

use jiff::Timestamp;

/// From a time up to, but without, another one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Span {
    since: Timestamp,
    until: Timestamp,
}

impl Span {
    pub(super) const fn new(since: Timestamp, until: Timestamp) -> Self {
        Self { since, until }
    }

    /// Its end, while it lasts. A clock that stands further before its begin than it is long was
    /// set back: then it is over. A clock that is a little behind, as of another caller, changes
    /// nothing.
    pub(super) fn end(&self, now: Timestamp) -> Option<Timestamp> {
        let length = self.until.duration_since(self.since);
        let lasts = now < self.until && self.since.duration_since(now) <= length;
        lasts.then_some(self.until)
    }

    /// From now to the end of `before`, or to a later one.
    pub(super) fn prolonged(before: Option<Self>, until: Timestamp, now: Timestamp) -> Self {
        let end = before.and_then(|span| span.end(now));
        Self::new(now, end.map_or(until, |end| end.max(until)))
    }
}
