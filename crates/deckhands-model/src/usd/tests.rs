//! Money: what is read, what is refused, what is shown, and that nothing wraps or rounds down.

use proptest::prelude::*;

use super::*;

#[test]
fn what_people_write_is_read() {
    let rows = [
        ("0", 0),
        ("0.50", 500_000_000),
        ("$0.5", 500_000_000),
        ("$2", 2_000_000_000),
        (" 2.00 ", 2_000_000_000),
        ("0.0123", 12_300_000),
        ("0.000000001", 1),
        ("18446744073.709551615", u64::MAX),
    ];
    for (text, nanos) in rows {
        assert_eq!(text.parse(), Ok(Usd::nanos(nanos)), "{text}");
    }
}

#[test]
fn what_is_no_amount_is_refused() {
    let rows = [
        "",
        "$",
        "-1",
        "+1",
        "$-1",
        "$$1",
        ".5",
        "5.",
        "1.2.3",
        "1,5",
        "1e3",
        "two",
        "2 USD",
        "NaN",
        "0.0000000001",
        "18446744073.709551616",
        "99999999999999999999",
    ];
    for text in rows {
        let error = text.parse::<Usd>().unwrap_err();
        assert_eq!(error.text, text);
        assert!(
            error
                .to_string()
                .starts_with(&format!("`{text}` is not an amount"))
        );
    }
}

#[test]
fn an_amount_is_shown_exactly_with_at_least_cents() {
    let rows = [
        (0, "$0.00"),
        (1, "$0.000000001"),
        (12_300_000, "$0.0123"),
        (500_000_000, "$0.50"),
        (2_000_000_000, "$2.00"),
        (1_010_000_000, "$1.01"),
        (u64::MAX, "$18446744073.709551615"),
    ];
    for (nanos, text) in rows {
        assert_eq!(Usd::nanos(nanos).to_string(), text);
    }
    assert_eq!(format!("{:>8}", Usd::dollars(3)), "   $3.00");
}

#[test]
fn as_data_it_is_the_number_of_nanodollars() {
    let amount = Usd::nanos(12_300_000);
    assert_eq!(serde_json::to_string(&amount).unwrap(), "12300000");
    assert_eq!(serde_json::from_str::<Usd>("12300000").unwrap(), amount);
    assert!(serde_json::from_str::<Usd>("-1").is_err());
}

#[test]
fn a_float_is_taken_as_written_and_anything_between_is_rounded_up() {
    let rows = [
        (0.0, Some(0)),
        (-0.0, Some(0)),
        (0.0025, Some(2_500_000)),
        (0.1, Some(100_000_000)),
        (0.3, Some(300_000_000)),
        (1.1, Some(1_100_000_000)),
        (0.000_000_000_1, Some(1)),
        (0.000_000_001_000_1, Some(2)),
        (1e-300, Some(1)),
        (-0.000_001, None),
        (f64::NAN, None),
        (f64::INFINITY, None),
        (1e11, None),
    ];
    for (dollars, nanos) in rows {
        assert_eq!(
            Usd::from_f64_up(dollars),
            nanos.map(Usd::nanos),
            "{dollars}"
        );
    }
}

#[test]
fn arithmetic_stops_at_the_ends() {
    let (one, two) = (Usd::dollars(1), Usd::dollars(2));
    assert_eq!(one.saturating_sub(two), Usd::ZERO);
    assert_eq!(two.saturating_sub(one), one);
    assert_eq!(Usd::MAX.saturating_add(one), Usd::MAX);
    assert_eq!(one.saturating_mul(2), two);
    assert_eq!(one.saturating_mul(u64::MAX), Usd::MAX);
    assert_eq!(Usd::dollars(u64::MAX), Usd::MAX);
    assert_eq!([one, two].into_iter().sum::<Usd>(), Usd::dollars(3));
    assert!(Usd::ZERO.is_zero() && !one.is_zero());
}

#[test]
fn a_float_whose_product_lies_below_it_is_rounded_up() {
    let dollars = 854_714.963_545_234_1;
    assert!(Usd::from_f64_up(dollars).unwrap().as_f64() >= dollars);
}

proptest! {
    #[test]
    fn what_is_shown_reads_back(nanos in any::<u64>(), shift in 0_u32..64) {
        let amount = Usd::nanos(nanos >> shift);
        prop_assert_eq!(amount.to_string().parse(), Ok(amount));
    }

    #[test]
    fn a_float_never_becomes_less(dollars in 0.0..1e6_f64) {
        let amount = Usd::from_f64_up(dollars).unwrap();
        prop_assert!(amount.as_f64() >= dollars);
        // A nanodollar, and two places of a float of this size.
        prop_assert!(amount.as_f64() <= dollars + 1.0e-9 + 2.0 * 1.17e-10);
    }

    #[test]
    fn an_amount_survives_the_way_through_a_float(nanos in 0..1_u64 << 50) {
        let amount = Usd::nanos(nanos);
        prop_assert_eq!(Usd::from_f64_up(amount.as_f64()), Some(amount));
    }
}
