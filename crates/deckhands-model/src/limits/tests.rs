//! The documented defaults.

use super::*;

#[test]
fn deadlines_are_the_documented_ones() {
    let given = Deadlines::default();
    let seconds = [
        given.pull,
        given.start,
        given.idle,
        given.work,
        given.cleanup,
        given.checks,
    ]
    .map(|d| d.as_secs());
    assert_eq!(seconds, [600, 120, 180, 300, 30, 120]);
    // With a look every tenth of a second the end comes within the promised 5 s.
    assert!(given.awaiting < Duration::from_secs(5));
}

#[test]
fn limits_are_the_documented_ones() {
    let given = Limits::default();
    let sizes = [given.memory, given.log_bytes, given.workspace_bytes].map(|size| size.to_string());
    assert_eq!(sizes, ["4g", "64m", "2g"]);
    assert_eq!(
        (given.milli_cpus, given.processes, given.iterations),
        (2000, 1024, 100)
    );
}
