//! What becomes of measured times.

use std::time::Duration;

use super::{Samples, micros, time};

#[test]
fn times_are_shown_in_microseconds() {
    let mut samples = Samples::default();
    for milliseconds in [0.25, 0.3, 0.75] {
        samples.push(time(milliseconds).unwrap());
    }
    let figure = micros("a call", &samples);
    let (low, high) = figure.range.unwrap();
    let seen = [figure.value, low, high];
    for (seen, expected) in seen.into_iter().zip([300.0, 250.0, 750.0]) {
        assert!((seen - expected).abs() < 1e-6, "{seen}");
    }
    assert_eq!(figure.unit, "µs");
}

#[test]
fn only_times_are_times() {
    assert_eq!(time(1.5).unwrap(), Duration::from_micros(1500));
    for bad in [-1.0, f64::NAN, f64::INFINITY] {
        assert!(time(bad).is_err(), "{bad}");
    }
}
