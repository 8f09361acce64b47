//! The API, row by row, as a 0.59 client calls it.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Method, Request};
use http_body::{Body, Frame};
use http_body_util::{BodyExt as _, Full};
use serde_json::{Value, json};

use super::body::LIMIT;
use super::{PodStatus, SandboxApi, SandboxApiOptions};
use crate::keys::{RuntimeKey, SessionKey};

const SESSION: &str = "demo-a27b58493dc291d0edbf9d10190";
const RUNTIME: &str = "demo-1";
const URL: &str = "http://127.0.0.1:8079/action";

fn key() -> RuntimeKey {
    RuntimeKey::from_random([7; 32])
}

fn session_key() -> SessionKey {
    SessionKey::from_random([8; 32])
}

fn api() -> SandboxApi {
    SandboxApi::new(SandboxApiOptions {
        session_id: SESSION.to_owned(),
        runtime_id: RUNTIME.to_owned(),
        key: key().hash(),
        session_key: session_key(),
        url: URL.to_owned(),
    })
}

fn request(method: Method, path: &str, body: impl Into<Bytes>) -> Request<Full<Bytes>> {
    Request::builder()
        .method(method)
        .uri(path)
        .header("X-API-Key", key().expose())
        .body(Full::new(body.into()))
        .unwrap()
}

fn get(path: &str) -> Request<Full<Bytes>> {
    request(Method::GET, path, Bytes::new())
}

fn post(path: &str, body: &Value) -> Request<Full<Bytes>> {
    request(Method::POST, path, body.to_string())
}

/// One request: its status and its JSON.
async fn ask(api: &SandboxApi, request: Request<Full<Bytes>>) -> (u16, Value) {
    let answer = api.handle(request).await;
    let status = answer.status().as_u16();
    assert_eq!(answer.headers()["content-type"], "application/json");
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    let value: Value = serde_json::from_slice(&body).unwrap();
    assert!(status < 400 || value["detail"].is_string(), "{value}");
    (status, value)
}

fn started(api: &SandboxApi) -> Request<Full<Bytes>> {
    assert!(!api.started());
    post("/start", &json!({"session_id": SESSION, "image": "x"}))
}

#[tokio::test]
async fn the_conversation_of_a_client() {
    let api = api();
    let session = format!("/sessions/{SESSION}");
    assert_eq!(ask(&api, get(&session)).await.0, 404);
    let start = json!({
        "image": "any", "command": ["any"], "working_dir": "/", "environment": {"A": "b"},
        "session_id": SESSION, "resource_factor": 1,
    });
    let expected = json!({
        "runtime_id": RUNTIME, "url": URL, "session_api_key": session_key().expose(),
        "work_hosts": {},
    });
    for _ in 0..2 {
        assert_eq!(
            ask(&api, post("/start", &start)).await,
            (200, expected.clone())
        );
        api.wait_started().await;
    }
    let mut running = expected;
    running["status"] = json!("running");
    assert_eq!(ask(&api, get(&session)).await, (200, running));
    assert!(!api.stopped());
    let own = json!({"runtime_id": RUNTIME});
    assert_eq!(
        ask(&api, post("/stop", &own)).await,
        (200, json!({"runtime_id": RUNTIME}))
    );
    api.wait_stopped().await;
    assert!(api.started() && api.stopped());
}

/// Each row: what is asked, and the status it gets, before and after the start alike.
#[tokio::test]
async fn what_is_not_its_own_is_refused() {
    let other = json!({"runtime_id": "demo-2"});
    let rows = || {
        [
            (get("/sessions/another"), 404),
            (get("/sessions"), 404),
            (get("/sessions/"), 404),
            (get(&format!("/sessions/{SESSION}/more")), 404),
            (get("/runtime/demo-2"), 404),
            (post(&format!("/runtime/{RUNTIME}"), &json!({})), 404),
            (post("/start", &json!({"session_id": "another"})), 403),
            (post("/start", &json!({})), 400),
            (request(Method::POST, "/start", "no JSON"), 400),
            (get("/start"), 404),
            (post("/stop", &other), 403),
            (post("/pause", &other), 403),
            (post("/resume", &other), 403),
            (post("/stop", &json!([])), 400),
            (get("/image_exists?image=x"), 200),
            (get("/registry_prefix"), 404),
            (request(Method::POST, "/build", "anything"), 404),
            (get("/build_status?build_id=1"), 404),
            (get("/"), 404),
            (get("/api/start"), 404),
        ]
    };
    let api = api();
    for start in [true, false] {
        for (request, status) in rows() {
            let shown = format!("{} {}", request.method(), request.uri());
            assert_eq!(ask(&api, request).await.0, status, "{shown}");
        }
        if start {
            assert_eq!(ask(&api, started(&api)).await.0, 200);
        }
    }
    assert!(!api.stopped());
}

#[tokio::test]
async fn without_the_key_nothing_is_looked_at() {
    let wrong = RuntimeKey::from_random([9; 32]);
    for presented in [None, Some(wrong.expose()), Some(session_key().expose())] {
        let mut builder = Request::builder().method(Method::POST).uri("/start");
        builder = presented
            .into_iter()
            .fold(builder, |builder, key| builder.header("X-API-Key", key));
        let api = api();
        let answer = api.handle(builder.body(NeverRead).unwrap()).await;
        assert_eq!(answer.status(), 403, "{presented:?}");
        assert!(!api.started());
    }
}

/// A body that must not be asked for anything.
struct NeverRead;

impl Body for NeverRead {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        panic!("the body was read")
    }
}

#[tokio::test]
async fn a_revoked_api_refuses_its_own_key() {
    let api = api();
    assert_eq!(ask(&api, started(&api)).await.0, 200);
    api.clone().revoke();
    for request in [get(&format!("/sessions/{SESSION}")), get("/none")] {
        assert_eq!(ask(&api, request).await.0, 403);
    }
}

#[tokio::test]
async fn bodies_are_bounded() {
    let filled = |size: usize| {
        let mut text = json!({"session_id": SESSION, "filler": ""}).to_string();
        let filler = " ".repeat(size - text.len());
        text.push_str(&filler);
        request(Method::POST, "/start", text)
    };
    let api = api();
    assert_eq!(ask(&api, filled(LIMIT + 1)).await.0, 413);
    assert!(!api.started());
    assert_eq!(ask(&api, filled(LIMIT)).await.0, 200);
}

#[tokio::test]
async fn the_status_of_the_pod_is_what_was_set() {
    let api = api();
    let path = format!("/runtime/{RUNTIME}");
    let rows = [
        (None, "pending"),
        (Some(PodStatus::Ready), "ready"),
        (Some(PodStatus::Failed), "failed"),
        (Some(PodStatus::Pending), "pending"),
    ];
    for (set, told) in rows {
        if let Some(status) = set {
            api.set_pod_status(status);
        }
        let expected = json!({"runtime_id": RUNTIME, "pod_status": told});
        assert_eq!(ask(&api, get(&path)).await, (200, expected));
    }
}

/// Each row: calls after the start, and the status of the session that follows.
#[tokio::test]
async fn calls_are_written_down() {
    let rows: [(&[&str], &str); 6] = [
        (&["/pause"], "paused"),
        (&["/pause", "/resume"], "running"),
        (&["/resume"], "running"),
        (&["/stop"], "stopped"),
        (&["/stop", "/pause"], "stopped"),
        (&["/stop", "/resume"], "stopped"),
    ];
    for (calls, status) in rows {
        let api = api();
        assert_eq!(ask(&api, started(&api)).await.0, 200);
        for call in calls {
            let own = json!({"runtime_id": RUNTIME});
            assert_eq!(ask(&api, post(call, &own)).await.0, 200, "{call}");
        }
        let session = ask(&api, get(&format!("/sessions/{SESSION}"))).await.1;
        assert_eq!(session["status"], status, "{calls:?}");
    }
}

#[tokio::test]
async fn waiting_ends_with_the_call() {
    let api = api();
    let (asking, waiting) = (api.clone(), api.clone());
    let asked = async { ask(&asking, started(&asking)).await.0 };
    let ((), status) = tokio::join!(waiting.wait_started(), asked);
    assert_eq!(status, 200);
}

#[test]
fn no_key_is_shown() {
    let shown = format!("{:?}", api());
    assert!(shown.contains(RUNTIME));
    assert!(!shown.contains(key().expose()) && !shown.contains(session_key().expose()));
}
