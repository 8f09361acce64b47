//! The table at the end of `cargo xtask ci`: steps, seconds, test cases.

use std::fmt;
use std::time::Duration;

use crate::counts::Counts;

#[cfg(test)]
mod tests;

/// How one step ended.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) time: Duration,
    /// `None`: the step failed before or beside its tests.
    pub(super) counts: Option<Counts>,
}

impl Row {
    fn is_green(&self) -> bool {
        self.counts.is_some_and(|counts| counts.failed == 0)
    }

    /// A failure that no test case stands for still counts as one, so that the last line of a red
    /// run never reads `0 failed`.
    fn total(&self) -> Counts {
        self.counts.unwrap_or(Counts {
            passed: 0,
            failed: 1,
        })
    }
}

/// The rows in the order they ran.
#[derive(Default)]
pub(super) struct Table(Vec<Row>);

impl Table {
    /// Takes a row in and says whether the run may go on.
    pub(super) fn add(&mut self, row: Row) -> bool {
        let go_on = row.is_green();
        self.0.push(row);
        go_on
    }

    pub(super) fn is_green(&self) -> bool {
        self.0.iter().all(Row::is_green)
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut sum = Counts::default();
        let mut time = Duration::ZERO;
        writeln!(
            f,
            "{:<10} {:>8} {:>7} {:>7}",
            "step", "seconds", "passed", "failed"
        )?;
        for row in &self.0 {
            let total = row.total();
            line(f, row.name, row.time, total)?;
            sum += total;
            time += row.time;
        }
        line(f, "total", time, sum)?;
        write!(f, "\n{} passed, {} failed", sum.passed, sum.failed)
    }
}

fn line(f: &mut fmt::Formatter<'_>, name: &str, time: Duration, counts: Counts) -> fmt::Result {
    let Counts { passed, failed } = counts;
    writeln!(
        f,
        "{name:<10} {:>8.1} {passed:>7} {failed:>7}",
        time.as_secs_f64()
    )
}
