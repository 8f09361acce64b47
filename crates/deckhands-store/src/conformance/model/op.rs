//! What may be done, and random histories of it.

use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::{BoxedStrategy, Just, Strategy, any, prop_oneof};

/// One thing that is done. Picks are taken modulo the number of what there is, so that a shorter
/// history still makes sense.
#[derive(Clone, Copy, Debug)]
pub(super) enum Op {
    Submit(Submit),
    Claim {
        worker: u8,
    },
    Adopt {
        lease: u8,
        worker: u8,
    },
    /// The lease is seen, time passes and the clock is set back, and it is taken.
    AdoptSilent {
        lease: u8,
        worker: u8,
        renewed: bool,
    },
    Write {
        lease: u8,
        write: Write,
    },
    Cancel {
        task: u8,
    },
    Hold {
        task: u8,
    },
    Release {
        task: u8,
    },
    /// Time passes, or the clock is set back.
    Pass {
        seconds: i16,
    },
    Prune {
        keep: u16,
    },
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Submit {
    pub(super) priority: u8,
    pub(super) delay: Option<i16>,
    pub(super) held: bool,
    /// An idempotency key, and which of the tasks that share it is meant.
    pub(super) key: Option<(u8, bool)>,
    pub(super) retry: bool,
}

/// What a worker writes under a lease, held or not.
#[derive(Clone, Copy, Debug)]
pub(super) enum Write {
    Renew,
    Start,
    Intend(u8),
    Progress(u8),
    Session(bool),
    Draw(u8),
    Settle(u8, u8),
    Pause,
    Requeue(Option<i16>),
    GiveBack(Option<i16>),
    Finish(u8),
    Note,
}

/// Long enough for several tasks to live through several attempts.
pub(super) fn history() -> impl Strategy<Value = Vec<Op>> {
    vec(op(), 1..60)
}

fn op() -> BoxedStrategy<Op> {
    let lease = any::<u8>();
    let worker = 1..4_u8;
    let task = any::<u8>();
    prop_oneof![
        5 => submit().prop_map(Op::Submit),
        5 => worker.clone().prop_map(|worker| Op::Claim { worker }),
        3 => (lease, worker).prop_map(|(lease, worker)| Op::Adopt { lease, worker }),
        1 => silent(),
        12 => (lease, write()).prop_map(|(lease, write)| Op::Write { lease, write }),
        1 => task.prop_map(|task| Op::Cancel { task }),
        1 => task.prop_map(|task| Op::Hold { task }),
        2 => task.prop_map(|task| Op::Release { task }),
        4 => time().prop_map(|seconds| Op::Pass { seconds }),
        1 => (0..4000_u16).prop_map(|keep| Op::Prune { keep }),
    ]
    .boxed()
}

fn silent() -> impl Strategy<Value = Op> {
    let parts = (any::<u8>(), 1..4_u8, any::<bool>());
    parts.prop_map(|(lease, worker, renewed)| Op::AdoptSilent {
        lease,
        worker,
        renewed,
    })
}

fn time() -> impl Strategy<Value = i16> {
    prop_oneof![4 => 0..90_i16, 4 => 500..1900_i16, 1 => -2000..0_i16]
}

/// For a wait: a time in the future mostly, sometimes one that is over.
fn delay() -> impl Strategy<Value = i16> {
    prop_oneof![4 => 1..2000_i16, 1 => -600..=0_i16]
}

fn submit() -> impl Strategy<Value = Submit> {
    let key = weighted(0.2, (0..2_u8, any::<bool>()));
    let delay = weighted(0.3, delay());
    let often = proptest::bool::weighted;
    (0..4_u8, delay, often(0.1), key, often(0.2)).prop_map(|(priority, delay, held, key, retry)| {
        Submit {
            priority,
            delay,
            held,
            key,
            retry,
        }
    })
}

fn write() -> impl Strategy<Value = Write> {
    prop_oneof![
        3 => Just(Write::Renew),
        3 => Just(Write::Start),
        2 => (0..3_u8).prop_map(Write::Intend),
        1 => any::<u8>().prop_map(Write::Progress),
        1 => any::<bool>().prop_map(Write::Session),
        3 => any::<u8>().prop_map(Write::Draw),
        2 => (any::<u8>(), any::<u8>()).prop_map(|(drawn, spent)| Write::Settle(drawn, spent)),
        2 => Just(Write::Pause),
        3 => weighted(0.5, delay()).prop_map(Write::Requeue),
        3 => weighted(0.5, delay()).prop_map(Write::GiveBack),
        3 => (0..4_u8).prop_map(Write::Finish),
        1 => Just(Write::Note),
    ]
}
