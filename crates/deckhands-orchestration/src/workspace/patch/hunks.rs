//! The hunks of a unified diff between two texts.
//!
//! The lines are compared by `similar`; places and lengths are counted here, because its
//! compacted operations may carry stale places (mitsuhiko/similar#95) and because it takes a
//! carriage return for the end of a line, which the readers of patches do not.

use std::fmt::Write as _;
use std::ops::Range;
use std::time::Duration;

use similar::{Algorithm, ChangeTag, TextDiff};

/// Unchanged lines around a change.
const CONTEXT: usize = 3;

/// Longest time spent on the lines of one file; the diff is coarser, not wrong, beyond it.
const MAX_TIME: Duration = Duration::from_secs(2);

/// A line of either side, or of both.
struct Line<'a> {
    tag: ChangeTag,
    text: &'a str,
}

/// All hunks, in order; empty for equal texts.
pub(super) fn hunks(old: &str, new: &str) -> String {
    let (old, new): (Vec<_>, Vec<_>) = (
        old.split_inclusive('\n').collect(),
        new.split_inclusive('\n').collect(),
    );
    let diff = TextDiff::configure()
        .algorithm(Algorithm::Myers)
        .timeout(MAX_TIME)
        .diff_slices(&old, &new);
    let lines: Vec<Line<'_>> = diff
        .iter_all_changes()
        .map(|change| Line {
            tag: change.tag(),
            text: change.value(),
        })
        .collect();
    let mut text = String::new();
    let (mut before, mut place) = ([0, 0], 0);
    for range in ranges(&lines) {
        count(&lines[place..range.start], &mut before);
        let mut after = before;
        count(&lines[range.clone()], &mut after);
        write_hunk(&mut text, &lines[range.clone()], before, after);
        (before, place) = (after, range.end);
    }
    text
}

/// Where hunks begin and end: changes with their context, joined where they would touch.
fn ranges(lines: &[Line<'_>]) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for (place, line) in lines.iter().enumerate() {
        if line.tag == ChangeTag::Equal {
            continue;
        }
        let (start, end) = (
            place.saturating_sub(CONTEXT),
            (place + CONTEXT + 1).min(lines.len()),
        );
        match ranges.last_mut() {
            Some(last) if start <= last.end => last.end = end,
            _ => ranges.push(start..end),
        }
    }
    ranges
}

/// Counts lines of the old and of the new side.
fn count(lines: &[Line<'_>], [old, new]: &mut [usize; 2]) {
    *old += lines.iter().filter(|l| l.tag != ChangeTag::Insert).count();
    *new += lines.iter().filter(|l| l.tag != ChangeTag::Delete).count();
}

fn write_hunk(text: &mut String, lines: &[Line<'_>], before: [usize; 2], after: [usize; 2]) {
    let [old, new] = [0, 1].map(|side| {
        let length = after[side] - before[side];
        // An empty side is placed on the line before it.
        let start = before[side] + usize::from(length > 0);
        format!("{start},{length}")
    });
    // Writing to a `String` cannot fail.
    let _ = writeln!(text, "@@ -{old} +{new} @@");
    for line in lines {
        let mark = match line.tag {
            ChangeTag::Equal => ' ',
            ChangeTag::Delete => '-',
            ChangeTag::Insert => '+',
        };
        text.push(mark);
        text.push_str(line.text);
        if !line.text.ends_with('\n') {
            text.push_str("\n\\ No newline at end of file\n");
        }
    }
}
