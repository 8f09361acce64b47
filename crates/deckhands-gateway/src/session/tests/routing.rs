//! Calls that go from route to route: what the agent sees of it, and what is told.

use std::sync::Mutex;

use deckhands_testkit::{Dialect, ProviderError, Reply, Times};

use super::*;

/// A session with a scripted provider for each route.
struct Rotation {
    llms: Vec<ScriptedLlm>,
    gateway: Gateway,
    session: Session,
    facts: Receiver<GatewayFact>,
}

const PATIENT: SessionLimits = SessionLimits {
    hold: Duration::from_secs(60),
    pause: Duration::from_millis(1),
    ..QUICK
};

fn id(place: usize) -> ModelId {
    ModelId::resolve(&format!("openrouter/route/{place}:free")).unwrap()
}

impl Rotation {
    async fn new(limits: SessionLimits, scripts: impl IntoIterator<Item = Vec<Step>>) -> Self {
        Self::of(gateway(), limits, scripts).await
    }

    async fn of(
        gateway: Gateway,
        limits: SessionLimits,
        scripts: impl IntoIterator<Item = Vec<Step>>,
    ) -> Self {
        let (mut llms, mut routes) = (Vec::new(), Vec::new());
        for (place, steps) in scripts.into_iter().enumerate() {
            let bind = ([127, 0, 0, 1], 0).into();
            let llm = ScriptedLlm::start(Script::new(steps), bind).await.unwrap();
            routes.push(Route {
                model: id(place),
                upstream: upstream(&llm.base_url("127.0.0.1"), "openrouter"),
                price: None,
                max_output_tokens: 1000,
            });
            llms.push(llm);
        }
        let token = SessionToken::new(TOKEN).hash();
        let spec = SessionSpec {
            token,
            expires: None,
            routes,
            limits,
            money: None,
            loops: UNWATCHED,
            recorder: None,
            replay: None,
        };
        let (session, facts) = gateway.open(spec).unwrap();
        Self {
            llms,
            gateway,
            session,
            facts,
        }
    }

    fn requests(&self) -> Vec<usize> {
        self.llms.iter().map(|llm| llm.requests().len()).collect()
    }

    async fn chat(&mut self) -> (Seen, GatewayFact) {
        let seen = chat(&self.session, json!({})).await;
        (seen, self.facts.try_recv().expect("a fact of the call"))
    }
}

fn earlier(fact: &GatewayFact) -> Vec<(ModelId, Option<u16>, Cause)> {
    let tries = fact.earlier.iter();
    tries
        .map(|tried| (tried.route.clone(), tried.status, tried.cause))
        .collect()
}

fn failing(error: ProviderError) -> Vec<Step> {
    vec![Step::provider_error(Dialect::OpenRouter, error).times(Times::Forever)]
}

#[tokio::test]
async fn a_call_rotates_until_a_route_answers_and_the_agent_notices_nothing() {
    let scripts = [
        failing(ProviderError::RateLimited(Some(30))),
        failing(ProviderError::Unavailable),
        vec![Step::new(Reply::Truncate).times(Times::Forever)],
        vec![Step::say("served").times(Times::Forever)],
    ];
    let mut rig = Rotation::new(PATIENT, scripts).await;
    let (seen, fact) = rig.chat().await;
    assert_eq!(seen.status, 200, "{seen:?}");
    assert!(seen.text().contains("served"));
    assert_eq!(fact.route, Some(id(3)));
    assert!(fact.is_good() && fact.held.is_zero());
    let told = [
        (id(0), Some(429), Cause::RateLimited),
        (id(1), Some(503), Cause::ProviderError),
        (id(2), Some(200), Cause::ProviderUnreachable),
    ];
    assert_eq!(earlier(&fact), told);
    assert_eq!(rig.requests(), [1, 1, 1, 1]);
    // The first one rests; the others are asked again, in order.
    let (_, fact) = rig.chat().await;
    assert_eq!(fact.earlier.len(), 2);
    assert_eq!(rig.requests(), [1, 2, 2, 2]);
}

#[tokio::test]
async fn a_dead_key_closes_its_account_for_the_session() {
    let scripts = [
        failing(ProviderError::BadKey),
        vec![Step::say("same account").times(Times::Forever)],
    ];
    let mut rig = Rotation::new(PATIENT, scripts).await;
    let (seen, fact) = rig.chat().await;
    assert_eq!((seen.status, fact.gave_up), (401, true));
    assert_eq!(fact.cause, Some(Cause::BadKey));
    assert_eq!(rig.requests(), [1, 0]);
}

#[tokio::test]
async fn a_model_that_is_gone_is_closed_alone() {
    let scripts = [
        failing(ProviderError::BadModel),
        vec![Step::say("other").times(Times::Forever)],
    ];
    let mut rig = Rotation::new(PATIENT, scripts).await;
    for requests in [[1, 1], [1, 2]] {
        let (seen, fact) = rig.chat().await;
        assert_eq!((seen.status, fact.route), (200, Some(id(1))));
        assert_eq!(rig.requests(), requests);
    }
}

#[tokio::test]
async fn a_request_that_is_at_fault_is_not_carried_on() {
    for (error, status) in [
        (ProviderError::ContextWindow, 400),
        (ProviderError::Refused, 403),
    ] {
        let scripts = [failing(error), vec![Step::say("never")]];
        let mut rig = Rotation::new(PATIENT, scripts).await;
        let (seen, fact) = rig.chat().await;
        assert_eq!((seen.status, fact.gave_up), (status, false), "{error:?}");
        assert_eq!(rig.requests(), [1, 0]);
    }
}

#[tokio::test]
async fn where_every_route_fails_again_and_again_no_further_call_is_made() {
    let scripts = [
        failing(ProviderError::Unavailable),
        failing(ProviderError::Internal),
    ];
    let mut rig = Rotation::new(PATIENT, scripts).await;
    let (seen, fact) = rig.chat().await;
    assert_eq!((seen.status, fact.gave_up), (402, true));
    assert_eq!(
        (fact.cause, fact.earlier.len()),
        (Some(Cause::ProviderError), 5)
    );
    assert_eq!(rig.requests(), [3, 3]);
    assert!(!fact.held.is_zero(), "it paused before it tried again");
    let seen = chat(&rig.session, json!({})).await;
    assert_eq!(seen.status, 402);
    assert_eq!(rig.requests(), [3, 3]);
}

#[tokio::test]
async fn without_quota_for_longer_than_a_call_is_held_all_calls_end() {
    let scripts = [
        failing(ProviderError::RateLimited(Some(3600))),
        failing(ProviderError::RateLimited(Some(7200))),
    ];
    let mut rig = Rotation::new(PATIENT, scripts).await;
    let (seen, fact) = rig.chat().await;
    assert_eq!((seen.status, fact.gave_up), (402, true));
    assert_eq!(fact.cause, Some(Cause::QuotaUntilReset));
    assert_eq!(fact.retry_after, Some(Duration::from_secs(3600)));
    assert!(
        fact.detail
            .contains("no route may be called before 1970-01-01T01:00:00Z"),
        "{}",
        fact.detail
    );
    assert_eq!(rig.requests(), [1, 1]);
}

#[tokio::test]
async fn a_wait_that_is_too_long_for_this_call_alone_is_left_to_the_next() {
    let hurried = SessionLimits {
        whole: Duration::from_secs(8),
        ..PATIENT
    };
    let scripts = [failing(ProviderError::RateLimited(Some(7)))];
    let mut rig = Rotation::new(hurried, scripts).await;
    let (seen, fact) = rig.chat().await;
    assert_eq!((seen.status, fact.gave_up), (503, false));
    assert_eq!(seen.headers["retry-after"], "7");
    assert_eq!(fact.cause, Some(Cause::RateLimited));
}

#[tokio::test]
async fn a_quota_of_free_models_is_one_for_all_of_them() {
    let quota = ProviderError::QuotaUntil(3_600_000);
    let noon = "Thu, 01 Jan 1970 00:00:00 GMT";
    let step = Step::provider_error(Dialect::OpenRouter, quota).header("date", noon);
    let mut rig = Rotation::new(PATIENT, [vec![step], vec![Step::say("never")]]).await;
    let (_, fact) = rig.chat().await;
    assert_eq!(
        (fact.cause, fact.gave_up),
        (Some(Cause::QuotaUntilReset), true)
    );
    assert_eq!(rig.requests(), [1, 0]);
    let refused = rig
        .gateway
        .health()
        .refused(&id(7))
        .expect("any free model of the account");
    assert_eq!(refused.until.as_second(), 3600);
}

/// A clock of the day that moves with tokio's.
fn moving() -> Gateway {
    let begin = tokio::time::Instant::now();
    let now = move || NOW + jiff::SignedDuration::try_from(begin.elapsed()).unwrap();
    let health = Health::new(BreakerPolicy::default(), Arc::new(now));
    Gateway::new(health, Arc::new(|_: &CallFailure<'_>| Cause::RateLimited))
}

#[tokio::test]
async fn a_call_is_held_until_its_route_may_be_called_again() {
    let limited = ProviderError::RateLimited(Some(1));
    let steps = vec![
        Step::provider_error(Dialect::OpenRouter, limited),
        Step::say("served"),
    ];
    let mut rig = Rotation::of(moving(), PATIENT, [steps]).await;
    let session = rig.session.clone();
    let seen_held = async {
        while !session.is_held() {
            tokio::task::yield_now().await;
        }
    };
    let ((seen, fact), ()) = tokio::join!(rig.chat(), seen_held);
    assert!(!session.is_held());
    assert_eq!(seen.status, 200);
    assert_eq!(earlier(&fact).len(), 1);
    assert!(fact.held >= Duration::from_millis(990), "{:?}", fact.held);
}

#[tokio::test]
async fn a_broken_breaker_keeps_no_permit() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let scripts = [vec![Step::new(Reply::Hang(None)), Step::say("served")]];
    let rig = Rotation::new(PATIENT, scripts).await;
    tokio::select! {
        seen = chat(&rig.session, json!({})) => told.lock().unwrap().push(seen.status),
        () = rig.llms[0].wait_for_requests(1) => {}
    }
    assert!(told.lock().unwrap().is_empty());
    let counts = rig.gateway.health().snapshot().routes[0].counts;
    assert_eq!(
        (counts.permitted, counts.succeeded, counts.failed),
        (1, 0, 0)
    );
}

#[tokio::test]
async fn where_calls_stand_for_themselves_none_ends_those_after_it() {
    let forgetful = SessionLimits {
        remembers: false,
        ..PATIENT
    };
    for error in [
        ProviderError::OutOfCredit,
        ProviderError::BadModel,
        ProviderError::RateLimited(Some(3600)),
    ] {
        let refusal = Step::provider_error(Dialect::OpenRouter, error);
        let steps = vec![refusal, Step::say("again").times(Times::Forever)];
        let clock = moving();
        let mut rig = Rotation::of(clock, forgetful, [steps]).await;
        let (seen, fact) = rig.chat().await;
        assert!(seen.status >= 400 && !fact.gave_up, "{error:?} {seen:?}");
        assert_eq!(rig.requests(), [1], "{error:?}");
        let limited = matches!(error, ProviderError::RateLimited(_));
        let (seen, _) = rig.chat().await;
        assert_eq!(seen.status, if limited { 402 } else { 200 }, "{error:?}");
    }
}

#[tokio::test]
async fn a_time_that_is_over_is_no_leave_to_try_at_once() {
    let pausing = SessionLimits {
        pause: Duration::from_millis(40),
        ..PATIENT
    };
    let scripts = [failing(ProviderError::RateLimited(Some(0)))];
    let mut rig = Rotation::of(moving(), pausing, scripts).await;
    let session = rig.session.clone();
    tokio::select! {
        _ = rig.chat() => panic!("it goes on for as long as a call may be held"),
        () = async {
            while !session.is_held() {
                tokio::task::yield_now().await;
            }
        } => {}
    }
}

#[tokio::test]
async fn near_rate_limits_in_a_row_end_nothing() {
    let limited = Step::provider_error(Dialect::OpenRouter, ProviderError::RateLimited(Some(1)));
    let steps = vec![limited.times(Times::Count(4)), Step::say("served")];
    let mut rig = Rotation::of(moving(), PATIENT, [steps]).await;
    let (seen, fact) = rig.chat().await;
    assert_eq!((seen.status, fact.earlier.len()), (200, 4));
    assert!(fact.held >= Duration::from_secs(3), "{:?}", fact.held);
}

/// One that has too much to do, and does not say for how long.
fn busy() -> [Step; 3] {
    [
        Step::provider_error(Dialect::OpenRouter, ProviderError::RateLimited(None)),
        Step::provider_error(Dialect::OpenAi, ProviderError::Unavailable),
        Step::provider_error(Dialect::OpenRouter, ProviderError::Overloaded),
    ]
}

#[tokio::test]
async fn a_busy_route_is_tried_again_for_as_long_as_a_call_may_be_held() {
    for step in busy() {
        // More often than failures in a row end all calls, or open a breaker.
        let steps = vec![step.times(Times::Count(6)), Step::say("served")];
        let mut rig = Rotation::new(PATIENT, [steps]).await;
        let (seen, fact) = rig.chat().await;
        assert_eq!((seen.status, fact.earlier.len()), (200, 6), "{fact:?}");
        assert!(fact.held >= Duration::from_millis(63), "{:?}", fact.held);
    }
}

#[tokio::test]
async fn beside_a_busy_route_another_one_is_tried_at_once() {
    for step in busy() {
        let scripts = [
            vec![step.times(Times::Forever)],
            vec![Step::say("served").times(Times::Forever)],
        ];
        let mut rig = Rotation::new(PATIENT, scripts).await;
        let (seen, fact) = rig.chat().await;
        assert_eq!((seen.status, fact.held), (200, Duration::ZERO), "{fact:?}");
        assert_eq!(rig.requests(), [1, 1]);
    }
}

#[tokio::test]
async fn three_calls_that_were_held_in_vain_are_the_last() {
    let short = SessionLimits {
        hold: Duration::from_millis(100),
        pause: Duration::from_millis(10),
        ..PATIENT
    };
    for step in busy() {
        let scripts = [vec![step.times(Times::Forever)]];
        let mut rig = Rotation::new(short, scripts).await;
        let mut told = Vec::new();
        for _ in 0..3 {
            let (seen, fact) = rig.chat().await;
            assert!(fact.held <= short.hold * 2, "{:?}", fact.held);
            assert_eq!(fact.retry_after, None);
            told.push((seen.status, fact.gave_up));
        }
        assert_eq!(told, [(503, false), (503, false), (402, true)]);
    }
}

#[tokio::test]
async fn an_answer_takes_back_what_was_held_in_vain() {
    let [limited, ..] = busy();
    let twice = limited.times(Times::Count(2));
    let steps = vec![
        twice.clone(),
        Step::say("served"),
        twice,
        Step::say("served"),
    ];
    let mut rig = Rotation::new(QUICK, [steps]).await;
    for status in [503, 503, 200, 503, 503, 200] {
        let (seen, _fact) = rig.chat().await;
        assert_eq!(seen.status, status);
    }
}
