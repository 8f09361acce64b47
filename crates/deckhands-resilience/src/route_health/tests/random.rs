//! Random sequences of calls: probes are bounded, every refusal ends, no time overflows.

use proptest::prelude::{Just, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};
use proptest::strategy::Strategy;

use super::*;

#[derive(Clone, Debug)]
enum Act {
    Acquire(usize),
    /// Gives the permit back that is so far from the oldest.
    Settle(usize, CallEnd),
    Release(usize),
    Lose(usize),
    Success(usize),
    Failure(usize, Cause, Option<Timestamp>),
    Open(usize, Option<Timestamp>),
    Wait(SignedDuration),
}

const ROUTES: [&str; 3] = ["a", "b", "c"];

fn times() -> impl Strategy<Value = Option<Timestamp>> {
    let any = prop_oneof![
        8 => (0i64..2000).prop_map(at),
        1 => Just(Timestamp::MAX),
        1 => Just(Timestamp::MIN),
    ];
    prop::option::of(any)
}

fn causes() -> impl Strategy<Value = Cause> {
    prop_oneof![
        Just(Cause::ProviderError),
        Just(Cause::RateLimited),
        Just(Cause::BadKey)
    ]
}

fn acts(routes: usize, waits: impl Strategy<Value = i64> + 'static) -> impl Strategy<Value = Act> {
    let ends = prop_oneof![
        3 => Just(CallEnd::Success),
        1 => Just(CallEnd::Abandoned),
        2 => (causes(), times()).prop_map(|(cause, reset)| CallEnd::Failure { cause, reset }),
        1 => (causes(), times()).prop_map(|(cause, reset)| CallEnd::Busy { cause, reset }),
    ];
    let wait = waits.prop_map(|s| Act::Wait(SignedDuration::from_secs(s)));
    prop_oneof![
        6 => (0usize..routes).prop_map(Act::Acquire),
        3 => (0usize..8, ends).prop_map(|(n, end)| Act::Settle(n, end)),
        1 => (0usize..8).prop_map(Act::Release),
        1 => (0usize..8).prop_map(Act::Lose),
        1 => (0usize..routes).prop_map(Act::Success),
        6 => (0usize..routes, causes(), times()).prop_map(|(r, c, t)| Act::Failure(r, c, t)),
        1 => (0usize..routes, times()).prop_map(|(r, t)| Act::Open(r, t)),
        3 => wait,
    ]
}

fn policies() -> impl Strategy<Value = BreakerPolicy> {
    let figures = (1u32..4, 10u32..100, 1u32..4, 1u32..4, 1u32..400);
    figures.prop_map(
        |(failures, cooldown_seconds, probes, successes, probe_seconds)| {
            BreakerPolicy::try_new(BreakerPolicyParts {
                failures,
                cooldown_seconds,
                probes,
                successes,
                probe_seconds,
                longest_seconds: 500,
                ..BreakerPolicyParts::default()
            })
            .unwrap()
        },
    )
}

/// The world outside: who has a permit, and the probes that count as under way, with their ends.
struct Callers {
    health: RouteHealth,
    now: Timestamp,
    permits: Vec<Permit>,
    probes: Vec<(u64, ModelId, Timestamp)>,
    lapse: Duration,
}

impl Callers {
    fn new(policy: BreakerPolicy, now: Timestamp) -> Self {
        Self {
            health: RouteHealth::new(policy),
            now,
            permits: Vec::new(),
            probes: Vec::new(),
            lapse: Duration::from_secs(policy.parts().probe_seconds.into()),
        }
    }

    fn take(&mut self, nth: usize) -> Option<Permit> {
        (nth < self.permits.len()).then(|| self.permits.remove(nth))
    }

    fn back(&mut self, nth: usize) -> Option<Permit> {
        let permit = self.take(nth)?;
        self.probes.retain(|(id, ..)| *id != permit.id);
        Some(permit)
    }

    fn act(&mut self, act: Act) {
        let now = self.now;
        match act {
            Act::Acquire(r) => {
                if let Ok(permit) = self.health.try_acquire(&route(ROUTES[r]), now) {
                    if permit.is_probe() {
                        let end = crate::backoff::later(now, self.lapse);
                        self.probes.push((permit.id, permit.route().clone(), end));
                    }
                    self.permits.push(permit);
                }
            }
            Act::Settle(nth, end) => {
                if let Some(permit) = self.back(nth) {
                    self.health.settle(permit, end, now);
                }
            }
            Act::Release(nth) => {
                if let Some(permit) = self.back(nth) {
                    self.health.release(permit);
                }
            }
            Act::Lose(nth) => drop(self.take(nth)),
            Act::Success(r) => self.health.record_success(&route(ROUTES[r]), now),
            Act::Failure(r, cause, reset) => {
                self.health
                    .record_failure(&route(ROUTES[r]), cause, reset, now);
            }
            Act::Open(r, until) => self.health.open_now(&route(ROUTES[r]), until, now),
            Act::Wait(by) => self.now = now.checked_add(by).unwrap_or(now),
        }
        self.probes.retain(|(.., end)| *end > self.now);
    }

    fn most_probes(&self) -> usize {
        let of = |name| {
            self.probes
                .iter()
                .filter(|(_, r, _)| *r == route(name))
                .count()
        };
        ROUTES.map(of).into_iter().max().unwrap_or(0)
    }

    /// Asks again whenever a refusal says so, until each route is usable; how often at most.
    fn patience(&mut self) -> usize {
        let mut most = 0;
        for name in ROUTES {
            let mut asked = 0;
            let mut now = self.now;
            while let Err(refused) = self.health.try_acquire(&route(name), now) {
                assert!(refused.until > now, "{refused} at {now}");
                now = refused.until;
                asked += 1;
                assert!(asked < 20, "{name} stays refused");
            }
            most = most.max(asked);
        }
        most
    }
}

proptest! {
    #[test]
    fn never_more_probes_at_once_than_permitted(
        policy in policies(), acts in prop::collection::vec(acts(1, 0i64..120), 0..100),
    ) {
        let mut callers = Callers::new(policy, at(0));
        for act in acts {
            callers.act(act);
            let most = usize::try_from(policy.parts().probes).unwrap();
            prop_assert!(callers.most_probes() <= most);
        }
    }

    #[test]
    fn every_refusal_ends_when_it_says_or_soon_after(
        policy in policies(), acts in prop::collection::vec(acts(3, -300i64..300), 0..50),
    ) {
        let mut callers = Callers::new(policy, at(1000));
        acts.into_iter().for_each(|act| callers.act(act));
        // A rest or an opening, then the lapse of a probe.
        prop_assert!(callers.patience() <= 3);
    }

    /// Nothing lasts longer than the longest rest and the lapse of a probe.
    #[test]
    fn whatever_happened_all_routes_are_usable_in_the_end(
        policy in policies(), acts in prop::collection::vec(acts(3, 0i64..120), 0..50),
    ) {
        let mut callers = Callers::new(policy, at(0));
        acts.into_iter().for_each(|act| callers.act(act));
        let end = callers.now + Duration::from_secs(500 + 400);
        for name in ROUTES {
            prop_assert_eq!(callers.health.refused(&route(name), end), None);
        }
    }

    /// At both ends of time nothing panics, and waits still end.
    #[test]
    fn times_never_overflow(
        policy in policies(), last in prop::bool::ANY,
        acts in prop::collection::vec(acts(3, -50i64..50), 0..60),
    ) {
        let start = if last { Timestamp::MAX } else { Timestamp::MIN };
        let mut callers = Callers::new(policy, start);
        for act in acts {
            callers.act(act);
            let snapshot = callers.health.snapshot(callers.now);
            for shown in snapshot.routes {
                prop_assert!(shown.refused_until.is_none_or(|until| until > callers.now));
            }
        }
        prop_assert!(callers.patience() <= 3);
    }
}
