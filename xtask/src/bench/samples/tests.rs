//! The figures that are compared with the bars.

use std::time::Duration;

use super::Samples;

fn of(times: &[u64]) -> Samples {
    let mut samples = Samples::default();
    for time in times {
        samples.push(Duration::from_millis(*time));
    }
    samples
}

#[test]
fn the_median_ignores_order_and_outliers() {
    let rows: [(&[u64], f64); 6] = [
        (&[9, 1, 2], 2.0),
        (&[900, 1, 3, 2, 4], 3.0),
        (&[7, 8], 7.5),
        (&[1000, 2, 1, 5], 3.5),
        (&[6], 6.0),
        (&[], 0.0),
    ];
    for (times, expected) in rows {
        let median = of(times).median();
        assert!((median - expected).abs() < 1e-9, "{times:?}: {median}");
    }
}

#[test]
fn the_range_is_smallest_to_largest() {
    let (low, high) = of(&[5, 30, 1]).range();
    assert!((low - 1.0).abs() < 1e-9 && (high - 30.0).abs() < 1e-9);
}

#[test]
fn a_rest_may_be_negative() {
    let mut samples = Samples::default();
    samples.push_rest(Duration::from_millis(300), Duration::from_millis(340));
    assert!((samples.median() + 40.0).abs() < 1e-9);
}
