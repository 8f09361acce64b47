//! Takes the usage out of a stream whose client has not asked for it.
//!
//! We ask for the usage of every stream, for it is what a call costs. It comes as an event without a
//! choice, and programs that have not asked for it take the first choice of every event.

use bytes::Bytes;

use crate::pick::{self, Part};

/// Longest line that is kept back until it is whole: 64 KiB. The event has a few hundred bytes.
const LONGEST_KEPT: usize = 64 << 10;

/// Passes all events but the one that tells nothing but the usage. It keeps back only a line that is
/// not yet whole, of which no client makes anything either.
#[derive(Default, Debug)]
pub(crate) struct Unasked {
    kept: Vec<u8>,
    /// The last line was taken out: the empty one that ends its event goes with it.
    took: bool,
    /// The line is longer than any that is taken out: the rest of it passes, too.
    passing: bool,
}

impl Unasked {
    /// The next part, as far as it is for the client.
    pub(crate) fn part(&mut self, part: Bytes) -> Bytes {
        let whole = part.iter().rposition(|byte| is_end(*byte));
        if self.kept.is_empty() && !self.took && !self.passing && !may_tell_usage(&part) {
            // Most parts are whole events, and go on as they came.
            if whole.is_some_and(|end| end + 1 == part.len()) {
                return part;
            }
        }
        let mut out = Vec::with_capacity(self.kept.len() + part.len());
        for line in part.split_inclusive(|byte| is_end(*byte)) {
            self.kept.extend_from_slice(line);
            let ends = line.last().is_some_and(|byte| is_end(*byte));
            if self.passing || self.kept.len() > LONGEST_KEPT {
                out.append(&mut self.kept);
                self.passing = !ends;
            } else if ends {
                self.line(&mut out);
            }
        }
        Bytes::from(out)
    }

    /// What was kept back when nothing more comes.
    pub(crate) fn rest(&mut self) -> Bytes {
        Bytes::from(std::mem::take(&mut self.kept))
    }

    /// Passes the kept line or drops it.
    fn line(&mut self, out: &mut Vec<u8>) {
        let line = self.kept.trim_ascii_end();
        self.took = tells_only_usage(line) || self.took && line.is_empty();
        if !self.took {
            out.extend_from_slice(&self.kept);
        }
        self.kept.clear();
    }
}

/// Either may end a line; of both together the second ends an empty one.
const fn is_end(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

fn may_tell_usage(bytes: &[u8]) -> bool {
    const NAME: &[u8] = b"\"usage\"";
    bytes.windows(NAME.len()).any(|part| part == NAME)
}

/// Whether a line is an event with a usage and a list of no choices.
fn tells_only_usage(line: &[u8]) -> bool {
    let data = line
        .strip_prefix(b"data:")
        .filter(|data| may_tell_usage(data));
    let Some(event) = data.and_then(pick::whole) else {
        return false;
    };
    let [choices, usage] = event.fields(["choices", "usage"]);
    let none = choices.is_some_and(|choices| choices.is_list() && choices.first().is_none());
    none && usage.is_some_and(Part::is_object)
}

#[cfg(test)]
mod tests;
