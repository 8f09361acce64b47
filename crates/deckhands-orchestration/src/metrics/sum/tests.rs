//! Tenths add up to what a person expects.

use super::*;

fn sum(figures: &[f64]) -> f64 {
    let mut sum = Sum::default();
    figures.iter().for_each(|figure| sum.add(*figure));
    sum.value()
}

#[test]
#[expect(clippy::float_cmp, reason = "exactness is what is tested")]
fn sums_are_exact_and_know_no_order() {
    assert_eq!(sum(&[0.1, 0.2]), 0.3);
    assert_eq!(sum(&[0.1; 10]), 1.0);
    assert_eq!(sum(&[1e6, 1e-9, 0.25]), sum(&[1e-9, 0.25, 1e6]));
    assert_eq!(sum(&[]), 0.0);
}

#[test]
#[expect(clippy::float_cmp, reason = "exactness is what is tested")]
fn what_is_no_figure_adds_nothing() {
    for wrong in [-1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(sum(&[wrong, 2.5]), 2.5, "{wrong}");
    }
}
