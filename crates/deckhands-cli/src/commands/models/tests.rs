//! The answer to which model, for people and for programs.

use deckhands_model::{Category, Complexity};

use super::*;
use crate::sample::plain;

fn args(category: Category, quality_threshold: f64) -> SelectArgs {
    SelectArgs {
        category,
        complexity: Complexity::Moderate,
        quality_threshold,
    }
}

fn registry() -> Catalogue {
    Catalogue::built_in().unwrap()
}

#[test]
fn every_category_has_an_answer_that_says_why() {
    for category in Category::ALL {
        let answer = answer(&registry(), &args(category, 0.7)).unwrap();
        let chosen = answer.chosen.as_ref().unwrap().to_string();
        let text = plain(&text(&answer));
        assert_eq!(text.lines().next(), Some(chosen.as_str()));
        let rest = answer.ranked.len() + answer.refused.len();
        assert_eq!(rest, registry().entries().len());
        for entry in registry().entries() {
            assert!(text.contains(entry.id.as_str()), "{}: {text}", entry.id);
        }
        let document = json!(answer);
        assert_eq!(document["chosen"], chosen);
        assert_eq!(document["wish"]["category"], category.word());
        let points = document["ranked"][0]["reasons"].as_array();
        assert_eq!(points.unwrap().len(), 5);
    }
}

#[test]
fn where_no_model_will_do_each_has_its_reason() {
    let none = "version = 1\n[[models]]\nid = \"openai/poor\"\nstatus = \"untested\"\n\
                quality_tier = \"low\"\n";
    let registry = Catalogue::parse(none).unwrap();
    let answer = answer(&registry, &args(Category::Analysis, 0.9)).unwrap();
    assert_eq!(answer.chosen, None);
    let expected =
        "no known model will do\n  not openai/poor (its quality is 0.33, 0.90 is wanted)\n";
    assert_eq!(plain(&text(&answer)), expected);
}

#[test]
fn what_is_not_known_of_a_model_is_said() {
    let one = "version = 1\n[[models]]\nid = \"openai/new\"\nstatus = \"untested\"\n";
    let table = known(&Catalogue::parse(one).unwrap()).to_string();
    let line = table.lines().nth(1).unwrap();
    let cells: Vec<_> = line.split_whitespace().collect();
    assert_eq!(cells, ["openai/new", "untested", "?", "?", "?", "?"]);
}
