//! Whose figure is booked.

use super::*;
use crate::money::cost::Tokens;

/// 100 tokens in at 1,000 and 10 out at 2,000 nanodollars: 120,000.
const TOKENS: Tokens = Tokens {
    input: 100,
    cached: 0,
    cache_written: 0,
    output: 10,
};

#[test]
fn the_providers_figure_wins_then_the_tables_then_the_worst_case() {
    let price = Price::per_million(1.0, 2.0).unwrap();
    let (tokens, cost) = (Some(TOKENS), Some(Usd::nanos(150_000)));
    let table = Some(Usd::nanos(120_000));
    let reserved = Usd::nanos(500_000);
    let rows = [
        (
            Told { tokens, cost },
            Some(&price),
            BookedBy::Provider,
            150_000,
            table,
        ),
        (
            Told { tokens, cost },
            None,
            BookedBy::Provider,
            150_000,
            None,
        ),
        (
            Told { tokens: None, cost },
            Some(&price),
            BookedBy::Provider,
            150_000,
            None,
        ),
        (
            Told { tokens, cost: None },
            Some(&price),
            BookedBy::Table,
            120_000,
            table,
        ),
        (
            Told { tokens, cost: None },
            None,
            BookedBy::Worst,
            500_000,
            None,
        ),
        (
            Told::default(),
            Some(&price),
            BookedBy::Worst,
            500_000,
            None,
        ),
    ];
    for (told, price, by, nanos, table) in rows {
        let expected = Booked {
            spent: Usd::nanos(nanos),
            by,
            table,
            provider: told.cost,
            over_reserved: None,
        };
        assert_eq!(Booked::of(told, price, reserved), expected);
    }
    assert_eq!(Booked::worst(reserved).spent, reserved);
}

#[test]
fn what_is_more_than_was_reserved_is_told_and_booked_in_full() {
    let told = Told {
        tokens: None,
        cost: Some(Usd::nanos(150_000)),
    };
    let booked = Booked::of(told, None, Usd::nanos(100_000));
    assert_eq!(booked.spent, Usd::nanos(150_000));
    assert_eq!(booked.over_reserved, Some(Usd::nanos(50_000)));
    let exact = Booked::of(told, None, Usd::nanos(150_000));
    assert_eq!(exact.over_reserved, None);
}

#[test]
fn the_difference_between_both_figures_is_visible() {
    let price = Price::per_million(1.0, 2.0).unwrap();
    let of = |cost| {
        let told = Told {
            tokens: Some(TOKENS),
            cost,
        };
        Booked::of(told, Some(&price), Usd::dollars(1)).differing()
    };
    let (other, same) = (Usd::nanos(150_000), Usd::nanos(120_000));
    assert_eq!(of(Some(other)), Some((other, same)));
    assert_eq!(of(Some(same)), None);
    assert_eq!(of(None), None);
}
