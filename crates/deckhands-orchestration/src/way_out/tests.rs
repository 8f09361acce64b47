//! Requests by their path, a home with a long path, and a socket that is opened again.

use std::path::PathBuf;
use std::sync::Arc;

use deckhands_gateway::{
    Gateway, Health, LoopPolicy, ProviderKey, Route, SessionLimits, SessionSpec, Upstream,
};
use deckhands_model::{Cause, ModelId, SecretHash};
use deckhands_resilience::route_health::BreakerPolicy;
use deckhands_sandbox::{ACTION_URL, RuntimeKey, SandboxApiOptions, SessionKey};
use jiff::Timestamp;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::Instant;

use super::*;
use crate::slow_client::trickle;

const TOKEN: &str = "0123456789abcdef";

fn services() -> (Services, RuntimeKey) {
    let key = RuntimeKey::from_random([7; 32]);
    let api = SandboxApi::new(SandboxApiOptions {
        session_id: "sid".to_owned(),
        runtime_id: "rid".to_owned(),
        key: key.hash(),
        session_key: SessionKey::from_random([8; 32]),
        url: ACTION_URL.to_owned(),
    });
    let upstream = Upstream {
        base_url: "http://127.0.0.1:9/v1".to_owned(),
        key: Some(ProviderKey::new("real")),
        model: "m".to_owned(),
        provider: "openai".to_owned(),
    };
    let health = Health::new(BreakerPolicy::default(), Arc::new(|| Timestamp::UNIX_EPOCH));
    let gateway = Gateway::new(health, Arc::new(|_| Cause::ProviderError));
    let opened = gateway.open(SessionSpec {
        token: SecretHash::of(TOKEN),
        expires: None,
        routes: vec![Route {
            model: ModelId::resolve("openai/m").unwrap(),
            upstream,
            price: None,
            max_output_tokens: 1000,
        }],
        limits: SessionLimits::default(),
        money: None,
        loops: LoopPolicy::default(),
        recorder: None,
        replay: None,
    });
    let (model, _facts) = opened.unwrap();
    let api = Some(api);
    (Services { api, model }, key)
}

async fn connect(dir: &Path) -> UnixStream {
    // The test's own path may be too long for the kernel, too.
    let open = File::open(dir).unwrap();
    let socket = format!("/proc/self/fd/{}/{SOCKET}", open.as_raw_fd());
    UnixStream::connect(socket).await.unwrap()
}

/// One request on a connection of its own; gives the status line and the rest.
async fn ask(dir: &Path, path: &str, header: &str) -> String {
    let mut stream = connect(dir).await;
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\n{header}connection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn the_path_says_who_answers_and_the_key_whether() {
    let dir = tempfile::tempdir().unwrap();
    let (services, key) = services();
    let way_out = WayOut::open(dir.path(), services.clone()).unwrap();
    let bearer = format!("authorization: Bearer {TOKEN}\r\n");
    let own = format!("x-api-key: {}\r\n", key.expose());
    let rows = [
        ("/api/sessions/sid", own.as_str(), "404"),
        ("/api/sessions/sid", "", "403"),
        ("/llm/v1/models", bearer.as_str(), "200"),
        ("/llm/v1/models", own.as_str(), "401"),
        ("/llm/v1/models", "", "401"),
        ("/apiary/sessions/sid", own.as_str(), "404"),
        ("/", own.as_str(), "404"),
    ];
    for (path, header, status) in rows {
        let answer = ask(dir.path(), path, header).await;
        let expected = format!("HTTP/1.1 {status}");
        assert!(answer.starts_with(&expected), "{path} {header}: {answer}");
        assert!(!answer.contains("real"), "{answer}");
    }
    services.model.revoke();
    services.api.as_ref().unwrap().revoke();
    for ((path, header, _), status) in rows[..3].iter().zip([403, 403, 401]) {
        let answer = ask(dir.path(), path, header).await;
        let expected = format!("HTTP/1.1 {status}");
        assert!(answer.starts_with(&expected), "{path}: {answer}");
    }
    way_out.close().await;
    assert!(UnixStream::connect(dir.path().join(SOCKET)).await.is_err());
}

/// What is answered to a request that stays unfinished.
async fn left_waiting(request: &str) -> String {
    let (mut ours, theirs) = UnixStream::pair().unwrap();
    let mut served = JoinSet::new();
    served.spawn(serve(theirs, services().0, Duration::from_millis(50)));
    ours.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let read = ours.read_to_string(&mut answer);
    let read = timeout(Duration::from_secs(10), read).await;
    read.expect("the connection is given up").unwrap();
    served.join_next().await.expect("one task").unwrap();
    answer
}

#[tokio::test]
async fn whoever_does_not_go_on_is_given_up() {
    assert_eq!(left_waiting("").await, "");
    assert_eq!(left_waiting("POST /api/start HTTP/1.1\r\nhost").await, "");
    let key = RuntimeKey::from_random([7; 32]);
    let head = format!(
        "POST /api/start HTTP/1.1\r\nhost: x\r\nx-api-key: {}\r\ncontent-length: 9\r\n\r\n{{",
        key.expose()
    );
    let answer = left_waiting(&head).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
}

#[tokio::test]
async fn whoever_trickles_is_cut_in_time_and_keeps_nobody_out() {
    let bounds = Bounds {
        connections: 8,
        patience: Duration::from_millis(500),
    };
    let dir = tempfile::tempdir().unwrap();
    let mut serving = JoinSet::new();
    serving.spawn(accept(bind(dir.path()).unwrap(), services().0, bounds));
    let mut slow = JoinSet::new();
    for _ in 0..bounds.connections {
        slow.spawn(trickle(connect(dir.path()).await, "/llm/v1/models"));
    }
    let bearer = format!("authorization: Bearer {TOKEN}\r\n");
    let begun = Instant::now();
    let answer = timeout(
        bounds.patience * 20,
        ask(dir.path(), "/llm/v1/models", &bearer),
    )
    .await;
    let answer = answer.expect("a place becomes free");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    // They have all the places; the ninth connection got one of theirs.
    let waited = begun.elapsed();
    assert!(waited >= bounds.patience / 2, "{waited:?}");
    while let Some(ended) = slow.join_next().await {
        let took = ended.unwrap();
        assert!(took >= bounds.patience / 2, "{took:?}");
        assert!(took < bounds.patience * 20, "{took:?}");
    }
}

#[tokio::test]
async fn a_home_of_200_bytes_is_no_matter() {
    let dir = tempfile::tempdir().unwrap();
    let deep: PathBuf = dir.path().join("d".repeat(100)).join("e".repeat(100));
    fs::create_dir_all(&deep).unwrap();
    assert!(deep.as_os_str().len() > 200);
    let way_out = WayOut::open(&deep, services().0).unwrap();
    let answer = ask(&deep, "/nowhere", "").await;
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
    way_out.close().await;
}

#[tokio::test]
async fn a_dead_socket_is_replaced_at_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let first = WayOut::open(dir.path(), services().0).unwrap();
    first.close().await;
    assert!(dir.path().join(SOCKET).exists(), "as after a kill");
    let mut again = WayOut::open(dir.path(), services().0).unwrap();
    let answer = ask(dir.path(), "/nowhere", "").await;
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
    // And once more where somebody removed it under a living process.
    fs::remove_file(dir.path().join(SOCKET)).unwrap();
    again.mend().unwrap();
    let answer = ask(dir.path(), "/nowhere", "").await;
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
    again.close().await;
}
