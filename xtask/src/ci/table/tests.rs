//! What scripts read: the last line, and whether the run was green.

use std::time::Duration;

use super::{Row, Table};
use crate::counts::Counts;

const fn counts(passed: u64, failed: u64) -> Option<Counts> {
    Some(Counts { passed, failed })
}

#[test]
fn last_line_sums_all_steps() {
    let rows: &[(&[Option<Counts>], &str, bool)] = &[
        (
            &[counts(0, 0), counts(41, 0), counts(1, 0)],
            "42 passed, 0 failed",
            true,
        ),
        (&[counts(40, 2)], "40 passed, 2 failed", false),
        (&[counts(40, 0), None], "40 passed, 1 failed", false),
        (&[], "0 passed, 0 failed", true),
    ];
    for (steps, expected, green) in rows {
        let mut table = Table::default();
        for counts in *steps {
            table.add(Row {
                name: "step",
                time: Duration::from_secs(1),
                counts: *counts,
            });
        }
        let text = table.to_string();
        assert_eq!(text.lines().last(), Some(*expected), "{text}");
        assert_eq!(table.is_green(), *green, "{text}");
    }
}

#[test]
fn a_red_step_ends_the_run() {
    for (counts, go_on) in [(counts(1, 0), true), (counts(1, 1), false), (None, false)] {
        let row = Row {
            name: "step",
            time: Duration::ZERO,
            counts,
        };
        assert_eq!(Table::default().add(row), go_on, "{counts:?}");
    }
}
