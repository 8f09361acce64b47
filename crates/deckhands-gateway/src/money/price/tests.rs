//! Prices: what is read, what is refused, what is free.

use super::*;

#[test]
fn a_price_is_exact_to_the_picodollar_and_else_rounded_up() {
    let rows = [
        (0.0, 0),
        (0.27, 270_000),
        (1.1, 1_100_000),
        (0.0375, 37_500),
        (0.000_001, 1),
        (0.000_000_1, 1),
        (0.000_001_5, 2),
        (75.0, 75_000_000),
        (1e6, 1_000_000_000_000),
    ];
    for (usd, picodollars) in rows {
        let rate = Rate::per_million(usd).unwrap();
        assert_eq!(rate.as_picodollars(), picodollars, "{usd}");
    }
}

#[test]
fn what_can_be_no_price_is_refused() {
    for usd in [-0.1, f64::NAN, f64::INFINITY, 1e6 + 1.0] {
        assert!(Rate::per_million(usd).is_err(), "{usd}");
        assert!(Price::per_million(1.0, usd).is_err(), "{usd}");
    }
}

#[test]
fn only_what_has_no_price_at_all_is_free() {
    assert!(Price::FREE.is_free());
    let rate = Some(Rate::picodollars(1));
    let long = LongPrice {
        above: 1,
        input: Rate::FREE,
        cached: None,
        cache_write: None,
        output: Rate::picodollars(1),
    };
    let request = Usd::nanos(1);
    let dear = [
        Price::of(Rate::picodollars(1), Rate::FREE),
        Price::of(Rate::FREE, Rate::picodollars(1)),
        Price {
            cached: rate,
            ..Price::FREE
        },
        Price {
            cache_write: rate,
            ..Price::FREE
        },
        Price {
            request,
            ..Price::FREE
        },
        Price {
            long: Some(long),
            ..Price::FREE
        },
    ];
    for price in dear {
        assert!(!price.is_free(), "{price:?}");
    }
}
