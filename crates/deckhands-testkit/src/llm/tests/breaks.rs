//! Answers that break off or fall silent, whole or as events, before or after the first content.

use super::*;

/// How long nothing may come until that counts as silence.
const QUIET: Duration = Duration::from_millis(50);

/// The body so far, once as much as `enough` wants has come and then nothing more.
async fn until_silence(llm: &ScriptedLlm, body: &str, enough: impl Fn(&str) -> bool) -> String {
    let mut stream = TcpStream::connect(llm.addr()).await.unwrap();
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: test\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8(bytes.clone()).unwrap();
        let body = text.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
        match (
            body.filter(|body| enough(body)),
            timeout(QUIET, stream.read_buf(&mut bytes)).await,
        ) {
            (Some(body), Err(_)) => return body,
            (_, Ok(read)) => assert_ne!(read.unwrap(), 0, "closed after {text}"),
            (None, Err(_)) => {}
        }
    }
}

fn announced(seen: &Seen) -> usize {
    let mut lines = seen.head.lines();
    let length = lines.find_map(|line| line.strip_prefix("content-length: "));
    length.unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_document_is_cut_after_so_many_bytes() {
    let whole = answer(Step::say("hello")).await;
    let length = whole.body.len();
    for (bytes, sent) in [(0, 0), (1, 1), (20, 20), (length - 1, length - 1)] {
        let text = format!(r#"{{"text": "hello", "truncate": {{"after_bytes": {bytes}}}}}"#);
        let seen = answer(step(&text)).await;
        assert_eq!(seen.status, 200);
        assert_eq!(announced(&seen), length);
        assert_eq!(seen.body, whole.body[..sent], "{bytes}");
    }
    let all = r#"{"text": "hello", "truncate": {"after_bytes": 99999}}"#;
    let seen = answer(step(all)).await;
    assert_eq!(seen.body, whole.body, "all of it but its end");
    assert_eq!(announced(&seen), length + 1000);
    let middle = answer(step(
        r#"{"text": "hello", "truncate": {"after_chunks": 1}}"#,
    ))
    .await;
    assert_eq!(middle.body, whole.body[..length / 2]);
    let error = r#"{"provider_error": "internal", "truncate": {"after_bytes": 5}}"#;
    let seen = answer(step(error)).await;
    assert_eq!((seen.status, seen.body.as_str()), (500, "{\"err"));
}

#[tokio::test]
async fn a_stream_is_cut_after_so_many_chunks() {
    let rows = [
        (r#"{"after_bytes": 0}"#, 0, "", 0),
        (r#"{"after_chunks": 0}"#, 1, "", 1),
        (r#"{"after_chunks": 1}"#, 1, "he", 2),
        (r#"{"after_chunks": 2}"#, 1, "hell", 3),
        (r#"{"after_chunks": 99}"#, 1, "hello", 4),
        (r#"{"after_bytes": 99999}"#, 1, "hello", 6),
    ];
    for (place, comments, text, count) in rows {
        let step = step(&format!(
            r#"{{"text": "hello", "chunk_chars": 2, "keepalive": 1, "truncate": {place}}}"#
        ));
        let seen = answer_to(step, streamed()).await;
        assert_eq!(seen.status, 200, "{place}");
        let (chunks, ended) = chunks(&seen.body);
        assert!(!ended, "{place}: the empty chunk at the end is missing");
        let sent = chunks.concat();
        assert_eq!(sent.matches(": OPENROUTER").count(), comments, "{place}");
        let events = json_events(&seen);
        assert_eq!(
            (content(&events).as_str(), events.len()),
            (text, count),
            "{place}"
        );
        assert_eq!(sent.contains("[DONE]"), place.contains("99999"), "{place}");
    }
}

#[tokio::test]
async fn a_stream_is_cut_within_an_event() {
    let whole = plain(&answer_to(Step::say("hello"), streamed()).await);
    let text = r#"{"text": "hello", "truncate": {"after_bytes": 10}}"#;
    let seen = answer_to(step(text), streamed()).await;
    assert_eq!(chunks(&seen.body).0.concat(), whole[..10]);
}

#[tokio::test]
async fn a_document_falls_silent_after_so_many_bytes() {
    let whole = answer(Step::say("hello")).await.body;
    for bytes in [0, 30] {
        let text = format!(r#"{{"text": "hello", "stall_after": {{"bytes": {bytes}}}}}"#);
        let llm = serve([step(&text)]).await;
        let body = until_silence(&llm, r#"{"model": "m"}"#, |body| body.len() >= bytes).await;
        assert_eq!(body, whole[..bytes]);
        llm.shutdown().await;
    }
}

#[tokio::test]
async fn a_stream_falls_silent_after_so_many_chunks() {
    let rows = [
        (r#"{"bytes": 0}"#, 0, ""),
        (r#"{"chunks": 0}"#, 1, ""),
        (r#"{"chunks": 2}"#, 3, "hell"),
    ];
    for (place, count, text) in rows {
        let step = step(&format!(
            r#"{{"text": "hello", "chunk_chars": 2, "stall_after": {place}}}"#
        ));
        let llm = serve([step]).await;
        let asked = r#"{"model": "m", "stream": true}"#;
        let body = until_silence(&llm, asked, |body| body.matches("\n\n").count() >= count).await;
        let (_, ended) = chunks(&body);
        assert!(!ended, "{place}");
        let seen = Seen {
            status: 200,
            head: String::new(),
            body,
        };
        let events = json_events(&seen);
        assert_eq!(
            (events.len(), content(&events).as_str()),
            (count, text),
            "{place}"
        );
        assert_eq!(llm.served().begun.completions, 1);
        llm.shutdown().await;
    }
}

#[tokio::test]
async fn silence_may_end() {
    for extra in [json!({}), streamed()] {
        let whole = plain(&answer_to(Step::say("hello"), extra.clone()).await);
        let start = tokio::time::Instant::now();
        let text = r#"{"text": "hello", "stall_after": {"chunks": 1, "ms": 40}}"#;
        let seen = answer_to(step(text), extra).await;
        assert_eq!(plain(&seen), whole);
        assert!(start.elapsed() >= Duration::from_millis(40));
    }
}

#[tokio::test]
async fn an_answer_may_end_with_a_reset() {
    for (extra, place) in [
        (json!({}), r#""after_bytes": 20"#),
        (streamed(), r#""after_chunks": 1"#),
    ] {
        let text = format!(r#"{{"text": "hello", "truncate": {{{place}, "reset": true}}}}"#);
        let llm = serve([step(&text), Step::say("alive")]).await;
        let error = chat(llm.addr(), extra).await.err().unwrap();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        assert_eq!(chat(llm.addr(), json!({})).await.unwrap().status, 200);
        let served = llm.served();
        assert_eq!((served.begun.completions, served.whole.completions), (1, 1));
        llm.shutdown().await;
    }
}
