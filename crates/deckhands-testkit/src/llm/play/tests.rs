//! Whose steps a request gets.

use super::*;
use crate::script::Step;

/// Numbers of the steps that these models get in turn; 0 for none, 99 after the end.
fn numbers(script: Script, models: &[Option<&str>]) -> Vec<usize> {
    let mut play = Play::new(script);
    let mut numbers = Vec::new();
    for model in models {
        numbers.push(match play.next(*model, Form::Native) {
            None => 0,
            Some(Turn::Step { number, .. }) => number,
            Some(Turn::Ended(_)) => 99,
        });
    }
    numbers
}

#[test]
fn each_model_has_its_place() {
    let two = || Script::new([Step::say("1"), Step::say("2")]);
    let asked = [
        Some("a"),
        Some("x"),
        Some("a"),
        None,
        Some("b"),
        Some("a"),
        Some("y"),
    ];
    let both = two().model("a", two()).model("b", two());
    assert_eq!(numbers(both, &asked), [1, 1, 2, 2, 1, 99, 99]);
    let only = Script::only_models().model("a", two());
    assert_eq!(numbers(only, &asked), [1, 0, 2, 0, 0, 99, 0]);
}

#[test]
fn models_are_listed() {
    let script = Script::only_models().model("a", Script::new([]));
    let (names, any) = Play::new(script).models();
    assert_eq!((names, any), (vec!["a".to_owned()], false));
    let (names, any) = Play::new(Script::new([])).models();
    assert_eq!((names.len(), any), (0, true));
}
