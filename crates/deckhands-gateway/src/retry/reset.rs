//! When a limit ends, as a header says it: one of half a dozen forms, told apart by how it looks.

use std::time::Duration;

use jiff::Timestamp;

use super::{in_seconds, since_1970, span};

/// From this number on seconds are counted from 1970: as a span it would be thirty years.
const SINCE_1970: f64 = 1e9;

/// From this number on they are milliseconds: as seconds it would be the year 5138.
const IN_MILLISECONDS: f64 = 1e11;

/// The end of a limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Reset {
    /// After so long.
    After(Duration),
    /// At this time, since 1970.
    At(Duration),
}

impl Reset {
    /// Reads a header: seconds (`11.38`), a span (`6m0s`), seconds or milliseconds since 1970, or a time of
    /// day in the form of RFC 3339 or of HTTP.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(number) = text.parse::<f64>() {
            return Self::of_number(number);
        }
        if let Some(span) = span::whole(text) {
            return Some(Self::After(span));
        }
        let stamp = text
            .parse::<Timestamp>()
            .ok()
            .map(Timestamp::as_millisecond);
        let stamp = stamp.and_then(|stamp| u64::try_from(stamp).ok());
        let at = stamp.map(Duration::from_millis);
        at.or_else(|| since_1970(text)).map(Self::At)
    }

    /// How long that is from this time of the provider's on.
    pub(super) fn wait(self, date: Option<Duration>) -> Option<Duration> {
        match self {
            Self::After(span) => Some(span),
            Self::At(time) => Some(time.saturating_sub(date?)),
        }
    }

    fn of_number(number: f64) -> Option<Self> {
        let at = |seconds: f64| Duration::try_from_secs_f64(seconds).ok().map(Self::At);
        // Not a number lies in none of them, and neither does what is less than nothing.
        if (0.0..SINCE_1970).contains(&number) {
            Some(Self::After(in_seconds(number)))
        } else if (SINCE_1970..IN_MILLISECONDS).contains(&number) {
            at(number)
        } else if number >= IN_MILLISECONDS {
            at(number / 1000.0)
        } else {
            None
        }
    }
}
