//! What calls cost that came to nothing, and that none goes out which drawn money does not cover.

use std::sync::atomic::AtomicBool;

use async_trait::async_trait;
use deckhands_model::{MoneyLevel, Usd};
use deckhands_testkit::{Reply, Times};
use tokio::net::TcpListener;

use super::*;
use crate::money::{
    Account, Draw, Ledger, LedgerError, MARGIN_TOKENS, MemoryLedger, Price, PursePolicy, Rate,
};

/// What a token of input and one of output cost, in nanodollars.
const RATES: [u64; 2] = [1_000, 2_000];

/// Most tokens of one answer.
const MOST_OUTPUT: u32 = 1000;

/// Draws for four requests more and never ahead, and gives nothing back by itself.
const PLAIN: PursePolicy = PursePolicy {
    slice: 4,
    low: 0,
    idle: Duration::from_secs(3600),
};

/// The most that a request of so many bytes can cost, in nanodollars.
pub(super) fn worst(bytes: usize) -> u64 {
    (bytes as u64 + MARGIN_TOKENS) * RATES[0] + u64::from(MOST_OUTPUT) * RATES[1]
}

/// What its calls are paid from.
pub(super) fn money(ledger: &Arc<impl Ledger>) -> SessionMoney {
    SessionMoney {
        ledger: ledger.clone(),
        purse: PLAIN,
    }
}

/// A thousand dollars for a task.
pub(super) fn rich() -> Arc<MemoryLedger> {
    let cap = (MoneyLevel::Task, Usd::dollars(1000));
    Arc::new(MemoryLedger::new(&[cap]))
}

/// Opens a session at an address whose calls are paid from this ledger.
pub(super) fn paying(
    base_url: &str,
    limits: SessionLimits,
    ledger: &Arc<impl Ledger>,
) -> (Session, Receiver<GatewayFact>) {
    let [input, output] = RATES.map(|nanos| Rate::picodollars(nanos * 1000));
    let mut spec = SessionSpec {
        money: Some(money(ledger)),
        ..spec(upstream(base_url, "openrouter"), TOKEN, limits)
    };
    spec.routes[0].price = Some(Price::of(input, output));
    spec.routes[0].max_output_tokens = MOST_OUTPUT;
    gateway().open(spec).unwrap()
}

/// Open and spent, in nanodollars.
pub(super) fn figures(ledger: &MemoryLedger) -> (u64, u64) {
    let Account { open, spent, .. } = ledger.accounts()[0];
    (open.as_nanos(), spent.as_nanos())
}

/// A provider, and a session whose calls to it are paid.
pub(super) async fn paid(
    limits: SessionLimits,
    steps: impl IntoIterator<Item = Step>,
) -> (Rig, Arc<MemoryLedger>) {
    let bind = ([127, 0, 0, 1], 0).into();
    let llm = ScriptedLlm::start(Script::new(steps), bind).await.unwrap();
    let ledger = rich();
    let (session, facts) = paying(&llm.base_url("127.0.0.1"), limits, &ledger);
    let rig = Rig {
        llm,
        session,
        facts,
    };
    (rig, ledger)
}

/// Neither a name nobody has, nor a port at which nobody listens, nor one behind which nobody speaks TLS.
#[tokio::test]
async fn what_was_never_sent_costs_nothing_and_gives_its_money_back() {
    let short = SessionLimits {
        answer: Duration::from_secs(1),
        ..QUICK
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = listener.local_addr().unwrap();
    drop(listener);
    // Connections come to be by themselves; nobody ever reads from them.
    let mute = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let plain = Rig::new(QUICK, []).await;
    let rows = [
        ("http://no-such-host.invalid/v1".to_owned(), "dns error"),
        (format!("http://{closed}/v1"), "refused"),
        (format!("https://{}/v1", plain.llm.addr()), "connect"),
        (
            format!("https://{}/v1", mute.local_addr().unwrap()),
            "no connection in time",
        ),
    ];
    for (base_url, words) in rows {
        let ledger = rich();
        let (session, mut facts) = paying(&base_url, short, &ledger);
        let seen = chat(&session, json!({})).await;
        assert_eq!(seen.status, 503, "{base_url}");
        let fact = facts.try_recv().unwrap();
        let told = (fact.status, fact.fault);
        assert_eq!(told, (None, Some(CallFault::Unreachable)), "{base_url}");
        let detail = fact.detail.to_lowercase();
        assert!(detail.contains(words), "{detail}");
        let state = session.money().unwrap();
        assert!(state.drawn > Usd::ZERO, "{base_url}: it was covered");
        let held = [state.reserved, state.spent, state.uncertain];
        assert_eq!(held, [Usd::ZERO; 3], "{base_url}");
        session.close().await.unwrap();
        assert_eq!(figures(&ledger), (0, 0), "{base_url}");
    }
    assert_eq!(plain.calls(), 0);
}

/// The provider may have served it by then.
#[tokio::test]
async fn a_call_that_its_client_leaves_is_booked_at_its_worst_and_told_as_uncertain() {
    let (rig, ledger) = paid(QUICK, [Step::new(Reply::Hang(None))]).await;
    let leave = async {
        tokio::select! {
            seen = rig.chat(json!({})) => Some(seen),
            () = rig.llm.wait_for_requests(1) => None,
        }
    };
    assert!(leave.await.is_none());
    let worst = worst(rig.llm.requests()[0].body_len);
    rig.session.close().await.unwrap();
    let state = rig.session.money().unwrap();
    let held = [state.drawn, state.spent, state.uncertain].map(Usd::as_nanos);
    assert_eq!(held, [worst; 3]);
    assert_eq!(figures(&ledger), (0, worst));
}

/// A ledger whose disk may be full.
#[derive(Debug)]
struct Disk {
    inner: MemoryLedger,
    full: AtomicBool,
}

impl Disk {
    fn fill(&self, full: bool) {
        self.full.store(full, Ordering::SeqCst);
    }

    fn write(&self) -> Result<(), LedgerError> {
        match self.full.load(Ordering::SeqCst) {
            true => Err(LedgerError::new("the disk is full")),
            false => Ok(()),
        }
    }
}

#[async_trait]
impl Ledger for Disk {
    async fn draw(&self, least: Usd, wanted: Usd) -> Result<Draw, LedgerError> {
        self.write()?;
        self.inner.draw(least, wanted).await
    }

    async fn settle(&self, spent: Usd, back: Usd) -> Result<(), LedgerError> {
        self.write()?;
        self.inner.settle(spent, back).await
    }
}

/// Each call costs its worst case, for the provider does not say what it cost.
#[tokio::test]
async fn on_a_full_disk_no_call_goes_out_beyond_what_was_drawn_and_with_room_again_the_next_one() {
    let untold = Step::say("untold").wrong_usage(WrongUsage::Absent);
    let script = Script::new([untold.times(Times::Forever)]);
    let llm = ScriptedLlm::start(script, ([127, 0, 0, 1], 0).into());
    let llm = llm.await.unwrap();
    let disk = Arc::new(Disk {
        inner: MemoryLedger::new(&[(MoneyLevel::Task, Usd::dollars(1000))]),
        full: AtomicBool::new(false),
    });
    let (session, mut facts) = paying(&llm.base_url("127.0.0.1"), QUICK, &disk);
    // The first one draws for itself and four more.
    assert_eq!(chat(&session, json!({})).await.status, 200);
    disk.fill(true);
    for _ in 0..4 {
        assert_eq!(chat(&session, json!({})).await.status, 200);
    }
    while facts.try_recv().is_ok() {}
    for _ in 0..2 {
        let seen = chat(&session, json!({})).await;
        assert_eq!(seen.status, 503);
        let words = "no money can be drawn for the call: the ledger of money cannot be written: \
            the disk is full";
        assert_eq!(seen.json()["error"]["message"], words);
        assert!(!facts.try_recv().unwrap().gave_up, "room may come");
    }
    assert_eq!(llm.requests().len(), 5);
    assert!(session.close().await.is_err(), "what was spent is not told");
    disk.fill(false);
    session.close().await.unwrap();
    let worst = worst(llm.requests()[0].body_len);
    assert_eq!(figures(&disk.inner), (0, 5 * worst));
    // Another session finds room again.
    let (session, _facts) = paying(&llm.base_url("127.0.0.1"), QUICK, &disk);
    disk.fill(true);
    assert_eq!(chat(&session, json!({})).await.status, 503);
    assert_eq!(llm.requests().len(), 5);
    disk.fill(false);
    assert_eq!(chat(&session, json!({})).await.status, 200);
    session.close().await.unwrap();
    assert_eq!(figures(&disk.inner), (0, 6 * worst));
}
