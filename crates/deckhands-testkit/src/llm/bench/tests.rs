//! Answers of the measuring provider over loopback.

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::*;

async fn ask(addr: SocketAddr, method: &str, path: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: t\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    text
}

async fn chat(addr: SocketAddr, body: &str) -> String {
    ask(addr, "POST", "/v1/chat/completions", body).await
}

async fn start(content_bytes: usize, stream: Option<BenchStream>) -> BenchLlm {
    let reply = BenchReply {
        content_bytes,
        stream,
    };
    BenchLlm::start(reply, ([127, 0, 0, 1], 0).into())
        .await
        .unwrap()
}

/// All text of the deltas in an answer.
fn content(answer: &str) -> String {
    let events = answer
        .lines()
        .filter_map(|line| line.strip_prefix("data: "));
    let events = events.filter_map(|event| serde_json::from_str::<Value>(event).ok());
    let texts = events.map(|event| {
        let text = event["choices"][0]["delta"]["content"].as_str();
        text.unwrap_or_default().to_owned()
    });
    texts.collect()
}

#[tokio::test]
async fn every_request_gets_the_same_message() {
    let llm = start(5000, None).await;
    let mut answers = Vec::new();
    for body in [r#"{"model": "m"}"#, r#"{"stream": false}"#, "no json"] {
        let text = chat(llm.addr(), body).await;
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        assert!(head.contains(&format!("content-length: {}", body.len())));
        answers.push(serde_json::from_str::<Value>(body).unwrap());
    }
    let message = answers[0]["choices"][0]["message"]["content"].as_str();
    assert_eq!(message.unwrap().len(), 5000);
    assert_eq!(answers[0]["usage"]["total_tokens"], 750);
    assert_eq!((&answers[1], &answers[2]), (&answers[0], &answers[0]));
    for (method, path, status) in [("GET", "/v1/models", "200"), ("GET", "/", "404")] {
        let text = ask(llm.addr(), method, path, "").await;
        assert!(text.starts_with(&format!("HTTP/1.1 {status}")), "{text}");
    }
    llm.shutdown().await;
}

#[tokio::test]
async fn a_stream_comes_at_once_or_at_its_pace() {
    let every = Duration::from_millis(5);
    let paced = BenchStream { events: 8, every };
    for (stream, writes) in [(None, 1), (Some(paced), 8)] {
        let llm = start(100, stream).await;
        let start = Instant::now();
        let text = chat(llm.addr(), r#"{"stream": true}"#).await;
        assert!(start.elapsed() >= every * (writes - 1));
        assert!(text.contains("text/event-stream"), "{text}");
        assert_eq!(content(&text).len(), 100);
        assert!(text.contains("data: [DONE]"), "{text}");
        assert!(!text.contains("prompt_tokens"), "usage was not asked for");
        let sizes = text
            .lines()
            .filter(|line| usize::from_str_radix(line, 16).is_ok_and(|size| size > 0));
        assert_eq!(sizes.count(), writes as usize, "{text}");
        let asked = r#"{"stream": true, "stream_options": {"include_usage": true}}"#;
        assert!(chat(llm.addr(), asked).await.contains("prompt_tokens"));
        llm.shutdown().await;
    }
}

#[test]
fn a_short_message_has_fewer_writes() {
    let rows = [(100, 8, 8), (3, 8, 3), (0, 8, 1), (100, 1, 1), (5, 0, 1)];
    for (content_bytes, events, writes) in rows {
        let stream = Some(BenchStream {
            events,
            every: Duration::ZERO,
        });
        let answers = Answers::new(BenchReply {
            content_bytes,
            stream,
        });
        assert_eq!(answers.events.len(), writes, "{content_bytes} in {events}");
        let text: Vec<u8> = answers.events.concat();
        assert!(text.ends_with(b"data: [DONE]\n\n"));
    }
}
