//! Work on files ends with its check, and what a check says cannot drive a terminal.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use deckhands_runtime::{OutputChunk, OutputSource};
use futures::stream;

use super::*;

/// Works until it is told to stop, and says that it has ended.
fn works(ended: &Arc<AtomicBool>) -> impl FnOnce(CancellationToken) + Send + use<> {
    let ended = Arc::clone(ended);
    move |stop| {
        while !stop.is_cancelled() {
            std::thread::yield_now();
        }
        ended.store(true, Ordering::SeqCst);
    }
}

#[tokio::test]
async fn file_work_has_ended_when_the_time_is_up_or_the_task_is_cancelled() {
    for by_deadline in [true, false] {
        let (ended, cancel) = (Arc::default(), CancellationToken::new());
        let now = Instant::now();
        let deadline = if by_deadline {
            now
        } else {
            cancel.cancel();
            now + Duration::from_secs(3600)
        };
        until_stopped(&cancel, deadline, works(&ended))
            .await
            .unwrap();
        assert!(ended.load(Ordering::SeqCst), "by deadline: {by_deadline}");
    }
}

#[tokio::test]
async fn what_a_check_says_is_cleaned_and_cut_to_its_end() {
    let chunk = |bytes: Vec<u8>| {
        Ok(OutputChunk {
            source: OutputSource::Stdout,
            bytes: bytes.into(),
        })
    };
    let chunks = [
        chunk(vec![b'x'; KEPT_OUTPUT]),
        chunk(b"\x1b]0;title\x07\x1b[31mred\nend\xff".to_vec()),
    ];
    let said = tail_of(Box::pin(stream::iter(chunks))).await;
    assert!(said.ends_with("xred\nend\u{fffd}"), "{said:?}");
    assert!(said.len() <= KEPT_OUTPUT + 2);
}
