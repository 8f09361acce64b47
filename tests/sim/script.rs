//! What an attempt's containers and its agent do, drawn from the seed.

use std::time::Duration;

use deckhands_model::Cause;

use crate::rng::Rng;

/// The part of one attempt.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    /// From the claim to the first container: the copy, and the images.
    pub(crate) prepare: Duration,
    /// From the request to make the container until it is there.
    pub(crate) create: Duration,
    /// Work until the ending.
    pub(crate) work: Duration,
    pub(crate) ending: Ending,
    /// Calls of the model: after so much work, of so much money. The agent waits for each.
    pub(crate) calls: Vec<Call>,
    /// Whether a process that finds it can go on with it.
    pub(crate) adoptable: bool,
    /// From the first try to remove it on, removing fails for so long.
    pub(crate) stubborn: Duration,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Call {
    pub(crate) after: Duration,
    /// What is drawn, in nanodollars.
    pub(crate) drawn: u64,
    /// What it costs; not above what is drawn.
    pub(crate) costs: u64,
}

/// How it ends, unless something else ends it before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ending {
    Succeeds,
    Fails(Cause),
    /// The provider refuses with a time.
    RefusedUntil(Cause, Duration),
    /// The provider refuses and asks for a wait.
    RefusedFor(Duration),
    /// Never, until the work limit ends it.
    Hangs,
    /// Its container is gone all of a sudden.
    Vanishes,
}

/// The work limit.
pub(crate) const WORK_LIMIT: Duration = Duration::from_secs(300);

impl Script {
    /// The same for the same attempt, whoever asks, whenever.
    pub(crate) fn of(seed: u64, task: usize, attempt: u32) -> Self {
        let task = u64::try_from(task).unwrap_or(u64::MAX);
        let mut rng = Rng::of(seed, &[0x5c21, task, attempt.into()]);
        let ending = Ending::draw(&mut rng);
        let work = match ending {
            Ending::Hangs => WORK_LIMIT,
            _ if rng.percent(20) => rng.seconds(60, 200),
            _ => rng.seconds(1, 60),
        };
        let calls = calls(&mut rng, work);
        Self {
            create: if rng.percent(15) {
                rng.seconds(1, 8)
            } else {
                Duration::from_millis(rng.within(50, 900))
            },
            work,
            ending,
            calls,
            adoptable: rng.percent(85),
            stubborn: if rng.percent(8) {
                rng.seconds(5, 90)
            } else {
                Duration::ZERO
            },
            prepare: if rng.percent(15) {
                rng.seconds(1, 8)
            } else {
                Duration::from_millis(rng.within(0, 300))
            },
        }
    }
}

impl Ending {
    fn draw(rng: &mut Rng) -> Self {
        match rng.within(1, 100) {
            1..=55 => Self::Succeeds,
            56..=61 => Self::RefusedFor(rng.seconds(1, 120)),
            62..=66 => Self::RefusedUntil(Cause::QuotaUntilReset, rng.seconds(30, 900)),
            67..=70 => Self::Fails(Cause::OutOfMemory),
            71..=74 => Self::Hangs,
            75..=80 => Self::Vanishes,
            81..=90 => Self::Fails(Cause::ProviderError),
            _ => Self::Fails(Cause::ALL[rng.index(Cause::ALL.len())]),
        }
    }

    /// The cause of a failure that is told.
    pub(crate) fn cause(self) -> Option<Cause> {
        match self {
            Self::Succeeds => None,
            Self::Fails(cause) | Self::RefusedUntil(cause, _) => Some(cause),
            Self::RefusedFor(_) => Some(Cause::RateLimited),
            Self::Hangs => Some(Cause::WorkTimeout),
            Self::Vanishes => Some(Cause::SandboxLost),
        }
    }
}

fn calls(rng: &mut Rng, work: Duration) -> Vec<Call> {
    let count = rng.within(0, 4);
    let millis = u64::try_from(work.as_millis()).unwrap_or(u64::MAX);
    let mut after: Vec<u64> = (0..count).map(|_| rng.within(0, millis)).collect();
    after.sort_unstable();
    let call = |after| {
        let drawn = rng.within(100, 2000);
        Call {
            after: Duration::from_millis(after),
            drawn,
            costs: rng.within(0, drawn),
        }
    };
    after.into_iter().map(call).collect()
}
