//! What may be done, and random histories of it.

use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::{BoxedStrategy, Just, Strategy, any, prop_oneof};

use crate::money::{Draw, MoneyCaps};

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
    /// Money of no stored task.
    DrawFor {
        payer: u8,
        draw: DrawOp,
    },
    SettleFor {
        payer: u8,
        settled: (u8, u8),
    },
    /// The store is left where it stands, and opened again.
    Reopen,
}

/// What is drawn, and the caps from the attempt's to the day's.
#[derive(Clone, Copy, Debug)]
pub(super) struct DrawOp {
    least: u8,
    wanted: u8,
    caps: [Option<u16>; 4],
}

impl DrawOp {
    pub(super) fn draw(self) -> Draw {
        let [attempt, task, batch, day] = self.caps.map(|cap| cap.map(u64::from));
        Draw {
            least: self.least.into(),
            wanted: self.wanted.into(),
            caps: MoneyCaps {
                attempt,
                task,
                batch,
                day,
            },
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Submit {
    pub(super) priority: u8,
    pub(super) delay: Option<i16>,
    pub(super) held: bool,
    /// An idempotency key, and which of the tasks that share it is meant.
    pub(super) key: Option<(u8, bool)>,
    pub(super) retry: bool,
    pub(super) batch: Option<u8>,
}

/// What a worker writes under a lease, held or not.
#[derive(Clone, Copy, Debug)]
pub(super) enum Write {
    Renew,
    Start,
    Intend(u8),
    Progress(u8),
    Session(bool),
    Draw(DrawOp),
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
        2 => (0..2_u8, draw()).prop_map(|(payer, draw)| Op::DrawFor { payer, draw }),
        2 => (0..2_u8, settled()).prop_map(|(payer, settled)| Op::SettleFor { payer, settled }),
        1 => Just(Op::Reopen),
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
    prop_oneof![4 => 0..90_i16, 4 => 500..1900_i16, 1 => 20_000..32_000_i16, 1 => -2000..0_i16]
}

/// Little, so that several fit a cap, and often more than one of them is short of.
fn draw() -> impl Strategy<Value = DrawOp> {
    let cap = || weighted(0.6, 0..300_u16);
    let caps = [cap(), cap(), cap(), cap()];
    (0..40_u8, 0..90_u8, caps).prop_map(|(least, wanted, caps)| DrawOp {
        least,
        wanted,
        caps,
    })
}

fn settled() -> impl Strategy<Value = (u8, u8)> {
    (0..60_u8, 0..60_u8)
}

/// For a wait: a time in the future mostly, sometimes one that is over.
fn delay() -> impl Strategy<Value = i16> {
    prop_oneof![4 => 1..2000_i16, 1 => -600..=0_i16]
}

fn submit() -> impl Strategy<Value = Submit> {
    let key = weighted(0.2, (0..2_u8, any::<bool>()));
    let delay = weighted(0.3, delay());
    let often = proptest::bool::weighted;
    let batch = weighted(0.6, 0..2_u8);
    let parts = (0..4_u8, delay, often(0.1), key, often(0.2), batch);
    parts.prop_map(|(priority, delay, held, key, retry, batch)| Submit {
        priority,
        delay,
        held,
        key,
        retry,
        batch,
    })
}

fn write() -> impl Strategy<Value = Write> {
    prop_oneof![
        3 => Just(Write::Renew),
        3 => Just(Write::Start),
        2 => (0..3_u8).prop_map(Write::Intend),
        1 => any::<u8>().prop_map(Write::Progress),
        1 => any::<bool>().prop_map(Write::Session),
        5 => draw().prop_map(Write::Draw),
        3 => settled().prop_map(|(spent, back)| Write::Settle(spent, back)),
        2 => Just(Write::Pause),
        3 => weighted(0.5, delay()).prop_map(Write::Requeue),
        3 => weighted(0.5, delay()).prop_map(Write::GiveBack),
        3 => (0..4_u8).prop_map(Write::Finish),
        1 => Just(Write::Note),
    ]
}
