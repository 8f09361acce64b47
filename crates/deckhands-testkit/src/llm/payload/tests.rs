//! Places and lengths; how bodies go out is `body`'s.

use http_body_util::BodyExt as _;

use super::*;

fn three_events(every: Option<Duration>) -> Payload {
    let mut payload = Payload::stream(every);
    payload.push("role ".to_owned());
    payload.mark();
    for content in ["aaa ", "bb "] {
        payload.push(content.to_owned());
        payload.mark();
    }
    payload.push("end".to_owned());
    payload
}

fn cut(at: Place) -> Option<Break> {
    let by = Mishap::Cut;
    Some(Break { at, by })
}

/// The frames of a body, and whether it came to its end.
async fn frames(mut body: ServedBody) -> (Vec<String>, bool) {
    let mut frames = Vec::new();
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => {
                let data = frame.into_data().unwrap();
                frames.push(String::from_utf8(data.to_vec()).unwrap());
            }
            Err(_) => return (frames, false),
        }
    }
    (frames, true)
}

#[tokio::test]
async fn a_stream_is_cut_at_its_places() {
    let rows = [
        (Place::Bytes(0), ""),
        (Place::Bytes(3), "rol"),
        (Place::Chunks(0), "role "),
        (Place::Chunks(1), "role aaa "),
        (Place::Chunks(2), "role aaa bb "),
        (Place::Chunks(9), "role aaa bb "),
        (Place::Bytes(99), "role aaa bb end"),
    ];
    for (at, wanted) in rows {
        for every in [None, Some(Duration::ZERO)] {
            let payload = three_events(every);
            assert_eq!(payload.announced(cut(at)), None, "a stream tells no length");
            let (frames, whole) = frames(payload.body(cut(at))).await;
            assert_eq!((frames.concat().as_str(), whole), (wanted, false), "{at:?}");
        }
    }
}

#[tokio::test]
async fn events_go_out_together_or_one_by_one() {
    let together = frames(three_events(None).body(None)).await;
    assert_eq!(together, (vec!["role aaa bb end".to_owned()], true));
    let single = frames(three_events(Some(Duration::ZERO)).body(None)).await;
    assert_eq!(single.0, ["role ", "aaa ", "bb ", "end"]);
}

#[tokio::test]
async fn a_stall_comes_once_and_ends() {
    let start = tokio::time::Instant::now();
    let time = Duration::from_millis(20);
    let stall = Break {
        at: Place::Chunks(1),
        by: Mishap::Stall(Some(time)),
    };
    let body = three_events(None).body(Some(stall));
    let (frames, whole) = frames(body).await;
    assert_eq!(frames, ["role aaa ", "bb end"]);
    assert!(whole);
    assert!(start.elapsed() >= time);
    let stall = Break {
        by: Mishap::Stall(None),
        ..stall
    };
    let mut body = three_events(None).body(Some(stall));
    assert!(body.frame().await.is_some());
    let more = tokio::time::timeout(time, body.frame()).await;
    assert!(more.is_err(), "nothing comes");
}

#[tokio::test]
async fn a_cut_document_announces_more_than_it_sends() {
    let rows = [
        (Place::Bytes(0), "", 6),
        (Place::Bytes(4), "docu", 6),
        (Place::Bytes(6), "docume", 1006),
        (Place::Bytes(9), "docume", 1006),
        (Place::Chunks(0), "", 6),
        (Place::Chunks(5), "doc", 6),
    ];
    for (at, sent, announced) in rows {
        let payload = Payload::document("docume".to_owned());
        assert_eq!(payload.announced(cut(at)), Some(announced), "{at:?}");
        let (frames, whole) = frames(payload.body(cut(at))).await;
        assert_eq!((frames.concat().as_str(), whole), (sent, false), "{at:?}");
    }
    let stall = Break {
        at: Place::Bytes(2),
        by: Mishap::Stall(None),
    };
    let payload = Payload::document("docume".to_owned());
    assert_eq!(payload.announced(Some(stall)), None, "the body knows it");
}
