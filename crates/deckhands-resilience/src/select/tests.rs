//! Which model is chosen, with which points, and why the others are not.

use std::collections::BTreeSet;

use deckhands_model::{Category, Complexity};
use jiff::civil::date;
use proptest::prelude::{any, prop, prop_assert, prop_assert_eq, proptest};
use proptest::strategy::Strategy;

use super::*;
use crate::catalogue::Specialisation;

/// Two models that differ in nothing but what a test says.
fn two(a: &str, b: &str) -> Catalogue {
    let entry = |name, lines| {
        format!("[[models]]\nid = \"openai/{name}\"\nquality_tier = \"high\"\n{lines}\n")
    };
    Catalogue::parse(&format!("version = 1\n{}{}", entry("a", a), entry("b", b))).unwrap()
}

fn id(name: &str) -> ModelId {
    ModelId::resolve(&format!("openai/{name}")).unwrap()
}

fn any_route(_: &ModelId) -> bool {
    true
}

fn wish() -> Wish {
    Wish::of(Category::UnitTest)
}

fn wish_with(change: impl FnOnce(&mut Wish)) -> Wish {
    let mut wish = wish();
    change(&mut wish);
    wish
}

const EVIDENCE: &str = "status = \"verified\"\nevidence = { date = \"2025-11-01\", outcome = \
    \"completed\", image = \
    \"sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\" }";

#[test]
fn every_category_has_an_answer_at_every_threshold() {
    let catalogue = Catalogue::built_in().unwrap();
    for category in Category::ALL {
        for complexity in Complexity::ALL {
            for quality_threshold in [0.0, 0.7, 0.9, 1.0] {
                let wish = Wish {
                    complexity,
                    quality_threshold,
                    ..Wish::of(category)
                };
                let selection = select(&catalogue, &wish, any_route);
                assert!(selection.chosen.is_some(), "{wish:?}");
                assert!(selection.ranked.len() > 5, "{wish:?}");
            }
        }
    }
}

#[test]
fn points_of_a_built_in_model() {
    let catalogue = Catalogue::built_in().unwrap();
    let chat = ModelId::resolve("openrouter/deepseek/deepseek-chat").unwrap();
    let wish = wish_with(|w| w.complexity = Complexity::Complex);
    let selection = select(&catalogue, &wish, any_route);
    assert_eq!(selection.chosen, Some(chat));
    let lines: Vec<_> = selection.ranked[0]
        .reasons
        .iter()
        .map(Points::to_string)
        .collect();
    assert_eq!(
        lines,
        [
            "quality 50.0 of 50: tier high",
            "reliability 15.0 of 30: untested, nothing measured",
            "speed 1.0 of 10: usually answers in 4500 ms",
            "specialisation 10.0 of 10: made for quality",
            "strength 10.0 of 10: good at unit_test",
        ]
    );
    assert!((selection.ranked[0].score - 86.0).abs() < 1e-9);
}

#[test]
fn each_figure_moves_the_choice() {
    let simple = wish_with(|w| w.complexity = Complexity::Simple);
    let complex = wish_with(|w| w.complexity = Complexity::Complex);
    let reasoning = wish_with(|w| w.needs.specialisation = Some(Specialisation::Reasoning));
    let quick = "quality = 4.0\nlatency_ms = 1000";
    for (a, b, wish) in [
        ("quality = 4.5", "quality = 4.6", wish()),
        ("quality = 4.9", "", wish()),
        ("success_rate = 0.9", "success_rate = 0.95", wish()),
        ("success_rate = 0.4", "", wish()),
        ("", EVIDENCE, wish()),
        ("status = \"rate_limited\"", "", wish()),
        ("latency_ms = 1200", "latency_ms = 880", wish()),
        ("", "latency_ms = 4000", wish()),
        ("", "strengths = [\"unit_test\"]", wish()),
        (
            "strengths = [\"analysis\"]",
            "strengths = [\"unit_test\"]",
            wish(),
        ),
        ("", "specialisation = \"balanced\"", wish()),
        ("", "specialisation = \"speed\"", simple.clone()),
        ("", "specialisation = \"quality\"", complex.clone()),
        ("", "specialisation = \"reasoning\"", reasoning),
        ("quality = 5.0", quick, simple),
        (quick, "quality = 5.0", complex),
        ("usd_per_1k_tokens = 0.2", "usd_per_1k_tokens = 0.1", wish()),
        ("", "usd_per_1k_tokens = 0.1", wish()),
    ] {
        let selection = select(&two(a, b), &wish, any_route);
        assert_eq!(selection.chosen, Some(id("b")), "{a} against {b}");
    }
    let equal = select(&two("", ""), &wish(), any_route);
    assert_eq!(equal.chosen, Some(id("a")), "in the order of the catalogue");
}

#[test]
fn old_evidence_counts_as_none() {
    let catalogue = two("success_rate = 0.6", EVIDENCE);
    for (since, chosen) in [(date(2025, 11, 1), "b"), (date(2025, 11, 2), "a")] {
        let wish = wish_with(|w| w.needs.evidence_since = Some(since));
        assert_eq!(
            select(&catalogue, &wish, any_route).chosen,
            Some(id(chosen))
        );
    }
}

/// The first model has these lines and is refused with this message; the second one is chosen.
fn check(lines: &str, wish: &Wish, message: &str) {
    let other = "usd_per_1k_tokens = 0.0\ncapabilities = [\"tools\"]";
    let selection = select(&two(lines, other), wish, any_route);
    assert_eq!(selection.chosen, Some(id("b")), "{lines}");
    let [refused] = &selection.refused[..] else {
        panic!("{:?}", selection.refused);
    };
    assert_eq!(refused.model, id("a"));
    assert_eq!(refused.reason.to_string(), message);
}

#[test]
#[rustfmt::skip]
fn what_cannot_serve_is_refused_with_its_reason() {
    let complex = wish_with(|w| w.complexity = Complexity::Complex);
    let free = wish_with(|w| w.needs.max_usd_per_1k_tokens = Some(0.0));
    let tools = wish_with(|w| w.needs.capabilities = vec!["tools".to_owned()]);
    check("status = \"incompatible\"", &wish(), "it does not work with the agent");
    check("system_prompt = false", &wish(), "it takes no system prompt");
    check("max_complexity = \"moderate\"", &complex, "it is fit for tasks up to moderate only");
    check("context_tokens = 3999", &wish(), "its context is 3999 tokens, 4000 are needed");
    check("latency_ms = 5001", &wish(), "it usually answers in 5001 ms, at most 5000 are wanted");
    check("usd_per_1k_tokens = 0.1", &free, "it costs 0.1 dollars a thousand tokens, at most 0 are wanted");
    check("", &free, "its price is not known, and there is a highest one");
    check("", &tools, "it is not known to have `tools`");
    check("quality = 3.4", &wish(), "its quality is 0.68, 0.70 is wanted");
}

#[test]
fn a_model_of_unknown_quality_serves_where_none_is_wanted() {
    let catalogue = Catalogue::parse("version = 1\n[[models]]\nid = \"openai/a\"").unwrap();
    let selection = select(&catalogue, &wish(), any_route);
    assert_eq!(selection.chosen, None);
    assert_eq!(selection.refused[0].reason, WhyNot::QualityUnknown);
    let any_quality = wish_with(|w| w.quality_threshold = 0.0);
    let selection = select(&catalogue, &any_quality, any_route);
    assert_eq!(selection.chosen, Some(id("a")));
    assert_eq!(
        selection.ranked[0].notes,
        ["its context window is not known"]
    );
}

#[test]
fn a_route_that_is_left_alone_is_passed_over_until_it_is_well() {
    let catalogue = two(
        "quality = 5.0",
        "quality = 4.0\nknown_issues = [\"slow at night\"]",
    );
    let selection = select(&catalogue, &wish(), |model| *model != id("a"));
    assert_eq!(selection.chosen, Some(id("b")));
    assert_eq!(selection.refused[0].reason, WhyNot::LeftAlone);
    assert!(
        selection.ranked[0]
            .notes
            .contains(&"slow at night".to_owned())
    );
    assert_eq!(select(&catalogue, &wish(), any_route).chosen, Some(id("a")));
    assert_eq!(select(&catalogue, &wish(), |_| false).chosen, None);
}

#[test]
fn a_selection_can_be_shown_as_json() {
    let selection = select(&two("quality = 5.0", "quality = 3.0"), &wish(), any_route);
    let json = serde_json::to_value(&selection).unwrap();
    assert_eq!(json["chosen"], "openai/a");
    assert_eq!(json["ranked"][0]["reasons"][0]["about"], "quality");
    assert_eq!(json["refused"][0]["reason"]["why"], "quality");
}

fn wishes() -> impl Strategy<Value = Wish> {
    let words = (
        prop::sample::select(&Category::ALL[..]),
        prop::sample::select(&Complexity::ALL[..]),
    );
    let needs = (0.0..1.1, 0u32..200_000, 0u32..15_000, any::<bool>());
    (words, needs).prop_map(
        |((category, complexity), (threshold, context, latency, free))| Wish {
            category,
            complexity,
            quality_threshold: threshold,
            needs: Needs {
                context_tokens: context,
                max_latency_ms: latency,
                max_usd_per_1k_tokens: free.then_some(0.0),
                ..Needs::default()
            },
        },
    )
}

proptest! {
    /// Every model is ranked or refused, once; the best is chosen; no sick route is; the same inputs
    /// give the same answer.
    #[test]
    fn every_model_has_its_place(wish in wishes(), sick in prop::collection::vec(0usize..24, 0..24)) {
        let catalogue = Catalogue::built_in().unwrap();
        let sick: BTreeSet<_> = sick.iter().map(|at| catalogue.entries()[*at].id.clone()).collect();
        let selection = select(&catalogue, &wish, |model| !sick.contains(model));
        prop_assert_eq!(&selection, &select(&catalogue, &wish, |model| !sick.contains(model)));
        let ranked = selection.ranked.iter().map(|scored| &scored.model);
        let mut places: Vec<_> = ranked.chain(selection.refused.iter().map(|r| &r.model)).collect();
        places.sort();
        let mut all: Vec<_> = catalogue.entries().iter().map(|entry| &entry.id).collect();
        all.sort();
        prop_assert_eq!(places, all);
        prop_assert_eq!(selection.chosen.as_ref(), selection.ranked.first().map(|s| &s.model));
        prop_assert!(selection.ranked.is_sorted_by(|a, b| a.score >= b.score));
        for scored in &selection.ranked {
            prop_assert!(!sick.contains(&scored.model));
            prop_assert!((0.0..=110.0).contains(&scored.score));
        }
    }
}
