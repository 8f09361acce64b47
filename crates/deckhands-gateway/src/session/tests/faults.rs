//! Every fault that a provider is known for, and what agent and engine are told of it.

use deckhands_testkit::{Dialect, Pace, ProviderError, Reply, Times};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;

/// How a fault comes out: the agent's status, and status and kind in the fact.
type Told = (u16, Option<u16>, CallFault);

async fn check(step: Step, told: Told) -> (Seen, GatewayFact) {
    check_within(QUICK, step, told).await
}

async fn check_within(limits: SessionLimits, step: Step, told: Told) -> (Seen, GatewayFact) {
    let what = format!("{:.200}", format!("{:?}", step.reply));
    let mut rig = Rig::new(limits, [step]).await;
    let seen = rig.chat(json!({})).await;
    let fact = rig.fact();
    let found = (seen.status, fact.status, fact.fault.unwrap());
    assert_eq!(found, told, "{what}: {seen:?} {fact:?}");
    assert!(seen.json()["error"]["message"].is_string(), "{what}");
    assert!(!fact.detail.is_empty(), "{what}");
    (seen, fact)
}

#[tokio::test]
async fn errors_in_both_dialects() {
    let refused = CallFault::Refused;
    let rows = [
        (ProviderError::BadKey, 401, 401),
        (ProviderError::OutOfCredit, 402, 402),
        (ProviderError::Refused, 403, 403),
        (ProviderError::NoEndpoint, 404, 404),
        (ProviderError::BadModel, 400, 400),
        (ProviderError::RateLimited(None), 503, 429),
        (ProviderError::Internal, 503, 500),
        (ProviderError::BadGateway, 503, 502),
        (ProviderError::Unavailable, 503, 503),
        (ProviderError::GatewayTimeout, 504, 504),
    ];
    for dialect in [Dialect::OpenRouter, Dialect::OpenAi] {
        for (error, answered, status) in rows {
            let step = Step::provider_error(dialect, error);
            let (_, fact) = check(step, (answered, Some(status), refused)).await;
            assert_eq!(fact.gave_up, matches!(status, 401 | 402 | 404), "{error:?}");
        }
        let step = Step::provider_error(dialect, ProviderError::ContextWindow);
        let (seen, _) = check(step, (400, Some(400), refused)).await;
        let error = seen.json()["error"]["message"].clone();
        assert!(
            error
                .as_str()
                .unwrap()
                .starts_with("prompt is too long: This"),
            "{error}"
        );
    }
    // The account is empty: no wait helps.
    let step = Step::provider_error(Dialect::OpenAi, ProviderError::Quota);
    let (_, fact) = check(step, (402, Some(429), refused)).await;
    assert!(fact.gave_up);
}

/// A refusal whose provider named a time that is longer than a call is held.
async fn wait_of(step: Step) -> (Seen, GatewayFact) {
    let mut rig = Rig::new(QUICK, [step]).await;
    let seen = rig.chat(json!({})).await;
    (seen, rig.fact())
}

#[tokio::test]
async fn a_wait_is_told_by_header_or_body() {
    let limited =
        |seconds| Step::provider_error(Dialect::OpenRouter, ProviderError::RateLimited(seconds));
    let noon = "Sun, 06 Nov 1994 12:00:00 GMT";
    let until = ProviderError::QuotaUntil(784_123_200_000 + 90_000);
    let quota = Step::provider_error(Dialect::OpenRouter, until).header("date", noon);
    let busy = Step::status(503, json!("busy")).header("retry-after", "2");
    let in_words = ProviderError::RetryInBody(21);
    let in_limits =
        Step::status(429, json!("no more tokens")).header("x-ratelimit-reset-tokens", "3m0s");
    for (step, seconds, cause) in [
        (limited(Some(7)), 7, Cause::QuotaUntilReset),
        (limited(Some(3600)), 3600, Cause::QuotaUntilReset),
        (quota, 90, Cause::QuotaUntilReset),
        (busy, 2, Cause::ProviderError),
        (
            Step::provider_error(Dialect::OpenRouter, in_words),
            21,
            Cause::QuotaUntilReset,
        ),
        (
            Step::provider_error(Dialect::OpenAi, in_words),
            21,
            Cause::QuotaUntilReset,
        ),
        (
            Step::provider_error(Dialect::OpenAi, ProviderError::RequestsPerMinute(20_000)),
            20,
            Cause::QuotaUntilReset,
        ),
        (in_limits, 180, Cause::QuotaUntilReset),
    ] {
        let (seen, fact) = wait_of(step).await;
        assert_eq!((seen.status, fact.gave_up), (402, true), "{fact:?}");
        assert_eq!(fact.retry_after, Some(Duration::from_secs(seconds)));
        assert_eq!(fact.cause, Some(cause), "{seconds}");
    }
    let told = (503, Some(429), CallFault::Refused);
    let (seen, fact) = check(limited(None), told).await;
    assert_eq!(fact.retry_after, None);
    assert_eq!(seen.headers["retry-after"], "2", "the pause of our own");
}

#[tokio::test]
async fn answers_that_are_none() {
    let bad = |status| (503, Some(status), CallFault::BadAnswer);
    let html = Step::new(Reply::Raw("<html>busy</html>".into()));
    check(html.header("content-type", "text/html"), bad(200)).await;
    check(Step::new(Reply::EmptyChoices), bad(200)).await;
    let cut = (503, Some(200), CallFault::Unreachable);
    check(Step::new(Reply::Truncate), cut).await;
    let error = json!({ "message": "m", "code": 429 });
    let (_, fact) = check(
        Step::new(Reply::ErrorIn200(error)),
        (503, Some(429), CallFault::Refused),
    )
    .await;
    assert!(fact.detail.contains("\"code\":429"));
    let ended = json!({ "choices": [{ "finish_reason": "error" }] }).to_string();
    check(Step::new(Reply::Raw(ended)), bad(200)).await;
    let small = SessionLimits {
        answer_bytes: 64 << 10,
        ..QUICK
    };
    let (_, fact) = check_within(small, Step::huge(1), bad(200)).await;
    assert_eq!(fact.detail, "the answer has more than 65536 bytes");
}

#[tokio::test]
async fn an_error_at_the_end_of_a_stream_is_no_answer() {
    let error = json!({ "message": "m", "code": 502 });
    let steps = [
        Step::new(Reply::ErrorIn200(error)),
        Step::new(Reply::Truncate),
    ];
    let mut rig = Rig::new(QUICK, steps).await;
    for (status, fault) in [(502, CallFault::BadAnswer), (200, CallFault::Unreachable)] {
        let seen = rig.chat(json!({ "stream": true })).await;
        assert_eq!(seen.status, 503);
        assert_eq!(seen.headers["content-type"], "application/json");
        let fact = rig.fact();
        assert_eq!(fact.fault, Some(fault));
        assert_eq!(fact.status, Some(status));
    }
}

#[tokio::test]
async fn silence_and_a_slow_drip_end_in_time() {
    let short = SessionLimits {
        answer: Duration::from_secs(1),
        ..QUICK
    };
    let silent = Step::new(Reply::Hang(None));
    check_within(short, silent, (504, None, CallFault::TimedOut)).await;
    let drip = Step::say("slowly").paced(Pace {
        bytes: 1,
        every: Duration::from_millis(50),
    });
    let (_, fact) = check_within(short, drip, (504, Some(200), CallFault::TimedOut)).await;
    assert!(fact.took >= short.answer);
}

#[tokio::test]
async fn no_connection_is_told_without_a_status() {
    let unreachable = (503, None, CallFault::Unreachable);
    check(Step::new(Reply::Reset), unreachable).await;
    let closed = Step::new(Reply::Hang(Some(Duration::ZERO)));
    check(closed, unreachable).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    for (base_url, words) in [
        (format!("http://{address}/v1"), "refused"),
        ("http://no-such-host.invalid/v1".to_owned(), "dns error"),
    ] {
        let (session, mut facts) = open(&base_url, QUICK);
        assert_eq!(chat(&session, json!({})).await.status, 503);
        let fact = facts.try_recv().unwrap();
        assert_eq!(
            (fact.status, fact.fault),
            (None, Some(CallFault::Unreachable))
        );
        assert!(
            fact.detail.to_lowercase().contains(words),
            "{}",
            fact.detail
        );
    }
}

/// A session before a server that gives every connection these bytes.
async fn given(bytes: &'static [u8]) -> (Seen, GatewayFact) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serve = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 4096];
        let _ = stream.read(&mut request).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        stream.shutdown().await.unwrap();
    };
    let (session, mut facts) = open(&format!("http://{address}/v1"), QUICK);
    let (seen, ()) = tokio::join!(chat(&session, json!({})), serve);
    (seen, facts.try_recv().unwrap())
}

#[tokio::test]
async fn what_is_no_http_and_what_leads_elsewhere_is_no_answer() {
    let (seen, fact) = given(b"SSH-2.0-x\r\n\r\n").await;
    assert_eq!((seen.status, fact.fault), (503, Some(CallFault::BadAnswer)));
    assert_eq!(fact.status, None);
    let (seen, fact) =
        given(b"HTTP/1.1 307 T\r\nlocation: http://127.0.0.1:1/v1\r\ncontent-length: 0\r\n\r\n")
            .await;
    assert_eq!((seen.status, fact.fault), (503, Some(CallFault::Refused)));
    assert_eq!(fact.status, Some(307));
    // An error whose body is cut still is that error.
    let (seen, fact) = given(b"HTTP/1.1 402 P\r\ncontent-length: 99\r\n\r\nno money").await;
    assert_eq!((seen.status, fact.status), (402, Some(402)));
    assert_eq!(fact.detail, "no money");
}

#[tokio::test]
async fn tls_that_fails_is_no_connection() {
    let rig = Rig::new(QUICK, []).await;
    let base_url = format!("https://{}/v1", rig.llm.addr());
    let (session, mut facts) = open(&base_url, QUICK);
    assert_eq!(chat(&session, json!({})).await.status, 503);
    let fact = facts.try_recv().unwrap();
    assert_eq!(fact.fault, Some(CallFault::Unreachable));
    assert_eq!(rig.calls(), 0);
}

#[tokio::test]
async fn after_three_failures_in_a_row_no_call_is_made() {
    let failing = || Step::status(500, json!("down"));
    let steps = [
        failing(),
        failing(),
        Step::say("up"),
        failing().times(Times::Forever),
    ];
    let mut rig = Rig::new(QUICK, steps).await;
    let mut gave_up = Vec::new();
    for status in [503, 503, 200, 503, 503, 402] {
        assert_eq!(rig.chat(json!({})).await.status, status);
        gave_up.push(rig.fact().gave_up);
    }
    assert_eq!(gave_up, [false, false, false, false, false, true]);
    for _ in 0..2 {
        let seen = rig.chat(json!({})).await;
        assert_eq!(seen.status, 402);
        let message = seen.json()["error"]["message"].clone();
        assert_eq!(message, "the gateway gave up: down");
    }
    assert_eq!(rig.calls(), 6);
    assert!(rig.facts.try_recv().is_err());
}

#[tokio::test]
async fn a_final_status_is_repeated_without_a_call() {
    for (error, status) in [
        (ProviderError::BadKey, 401),
        (ProviderError::OutOfCredit, 402),
        (ProviderError::NoEndpoint, 404),
    ] {
        let step = Step::provider_error(Dialect::OpenRouter, error);
        let mut rig = Rig::new(QUICK, [step]).await;
        let first = rig.chat(json!({})).await;
        assert!(rig.fact().gave_up);
        let second = rig.chat(json!({})).await;
        assert_eq!((first.status, second.status), (status, status));
        assert_eq!(first.body, second.body);
        assert_eq!(rig.calls(), 1);
        assert!(rig.facts.try_recv().is_err());
    }
}

/// A call may have no time for a second try: then the third call is the last all the same.
#[tokio::test]
async fn silence_that_takes_all_of_a_calls_time_ends_all_calls_in_the_end() {
    let short = SessionLimits {
        answer: Duration::from_millis(200),
        whole: Duration::from_millis(200),
        ..QUICK
    };
    let silent = Step::new(Reply::Hang(None)).times(Times::Forever);
    let mut rig = Rig::new(short, [silent]).await;
    let mut told = Vec::new();
    for _ in 0..3 {
        let seen = rig.chat(json!({})).await;
        let fact = rig.fact();
        assert_eq!(fact.cause, Some(Cause::ProviderTimeout));
        told.push((seen.status, fact.gave_up));
    }
    assert_eq!(told, [(504, false), (504, false), (402, true)]);
    assert_eq!(rig.calls(), 3);
}

#[tokio::test]
async fn a_call_that_was_under_way_when_all_were_given_up_takes_that_back() {
    let steps = [
        Step::say("late").after(Duration::from_secs(1)),
        Step::status(500, json!("down")).times(Times::Count(3)),
        Step::say("up again"),
    ];
    let mut rig = Rig::new(QUICK, steps).await;
    let failing = async {
        rig.llm.wait_for_requests(1).await;
        let mut told = Vec::new();
        for _ in 0..3 {
            told.push(rig.chat(json!({})).await.status);
        }
        told
    };
    let (late, told) = tokio::join!(rig.chat(json!({})), failing);
    assert_eq!((late.status, told), (200, vec![503, 503, 402]));
    assert_eq!(rig.chat(json!({})).await.status, 200);
    let gave_up = [(); 5].map(|()| rig.fact().gave_up);
    assert_eq!(gave_up, [false, false, true, false, false]);
}

#[tokio::test]
async fn a_context_that_is_refused_again_and_again_is_a_loop_and_told_for_what_it_is() {
    let step = Step::provider_error(Dialect::OpenRouter, ProviderError::ContextWindow);
    let mut rig = Rig::new(QUICK, [step.times(Times::Forever)]).await;
    let spec = SessionSpec {
        loops: LoopPolicy::default(),
        ..spec(
            upstream(&rig.llm.base_url("127.0.0.1"), "openrouter"),
            TOKEN,
            QUICK,
        )
    };
    (rig.session, rig.facts) = gateway().open(spec).unwrap();
    for _ in 0..4 {
        assert_eq!(rig.chat(json!({})).await.status, 400);
        assert!(!rig.fact().gave_up);
    }
    assert_eq!(rig.chat(json!({})).await.status, 402);
    let fact = rig.fact();
    assert_eq!(
        (fact.cause, fact.gave_up),
        (Some(Cause::ContextWindow), true)
    );
    assert!(fact.detail.contains("refused for good"), "{}", fact.detail);
    assert_eq!(rig.calls(), 4);
}
