//! A store without room under a session: no call goes out that drawn money does not cover.

use deckhands_gateway::PursePolicy;
use deckhands_store::{Money, Retention, StoreError, Upkeep as _};
use deckhands_testkit::{Script, ScriptedLlm, Step, Times};

use super::calls::{ask, message, session};
use super::*;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Books something for one payer after the other, until there is no room for another one.
async fn fill(store: &SqliteStore, now: Timestamp) -> (u32, StoreError) {
    let one = deckhands_store::Draw {
        least: 1,
        wanted: 1,
        caps: MoneyCaps::default(),
    };
    let mut payers = 0;
    loop {
        let payer = format!("run {payers:08}");
        match store.draw_for(&payer, one, now).await {
            Ok(_) => payers += 1,
            Err(error) => return (payers, error),
        }
    }
}

#[tokio::test]
async fn while_the_store_has_no_room_no_call_goes_out_and_with_room_again_the_next_one_does() {
    let dir = tempfile::tempdir().unwrap();
    let options = SqliteOptions {
        max_pages: Some(60),
        ..SqliteOptions::default()
    };
    let store = SqliteStore::open(&dir.path().join("db"), options);
    let store = Arc::new(store.unwrap());
    let clock: Arc<dyn Clock> = Arc::new(TokioClock(Instant::now()));
    let (payers, refusal) = fill(&store, clock.now()).await;
    assert!(matches!(refusal, StoreError::DiskFull), "{refusal:?}");
    assert!(payers > 10, "only {payers} found room");
    let script = Script::new([Step::say("served").times(Times::Forever)]);
    let llm = ScriptedLlm::start(script, ([127, 0, 0, 1], 0).into());
    let llm = llm.await.unwrap();
    // The last by its name, and longer than the others: there is even less room for it.
    let payer = format!("run {}", "z".repeat(100));
    let book: Arc<dyn Money> = store.clone();
    let own = (Some(Usd::dollars(1)), None);
    let ledger = RunLedger::new(book, payer, own, clock.clone());
    let base_url = llm.base_url("127.0.0.1");
    let session = session(base_url, "m", ledger.clone(), PursePolicy::default());
    for _ in 0..3 {
        let (status, body) = ask(&session, "go", false).await;
        assert_eq!(status, 503);
        let words = "no money can be drawn for the call: the ledger of money cannot be written: \
            no space is left for the database";
        assert_eq!(message(&body), words);
    }
    assert_eq!(llm.requests().len(), 0);
    assert_eq!(ledger.booked().await.unwrap(), Booked::default());
    // The others are removed.
    let retention = Retention { keep: DAY };
    store.prune(retention, clock.now() + 3 * DAY).await.unwrap();
    let (status, _) = ask(&session, "go", false).await;
    assert_eq!(status, 200);
    assert_eq!(llm.requests().len(), 1);
    session.close().await.unwrap();
    // 700 tokens in and 50 out, at the price of the route.
    let spent = Usd::nanos(700 * 1_000 + 50 * 2_000);
    assert_eq!(ledger.booked().await.unwrap(), booked(Usd::ZERO, spent));
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
}
