//! The figure that is compared with the limit.

use std::time::Duration;

use super::median;

#[test]
fn the_median_ignores_order_and_outliers() {
    for (times, expected) in [
        (vec![9, 1, 2], 2),
        (vec![900, 1, 3, 2, 4], 3),
        (vec![7, 8], 8),
    ] {
        let mut times: Vec<_> = times.into_iter().map(Duration::from_millis).collect();
        assert_eq!(
            median(&mut times),
            Duration::from_millis(expected),
            "{times:?}"
        );
    }
}
