//! A stored task comes back as it was, and holds nothing that is secret.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use deckhands_agent::ApiKey;
use serde_json::{Value, json};

use super::*;
use crate::request::test_request;

const SECRET: &str = "sk-canary-0123456789";

/// Nothing in it is a default.
fn request() -> TaskRequest {
    TaskRequest {
        text: TaskText::try_new("do\n\"it\" ü").unwrap(),
        api_key: Some(ApiKey::new(SECRET)),
        key_files: vec!["/home/u/key-file".into()],
        base_url: Some("https://private.example.org/v1".to_owned()),
        profile: Profile::Managed,
        network: Network::Llm,
        way: ModelWay::Relay,
        relay: RelaySettings {
            answer: Duration::from_secs(77),
            max_output_tokens: 99,
        },
        docker_socket: "/run/other.sock".into(),
        limits: Limits {
            memory: "9g".parse().unwrap(),
            ..Limits::default()
        },
        deadlines: Deadlines {
            work: Duration::from_millis(1500),
            ..Deadlines::default()
        },
        max_cost: Some(Usd::dollars(2)),
        max_batch_cost: Some(Usd::nanos(7)),
        money: MoneyLimits {
            per_day: Some(Usd::dollars(20)),
            unknown_price: Some(Usd::dollars(15)),
            ..MoneyLimits::default()
        },
        retry: Retry::RELAYED,
        checks: vec!["cargo test".to_owned(), "true".to_owned()],
        policy: Policy {
            allow_no_change: true,
            include_ignored: true,
            apply: false,
            keep: true,
            any_size: true,
            unproved_version: true,
        },
        ..test_request("/home/u/work space".into())
    }
}

#[test]
fn the_task_and_the_settings_make_the_same_request_again() {
    let request = request();
    let (spec, settings) = (TaskSpec::of(&request), RunnerSettings::of(&request));
    let json = spec.to_json().unwrap();
    let read = TaskSpec::from_json(&json).unwrap();
    assert_eq!(read, spec);
    let again = read.to_request(&settings).unwrap();
    assert_eq!(format!("{again:?}"), format!("{request:?}"));
    let key = again.api_key.as_ref().map(ApiKey::expose);
    assert_eq!(key, Some(SECRET));
}

#[test]
fn a_route_of_the_process_goes_before_what_the_provider_s_name_says() {
    let model = |id: &str| ModelId::resolve(id).unwrap();
    let route = OtherModel {
        native_tools: Some(true),
        ..OtherModel::usual(
            model("vllm/m~away"),
            (
                Some("http://gpu.example:8000/v1".to_owned()),
                Some(ApiKey::new("sk-away")),
            ),
        )
    };
    let settings = RunnerSettings {
        routes: vec![route],
        other_models: vec![model("vllm/m~away"), model("vllm/m~gone"), model("vllm/n")],
        ..RunnerSettings::of(&request())
    };
    let spec = |id: &str| TaskSpec {
        model: model(id),
        ..TaskSpec::of(&request())
    };
    let by_route = spec("vllm/m~away").to_request(&settings).unwrap();
    let address = by_route.base_url.as_deref();
    assert_eq!(address, Some("http://gpu.example:8000/v1"));
    let key = by_route.api_key.as_ref().map(ApiKey::expose);
    assert_eq!((key, by_route.native_tools), (Some("sk-away"), Some(true)));
    let others: Vec<_> = by_route.other_models.iter().collect();
    assert_eq!(others.len(), 1, "one is its own, one is nowhere");
    assert_eq!(others[0].model, model("vllm/n"));
    let usual = spec("openai/m").to_request(&settings).unwrap();
    assert_eq!(usual.native_tools, None);
    assert_eq!(usual.other_models[0].model, model("vllm/m~away"));
    let nowhere = spec("vllm/m~gone").to_request(&settings).unwrap_err();
    assert!(nowhere.to_string().contains("no route `gone`"), "{nowhere}");
}

#[test]
fn what_was_meant_for_a_route_without_its_key_goes_nowhere_else() {
    let model = |id: &str| ModelId::resolve(id).unwrap();
    let request = TaskRequest {
        model: model("openai/m"),
        api_key: Some(ApiKey::new(SECRET)),
        base_url: None,
        ..request()
    };
    // The usual key of its provider is there, and not for it.
    let settings = RunnerSettings {
        left_out: vec![model("openai/own")],
        other_models: vec![model("openai/own"), model("openai/n")],
        ..RunnerSettings::of(&request)
    };
    let spec = |id: &str| TaskSpec {
        model: model(id),
        ..TaskSpec::of(&request)
    };
    let refused = spec("openai/own").to_request(&settings).unwrap_err();
    assert!(refused.to_string().contains("openai/own"), "{refused}");
    let going_on = spec("openai/m").to_request(&settings).unwrap();
    let others: Vec<_> = going_on.other_models.iter().map(|o| &o.model).collect();
    assert_eq!(others, [&model("openai/n")]);
}

#[test]
fn nothing_secret_and_no_address_is_stored() {
    let json = TaskSpec::of(&request()).to_json().unwrap();
    for part in [SECRET, "key-file", "private.example.org", "other.sock"] {
        assert!(!json.contains(part), "{part}: {json}");
    }
    let shown = format!("{:?}", RunnerSettings::of(&request()));
    assert!(!shown.contains(SECRET), "{shown}");
}

#[test]
fn a_path_that_is_no_text_comes_back() {
    for name in [&b"/w/\xff\xfe x"[..], b"/w/plain", "/w/\u{fc}".as_bytes()] {
        let workspace = PathBuf::from(OsStr::from_bytes(name));
        let spec = TaskSpec {
            workspace: workspace.clone(),
            ..TaskSpec::of(&request())
        };
        let read = TaskSpec::from_json(&spec.to_json().unwrap()).unwrap();
        assert_eq!(read.workspace, workspace);
    }
}

/// The spec as a value, changed.
fn changed(change: impl FnOnce(&mut Value)) -> String {
    let mut value = serde_json::to_value(TaskSpec::of(&request())).unwrap();
    change(&mut value);
    value.to_string()
}

#[test]
fn what_is_not_known_is_refused_and_another_version_is_told() {
    let rows: [fn(&mut Value); 7] = [
        |v| v["more"] = json!(1),
        |v| v["limits"]["more"] = json!(1),
        |v| v["policy"]["more"] = json!(1),
        |v| v["api_key"] = json!("k"),
        |v| v["text"] = json!(" "),
        |v| v["model"] = json!("no-provider"),
        |v| v["workspace"] = json!([300]),
    ];
    for (number, row) in rows.into_iter().enumerate() {
        let read = TaskSpec::from_json(&changed(row));
        assert!(
            matches!(read, Err(TaskSpecError::Form { .. })),
            "{number}: {read:?}"
        );
    }
    let newer = changed(|v| {
        v["schema_version"] = json!(2);
        v["more"] = json!(1);
    });
    let read = TaskSpec::from_json(&newer);
    assert!(
        matches!(read, Err(TaskSpecError::Version { version: 2 })),
        "{read:?}"
    );
    for text in ["", "{}", "[]", "{\"schema_version\": \"1\"}"] {
        let read = TaskSpec::from_json(text);
        assert!(
            matches!(read, Err(TaskSpecError::Form { .. })),
            "{text}: {read:?}"
        );
    }
}

#[test]
fn a_task_from_before_money_was_bounded_has_no_cap() {
    let capped: Value = serde_json::from_str(&changed(|_| ())).unwrap();
    assert_eq!(capped["max_cost"], json!(2_000_000_000_u64));
    let older = changed(|v| {
        let fields = v.as_object_mut().unwrap();
        assert!(fields.remove("max_cost").is_some() && fields.remove("max_batch_cost").is_some());
    });
    let read = TaskSpec::from_json(&older).unwrap();
    assert_eq!((read.max_cost, read.max_batch_cost), (None, None));
    // Written again it is as it was: the same idempotency key still means the same task.
    let again: Value = serde_json::from_str(&read.to_json().unwrap()).unwrap();
    assert_eq!(again, serde_json::from_str::<Value>(&older).unwrap());
}
