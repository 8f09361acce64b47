//! What counts of a message and what does not.

use super::*;

/// Eight steps that differ as `step` makes them.
fn eight(step: impl Fn(usize) -> Vec<Value>) -> Watch {
    watch(&conversation((0..8).map(step)))
}

#[test]
fn thoughts_ids_and_marks_make_no_difference() {
    let thoughts = eight(|n| text(&format!("Attempt {n}, let me look again."), "ls", "none"));
    assert_eq!(thoughts, end(LoopKind::SameStep, 8));

    let spoken = eight(|n| {
        let mut step = native(n, "ls", "none");
        step[0]["content"] = json!([{ "type": "text", "text": format!("attempt {n}") }]);
        step
    });
    assert_eq!(spoken, end(LoopKind::SameStep, 8));

    // For Claude's names the mark stands on the last messages only.
    let marked = eight(|n| {
        let mut step = native(n, "ls", "none");
        if n == 7 {
            step[1]["content"][0]["cache_control"] = json!({ "type": "ephemeral" });
        }
        step
    });
    assert_eq!(marked, end(LoopKind::SameStep, 8));
}

#[test]
fn arguments_names_and_results_do() {
    assert_eq!(
        eight(|n| native(n, &format!("sleep {n}"), "none")),
        Watch::Fine
    );
    assert_eq!(
        eight(|n| native(n, "ls", &format!("{n} files"))),
        Watch::Fine
    );
    assert_eq!(
        eight(|n| text("", &format!("sleep {n}"), "none")),
        Watch::Fine
    );
    let named = eight(|n| {
        let mut step = native(0, "ls", "none");
        step[0]["tool_calls"][0]["function"]["name"] = Value::from(format!("tool_{n}"));
        step
    });
    assert_eq!(named, Watch::Fine);
    let pictures = eight(|n| {
        let mut step = native(n, "look", "");
        let url = format!("data:image/png;base64,{n}");
        step[1]["content"] = json!([{ "type": "image_url", "image_url": { "url": url } }]);
        step
    });
    assert_eq!(pictures, Watch::Fine);
}

#[test]
fn waiting_for_a_command_is_no_loop_as_long_as_there_are_thoughts_on_it() {
    let words =
        "[The command has no new output after 10 seconds. You may wait longer to see more.]";
    let spoken = |n: usize| {
        let mut step = native(n, "", words);
        step[0]["content"] = json!([{ "type": "text", "text": format!("{n} minutes by now.") }]);
        step
    };
    assert_eq!(
        eight(|n| text(&format!("{n} minutes by now."), "", words)),
        Watch::Fine
    );
    assert_eq!(eight(spoken), Watch::Fine);
    // OpenHands takes these for a loop, too, and earlier.
    assert_eq!(eight(|_| text("", "", words)), end(LoopKind::SameStep, 8));
    assert_eq!(eight(|n| native(n, "", words)), end(LoopKind::SameStep, 8));
}

#[test]
fn several_calls_at_once_are_one_step() {
    // Two calls with one result each, equal among themselves: no repetition within a step.
    let both = |n: usize, last: &str| {
        let mut step = native(n, "touch a", "");
        let more = native(n + 100, last, "");
        let call = more[0]["tool_calls"][0].clone();
        step[0]["tool_calls"].as_array_mut().unwrap().push(call);
        step.push(more[1].clone());
        step
    };
    let four =
        |last: &dyn Fn(usize) -> String| watch(&conversation((0..4).map(|n| both(n, &last(n)))));
    assert_eq!(four(&|_| "touch b".to_owned()), warn(LoopKind::SameStep, 4));
    assert_eq!(four(&|n| format!("touch {n}")), Watch::Fine);
}

#[test]
fn the_same_complaint_about_answers_that_are_no_call_is_a_loop() {
    // OpenHands leaves such an answer out of the history and adds what was wrong with it.
    let complaint =
        |_| vec![json!({ "role": "user", "content": "Tool no_such_tool is not registered." })];
    assert_eq!(watch(&conversation((0..3).map(complaint))), Watch::Fine);
    assert_eq!(eight(complaint), end(LoopKind::SameStep, 8));
    assert_eq!(
        eight(|n| vec![json!({ "role": "user", "content": n.to_string() })]),
        Watch::Fine
    );
}

#[test]
fn the_same_question_with_the_same_reply_is_a_loop() {
    let asked = |question: String| {
        vec![
            json!({ "role": "assistant", "content": question }),
            json!({ "role": "user", "content": "Please continue on whatever approach you think is suitable." }),
        ]
    };
    // OpenHands ends at three equal messages.
    let three = conversation((0..3).map(|_| asked("May I?".to_owned())));
    assert_eq!(watch(&three), Watch::Fine);
    assert_eq!(
        eight(|_| asked("May I?".to_owned())),
        end(LoopKind::SameStep, 8)
    );
    assert_eq!(eight(|n| asked(format!("May I do {n}?"))), Watch::Fine);
}

#[test]
fn a_last_message_without_a_reply_is_no_step() {
    let mut messages = equal(3);
    messages.push(text("", "ls /workspace", "")[0].clone());
    assert_eq!(watch(&messages), Watch::Fine);
}

#[test]
fn other_forms_are_let_pass() {
    let rows = [
        "",
        "[]",
        "{}",
        r#"{"messages":null}"#,
        r#"{"messages":"none"}"#,
        r#"{"messages":{"role":"user"}}"#,
        r#"{"messages":[1]}"#,
        r#"{"messages":[{"content":"by nobody"}]}"#,
        r#"{"messages":[{"role":"user","content":"cut off"#,
    ];
    for row in rows {
        let mut detector = LoopDetector::new(LoopPolicy::default());
        for _ in 0..10 {
            let seen = detector.see(row.as_bytes());
            assert_eq!(seen.watch, Watch::Fine, "{row}");
            detector.ended(&seen, CallEnd::Good);
        }
    }
}

#[test]
fn contents_of_an_unknown_form_are_compared_as_they_stand() {
    let odd = |n: usize| {
        vec![
            json!({ "role": "assistant", "content": { "odd": n }, "tool_calls": "none" }),
            json!({ "role": "tool", "content": [1, n] }),
        ]
    };
    assert_eq!(eight(|_| odd(0)), end(LoopKind::SameStep, 8));
    assert_eq!(eight(odd), Watch::Fine);
}

#[test]
fn a_long_conversation_is_read_whole() {
    let long = "x".repeat(1 << 20);
    let messages = conversation((0..4).map(|_| text("", "cat big", &long)));
    assert_eq!(watch(&messages), warn(LoopKind::SameStep, 4));
}
