//! What people see of calls.

use deckhands_model::Cause;
use serde_json::json;

use super::*;
use crate::sample::{call, calls_of, failed_call};

#[test]
fn each_route_and_model_has_its_line() {
    let calls = calls_of(&[
        call("openai/a", "a-1"),
        call("openai/a", "a-1"),
        failed_call("openai/a", Cause::RateLimited),
        failed_call("openai/a", Cause::ProviderError),
        call("openai/b", "b-1"),
    ]);
    let models = by_model(&calls.models);
    assert_eq!(
        lines(&models),
        "openai/a (a-1): 2 calls · 1400 tokens in, 100 out · $0.005\n\
         openai/a: 2 calls, 2 failed · ? tokens in, ? out · no cost\n\
         openai/b (b-1): 1 call · 700 tokens in, 50 out · $0.0025\n"
    );
    let document = json!(models);
    assert_eq!(document[1]["failed"], 2);
    assert_eq!(document[1]["model"], json!(null));
}

#[test]
fn a_cost_says_what_it_leaves_out() {
    let rows = [
        (None, false, "no cost"),
        (None, true, "cost unknown"),
        (Some(0.0), false, "$0.00"),
        (Some(0.5), true, "$0.50+"),
    ];
    for (usd, more, expected) in rows {
        assert_eq!(cost(usd, more), expected);
    }
}

#[test]
fn names_move_no_terminal_and_have_a_bound() {
    let hostile = "a\u{1b}]52;c;ZXZpbA==\u{7}\nb";
    let one = lines(&by_model(&calls_of(&[call("openai/a", hostile)]).models));
    assert!(
        !one.contains('\u{1b}') && one.lines().count() == 1,
        "{one:?}"
    );
    let many: Vec<_> = (0..25)
        .map(|n| call("openai/a", &format!("m{n}")))
        .collect();
    let text = lines(&by_model(&calls_of(&many).models));
    assert_eq!(text.lines().count(), 21);
    assert!(text.ends_with("… and 5 more models\n"), "{text}");
}
