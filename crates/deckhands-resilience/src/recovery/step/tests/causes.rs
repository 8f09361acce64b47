//! Every cause: its whole walk while each attempt fails in the same way.

use super::*;

/// The decisions of each cause with the default policies, another route and no stand-ins.
fn expected(cause: Cause) -> &'static [&'static str] {
    const STOP: &[&str] = &["give up: Permanent"];
    const REFUSE: &[&str] = &["give up: SameAgain"];
    const AGAIN_TWICE: &[&str] = &["retry 0", "retry 0", "give up: LadderEnded"];
    const DELAYED_TWICE: &[&str] = &["retry 1", "retry 2", "give up: LadderEnded"];
    const OTHER_ONCE: &[&str] = &["other 0", "give up: LadderEnded"];
    match cause {
        Cause::ProviderUnreachable | Cause::ProviderError => {
            &["retry 1", "retry 2", "other 0", "give up: LadderEnded"]
        }
        Cause::SandboxLost | Cause::AppLost | Cause::DaemonUnreachable => DELAYED_TWICE,
        Cause::StartTimeout | Cause::IdleTimeout | Cause::ProviderTimeout => AGAIN_TWICE,
        Cause::AgentCrashed | Cause::StartRace => AGAIN_TWICE,
        // Its last rung, `circuit_break`, would be a fifth attempt.
        Cause::RateLimited | Cause::QuotaUntilReset => {
            &["retry 1", "retry 2", "other 0", "give up: Attempts"]
        }
        Cause::BadKey | Cause::OutOfCredit | Cause::BadModel | Cause::BadInput => STOP,
        Cause::ImageMissing | Cause::PermissionDenied | Cause::HostDiskFull => STOP,
        Cause::ContextWindow | Cause::ContentRefused | Cause::AgentRejected => REFUSE,
        Cause::WorkTimeout | Cause::PullTimeout | Cause::IterationLimit => REFUSE,
        Cause::BudgetLimit | Cause::DiskLimit | Cause::ProcessLimit => REFUSE,
        Cause::EmptyChange | Cause::CheckFailed | Cause::Stuck | Cause::NoProgress => OTHER_ONCE,
        Cause::OutOfMemory => &["bigger x2", "bigger x4", "give up: LadderEnded"],
        Cause::Unknown => &["retry 0", "give up: LadderEnded"],
    }
}

#[test]
fn every_cause_walks_as_the_table_says() {
    for cause in Cause::ALL {
        let words = words(FailedAttempt::of(cause), &policies(), &facts());
        assert_eq!(words, expected(cause), "{cause}");
    }
}

#[test]
fn every_walk_shows_each_rung_of_its_ladder_in_order() {
    for cause in Cause::ALL {
        let decisions = walk(FailedAttempt::of(cause), &policies(), &facts());
        let rungs = || decisions.iter().flat_map(|(_, d)| &d.rungs);
        let mut seen: Vec<_> = rungs().map(|rung| rung.strategy).collect();
        seen.dedup();
        let ladder = ladder(cause.error_type());
        assert!(seen.ends_with(ladder), "{cause}: {seen:?}");
        for rung in rungs() {
            assert!(!rung.reason.is_empty() && !rung.reason.contains('\n'));
        }
    }
}

#[test]
fn the_rung_that_leads_to_another_attempt_is_the_only_one_that_acts() {
    for cause in Cause::ALL {
        for (_, decision) in walk(FailedAttempt::of(cause), &policies(), &facts()) {
            if decision.next.at().is_some() {
                let (last, before) = decision.rungs.split_last().unwrap();
                assert!(last.taken, "{cause}");
                assert!(before.iter().all(|rung| !rung.taken), "{cause}");
            }
        }
    }
}

#[test]
fn stand_ins_exist_only_under_simulate_and_never_for_what_is_permanent() {
    let simulate = Policies {
        stand_ins: StandIns::Simulate,
        ..policies()
    };
    for cause in Cause::ALL {
        let failed = FailedAttempt::of(cause);
        let without = words(failed, &policies(), &facts());
        assert!(!without.contains(&"degrade".to_owned()), "{cause}");
        let mock = ladder(cause.error_type()).contains(&Strategy::FallbackMock);
        let permanent = cause.class() == deckhands_model::FailureClass::Permanent;
        let last = words(failed, &simulate, &facts()).pop().unwrap();
        assert_eq!(last == "degrade", mock && !permanent, "{cause}");
    }
}

#[test]
fn without_another_route_only_the_same_one_is_tried() {
    for cause in Cause::ALL {
        let words = words(FailedAttempt::of(cause), &policies(), &alone());
        assert!(
            words.iter().all(|word| !word.starts_with("other")),
            "{cause}"
        );
    }
    let walk = |cause| words(FailedAttempt::of(cause), &policies(), &alone());
    assert_eq!(walk(Cause::CheckFailed), ["give up: LadderEnded"]);
    assert_eq!(
        walk(Cause::ProviderError),
        ["retry 1", "retry 2", "park 60", "give up: LadderEnded"]
    );
}

#[test]
fn the_route_is_opened_by_what_it_is_to_blame_for_and_once() {
    let budget = TaskBudget {
        attempts: 50,
        ..TaskBudget::default()
    };
    for cause in Cause::ALL {
        let decisions = walk(
            FailedAttempt::of(cause),
            &Policies {
                budget,
                ..policies()
            },
            &facts(),
        );
        let opened = decisions.iter().filter(|(_, d)| d.open_route).count();
        let has_rung = ladder(cause.error_type()).contains(&Strategy::CircuitBreak);
        assert_eq!(
            opened,
            usize::from(has_rung && route_to_blame(cause)),
            "{cause}"
        );
    }
}

#[test]
fn a_route_is_opened_even_where_no_attempt_is_left() {
    let decisions = walk(FailedAttempt::of(Cause::RateLimited), &policies(), &facts());
    let (_, last) = decisions.last().unwrap();
    assert!(last.open_route);
    let rung = last.rungs.last().unwrap();
    assert_eq!((rung.strategy, rung.taken), (Strategy::CircuitBreak, true));
}
