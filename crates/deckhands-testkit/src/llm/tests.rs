//! Every kind of step over loopback, read by a client that sees the raw bytes; what goes wrong is in `faults`.

use std::io::ErrorKind;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

mod breaks;
mod errors;
mod faults;
mod models;
mod streams;

use super::*;
use crate::script::{AfterEnd, Dialect, ProviderError, Reply, Step, Times, ToolCall};

/// What a client saw of one answer.
struct Seen {
    status: u16,
    head: String,
    body: String,
}

impl Seen {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// Sends one request on a connection of its own and reads until the server closes.
async fn send(addr: SocketAddr, method: &str, path: &str, body: &str) -> io::Result<Seen> {
    let mut stream = TcpStream::connect(addr).await?;
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: test\r\nauthorization: Bearer secret\r\n\
         connection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await?;
    let text = String::from_utf8(bytes).unwrap();
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return Err(ErrorKind::UnexpectedEof.into());
    };
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Ok(Seen {
        status,
        head: head.to_ascii_lowercase(),
        body: body.to_owned(),
    })
}

async fn chat(addr: SocketAddr, extra: Value) -> io::Result<Seen> {
    let mut body = json!({ "model": "m", "messages": [{ "role": "user", "content": "go" }] });
    body.as_object_mut()
        .unwrap()
        .extend(extra.as_object().unwrap().clone());
    send(addr, "POST", "/v1/chat/completions", &body.to_string()).await
}

async fn serve(steps: impl IntoIterator<Item = Step>) -> ScriptedLlm {
    start(Script::new(steps)).await
}

async fn start(script: Script) -> ScriptedLlm {
    ScriptedLlm::start(script, ([127, 0, 0, 1], 0).into())
        .await
        .unwrap()
}

/// The one answer to a request without extras.
async fn answer(step: Step) -> Seen {
    let llm = serve([step]).await;
    let seen = chat(llm.addr(), json!({})).await.unwrap();
    llm.shutdown().await;
    seen
}

/// A request for events, with the usage.
fn streamed() -> Value {
    json!({ "stream": true, "stream_options": { "include_usage": true } })
}

/// The one answer to a request with these extras.
async fn answer_to(step: Step, extra: Value) -> Seen {
    let llm = serve([step]).await;
    let seen = chat(llm.addr(), extra).await.unwrap();
    llm.shutdown().await;
    seen
}

/// The one step of a script's text.
fn step(text: &str) -> Step {
    let script = Script::from_json(&format!(r#"{{"steps": [{text}]}}"#));
    script.unwrap().steps()[0].clone()
}

/// The chunks of a chunked body as they came, and whether the empty one that ends it did.
fn chunks(body: &str) -> (Vec<&str>, bool) {
    let mut chunks = Vec::new();
    let mut rest = body;
    while let Some((size, after)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            return (chunks, true);
        }
        chunks.push(&after[..size]);
        rest = after[size..].strip_prefix("\r\n").unwrap_or_default();
    }
    (chunks, false)
}

/// The body without the marks of its chunks.
fn plain(seen: &Seen) -> String {
    if seen.head.contains("transfer-encoding: chunked") {
        chunks(&seen.body).0.concat()
    } else {
        seen.body.clone()
    }
}

/// What the events of an answer say; sizes of chunks are left out.
fn events(seen: &Seen) -> Vec<&str> {
    let lines = seen.body.lines();
    lines
        .filter_map(|line| line.strip_prefix("data: "))
        .collect()
}

/// The events that are JSON.
fn json_events(seen: &Seen) -> Vec<Value> {
    let events = events(seen).into_iter();
    events
        .filter_map(|event| serde_json::from_str(event).ok())
        .collect()
}

/// All text that a stream's deltas carry.
fn content(events: &[Value]) -> String {
    let texts = events.iter();
    let texts = texts.map(|event| event["choices"][0]["delta"]["content"].as_str());
    texts.flatten().collect()
}

#[tokio::test]
async fn calls_take_the_form_that_the_request_asks_for() {
    let step = || Step::call("execute_bash", json!({ "command": "ls" }));
    let llm = serve([step(), step()]).await;
    let native = chat(llm.addr(), json!({ "tools": [] }))
        .await
        .unwrap()
        .json();
    let choice = &native["choices"][0];
    assert_eq!(
        choice["message"]["tool_calls"][0]["function"]["name"],
        "execute_bash"
    );
    assert_eq!(choice["finish_reason"], "tool_calls");
    let text = chat(llm.addr(), json!({ "stop": ["</function"] }))
        .await
        .unwrap()
        .json();
    assert_eq!(
        text["choices"][0]["message"]["content"],
        "<function=execute_bash>\n<parameter=command>ls</parameter>\n"
    );
    assert_ne!(native["id"], text["id"]);
    llm.shutdown().await;
}

#[tokio::test]
async fn several_calls_come_at_once_or_one_by_one() {
    let call = |tool: &str| ToolCall {
        tool: tool.to_owned(),
        args: serde_json::Map::new(),
    };
    let step = || {
        Step::new(Reply::Call {
            text: "both".into(),
            calls: vec![call("a"), call("b")],
        })
    };
    let llm = serve([step(), step()]).await;
    let native = chat(llm.addr(), json!({ "tools": [] }))
        .await
        .unwrap()
        .json();
    let calls = native["choices"][0]["message"]["tool_calls"]
        .as_array()
        .unwrap()
        .len();
    assert_eq!(calls, 2);
    let mut texts = Vec::new();
    for _ in 0..2 {
        let seen = chat(llm.addr(), json!({ "stop": "</function" }))
            .await
            .unwrap()
            .json();
        texts.push(
            seen["choices"][0]["message"]["content"]
                .as_str()
                .unwrap()
                .to_owned(),
        );
    }
    assert_eq!(texts, ["both\n\n<function=a>\n", "<function=b>\n"]);
    assert!(!llm.ran_off_end());
    llm.shutdown().await;
}

#[tokio::test]
async fn answers_in_json_are_given_as_scripted() {
    let rows = [
        (
            Step::say("hello"),
            200,
            "/choices/0/message/content",
            json!("hello"),
        ),
        (Step::say("hello"), 200, "/model", json!("m")),
        (Step::new(Reply::EmptyChoices), 200, "/choices", json!([])),
        (
            Step::new(Reply::ErrorIn200(json!({ "code": 502 }))),
            200,
            "/error/code",
            json!(502),
        ),
        (Step::status(418, json!({ "a": 1 })), 418, "/a", json!(1)),
        (
            Step::provider_error(Dialect::OpenAi, ProviderError::Quota),
            429,
            "/error/type",
            json!("insufficient_quota"),
        ),
        (
            Step::provider_error(Dialect::OpenRouter, ProviderError::OutOfCredit),
            402,
            "/error/code",
            json!(402),
        ),
    ];
    for (step, status, pointer, wanted) in rows {
        let label = format!("{step:?}");
        let seen = answer(step).await;
        assert_eq!(seen.status, status, "{label}");
        assert_eq!(seen.json().pointer(pointer), Some(&wanted), "{label}");
        assert!(
            seen.head.contains("content-type: application/json"),
            "{}",
            seen.head
        );
    }
}

#[tokio::test]
async fn text_and_headers_are_given_as_scripted() {
    let seen =
        answer(Step::new(Reply::Raw("<html>no".into())).header("Content-Type", "text/html")).await;
    assert_eq!((seen.status, seen.body.as_str()), (200, "<html>no"));
    assert!(
        seen.head.contains("content-type: text/html"),
        "{}",
        seen.head
    );
    assert!(!seen.head.contains("application/json"), "{}", seen.head);
    let seen = answer(Step::status(503, json!("down"))).await;
    assert_eq!((seen.status, seen.body.as_str()), (503, "down"));
    assert!(
        seen.head.contains("content-type: text/plain"),
        "{}",
        seen.head
    );
    let limited = ProviderError::RateLimited(Some(3));
    let seen = answer(Step::provider_error(Dialect::OpenRouter, limited)).await;
    assert!(seen.head.contains("retry-after: 3"), "{}", seen.head);
    let refused = serve([Step::say("a").header("a b", "c")]).await;
    let error = chat(refused.addr(), json!({})).await.err().unwrap();
    assert_eq!(
        error.kind(),
        ErrorKind::UnexpectedEof,
        "a header that HTTP does not allow"
    );
    refused.shutdown().await;
}

#[tokio::test]
async fn a_truncated_answer_announces_more_than_it_sends() {
    let seen = answer(Step::new(Reply::Truncate)).await;
    let announced = seen
        .head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let announced: usize = announced.unwrap().parse().unwrap();
    assert!(!seen.body.is_empty());
    assert!(
        announced > seen.body.len(),
        "{announced} announced, {} sent",
        seen.body.len()
    );
}

#[tokio::test]
async fn a_broken_connection_is_reset_or_closed() {
    let rows = [
        (Reply::Reset, ErrorKind::ConnectionReset),
        (
            Reply::Hang(Some(Duration::from_millis(1))),
            ErrorKind::UnexpectedEof,
        ),
    ];
    for (reply, kind) in rows {
        let llm = serve([Step::new(reply), Step::say("alive")]).await;
        let error = chat(llm.addr(), json!({})).await.err().unwrap();
        assert_eq!(error.kind(), kind);
        assert_eq!(chat(llm.addr(), json!({})).await.unwrap().status, 200);
        llm.shutdown().await;
    }
}

#[tokio::test]
async fn a_hang_lasts_until_the_shutdown() {
    let llm = serve([Step::new(Reply::Hang(None)), Step::say("other")]).await;
    let addr = llm.addr();
    let mut waiting = tokio::task::JoinSet::new();
    waiting.spawn(chat(addr, json!({})));
    timeout(Duration::from_secs(10), llm.wait_for_requests(1))
        .await
        .unwrap();
    assert_eq!(
        chat(addr, json!({})).await.unwrap().status,
        200,
        "others are served meanwhile"
    );
    assert!(waiting.try_join_next().is_none());
    timeout(Duration::from_secs(10), llm.shutdown())
        .await
        .unwrap();
    assert!(waiting.join_next().await.unwrap().unwrap().is_err());
    assert!(
        TcpStream::connect(addr).await.is_err(),
        "the port is closed"
    );
}

#[tokio::test]
async fn dropping_closes_the_port() {
    let llm = serve([]).await;
    let addr = llm.addr();
    drop(llm);
    let closed = async {
        while TcpStream::connect(addr).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(10), closed).await.unwrap();
}

#[tokio::test]
async fn a_delay_comes_before_the_answer() {
    let delay = Duration::from_millis(50);
    let llm = serve([Step::say("late").after(delay)]).await;
    let start = tokio::time::Instant::now();
    assert_eq!(chat(llm.addr(), json!({})).await.unwrap().status, 200);
    assert!(start.elapsed() >= delay);
    llm.shutdown().await;
}

#[tokio::test]
async fn a_script_may_repeat_and_ends_loudly() {
    let limited = Step::status(429, json!({})).times(Times::Count(2));
    let llm = serve([limited, Step::say("fine")]).await;
    let mut seen = Vec::new();
    for _ in 0..3 {
        seen.push(chat(llm.addr(), json!({})).await.unwrap().status);
    }
    assert_eq!(seen, [429, 429, 200]);
    assert!(!llm.ran_off_end());
    let ended = chat(llm.addr(), json!({})).await.unwrap();
    assert_eq!(ended.status, 599);
    assert_eq!(
        ended.json()["error"]["message"],
        "script ended after 2 steps"
    );
    assert!(llm.ran_off_end());
    let steps: Vec<_> = llm.requests().iter().map(|request| request.step).collect();
    assert_eq!(steps, [Some(1), Some(1), Some(2), None]);
    llm.shutdown().await;
}

#[tokio::test]
async fn the_path_chooses_the_script() {
    let llm = start(Script::new([Step::say("default")]).after_end(AfterEnd::RepeatLast)).await;
    llm.add_script("one", Script::new([Step::say("1"), Step::say("2")]));
    let rows = [
        ("/v1/chat/completions", 200, "default"),
        ("/s/one/v1/chat/completions", 200, "1"),
        ("/api/chat/completions", 200, "default"),
        ("/s/one/r7/v1/chat/completions", 200, "2"),
        ("/s/two/v1/chat/completions", 404, ""),
    ];
    for (path, status, text) in rows {
        let seen = send(llm.addr(), "POST", path, r#"{"model": "m"}"#)
            .await
            .unwrap();
        assert_eq!(seen.status, status, "{path}");
        let json = seen.json();
        let content = json
            .pointer("/choices/0/message/content")
            .and_then(Value::as_str);
        assert_eq!(content.unwrap_or_default(), text, "{path}");
    }
    let names: Vec<_> = llm
        .requests()
        .into_iter()
        .map(|request| request.script)
        .collect();
    let one = Some("one".to_owned());
    assert_eq!(
        names,
        [None, one.clone(), None, one, Some("two".to_owned())]
    );
    let port = llm.addr().port();
    assert_eq!(llm.base_url("h"), format!("http://h:{port}/v1"));
    assert_eq!(
        llm.base_url_of("h", "one"),
        format!("http://h:{port}/s/one/v1")
    );
    llm.shutdown().await;
}

#[tokio::test]
async fn the_task_chooses_the_script() {
    let llm = start(Script::new([Step::say("default")]).after_end(AfterEnd::RepeatLast)).await;
    llm.add_task(
        "task-1",
        Script::new([Step::say("1"), Step::say("1 again")]),
    );
    llm.add_task("task-2", Script::new([Step::say("2")]));
    let user = |content: Value| json!({ "role": "user", "content": content });
    let of = |number| user(json!(format!("an example, then: do task-{number}")));
    let parts = user(json!([{ "type": "text", "text": "do task-1" }]));
    let system = json!({ "role": "system", "content": "task-2" });
    let rows = [
        (json!([system, of(1)]), Some("task-1"), "1"),
        (json!([of(2)]), Some("task-2"), "2"),
        (json!([user(json!("do it")), of(1)]), None, "default"),
        (json!([parts, of(2)]), Some("task-1"), "1 again"),
    ];
    for (messages, name, text) in rows {
        let seen = chat(llm.addr(), json!({ "messages": messages })).await;
        let json = seen.unwrap().json();
        let content = &json["choices"][0]["message"]["content"];
        assert_eq!(content, text, "{messages}");
        let script = llm.requests().pop().unwrap().script;
        assert_eq!(script.as_deref(), name, "{messages}");
    }
    let named = r#"{ "messages": [{ "role": "user", "content": "do task-1" }] }"#;
    let seen = send(llm.addr(), "POST", "/s/none/v1/chat/completions", named).await;
    assert_eq!(
        seen.unwrap().status,
        404,
        "a path that names a script is heeded"
    );
    llm.shutdown().await;
}

#[tokio::test]
async fn other_requests_take_no_step() {
    let llm = serve([Step::say("only")]).await;
    let rows = [
        ("GET", "/v1/models", "", 200),
        ("GET", "/", "", 404),
        ("POST", "/v1/completions", "{}", 404),
        ("POST", "/v1/chat/completions", "no json", 400),
    ];
    for (method, path, body, status) in rows {
        let seen = send(llm.addr(), method, path, body).await.unwrap();
        assert_eq!(seen.status, status, "{method} {path} {body}");
    }
    assert_eq!(chat(llm.addr(), json!({})).await.unwrap().status, 200);
    let requests = llm.requests();
    assert_eq!(requests.len(), rows.len() + 1);
    assert_eq!(requests.last().unwrap().step, Some(1));
    assert!(
        requests[..rows.len()]
            .iter()
            .all(|request| request.step.is_none())
    );
    llm.shutdown().await;
}

#[tokio::test]
async fn a_request_is_remembered() {
    let llm = serve([Step::say("ok")]).await;
    chat(
        llm.addr(),
        json!({ "tools": [{ "function": { "name": "think" } }] }),
    )
    .await
    .unwrap();
    let requests = llm.requests();
    let request = &requests[0];
    assert_eq!(
        (request.method.as_str(), request.message_count()),
        ("POST", 1)
    );
    assert_eq!(request.last_user_text.as_deref(), Some("go"));
    assert_eq!(request.tools, ["think"]);
    assert!(request.bearer_is("secret"));
    assert_eq!(request.json().unwrap()["model"], "m");
    assert!(!format!("{llm:?}").contains("secret"));
    llm.shutdown().await;
}

#[tokio::test]
async fn a_connection_serves_several_requests() {
    let llm = serve([Step::say("first"), Step::say("second")]).await;
    let mut stream = TcpStream::connect(llm.addr()).await.unwrap();
    let request = "POST /v1/chat/completions HTTP/1.1\r\nhost: test\r\ncontent-length: 2\r\n\r\n{}";
    let mut text = String::new();
    for wanted in ["first", "second"] {
        stream.write_all(request.as_bytes()).await.unwrap();
        while !text.contains(wanted) {
            let mut buffer = [0; 4096];
            let read = stream.read(&mut buffer).await.unwrap();
            assert_ne!(read, 0, "closed before `{wanted}`: {text}");
            text.push_str(&String::from_utf8_lossy(&buffer[..read]));
        }
    }
    llm.shutdown().await;
}
