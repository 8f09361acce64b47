//! Sums of charges.

use super::*;

fn charge(cost: Option<f64>) -> Charge {
    Charge::of(&Usage {
        prompt_tokens: 10,
        completion_tokens: 3,
        cached_tokens: Some(4),
        cost,
    })
}

#[test]
fn charges_are_summed_by_model_without_loss() {
    let mut till = Till::default();
    // As floating numbers these would sum to 0.6000000000000001.
    for cost in [0.1, 0.2, 0.3] {
        till.begin("a", charge(Some(cost)));
    }
    till.begin("b", charge(None));
    till.finish("a", charge(Some(0.2)));
    till.finish("a", charge(Some(0.1)));
    till.finish("b", charge(None));
    let wanted = Charge {
        completions: 2,
        prompt_tokens: 20,
        completion_tokens: 6,
        cached_tokens: 8,
        cost_nanos: 300_000_000,
        unpriced: 0,
    };
    assert_eq!(till.of("a").whole, wanted);
    assert_eq!(till.of("a").begun, charge(Some(0.3)));
    assert_eq!(till.of("b").whole.unpriced, 1);
    assert_eq!(till.of("c"), Served::default());
    let all = till.all();
    assert_eq!(all.whole.completions, 3);
    assert_eq!(all.whole.cost_nanos, 300_000_000);
    assert_eq!(all.begun.cost_nanos, 300_000_000);
}
