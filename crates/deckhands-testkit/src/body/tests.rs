//! How bodies go out: whole, slow, held, cut; frame by frame.

use http_body_util::BodyExt as _;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::*;

const PACE: Pace = Pace {
    bytes: 2,
    every: Duration::from_millis(10),
};

/// The sizes of the frames and how the body ended.
async fn frames(mut body: ServedBody) -> (Vec<usize>, bool) {
    let mut sizes = Vec::new();
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => sizes.push(frame.into_data().unwrap().len()),
            Err(_) => return (sizes, false),
        }
    }
    (sizes, true)
}

#[tokio::test]
async fn bodies_go_out_as_said() {
    let rows = [
        (ServedBody::whole("hello"), vec![5], true, 0),
        (ServedBody::whole(""), vec![], true, 0),
        (ServedBody::cut_off("hello"), vec![5], false, 0),
        (
            ServedBody::whole("hello").paced(PACE),
            vec![2, 2, 1],
            true,
            20,
        ),
        (
            ServedBody::cut_off("hello").paced(PACE),
            vec![2, 2, 1],
            false,
            20,
        ),
        (
            ServedBody::whole("abc").paced(Pace { bytes: 0, ..PACE }),
            vec![1, 1, 1],
            true,
            20,
        ),
    ];
    for (body, sizes, whole, least) in rows {
        let label = format!("{body:?}");
        let start = Instant::now();
        assert_eq!(frames(body).await, (sizes, whole), "{label}");
        assert!(start.elapsed() >= Duration::from_millis(least), "{label}");
    }
}

#[tokio::test]
async fn a_held_body_waits() {
    let (go, wait) = oneshot::channel::<()>();
    let body = ServedBody::held("ab", "cde", async move {
        let _ = wait.await;
    });
    let mut body = body;
    assert_eq!(body.size_hint().exact(), Some(5));
    let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert_eq!(first, "ab");
    let early = tokio::time::timeout(Duration::from_millis(20), body.frame()).await;
    assert!(early.is_err(), "nothing comes before the word");
    go.send(()).unwrap();
    assert_eq!(frames(body).await, (vec![3], true));
}

#[test]
fn a_cut_body_does_not_tell_its_length() {
    assert_eq!(ServedBody::cut_off("abc").size_hint().exact(), None);
    assert_eq!(ServedBody::whole("abc").size_hint().exact(), Some(3));
    assert!(ServedBody::whole("").is_end_stream());
    assert!(!ServedBody::cut_off("").is_end_stream());
}

#[test]
fn the_guard_lives_as_long_as_the_body() {
    let guard = std::sync::Arc::new(());
    let body = ServedBody::whole("a").with_guard(std::sync::Arc::clone(&guard));
    assert_eq!(std::sync::Arc::strong_count(&guard), 2);
    drop(body);
    assert_eq!(std::sync::Arc::strong_count(&guard), 1);
}

#[tokio::test]
async fn pieces_come_in_their_order() {
    let start = Instant::now();
    let body = ServedBody::whole("ab")
        .then_pause(Duration::from_millis(20))
        .then("cde")
        .then("")
        .then_pause(Duration::ZERO)
        .then("f");
    assert_eq!(body.size_hint().exact(), Some(6));
    assert_eq!(frames(body).await, (vec![2, 3, 1], true));
    assert!(start.elapsed() >= Duration::from_millis(20));
    let body = ServedBody::whole("ab").of_untold_length();
    assert_eq!(body.size_hint().exact(), None);
    assert_eq!(frames(body).await, (vec![2], true));
}

#[tokio::test]
async fn only_a_whole_body_says_that_it_is() {
    let told = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
    let count = || told.load(std::sync::atomic::Ordering::Relaxed);
    let tell = |body: ServedBody| {
        let told = std::sync::Arc::clone(&told);
        body.when_whole(move || {
            told.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        })
    };
    let mut body = tell(ServedBody::whole("ab").then("c"));
    body.frame().await.unwrap().unwrap();
    assert_eq!(count(), 0, "a part is missing");
    body.frame().await.unwrap().unwrap();
    assert_eq!(count(), 1, "with the last part");
    drop(body);
    assert_eq!(count(), 1);
    frames(tell(ServedBody::cut_off("abc"))).await;
    drop(tell(ServedBody::whole("abc")));
    assert_eq!(count(), 1, "a cut or dropped body is not whole");
    frames(tell(ServedBody::whole("abc").paced(PACE))).await;
    assert_eq!(count(), 2);
}
