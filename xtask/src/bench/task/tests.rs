//! Which figure the bar is held against.

use super::*;

fn rounds(prototype: f64, product: f64) -> Rounds {
    let mut rounds = Rounds::default();
    let seconds = Duration::from_secs_f64;
    rounds
        .prototype_rest
        .push_rest(seconds(prototype + 0.7), seconds(0.7));
    rounds
        .product_rest
        .push_rest(seconds(product + 0.2), seconds(0.2));
    rounds
}

#[test]
fn the_ratio_of_what_is_left_without_the_steps_is_judged() {
    assert!(rounds(15.7, 8.0).figures().judge().is_ok());
    assert!(rounds(50.0, 31.0).figures().judge().is_ok());
    let missed = rounds(15.7, 9.8).figures().judge().unwrap_err();
    assert!(missed.to_string().contains("product / prototype"));
    assert!(
        Rounds::default().figures().judge().is_err(),
        "nothing measured holds no bar"
    );
}

#[test]
fn seconds_are_shown_as_such() {
    let table = rounds(15.7, 7.2).figures().to_string();
    let line = |name: &str| table.lines().find(|line| line.starts_with(name)).unwrap();
    assert!(line("prototype, the rest").contains("15.70 s"), "{table}");
    assert!(line("product, the rest").contains("7.20 s"), "{table}");
    assert!(line("product, the rest").contains("7.2 to 7.2"), "{table}");
    assert!(
        line("product / prototype").contains("0.46 times"),
        "{table}"
    );
}
