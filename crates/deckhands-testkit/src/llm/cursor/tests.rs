//! The order of steps, in both tool forms and past the end.

use super::*;
use crate::script::ToolCall;

const TEXT: Form = Form::Text { stop_word: true };

fn two_calls() -> Step {
    let call = |tool: &str| ToolCall {
        tool: tool.to_owned(),
        args: serde_json::Map::new(),
    };
    Step::new(Reply::Call {
        text: String::new(),
        calls: vec![call("a"), call("b")],
    })
}

/// Plays so many requests and notes `step.part`, or `end`.
fn play(script: Script, form: Form, requests: usize) -> Vec<String> {
    let mut cursor = Cursor::new(script);
    let mut seen = Vec::new();
    for _ in 0..requests {
        seen.push(match cursor.next(form) {
            Turn::Step { number, part, .. } => format!("{number}.{part}"),
            Turn::Ended(steps) => format!("end after {steps}"),
        });
    }
    seen
}

#[test]
fn steps_come_in_order() {
    let plain = || Script::new([Step::say("a"), Step::say("b")]);
    let often = || Script::new([Step::say("a").times(Times::Count(2)), Step::say("b")]);
    let forever = Script::new([Step::say("a").times(Times::Forever), Step::say("b")]);
    let calls = || Script::new([two_calls().times(Times::Count(2)), Step::say("b")]);
    let rows = [
        (
            plain(),
            Form::Native,
            vec!["1.0", "2.0", "end after 2", "end after 2"],
        ),
        (
            plain().after_end(AfterEnd::RepeatLast),
            TEXT,
            vec!["1.0", "2.0", "2.0", "2.0"],
        ),
        (
            plain().after_end(AfterEnd::Finish),
            TEXT,
            vec!["1.0", "2.0", "0.0", "0.0"],
        ),
        (often(), TEXT, vec!["1.0", "1.0", "2.0", "end after 2"]),
        (forever, TEXT, vec!["1.0", "1.0", "1.0", "1.0"]),
        (
            calls(),
            Form::Native,
            vec!["1.0", "1.0", "2.0", "end after 2"],
        ),
        (calls(), TEXT, vec!["1.0", "1.1", "1.0", "1.1", "2.0"]),
        (Script::new([]), TEXT, vec!["end after 0"]),
    ];
    for (script, form, wanted) in rows {
        let label = format!("{script:?} {form:?}");
        assert_eq!(play(script, form, wanted.len()), wanted, "{label}");
    }
}

#[test]
fn the_added_finish_says_so() {
    let mut cursor = Cursor::new(Script::new([]).after_end(AfterEnd::Finish));
    let Turn::Step { step, .. } = cursor.next(TEXT) else {
        panic!("no step")
    };
    let Reply::Call { calls, .. } = step.reply else {
        panic!("no call")
    };
    assert_eq!(calls[0].tool, "finish");
    assert_eq!(calls[0].args["message"], "script ended");
}
