//! Costs: field by field, and never more than the worst case.

use proptest::prelude::*;

use super::*;
use crate::money::price::LongPrice;

/// $3 and $15 for a million, $0.30 from the cache, $3.75 into it, above 200,000 tokens $6 and $22.50.
fn sonnet() -> Price {
    let rate = |usd| Rate::per_million(usd).unwrap();
    Price {
        cached: Some(rate(0.3)),
        cache_write: Some(rate(3.75)),
        long: Some(LongPrice {
            above: 200_000,
            input: rate(6.0),
            cached: Some(rate(0.6)),
            cache_write: Some(rate(7.5)),
            output: rate(22.5),
        }),
        ..Price::per_million(3.0, 15.0).unwrap()
    }
}

fn tokens(input: u64, cached: u64, cache_written: u64, output: u64) -> Tokens {
    Tokens {
        input,
        cached,
        cache_written,
        output,
    }
}

#[test]
fn each_kind_of_token_has_its_price() {
    let price = sonnet();
    let rows = [
        (tokens(0, 0, 0, 0), 0),
        // 1,000 at 3,000 nanodollars.
        (tokens(1000, 0, 0, 0), 3_000_000),
        (tokens(0, 0, 0, 1000), 15_000_000),
        // 200 at 3,000 and 800 at 300.
        (tokens(1000, 800, 0, 0), 840_000),
        // 100 at 3,000, 800 at 300, 100 at 3,750.
        (tokens(1000, 800, 100, 0), 915_000),
        // More from the cache than there was: all of it from the cache.
        (tokens(1000, 5000, 5000, 0), 300_000),
        // The last token at the usual price, and the first at the other, which holds for all.
        (tokens(200_000, 0, 0, 10), 600_150_000),
        (tokens(200_001, 0, 0, 10), 1_200_006_000 + 225_000),
        // 1 at 6,000, 100,000 at 600, 100,000 at 7,500.
        (tokens(200_001, 100_000, 100_000, 0), 810_006_000),
    ];
    for (tokens, nanos) in rows {
        assert_eq!(cost(&price, tokens), Usd::nanos(nanos), "{tokens:?}");
    }
}

#[test]
fn an_unknown_price_of_the_cache_is_that_of_input() {
    let price = Price::per_million(3.0, 15.0).unwrap();
    assert_eq!(
        cost(&price, tokens(1000, 800, 100, 0)),
        Usd::nanos(3_000_000)
    );
}

#[test]
fn the_sum_is_rounded_up_once_and_stops_at_the_end() {
    // 37.5 nanodollars a token: three are 112.5.
    let price = Price::per_million(0.0375, 0.0375).unwrap();
    assert_eq!(cost(&price, tokens(2, 0, 0, 1)), Usd::nanos(113));
    assert_eq!(cost(&price, tokens(2, 0, 0, 0)), Usd::nanos(75));
    let dear = Price {
        request: Usd::nanos(5),
        ..Price::of(Rate::picodollars(u64::MAX), Rate::picodollars(u64::MAX))
    };
    assert_eq!(cost(&dear, tokens(0, 0, 0, 0)), Usd::nanos(5));
    assert_eq!(cost(&dear, tokens(u64::MAX, 0, 0, u64::MAX)), Usd::MAX);
    assert_eq!(worst_case(&dear, u64::MAX, u64::MAX), Usd::MAX);
}

#[test]
fn the_worst_case_takes_every_byte_for_a_token_of_the_dearest_kind() {
    // 36,000 bytes and the margin at 3,750, and 8,192 tokens of output at 15,000.
    let worst = worst_case(&sonnet(), 36_000, 8192);
    assert_eq!(worst, Usd::nanos(37_024 * 3750 + 8192 * 15_000));
    // From 198,976 bytes and the margin on the other price may be taken.
    let edge = |bytes| worst_case(&sonnet(), bytes, 0);
    assert_eq!(edge(198_976), Usd::nanos(200_000 * 3750));
    assert_eq!(edge(198_977), Usd::nanos(200_001 * 7500));
    assert_eq!(worst_case(&Price::FREE, 1 << 20, 1 << 20), Usd::ZERO);
}

prop_compose! {
    fn prices()(
        rates in prop::array::uniform4(0..100_000_000_u64),
        known in any::<[bool; 5]>(),
        request in 0..1_000_000_u64,
        above in 0..5000_u64,
        others in prop::array::uniform4(0..100_000_000_u64),
    ) -> Price {
        let [input, output, cached, cache_write] = rates.map(Rate::picodollars);
        let others = others.map(Rate::picodollars);
        let long = LongPrice {
            above,
            input: others[0],
            cached: known[3].then_some(others[1]),
            cache_write: known[4].then_some(others[2]),
            output: others[3],
        };
        Price {
            cached: known[0].then_some(cached),
            cache_write: known[1].then_some(cache_write),
            long: known[2].then_some(long),
            request: Usd::nanos(request),
            ..Price::of(input, output)
        }
    }
}

proptest! {
    #[test]
    fn no_call_within_its_bounds_costs_more_than_the_worst_case(
        price in prices(),
        bytes in 0..10_000_u64,
        most in 0..10_000_u64,
        shares in prop::array::uniform4(0..=1000_u64),
    ) {
        let part = |whole: u64, share: u64| whole * share / 1000;
        let input = part(bytes + MARGIN_TOKENS, shares[0]);
        let spent = tokens(input, part(input, shares[1]), part(input, shares[2]), part(most, shares[3]));
        prop_assert!(cost(&price, spent) <= worst_case(&price, bytes, most));
    }
}
