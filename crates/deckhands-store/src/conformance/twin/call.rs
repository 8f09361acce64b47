//! What may be called, and random histories of it.

use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::{BoxedStrategy, Just, Strategy, any, prop_oneof};

use crate::money::{Draw, MoneyCaps};

/// One call. Picks are taken modulo the number of what there is and one that there is not.
#[derive(Clone, Debug)]
pub(super) enum Call {
    Submit(Submit),
    /// An earlier task again, as it was or with another `spec`.
    Resubmit {
        task: u8,
        other: bool,
    },
    Claim {
        worker: u8,
    },
    Adopt {
        lease: Lease,
        worker: u8,
    },
    /// By a lease as it stands, or another one.
    AdoptSilent {
        lease: Lease,
        worker: u8,
        other: bool,
    },
    Write {
        lease: Lease,
        write: Write,
    },
    Cancel(u8),
    Hold(u8),
    Release(u8),
    /// Time passes, or the clock is set back.
    Pass(i16),
    Prune(u16),
    DrawFor(u8, Draw),
    SettleFor(u8, (u64, u64)),
    Ask(Ask),
}

#[derive(Clone, Debug)]
pub(super) struct Submit {
    pub(super) priority: u8,
    pub(super) delay: Option<i16>,
    pub(super) held: bool,
    /// An idempotency key, and which of the tasks that share it is meant.
    pub(super) key: Option<(u8, bool)>,
    pub(super) retry: bool,
    pub(super) batch: Option<u8>,
}

/// A lease that was given, or one that differs from it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lease {
    pub(super) pick: u8,
    /// The next epoch, which nobody was given.
    pub(super) other_epoch: bool,
    /// The next attempt.
    pub(super) other_number: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Write {
    Renew,
    Start(u8),
    Intend { name: u8, labels: u8 },
    Progress(u8),
    Session(bool),
    Draw(Draw),
    Settle(u64, u64),
    Pause,
    Requeue { delay: Option<i16>, wrong: bool },
    GiveBack { delay: Option<i16>, note: bool },
    Finish { state: u8, wrong: bool },
    Note(u8),
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Ask {
    Task(u8),
    /// Identities that begin as the one of a task.
    Find {
        task: u8,
        len: u8,
    },
    Last,
    List {
        states: u8,
        batch: Option<u8>,
        offset: u8,
        limit: u8,
    },
    Spec(u8),
    Attempts(u8),
    Reports {
        after: u8,
        limit: u8,
    },
    Live,
    Result(u8),
    Events {
        task: Option<u8>,
        after: u8,
        limit: u8,
    },
    Money(u8),
    Batch(u8),
    Payer(u8),
    OpenPayers,
    /// The money of the days since so many seconds.
    Days(i16),
    /// Asked for a time that is not now.
    NextStart(i16),
    Stats(i16),
    Calls,
    Check,
}

/// Long enough for several tasks to live through several attempts.
pub(super) fn history() -> impl Strategy<Value = Vec<Call>> {
    vec(call(), 1..80)
}

fn call() -> BoxedStrategy<Call> {
    let (worker, task) = (1..4_u8, any::<u8>());
    let resubmit = (task, any::<bool>());
    prop_oneof![
        8 => submit().prop_map(Call::Submit),
        1 => resubmit.prop_map(|(task, other)| Call::Resubmit { task, other }),
        8 => worker.clone().prop_map(|worker| Call::Claim { worker }),
        4 => (lease(), worker).prop_map(|(lease, worker)| Call::Adopt { lease, worker }),
        2 => silent(),
        18 => (lease(), write()).prop_map(|(lease, write)| Call::Write { lease, write }),
        1 => task.prop_map(Call::Cancel),
        1 => task.prop_map(Call::Hold),
        3 => task.prop_map(Call::Release),
        6 => time().prop_map(Call::Pass),
        1 => (0..4000_u16).prop_map(Call::Prune),
        2 => (0..3_u8, draw()).prop_map(|(payer, draw)| Call::DrawFor(payer, draw)),
        2 => (0..3_u8, settled()).prop_map(|(payer, settled)| Call::SettleFor(payer, settled)),
        12 => ask().prop_map(Call::Ask),
    ]
    .boxed()
}

fn time() -> impl Strategy<Value = i16> {
    prop_oneof![4 => 0..90_i16, 4 => 500..1900_i16, 1 => 20_000..32_000_i16, 1 => -2000..0_i16]
}

/// For a wait: a time in the future mostly, sometimes one that is over.
fn delay() -> impl Strategy<Value = Option<i16>> {
    weighted(0.4, prop_oneof![4 => 1..2000_i16, 1 => -600..=0_i16])
}

fn rarely() -> impl Strategy<Value = bool> {
    proptest::bool::weighted(0.05)
}

fn submit() -> impl Strategy<Value = Submit> {
    let key = weighted(0.2, (0..2_u8, any::<bool>()));
    let often = proptest::bool::weighted(0.15);
    let batch = weighted(0.5, 0..2_u8);
    let parts = (0..4_u8, delay(), often, key, often, batch);
    parts.prop_map(|(priority, delay, held, key, retry, batch)| Submit {
        priority,
        delay,
        held,
        key,
        retry,
        batch,
    })
}

fn silent() -> impl Strategy<Value = Call> {
    let parts = (lease(), 1..4_u8, rarely());
    parts.prop_map(|(lease, worker, other)| Call::AdoptSilent {
        lease,
        worker,
        other,
    })
}

fn lease() -> impl Strategy<Value = Lease> {
    let parts = (any::<u8>(), rarely(), rarely());
    parts.prop_map(|(pick, other_epoch, other_number)| Lease {
        pick,
        other_epoch,
        other_number,
    })
}

/// Usual ones, and now and then what no column can hold.
fn amount() -> impl Strategy<Value = u64> {
    let most = i64::MAX.unsigned_abs();
    prop_oneof![30 => 0..200_u64, 1 => Just(u64::MAX), 1 => most - 400..most]
}

fn settled() -> impl Strategy<Value = (u64, u64)> {
    (amount(), amount())
}

fn draw() -> impl Strategy<Value = Draw> {
    let cap = || weighted(0.6, prop_oneof![9 => 0..900_u64, 1 => amount()]);
    let caps = (cap(), cap(), cap(), cap());
    let caps = caps.prop_map(|(attempt, task, batch, day)| MoneyCaps {
        attempt,
        task,
        batch,
        day,
    });
    (amount(), amount(), caps).prop_map(|(least, wanted, caps)| Draw {
        least,
        wanted,
        caps,
    })
}

fn write() -> impl Strategy<Value = Write> {
    let intend = (0..3_u8, 0..2_u8);
    let give_back = (delay(), any::<bool>());
    let (requeue, finish) = ((delay(), rarely()), (any::<u8>(), rarely()));
    prop_oneof![
        3 => Just(Write::Renew),
        3 => any::<u8>().prop_map(Write::Start),
        2 => intend.prop_map(|(name, labels)| Write::Intend { name, labels }),
        1 => any::<u8>().prop_map(Write::Progress),
        1 => any::<bool>().prop_map(Write::Session),
        5 => draw().prop_map(Write::Draw),
        3 => settled().prop_map(|(spent, back)| Write::Settle(spent, back)),
        2 => Just(Write::Pause),
        3 => give_back.prop_map(|(delay, note)| Write::GiveBack { delay, note }),
        3 => requeue.prop_map(|(delay, wrong)| Write::Requeue { delay, wrong }),
        3 => finish.prop_map(|(state, wrong)| Write::Finish { state, wrong }),
        1 => any::<u8>().prop_map(Write::Note),
    ]
}

fn ask() -> impl Strategy<Value = Ask> {
    let task = any::<u8>();
    let list = (any::<u8>(), weighted(0.3, 0..3_u8), 0..6_u8, 0..9_u8);
    let events = (weighted(0.5, task), any::<u8>(), 0..20_u8);
    prop_oneof![
        2 => task.prop_map(Ask::Task),
        1 => (task, 0..34_u8).prop_map(|(task, len)| Ask::Find { task, len }),
        1 => Just(Ask::Last),
        4 => list.prop_map(|(states, batch, offset, limit)| Ask::List {
            states,
            batch,
            offset,
            limit
        }),
        1 => task.prop_map(Ask::Spec),
        2 => task.prop_map(Ask::Attempts),
        2 => (0..12_u8, 0..9_u8).prop_map(|(after, limit)| Ask::Reports { after, limit }),
        2 => Just(Ask::Live),
        1 => task.prop_map(Ask::Result),
        3 => events.prop_map(|(task, after, limit)| Ask::Events { task, after, limit }),
        2 => task.prop_map(Ask::Money),
        2 => (0..3_u8).prop_map(Ask::Batch),
        1 => (0..3_u8).prop_map(Ask::Payer),
        1 => Just(Ask::OpenPayers),
        2 => any::<i16>().prop_map(Ask::Days),
        2 => time().prop_map(Ask::NextStart),
        2 => time().prop_map(Ask::Stats),
        1 => Just(Ask::Calls),
        1 => Just(Ask::Check),
    ]
}
