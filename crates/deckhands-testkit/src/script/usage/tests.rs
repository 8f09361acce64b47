//! Dollars as nanodollars.

use super::*;

#[test]
fn a_price_is_rounded_up_to_the_next_nanodollar() {
    let rows = [
        (None, None),
        (Some(-0.5), None),
        (Some(f64::NAN), None),
        (Some(f64::INFINITY), None),
        (Some(0.0), Some(0)),
        (Some(0.1), Some(100_000_000)),
        (Some(0.3), Some(300_000_000)),
        (Some(1e-7), Some(100)),
        (Some(1e-9), Some(1)),
        (Some(1e-10), Some(1)),
        (Some(0.000_123_456_789_1), Some(123_457)),
        (Some(12.5), Some(12_500_000_000)),
        (Some(3.0), Some(3_000_000_000)),
        (Some(1e300), Some(u64::MAX)),
    ];
    for (cost, wanted) in rows {
        let usage = Usage {
            cost,
            ..Usage::default()
        };
        assert_eq!(usage.cost_nanos(), wanted, "{cost:?}");
    }
}
