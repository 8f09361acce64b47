//! What is a loop and what is not, on conversations as OpenHands 0.59 sends them.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

mod condensing;
mod forms;

/// The two messages before any step, in either form.
fn opening() -> Vec<Value> {
    vec![
        json!({ "role": "system", "content": "You are OpenHands agent." }),
        json!({ "role": "user", "content": "Create a file named hello.txt" }),
    ]
}

/// A step in text form.
fn text(thought: &str, command: &str, result: &str) -> Vec<Value> {
    let call = format!(
        "{thought}\n\n<function=execute_bash>\n<parameter=command>{command}</parameter>\n</function>"
    );
    let result = format!("EXECUTION RESULT of [execute_bash]:\n{result}");
    vec![
        json!({ "role": "assistant", "content": call }),
        json!({ "role": "user", "content": result }),
    ]
}

/// A step with a native call; `id` is another each time.
fn native(id: usize, command: &str, result: &str) -> Vec<Value> {
    let id = format!("call_{id}");
    let arguments = json!({ "command": command }).to_string();
    vec![
        json!({ "role": "assistant", "content": [], "tool_calls": [
            { "id": id, "type": "function", "function": { "name": "execute_bash", "arguments": arguments } },
        ] }),
        json!({ "role": "tool", "tool_call_id": id, "name": "execute_bash", "content": [
            { "type": "text", "text": result },
        ] }),
    ]
}

fn body(messages: &[Value]) -> Vec<u8> {
    json!({ "model": "m", "messages": messages, "temperature": 0.0 })
        .to_string()
        .into_bytes()
}

/// A conversation of these steps after the opening.
fn conversation(steps: impl IntoIterator<Item = Vec<Value>>) -> Vec<Value> {
    opening()
        .into_iter()
        .chain(steps.into_iter().flatten())
        .collect()
}

/// What a new detector makes of one request.
fn watch(messages: &[Value]) -> Watch {
    LoopDetector::new(LoopPolicy::default())
        .see(&body(messages))
        .watch
}

fn warn(what: LoopKind, times: u32) -> Watch {
    Watch::Warn { what, times }
}

fn end(what: LoopKind, times: u32) -> Watch {
    Watch::End { what, times }
}

/// `times` equal steps.
fn equal(times: usize) -> Vec<Value> {
    conversation((0..times).map(|_| text("", "ls /workspace", "[exit code 0]")))
}

#[test]
fn equal_steps_warn_at_four_and_end_at_eight() {
    let rows = [
        (0, Watch::Fine),
        // With three OpenHands has not yet ended; it does at four, and the fifth request never comes.
        (3, Watch::Fine),
        (4, warn(LoopKind::SameStep, 4)),
        (7, warn(LoopKind::SameStep, 7)),
        (8, end(LoopKind::SameStep, 8)),
        (20, end(LoopKind::SameStep, 20)),
    ];
    for (times, expected) in rows {
        assert_eq!(watch(&equal(times)), expected, "{times} in text form");
        let native = conversation((0..times).map(|id| native(id, "ls", "none")));
        assert_eq!(watch(&native), expected, "{times} native");
    }
}

#[test]
fn another_result_another_call_and_a_new_message_of_the_user_each_begin_anew() {
    let anew: [Vec<Value>; 3] = [
        text("", "ls /workspace", "hello.txt"),
        text("", "pwd", "[exit code 0]"),
        vec![json!({ "role": "user", "content": "Look into /srv instead." })],
    ];
    for break_off in anew {
        let mut messages = equal(7);
        messages.extend(break_off.clone());
        assert_eq!(watch(&messages), Watch::Fine, "{break_off:?}");
        for _ in 0..3 {
            messages.extend(text("", "ls /workspace", "[exit code 0]"));
        }
        assert_eq!(watch(&messages), Watch::Fine, "{break_off:?}");
        messages.extend(text("", "ls /workspace", "[exit code 0]"));
        assert_eq!(
            watch(&messages),
            warn(LoopKind::SameStep, 4),
            "{break_off:?}"
        );
    }
}

#[test]
fn two_steps_in_turn_count_by_rounds() {
    let rows = [
        // Six steps: OpenHands ends here.
        (6, Watch::Fine),
        (7, Watch::Fine),
        (8, warn(LoopKind::Alternating, 4)),
        (15, warn(LoopKind::Alternating, 7)),
        (16, end(LoopKind::Alternating, 8)),
    ];
    for (steps, expected) in rows {
        let in_turn = (0..steps).map(|n| text("", ["ls", "pwd"][n % 2], "the same"));
        assert_eq!(watch(&conversation(in_turn)), expected, "{steps} steps");
    }
    let three = (0..30).map(|n| text("", ["ls", "pwd", "id"][n % 3], "the same"));
    assert_eq!(watch(&conversation(three)), Watch::Fine);
}

#[test]
fn the_same_prompt_warns_the_third_time_it_is_asked_for_though_answered() {
    let mut detector = LoopDetector::new(LoopPolicy::default());
    let request = body(&opening());
    let expected = [
        Watch::Fine,
        Watch::Fine,
        warn(LoopKind::SamePrompt, 3),
        warn(LoopKind::SamePrompt, 4),
        end(LoopKind::SamePrompt, 5),
    ];
    for expected in expected {
        let seen = detector.see(&request);
        assert_eq!(seen.watch, expected);
        detector.ended(&seen, CallEnd::Good);
    }
    assert_eq!(detector.see(&body(&equal(1))).watch, Watch::Fine);
    assert_eq!(detector.see(&request).watch, Watch::Fine);
}

#[test]
fn prompts_that_differ_in_a_thought_are_not_the_same() {
    let mut detector = LoopDetector::new(LoopPolicy::default());
    for n in 0..9 {
        let step = text(&format!("thought {n}"), "ls", "none");
        let seen = detector.see(&body(&conversation([step])));
        assert_eq!(seen.watch, Watch::Fine);
        detector.ended(&seen, CallEnd::Good);
    }
}

#[test]
fn a_prompt_that_comes_again_after_a_failure_is_a_retry() {
    let mut detector = LoopDetector::new(LoopPolicy::default());
    let request = body(&opening());
    for _ in 0..20 {
        let seen = detector.see(&request);
        assert_eq!(seen.watch, Watch::Fine);
        detector.ended(&seen, CallEnd::Failed);
    }
    // One under way is none that was answered, either.
    for _ in 0..20 {
        assert_eq!(detector.see(&request).watch, Watch::Fine);
    }
}

#[test]
fn a_prompt_that_is_refused_for_good_is_a_loop_when_it_comes_again() {
    // As in the capture of a context window that is exceeded for ever.
    let mut detector = LoopDetector::new(LoopPolicy::default());
    let request = body(&opening());
    let mut watches = Vec::new();
    for _ in 0..5 {
        let seen = detector.see(&request);
        detector.ended(&seen, CallEnd::Refused);
        watches.push(seen.watch);
    }
    assert_eq!(watches[2], warn(LoopKind::RefusedPrompt, 3));
    assert_eq!(watches[4], end(LoopKind::RefusedPrompt, 5));
    // A shorter one begins anew.
    assert_eq!(detector.see(&body(&equal(1))).watch, Watch::Fine);
}

#[test]
fn the_end_of_an_earlier_call_does_not_count_for_another_prompt() {
    let mut detector = LoopDetector::new(LoopPolicy::default());
    let first = detector.see(&body(&opening()));
    for _ in 0..10 {
        // The second prompt is never answered; what is answered is the first one, late.
        assert_eq!(detector.see(&body(&equal(1))).watch, Watch::Fine);
        detector.ended(&first, CallEnd::Good);
    }
}

#[test]
fn bounds_are_as_told_and_never_below_two() {
    let bound = |warn_after, end_after| LoopBound {
        warn_after,
        end_after,
    };
    let rows = [
        (bound(2, 3), 1, Watch::Fine),
        (bound(2, 3), 2, warn(LoopKind::SameStep, 2)),
        (bound(2, 3), 3, end(LoopKind::SameStep, 3)),
        (bound(0, 0), 1, Watch::Fine),
        (bound(0, 0), 2, end(LoopKind::SameStep, 2)),
        (bound(u32::MAX, u32::MAX), 40, Watch::Fine),
    ];
    for (steps, times, expected) in rows {
        let policy = LoopPolicy {
            steps,
            prompts: bound(u32::MAX, u32::MAX),
        };
        let mut detector = LoopDetector::new(policy);
        assert_eq!(
            detector.see(&body(&equal(times))).watch,
            expected,
            "{steps:?}"
        );
    }
}

#[test]
fn words_are_for_people() {
    let rows = [
        (Watch::Fine, "nothing repeats itself"),
        (
            warn(LoopKind::SameStep, 4),
            "the agent made the same step with the same result, 4 times in a row",
        ),
        (
            end(LoopKind::RefusedPrompt, 5),
            "the agent sent the same request although it was refused for good, 5 times in a row",
        ),
        (
            end(LoopKind::SamePrompt, 5),
            "the agent sent the same request although it had its answer, 5 times in a row",
        ),
    ];
    for (watch, words) in rows {
        assert_eq!(watch.to_string(), words);
    }
}

proptest! {
    /// Whatever the calls are, however often the history is shortened: results that differ are progress.
    #[test]
    fn results_that_differ_never_warn(
        steps in prop::collection::vec((0..3_usize, any::<bool>(), 0..4_usize), 1..40),
    ) {
        let mut detector = LoopDetector::new(LoopPolicy::default());
        let mut history: Vec<Vec<Value>> = Vec::new();
        for (n, (command, in_text, dropped)) in steps.into_iter().enumerate() {
            let command = ["ls", "pwd", "cat a"][command];
            let result = format!("result {n}");
            history.push(match in_text {
                true => text("", command, &result),
                false => native(n, command, &result),
            });
            history.drain(..dropped.min(history.len() - 1));
            let seen = detector.see(&body(&conversation(history.clone())));
            prop_assert_eq!(seen.watch, Watch::Fine);
            detector.ended(&seen, CallEnd::Good);
        }
    }

    /// What no request is, or one of another form, is let pass.
    #[test]
    fn any_bytes_are_fine(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut detector = LoopDetector::new(LoopPolicy::default());
        for _ in 0..10 {
            let seen = detector.see(&bytes);
            prop_assert_eq!(seen.watch, Watch::Fine);
            detector.ended(&seen, CallEnd::Good);
        }
    }
}
