//! Histories that are shortened over and over.

use super::*;

/// An agent whose history is cut to nothing after every fourth step. It always does the same four things,
/// with the results that `result` gives. What is told is the last request's watch.
fn forgetful(steps: usize, result: impl Fn(usize) -> String) -> Watch {
    let mut detector = LoopDetector::new(LoopPolicy::default());
    let mut history = Vec::new();
    let mut last = Watch::Fine;
    for n in 0..steps {
        if history.len() == 4 {
            history.clear();
        }
        history.push(text("", ["ls", "pwd", "id", "env"][n % 4], &result(n)));
        let seen = detector.see(&body(&conversation(history.clone())));
        detector.ended(&seen, CallEnd::Good);
        last = seen.watch;
    }
    last
}

#[test]
fn the_same_few_calls_after_each_shortening_are_a_loop() {
    // Steps 5, 9, 13, 17, … are the first after a shortening.
    let same = |_| "the same".to_owned();
    let rows = [
        (16, Watch::Fine),
        (17, warn(LoopKind::Condensing, 4)),
        (32, warn(LoopKind::Condensing, 7)),
        (33, end(LoopKind::Condensing, 8)),
    ];
    for (steps, expected) in rows {
        assert_eq!(forgetful(steps, same), expected, "{steps} steps");
    }
}

#[test]
fn one_new_result_is_progress() {
    // Step 18 sees something new; shortenings 5, 6 and 7 then count 1, 2 and 3.
    let once = |n| if n == 17 { "new" } else { "the same" }.to_owned();
    assert_eq!(forgetful(17, once), warn(LoopKind::Condensing, 4));
    assert_eq!(forgetful(18, once), Watch::Fine);
    assert_eq!(forgetful(32, once), Watch::Fine);
    assert_eq!(forgetful(33, once), warn(LoopKind::Condensing, 4));
}

#[test]
fn new_results_after_each_shortening_are_work() {
    assert_eq!(forgetful(200, |n| format!("result {n}")), Watch::Fine);
}

#[test]
fn a_history_that_is_shortened_until_it_fits_is_no_loop() {
    let mut detector = LoopDetector::new(LoopPolicy::default());
    let steps: Vec<_> = (0..64).map(|n| text("", "ls", &n.to_string())).collect();
    for dropped in 0..60 {
        let seen = detector.see(&body(&conversation(steps[dropped..].to_vec())));
        assert_eq!(seen.watch, Watch::Fine, "{dropped} dropped");
        detector.ended(&seen, CallEnd::Refused);
    }
}

#[test]
fn requests_that_sum_a_history_up_are_no_part_of_it() {
    // A shorter request without results comes before each step; the history itself only grows.
    let mut detector = LoopDetector::new(LoopPolicy::default());
    let summary = [json!({ "role": "user", "content": "Sum up." })];
    let mut history = opening();
    for n in 0..40 {
        history.extend(text("", ["ls", "pwd", "id"][n % 3], "the same"));
        for messages in [&summary[..], &history] {
            let seen = detector.see(&body(messages));
            assert_eq!(seen.watch, Watch::Fine, "step {n}");
            detector.ended(&seen, CallEnd::Good);
        }
    }
}

#[test]
fn a_new_message_of_the_user_begins_anew() {
    let mut detector = LoopDetector::new(LoopPolicy::default());
    let mut see = |messages: &[Value]| {
        let seen = detector.see(&body(messages));
        detector.ended(&seen, CallEnd::Good);
        seen.watch
    };
    let long = conversation([text("", "ls", "a"), text("", "pwd", "b")]);
    let short = conversation([text("", "pwd", "b")]);
    let mut last = Watch::Fine;
    for _ in 0..4 {
        see(&long);
        last = see(&short);
    }
    assert_eq!(last, warn(LoopKind::Condensing, 4));
    let mut told = short.clone();
    told.push(json!({ "role": "user", "content": "Try id." }));
    assert_eq!(see(&told), Watch::Fine);
    assert_eq!(see(&short), Watch::Fine);
}
