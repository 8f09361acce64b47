//! Requests of many megabytes: those within the bound pass, and of the others no more is read than that.

use std::convert::Infallible;

use hyper::body::Frame;

use super::paid::{figures, paid};
use super::*;
use crate::money::PurseState;

const MIB: usize = 1 << 20;

/// Bytes that an endless body has in each of its parts.
const PART: usize = 64 << 10;

/// A question of so many mebibytes.
fn question(mebibytes: usize) -> Value {
    json!({ "messages": [{ "role": "user", "content": "x".repeat(mebibytes * MIB) }] })
}

#[tokio::test]
async fn a_prompt_of_ten_mebibytes_passes_and_costs_what_the_provider_says() {
    let mut step = Step::say("read");
    step.usage.cost = Some(1.5);
    let (mut rig, ledger) = paid(QUICK, [step]).await;
    assert_eq!(rig.chat(question(10)).await.status, 200);
    assert!(rig.fact().is_good());
    let sent = rig.llm.requests()[0].body_len;
    assert!((10 * MIB..11 * MIB).contains(&sent), "{sent}");
    rig.session.close().await.unwrap();
    assert_eq!(figures(&ledger), (0, 1_500_000_000));
}

#[tokio::test]
async fn one_of_seventeen_is_refused_in_one_sentence_and_draws_nothing() {
    let (mut rig, ledger) = paid(QUICK, []).await;
    let seen = rig.chat(question(17)).await;
    assert_eq!(seen.status, 400);
    let words = "prompt is too long: the limit is 16777216 bytes";
    assert_eq!(seen.json()["error"]["message"], words);
    assert!(rig.facts.try_recv().is_err());
    assert_eq!(rig.calls(), 0);
    assert_eq!(rig.session.money(), Some(PurseState::default()));
    assert_eq!(figures(&ledger), (0, 0));
}

/// It does not say how long it is.
#[tokio::test]
async fn a_request_without_an_end_is_read_up_to_the_bound() {
    let (rig, ledger) = paid(QUICK, []).await;
    let read = Arc::new(AtomicUsize::new(0));
    let (count, part) = (read.clone(), Bytes::from(vec![b' '; PART]));
    let endless = futures::stream::repeat_with(move || {
        count.fetch_add(PART, Ordering::Relaxed);
        Ok::<_, Infallible>(Frame::data(part.clone()))
    });
    let request = Request::post("/v1/chat/completions");
    let request = request.header("authorization", format!("Bearer {TOKEN}"));
    let request = request
        .body(http_body_util::StreamBody::new(endless))
        .unwrap();
    let answer = rig.session.handle(request).await;
    assert_eq!(answer.status(), 400);
    let (read, bound) = (read.load(Ordering::Relaxed), QUICK.request_bytes);
    assert!(read > bound, "it was not too long: {read}");
    assert!(read <= bound + PART, "{read}");
    assert_eq!(rig.calls(), 0);
    assert_eq!(figures(&ledger), (0, 0));
    assert!(!rig.session.is_calling(), "its place is free again");
}
