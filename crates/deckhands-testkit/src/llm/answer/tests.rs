//! Both tool forms and the fields around them.

use super::*;
use crate::script::Reply;

fn occasion(form: Form, part: usize) -> Occasion<'static> {
    Occasion {
        sequence: 7,
        model: "m",
        form,
        part,
    }
}

fn call(tool: &str, args: Value) -> ToolCall {
    let Value::Object(args) = args else {
        panic!("arguments are an object")
    };
    ToolCall {
        tool: tool.to_owned(),
        args,
    }
}

#[test]
fn the_request_decides_the_form() {
    let rows = [
        (json!({ "tools": [] }), Form::Native),
        (
            json!({ "tools": [{}], "stop": ["</function"] }),
            Form::Native,
        ),
        (json!({ "tools": null }), Form::Text { stop_word: false }),
        (
            json!({ "stop": ["x", "</function"] }),
            Form::Text { stop_word: true },
        ),
        (
            json!({ "stop": "</function" }),
            Form::Text { stop_word: true },
        ),
        (json!({ "stop": ["</s>"] }), Form::Text { stop_word: false }),
        (json!({}), Form::Text { stop_word: false }),
    ];
    for (request, form) in rows {
        assert_eq!(Form::of(&request), form, "{request}");
    }
}

#[test]
fn native_calls_stand_beside_the_text() {
    let list = [
        call("execute_bash", json!({ "command": "ls" })),
        call("think", json!({})),
    ];
    let step = Step::say("");
    let answer = calls(occasion(Form::Native, 0), &step, "look", &list);
    let choice = &answer["choices"][0];
    assert_eq!(choice["finish_reason"], "tool_calls");
    assert_eq!(choice["message"]["content"], "look");
    let told = choice["message"]["tool_calls"].as_array().unwrap();
    assert_eq!(told.len(), 2);
    assert_eq!(told[0]["function"]["name"], "execute_bash");
    assert_eq!(told[0]["function"]["arguments"], r#"{"command":"ls"}"#);
    assert_ne!(told[0]["id"], told[1]["id"]);
    let silent = calls(occasion(Form::Native, 0), &step, "", &list);
    assert_eq!(silent["choices"][0]["message"]["content"], Value::Null);
}

#[test]
fn calls_in_text_end_before_the_stop_word() {
    let list = [
        call("edit", json!({ "path": "/a", "lines": [1, 2], "n": 3 })),
        call("think", json!({})),
    ];
    let edit = "<function=edit>\n<parameter=lines>[1,2]</parameter>\n\
                <parameter=n>3</parameter>\n<parameter=path>/a</parameter>\n";
    let rows = [
        (true, 0, format!("look\n\n{edit}")),
        (false, 0, format!("look\n\n{edit}</function>")),
        (true, 1, "<function=think>\n".to_owned()),
    ];
    for (stop_word, part, wanted) in rows {
        let on = occasion(Form::Text { stop_word }, part);
        let answer = calls(on, &Step::say(""), "look", &list);
        let choice = &answer["choices"][0];
        assert_eq!(choice["message"]["content"], wanted);
        assert_eq!(choice["finish_reason"], "stop");
        assert!(choice["message"].get("tool_calls").is_none());
    }
}

#[test]
fn usage_and_identity_are_told() {
    let mut step = Step::new(Reply::EmptyChoices);
    let on = occasion(Form::Native, 0);
    let plain = no_choices(on, &step);
    assert_eq!(
        plain["usage"],
        json!({ "prompt_tokens": 700, "completion_tokens": 50, "total_tokens": 750 })
    );
    assert_eq!(
        (&plain["model"], &plain["choices"]),
        (&json!("m"), &json!([]))
    );
    assert_eq!(plain["id"], "chatcmpl-scripted-000007");
    assert_eq!(plain["created"], 1_700_000_007);
    step.usage = Usage {
        prompt_tokens: 1,
        completion_tokens: 2,
        cached_tokens: Some(1),
        cost: Some(0.5),
    };
    let priced = message(on, &step, "hi");
    assert_eq!(priced["usage"]["total_tokens"], 3);
    assert_eq!(priced["usage"]["cost"], 0.5);
    assert_eq!(priced["usage"]["prompt_tokens_details"]["cached_tokens"], 1);
    assert_eq!(priced["choices"][0]["message"]["content"], "hi");
}
