//! Rows of script text: what is accepted and what each fault is called.

use std::time::Duration;

use serde_json::json;

use super::*;
use crate::body::Pace;

fn one(step: &str) -> Result<Step, ScriptError> {
    Script::from_json(&format!(r#"{{"steps": [{step}]}}"#)).map(|script| script.steps()[0].clone())
}

fn call(text: &str, calls: &[(&str, serde_json::Value)]) -> Reply {
    let calls = calls.iter().map(|(tool, args)| ToolCall {
        tool: (*tool).to_owned(),
        args: args.as_object().unwrap().clone(),
    });
    Reply::Call {
        text: text.to_owned(),
        calls: calls.collect(),
    }
}

#[test]
fn every_kind_of_answer_is_read() {
    let rows = [
        (r#"{"text": ""}"#, Reply::Say(String::new())),
        (
            r#"{"text": "hi", "tool": "think"}"#,
            call("hi", &[("think", json!({}))]),
        ),
        (
            r#"{"tool": "bash", "args": {"a": [1]}}"#,
            call("", &[("bash", json!({ "a": [1] }))]),
        ),
        (
            r#"{"tools": [{"tool": "a", "args": {"x": 1}}, {"tool": "b"}]}"#,
            call("", &[("a", json!({ "x": 1 })), ("b", json!({}))]),
        ),
        (
            r#"{"finish": "done"}"#,
            call("", &[("finish", json!({ "message": "done" }))]),
        ),
        (
            r#"{"status": 429, "body": "wait"}"#,
            Reply::Status {
                code: 429,
                body: json!("wait"),
            },
        ),
        (
            r#"{"status": 500}"#,
            Reply::Status {
                code: 500,
                body: json!({}),
            },
        ),
        (
            r#"{"hang_s": 1.5}"#,
            Reply::Hang(Some(Duration::from_millis(1500))),
        ),
        (r#"{"hang": "forever"}"#, Reply::Hang(None)),
        (r#"{"reset": true}"#, Reply::Reset),
        (r#"{"raw": "<html>"}"#, Reply::Raw("<html>".to_owned())),
        (r#"{"truncate": true}"#, Reply::Truncate),
        (r#"{"empty_choices": true}"#, Reply::EmptyChoices),
        (
            r#"{"error_in_200": {"code": 502}}"#,
            Reply::ErrorIn200(json!({ "code": 502 })),
        ),
    ];
    for (text, reply) in rows {
        assert_eq!(
            one(text).map(|step| step.reply).map_err(|e| e.to_string()),
            Ok(reply),
            "{text}"
        );
    }
}

#[test]
fn answers_that_no_client_wants_are_read() {
    let rows = [
        (r#"{"filtered": ""}"#, Reply::Filtered(String::new())),
        (r#"{"refusal": "no"}"#, Reply::Refusal("no".to_owned())),
        (
            r#"{"tool": "bash", "raw_args": "{"}"#,
            Reply::BrokenCall {
                tool: "bash".to_owned(),
                arguments: "{".to_owned(),
            },
        ),
    ];
    for (text, reply) in rows {
        assert_eq!(one(text).unwrap().reply, reply, "{text}");
    }
}

#[test]
fn what_surrounds_an_answer_is_read() {
    let step = one(
        r#"{"status": 429, "delay_ms": 20, "times": 3, "headers": {"Retry-After": "1"},
            "usage": {"prompt_tokens": 9, "cost": 0.25}}"#,
    )
    .unwrap();
    assert_eq!(step.delay, Duration::from_millis(20));
    assert_eq!(step.times, Times::Count(3));
    assert_eq!(step.headers, [("Retry-After".to_owned(), "1".to_owned())]);
    let usage = Usage {
        prompt_tokens: 9,
        cost: Some(0.25),
        ..Usage::default()
    };
    assert_eq!(step.usage, usage);
    let step = one(r#"{"text": "a", "drip": {"bytes": 2, "every_ms": 30}}"#).unwrap();
    let pace = Pace {
        bytes: 2,
        every: Duration::from_millis(30),
    };
    assert_eq!((step.pace, step.wrong_usage), (Some(pace), None));
    let rows = [
        (r#""no_usage": true"#, WrongUsage::Absent),
        (r#""raw_usage": null"#, WrongUsage::Value(json!(null))),
        (
            r#""raw_usage": {"prompt_tokens": -1}"#,
            WrongUsage::Value(json!({ "prompt_tokens": -1 })),
        ),
    ];
    for (key, wanted) in rows {
        let step = one(&format!(r#"{{"text": "a", {key}}}"#)).unwrap();
        assert_eq!(step.wrong_usage, Some(wanted), "{key}");
    }
    assert_eq!(
        one(r#"{"reset": true, "times": "forever"}"#).unwrap().times,
        Times::Forever
    );
}

#[test]
fn huge_messages_are_made_not_written() {
    let Reply::Say(text) = one(r#"{"text_mib": 2}"#).unwrap().reply else {
        panic!("no message")
    };
    assert_eq!(text.len(), 2 << 20);
}

#[test]
fn provider_errors_are_read_by_name() {
    use Dialect::{OpenAi, OpenRouter};
    use ProviderError as E;
    let rows = [
        (r#""bad_key""#, OpenRouter, E::BadKey),
        (
            r#""bad_key", "dialect": "openrouter""#,
            OpenRouter,
            E::BadKey,
        ),
        (
            r#""out_of_credit", "dialect": "openai""#,
            OpenAi,
            E::OutOfCredit,
        ),
        (r#""refused""#, OpenRouter, E::Refused),
        (r#""no_endpoint""#, OpenRouter, E::NoEndpoint),
        (r#""bad_model""#, OpenRouter, E::BadModel),
        (r#""context_window""#, OpenRouter, E::ContextWindow),
        (r#""rate_limited""#, OpenRouter, E::RateLimited(None)),
        (
            r#""rate_limited", "retry_after_s": 4"#,
            OpenRouter,
            E::RateLimited(Some(4)),
        ),
        (
            r#""rate_limited", "retry_in_body_s": 4"#,
            OpenRouter,
            E::RetryInBody(4),
        ),
        (r#""quota""#, OpenRouter, E::Quota),
        (
            r#""quota", "reset_in_body_ms": 9"#,
            OpenRouter,
            E::QuotaUntil(9),
        ),
        (r#""internal""#, OpenRouter, E::Internal),
        (r#""bad_gateway""#, OpenRouter, E::BadGateway),
        (r#""unavailable""#, OpenRouter, E::Unavailable),
        (r#""gateway_timeout""#, OpenRouter, E::GatewayTimeout),
    ];
    for (text, dialect, error) in rows {
        let step = one(&format!(r#"{{"provider_error": {text}}}"#)).unwrap();
        assert_eq!(step, Step::provider_error(dialect, error), "{text}");
    }
    let text = r#"{"provider_error": "rate_limited", "retry_after_s": 4, "headers": {"a": "b"}}"#;
    let headers = one(text).unwrap().headers;
    assert_eq!(headers.len(), 2, "own headers and the error's: {headers:?}");
}

#[test]
fn errors_with_numbers_are_read() {
    use Dialect::{Anthropic, OpenAi, OpenRouter};
    use ProviderError as E;
    let rows = [
        (
            r#""rate_limited", "retry_after_ms": 4"#,
            OpenRouter,
            E::RetryAfterMs(4),
        ),
        (
            r#""cannot_afford", "affordable_tokens": 7"#,
            OpenRouter,
            E::CannotAfford {
                requested: 4096,
                affordable: 7,
            },
        ),
        (
            r#""cannot_afford", "requested_tokens": 9"#,
            OpenRouter,
            E::CannotAfford {
                requested: 9,
                affordable: 0,
            },
        ),
        (
            r#""requests_per_minute", "retry_in_ms": 1200, "dialect": "openai""#,
            OpenAi,
            E::RequestsPerMinute(1200),
        ),
        (
            r#""tokens_per_minute", "dialect": "openai""#,
            OpenAi,
            E::TokensPerMinute(1000),
        ),
        (
            r#""free_per_minute", "reset_in_body_ms": 9"#,
            OpenRouter,
            E::FreePerMinute(9),
        ),
        (
            r#""overloaded", "dialect": "anthropic""#,
            Anthropic,
            E::Overloaded,
        ),
    ];
    for (text, dialect, error) in rows {
        let step = one(&format!(r#"{{"provider_error": {text}}}"#)).unwrap();
        assert_eq!(step, Step::provider_error(dialect, error), "{text}");
    }
}

#[test]
fn the_rule_after_the_end_is_read() {
    let rows = [
        ("", AfterEnd::Error),
        (r#", "after_end": "error""#, AfterEnd::Error),
        (r#", "after_end": "repeat_last""#, AfterEnd::RepeatLast),
        (r#", "after_end": "finish""#, AfterEnd::Finish),
    ];
    for (rest, rule) in rows {
        let script = Script::from_json(&format!(r#"{{"steps": [{{"text": "a"}}]{rest}}}"#));
        assert_eq!(script.unwrap().rule_after_end(), rule, "{rest}");
    }
    let plain: Script = serde_json::from_str(r#"{"steps": []}"#).unwrap();
    assert_eq!(plain, Script::new([]));
}

/// The whole chain of an error, as a program prints it.
fn chain(error: &ScriptError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    text
}

/// Steps and what is said of them.
const FAULTS: [(&str, &str); 55] = [
    (
        r#"{"text": "a", "truncate": {}}"#,
        "`truncate` must be after a number of bytes or of chunks",
    ),
    (
        r#"{"text": "a", "truncate": {"after_bytes": 1, "after_chunks": 1}}"#,
        "`truncate` must be after a number of bytes or of chunks",
    ),
    (
        r#"{"text": "a", "truncate": {"bytes": 1}}"#,
        "unknown field `bytes`",
    ),
    (r#"{"truncate": {"after_bytes": 1}}"#, "no answer given"),
    (
        r#"{"reset": true, "truncate": {"after_bytes": 1}}"#,
        "`truncate` and `reset` exclude each other",
    ),
    (
        r#"{"text": "a", "stall_after": {"ms": 1}}"#,
        "`stall_after` must be after a number",
    ),
    (
        r#"{"text": "a", "stall_after": {"bytes": 1}, "truncate": {"after_bytes": 1}}"#,
        "`truncate` and `stall_after` exclude each other",
    ),
    (
        r#"{"truncate": true, "stall_after": {"bytes": 1}}"#,
        "`stall_after` and `truncate` exclude each other",
    ),
    (
        r#"{"status": 500, "crlf": true}"#,
        "`crlf` and `status` exclude each other",
    ),
    (
        r#"{"text": "a", "no_done": false}"#,
        "`no_done` must be true",
    ),
    (
        r#"{"text": "a", "chunk_chars": 0}"#,
        "`chunk_chars` must be between 1 and 4096",
    ),
    (
        r#"{"empty_choices": true, "finish_reason": "length"}"#,
        "`finish_reason` and `empty_choices` exclude each other",
    ),
    (
        r#"{"text": "a", "after_chunks": 1}"#,
        "`after_chunks` has no meaning without `error_in_200`",
    ),
    (
        r#"{"error_in_200": {}, "text": "a"}"#,
        "`text` and `error_in_200` exclude each other",
    ),
    (
        r#"{"error_in_200": {}, "after_chunks": 5000}"#,
        "`after_chunks` must be at most 4096",
    ),
    (
        r#"{"text": "a", "drip": {"bytes": 1, "every_ms": 1}, "event_every_ms": 1}"#,
        "`drip` and `event_every_ms` exclude each other",
    ),
    (
        r#"{"provider_error": "free_per_minute"}"#,
        "`free_per_minute` has no meaning without `reset_in_body_ms`",
    ),
    (
        r#"{"provider_error": "rate_limited", "retry_after_ms": 1, "retry_in_body_s": 1}"#,
        "`retry_after_ms` and `retry_in_body_s` exclude each other",
    ),
    (
        r#"{"provider_error": "quota", "retry_in_ms": 1}"#,
        "`retry_in_ms` has no meaning without `requests_per_minute`",
    ),
    (
        r#"{"text": "a", "tool": "t", "finish": "f"}"#,
        "`tool` and `finish` exclude each other",
    ),
    (r#"{}"#, "no answer given"),
    (r#"{"delay_ms": 5}"#, "no answer given"),
    (r#"{"txt": "a"}"#, "unknown field `txt`"),
    (
        r#"{"text": "a", "status": 500}"#,
        "`text` and `status` exclude each other",
    ),
    (
        r#"{"finish": "a", "args": {}}"#,
        "`args` has no meaning without `tool`",
    ),
    (
        r#"{"raw": "a", "body": {}}"#,
        "`body` has no meaning without `status`",
    ),
    (
        r#"{"reset": true, "headers": {"a": "b"}}"#,
        "`headers` and `reset` exclude each other",
    ),
    (
        r#"{"text": "a", "headers": {"a b": "c"}}"#,
        "`headers` must be valid",
    ),
    (r#"{"reset": false}"#, "`reset` must be true"),
    (r#"{"truncate": false}"#, "`truncate` must be true"),
    (
        r#"{"empty_choices": false}"#,
        "`empty_choices` must be true",
    ),
    (r#"{"hang": "long"}"#, "`hang` must be `forever`"),
    (r#"{"hang_s": -1}"#, "`hang_s` must be a number of seconds"),
    (r#"{"status": 100}"#, "`status` must be between 200 and 999"),
    (
        r#"{"text": "a", "times": 0}"#,
        "`times` must be a number from 1 up",
    ),
    (
        r#"{"text": "a", "times": "often"}"#,
        "`times` must be a number from 1 up",
    ),
    (r#"{"tool": "a b"}"#, "`tool` must be a tool name"),
    (r#"{"tools": []}"#, "`tools` must be a tool name"),
    (r#"{"tool": "a", "args": []}"#, "invalid type"),
    (
        r#"{"tools": [{"tool": "a", "arg": {}}]}"#,
        "unknown field `arg`",
    ),
    (
        r#"{"text": "a", "usage": {"tokens": 1}}"#,
        "unknown field `tokens`",
    ),
    (r#"{"text_mib": 0}"#, "`text_mib` must be between 1 and 64"),
    (r#"{"text_mib": 65}"#, "`text_mib` must be between 1 and 64"),
    (
        r#"{"text": "a", "drip": {"bytes": 0, "every_ms": 1}}"#,
        "`drip` must be at least one byte",
    ),
    (
        r#"{"reset": true, "drip": {"bytes": 1, "every_ms": 1}}"#,
        "`drip` and `reset` exclude each other",
    ),
    (
        r#"{"text": "a", "no_usage": true, "raw_usage": 1}"#,
        "`raw_usage` and `no_usage` exclude each other",
    ),
    (
        r#"{"text": "a", "no_usage": false}"#,
        "`no_usage` must be true",
    ),
    (
        r#"{"finish": "a", "raw_args": "{"}"#,
        "`raw_args` has no meaning without `tool`",
    ),
    (
        r#"{"tool": "a", "args": {}, "raw_args": "{"}"#,
        "`args` and `raw_args` exclude each other",
    ),
    (
        r#"{"tool": "a b", "raw_args": "{"}"#,
        "`tool` must be a tool name",
    ),
    (
        r#"{"provider_error": "bad"}"#,
        "`provider_error` must be bad_key,",
    ),
    (
        r#"{"provider_error": "bad_key", "dialect": "other"}"#,
        "`dialect` must be `openrouter`, `openai` or `anthropic`",
    ),
    (
        r#"{"text": "a", "dialect": "openai"}"#,
        "`dialect` has no meaning without `provider_error`",
    ),
    (
        r#"{"provider_error": "bad_key", "retry_after_s": 1}"#,
        "`retry_after_s` has no meaning without `rate_limited`",
    ),
    (
        r#"{"provider_error": "rate_limited", "retry_after_s": 1, "retry_in_body_s": 1}"#,
        "`retry_after_s` and `retry_in_body_s` exclude each other",
    ),
];

#[test]
fn a_fault_is_named_with_its_step() {
    for (step, wanted) in FAULTS {
        let error = Script::from_json(&format!(r#"{{"steps": [{{"text": "a"}}, {step}]}}"#));
        let text = chain(&error.unwrap_err());
        assert!(text.starts_with("read script, step 2: "), "{step}: {text}");
        assert!(text.contains(wanted), "{step}: {text}");
    }
}

#[test]
fn a_fault_outside_the_steps_has_no_number() {
    let rows = [
        ("{", "malformed"),
        (
            r#"{"steps": [], "after": "repeat"}"#,
            "unknown field `after`",
        ),
        (r#"{"after_end": "error"}"#, "missing field `steps`"),
        ("{}", "missing field `steps`"),
        (
            r#"{"after_end": "error", "models": {"a": {"steps": []}}}"#,
            "`after_end` has no meaning without `steps`",
        ),
        (r#"{"models": {"a": {}}}"#, "missing field `steps`"),
        (
            r#"{"steps": [], "after_end": "stop"}"#,
            "unknown variant `stop`",
        ),
        (
            r#"{"steps": [], "after_end": "repeat_last"}"#,
            "`repeat_last` has no meaning without `steps`",
        ),
    ];
    for (text, wanted) in rows {
        let error = Script::from_json(text).unwrap_err();
        assert_eq!(error.step, None, "{text}");
        assert!(chain(&error).contains(wanted), "{text}: {}", chain(&error));
    }
}

#[test]
fn provider_errors_have_their_providers_form() {
    use ProviderError as E;
    let rows = [
        (E::BadKey, 401, json!("invalid_api_key")),
        (E::OutOfCredit, 402, json!(null)),
        (E::Refused, 403, json!(null)),
        (E::NoEndpoint, 404, json!("model_not_found")),
        (E::BadModel, 400, json!("model_not_found")),
        (E::ContextWindow, 400, json!("context_length_exceeded")),
        (E::RateLimited(None), 429, json!("rate_limit_exceeded")),
        (E::RateLimited(Some(7)), 429, json!("rate_limit_exceeded")),
        (E::Quota, 429, json!("insufficient_quota")),
        (E::Internal, 500, json!(null)),
        (E::BadGateway, 502, json!(null)),
        (E::Unavailable, 503, json!(null)),
        (E::GatewayTimeout, 504, json!(null)),
        (E::RetryInBody(7), 429, json!("rate_limit_exceeded")),
        (E::QuotaUntil(1), 429, json!("insufficient_quota")),
    ];
    for (error, status, word) in rows {
        for (dialect, wanted) in [
            (Dialect::OpenRouter, json!(status)),
            (Dialect::OpenAi, word),
        ] {
            let step = Step::provider_error(dialect, error);
            let Reply::Status { code, body } = &step.reply else {
                panic!("{error:?}")
            };
            assert_eq!(*code, status, "{error:?} {dialect:?}");
            assert_eq!(body["error"]["code"], wanted, "{error:?} {dialect:?}");
            assert!(
                body["error"]["message"]
                    .as_str()
                    .is_some_and(|text| !text.is_empty())
            );
            let retry_after = step.headers.iter().any(|(name, _)| name == "Retry-After");
            assert_eq!(retry_after, error == E::RateLimited(Some(7)), "{error:?}");
        }
    }
}

#[test]
fn how_an_answer_goes_out_is_read() {
    let step = one(
        r#"{"text": "a", "finish_reason": "length", "chunk_chars": 3, "keepalive": 2, "event_every_ms": 0,
            "crlf": true, "no_done": true, "unstreamed": true}"#,
    );
    let step = step.unwrap();
    let form = EventForm {
        chunk_chars: 3,
        keepalives: 2,
        every: Some(Duration::ZERO),
        crlf: true,
        no_done: true,
        unstreamed: true,
    };
    let wanted = Step::say("a").ended_by("length").streamed_as(form);
    assert_eq!(step, wanted);
    let stall = |time| Mishap::Stall(time);
    let rows = [
        (
            r#""truncate": {"after_bytes": 0}"#,
            Place::Bytes(0),
            Mishap::Cut,
        ),
        (
            r#""truncate": {"after_chunks": 2}"#,
            Place::Chunks(2),
            Mishap::Cut,
        ),
        (
            r#""truncate": {"after_chunks": 2, "reset": true}"#,
            Place::Chunks(2),
            Mishap::Reset,
        ),
        (
            r#""stall_after": {"bytes": 9}"#,
            Place::Bytes(9),
            stall(None),
        ),
        (
            r#""stall_after": {"chunks": 1, "ms": 70}"#,
            Place::Chunks(1),
            stall(Some(Duration::from_millis(70))),
        ),
    ];
    for (key, at, by) in rows {
        let step = one(&format!(r#"{{"text": "a", {key}}}"#)).unwrap();
        assert_eq!(step, Step::say("a").broken(at, by), "{key}");
    }
    let step = one(r#"{"status": 500, "truncate": {"after_bytes": 1}}"#).unwrap();
    assert!(step.broken.is_some());
}

#[test]
fn errors_after_content_are_read() {
    let rows = [
        (
            r#"{"error_in_200": {"code": 1}, "after_chunks": 2, "text": "abc"}"#,
            "abc".to_owned(),
            2,
        ),
        (
            r#"{"error_in_200": {"code": 1}, "after_chunks": 3, "chunk_chars": 7}"#,
            filler(21),
            3,
        ),
        (
            r#"{"error_in_200": {"code": 1}, "after_chunks": 0}"#,
            String::new(),
            0,
        ),
    ];
    for (step, text, chunks) in rows {
        let wanted = Reply::ErrorAfter {
            text,
            chunks,
            error: json!({ "code": 1 }),
        };
        assert_eq!(one(step).unwrap().reply, wanted, "{step}");
    }
    let step = one(r#"{"provider_error": "rate_limited", "retry_after_s": 3, "after_chunks": 1}"#);
    let error = ProviderError::RateLimited(Some(3));
    let wanted = Step::provider_error_after(Dialect::OpenRouter, error, 1);
    assert_eq!(step.unwrap(), wanted);
    assert_eq!(wanted.headers, [], "the head has gone out before");
    let Reply::ErrorAfter { text, error, .. } = wanted.reply else {
        panic!("no error after content")
    };
    assert_eq!((text.len(), &error["code"]), (256, &json!(429)));
}

#[test]
fn models_have_steps_of_their_own() {
    let text = r#"{
        "steps": [{"text": "common"}],
        "models": {
            "a": {"steps": [{"text": "1"}, {"text": "2"}], "after_end": "repeat_last"},
            "b": {"steps": []}
        }
    }"#;
    let of_a = Script::new([Step::say("1"), Step::say("2")]).after_end(AfterEnd::RepeatLast);
    let wanted = Script::new([Step::say("common")])
        .model("a", of_a.clone())
        .model("b", Script::new([]));
    let script = Script::from_json(text).unwrap();
    assert_eq!(script, wanted);
    assert!(script.has_common_steps());
    let names: Vec<_> = script.models().map(|(name, _)| name).collect();
    assert_eq!(names, ["a", "b"]);
    let only = r#"{"models": {"a": {"steps": [{"text": "1"}, {"text": "2"}], "after_end": "repeat_last"}}}"#;
    let script = Script::from_json(only).unwrap();
    assert_eq!(script, Script::only_models().model("a", of_a));
    assert!(!script.has_common_steps());
    let faulty = r#"{"models": {"a": {"steps": [{"text": "1"}, {"tex": "2"}]}}}"#;
    let error = Script::from_json(faulty).unwrap_err();
    let told = chain(&error);
    assert!(
        told.starts_with("read script, model `a`, step 2: malformed: unknown field `tex`"),
        "{told}"
    );
}
