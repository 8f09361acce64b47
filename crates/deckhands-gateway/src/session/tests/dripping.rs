//! Providers that never stop and never come to an end: a byte now and then, before and after the first
//! content. The bounds end the call, and the most that it can have cost is booked.

use deckhands_testkit::{Pace, Times};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::paid::{figures, paid, paying, rich, worst};
use super::*;

const HEAD: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
const ONE: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"one\"}}]}\n\n";

/// Takes a request; how many bytes its body has.
async fn take(listener: &TcpListener) -> (TcpStream, usize) {
    let (mut stream, _) = listener.accept().await.unwrap();
    let (mut read, mut piece) = (String::new(), [0; 4096]);
    loop {
        let count = stream.read(&mut piece).await.unwrap();
        assert!(count > 0, "half a request: {read}");
        read.push_str(std::str::from_utf8(&piece[..count]).unwrap());
        let Some((head, body)) = read.split_once("\r\n\r\n") else {
            continue;
        };
        let mut lines = head.lines().map(str::to_lowercase);
        let length = lines.find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        if length == Some(body.len()) {
            return (stream, body.len());
        }
    }
}

/// Sends these bytes again and again, one at a time, until the other side leaves.
async fn drip(stream: &mut TcpStream, text: &str) {
    for byte in text.bytes().cycle() {
        if stream.write_all(&[byte]).await.is_err() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn after_the_first_content_drops_do_not_keep_a_stream_open() {
    let short = SessionLimits {
        answer: Duration::from_millis(500),
        ..QUICK
    };
    // An event that has no end, and signs of life that are no answer.
    for text in [" ", ": waiting\n\n"] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
        let ledger = rich();
        let (session, mut facts) = paying(&base_url, short, &ledger);
        let serve = async {
            let (mut stream, bytes) = take(&listener).await;
            let begin = format!("{HEAD}{ONE}data: ");
            stream.write_all(begin.as_bytes()).await.unwrap();
            drip(&mut stream, text).await;
            bytes
        };
        let (seen, bytes) = tokio::join!(chat(&session, json!({ "stream": true })), serve);
        assert!(seen.text().contains("one"), "{seen:?}");
        let end = "the answer broke off: nothing more came in time";
        assert!(seen.text().contains(end), "{seen:?}");
        let fact = facts.try_recv().unwrap();
        assert_eq!(fact.fault, Some(CallFault::TimedOut));
        assert!(fact.took >= short.answer, "{:?}", fact.took);
        assert!(fact.took < short.answer * 10, "{:?}", fact.took);
        session.close().await.unwrap();
        assert_eq!(figures(&ledger), (0, worst(bytes)), "{text}");
    }
}

/// All tries and pauses of a call together have their own bound.
#[tokio::test]
async fn tries_that_drip_end_with_the_call_and_each_is_paid() {
    let short = SessionLimits {
        answer: Duration::from_millis(400),
        whole: Duration::from_millis(1000),
        hold: Duration::from_secs(60),
        pause: Duration::from_millis(1),
        ..QUICK
    };
    for streamed in [false, true] {
        let dripping = Step::say("slowly").paced(Pace {
            bytes: 1,
            every: Duration::from_millis(20),
        });
        let (mut rig, ledger) = paid(short, [dripping.times(Times::Forever)]).await;
        let seen = rig.chat(json!({ "stream": streamed })).await;
        assert_ne!(seen.status, 200, "{seen:?}");
        let fact = rig.fact();
        assert_eq!(fact.cause, Some(Cause::ProviderTimeout));
        assert!(fact.took < short.whole * 5, "{:?}", fact.took);
        let tries = rig.calls();
        assert!(tries <= 3, "{tries}");
        let spent = worst(rig.llm.requests()[0].body_len) * tries as u64;
        rig.session.close().await.unwrap();
        assert_eq!(figures(&ledger), (0, spent), "streamed {streamed}");
    }
}
