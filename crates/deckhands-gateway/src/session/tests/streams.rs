//! Streams: part by part, with other routes until the first content and with none after it.

use deckhands_testkit::Reply;
use http_body_util::BodyExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;

const HEAD: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
const ROLE: &str =
    "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n";
const ONE: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"one\"}}]}\n\n";
const TWO: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"two\"}}]}\n\n";
const END: &str = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}],\"model\":\"m\",\
    \"usage\":{\"prompt_tokens\":7,\"completion_tokens\":2,\"cost\":0.5}}\n\ndata: [DONE]\n\n";

/// Opens a session to a server that the test plays itself.
async fn played() -> (TcpListener, Session, Receiver<GatewayFact>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (session, facts) = open(&format!("http://{address}/v1"), QUICK);
    (listener, session, facts)
}

async fn take(listener: &TcpListener) -> TcpStream {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut request = vec![0; 4096];
    let read = stream.read(&mut request).await.unwrap();
    assert!(String::from_utf8_lossy(&request[..read]).contains("include_usage"));
    stream
}

fn streamed() -> Request<Full<Bytes>> {
    let body = r#"{"messages":[],"stream":true}"#;
    request(
        "POST",
        "/v1/chat/completions",
        Some(&format!("Bearer {TOKEN}")),
        body,
    )
}

async fn part(body: &mut AnswerBody) -> String {
    let frame = body.frame().await.expect("another part").unwrap();
    String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap()
}

#[tokio::test]
async fn every_event_is_passed_on_before_the_next_one_comes() {
    let (listener, session, mut facts) = played().await;
    let serve = async {
        let mut stream = take(&listener).await;
        stream
            .write_all(format!("{HEAD}: waiting\n\n{ROLE}").as_bytes())
            .await
            .unwrap();
        stream.write_all(ONE.as_bytes()).await.unwrap();
        stream
    };
    let (answer, mut stream) = tokio::join!(session.handle(streamed()), serve);
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    let mut body = answer.into_body();
    let mut begun = String::new();
    while !begun.ends_with(ONE) {
        begun.push_str(&part(&mut body).await);
    }
    assert_eq!(begun, format!(": waiting\n\n{ROLE}{ONE}"));
    assert!(session.is_calling());
    stream.write_all(TWO.as_bytes()).await.unwrap();
    assert_eq!(part(&mut body).await, TWO);
    stream.write_all(END.as_bytes()).await.unwrap();
    drop(stream);
    let mut rest = String::new();
    while let Some(frame) = body.frame().await {
        rest.push_str(std::str::from_utf8(&frame.unwrap().into_data().unwrap()).unwrap());
    }
    assert_eq!(rest, END);
    let fact = facts.try_recv().unwrap();
    assert!(fact.is_good());
    assert_eq!(fact.usage.cost_usd, Some(0.5));
    assert_eq!(fact.model.as_deref(), Some("m"));
    assert!(!session.is_calling());
}

#[tokio::test]
async fn after_the_first_content_a_cut_is_told_in_the_stream_and_nobody_else_is_asked() {
    let (listener, session, mut facts) = played().await;
    let serve = async {
        let mut stream = take(&listener).await;
        // More is announced than comes.
        let head = HEAD.replace("connection: close", "content-length: 9999");
        stream
            .write_all(format!("{head}{ONE}data: {{\"cho").as_bytes())
            .await
            .unwrap();
    };
    let (answer, ()) = tokio::join!(session.handle(streamed()), serve);
    let whole = answer.into_body().collect().await.unwrap().to_bytes();
    let text = String::from_utf8(whole.to_vec()).unwrap();
    let error = text
        .split("\n\n")
        .find(|event| event.contains("\"error\""))
        .unwrap();
    let error: Value = serde_json::from_str(error.strip_prefix("data: ").unwrap()).unwrap();
    let message = error["error"]["message"].as_str().unwrap();
    assert!(message.starts_with("the answer broke off: "), "{message}");
    assert!(!text.contains("[DONE]"));
    let fact = facts.try_recv().unwrap();
    assert_eq!(
        (fact.fault, fact.status),
        (Some(CallFault::Unreachable), Some(200))
    );
    assert_eq!(fact.cause, Some(Cause::ProviderUnreachable));
}

#[tokio::test]
async fn before_the_first_content_another_route_is_asked() {
    let cut = format!("{HEAD}: waiting\n\n{ROLE}");
    let error = format!(
        "{HEAD}{ROLE}data: {{\"error\":{{\"message\":\"m\",\"code\":502}},\"choices\":\
        [{{\"delta\":{{\"content\":\"\"}},\"finish_reason\":\"error\"}}]}}\n\n"
    );
    for begin in [cut, error] {
        let (listener, session, mut facts) = played().await;
        let address = listener.local_addr().unwrap();
        let llm = ScriptedLlm::start(
            Script::new([Step::say("served")]),
            ([127, 0, 0, 1], 0).into(),
        );
        let llm = llm.await.unwrap();
        let route = |place: usize, base_url: &str| Route {
            model: ModelId::resolve(&format!("openrouter/route/{place}")).unwrap(),
            upstream: upstream(base_url, "openrouter"),
            price: None,
            max_output_tokens: 1000,
        };
        drop(session);
        let spec = SessionSpec {
            token: SessionToken::new(TOKEN).hash(),
            expires: None,
            routes: vec![
                route(0, &format!("http://{address}/v1")),
                route(1, &llm.base_url("127.0.0.1")),
            ],
            limits: QUICK,
            money: None,
            loops: UNWATCHED,
            recorder: None,
            replay: None,
        };
        let (session, told) = gateway().open(spec).unwrap();
        facts = {
            drop(facts);
            told
        };
        let serve = async {
            let mut stream = take(&listener).await;
            stream.write_all(begin.as_bytes()).await.unwrap();
        };
        let (answer, ()) = tokio::join!(session.handle(streamed()), serve);
        assert_eq!(answer.status(), 200);
        let whole = answer.into_body().collect().await.unwrap().to_bytes();
        let text = String::from_utf8(whole.to_vec()).unwrap();
        assert!(
            text.ends_with("data: [DONE]\n\n") && !text.contains("waiting"),
            "{text}"
        );
        let fact = facts.try_recv().unwrap();
        assert!(fact.is_good());
        assert_eq!(fact.earlier.len(), 1);
    }
}

#[tokio::test]
async fn a_revoked_token_ends_a_stream_and_an_agent_that_leaves_ends_its_call() {
    let (listener, session, mut facts) = played().await;
    let serve = async {
        let mut stream = take(&listener).await;
        stream
            .write_all(format!("{HEAD}{ONE}").as_bytes())
            .await
            .unwrap();
        stream
    };
    let (answer, mut stream) = tokio::join!(session.handle(streamed()), serve);
    let mut body = answer.into_body();
    assert!(part(&mut body).await.ends_with(ONE));
    session.revoke();
    assert!(body.frame().await.is_none());
    assert_eq!(
        stream.read(&mut [0; 1]).await.unwrap_or(0),
        0,
        "the provider is left, too"
    );
    assert!(facts.recv().await.is_none());
    let (listener, session, mut facts) = played().await;
    let serve = async {
        let mut stream = take(&listener).await;
        stream
            .write_all(format!("{HEAD}{ONE}").as_bytes())
            .await
            .unwrap();
        stream
    };
    let (answer, mut stream) = tokio::join!(session.handle(streamed()), serve);
    drop(answer);
    assert_eq!(stream.read(&mut [0; 1]).await.unwrap_or(0), 0);
    assert!(!session.is_calling());
    assert!(facts.try_recv().is_err());
}

#[tokio::test]
async fn a_stream_that_stalls_after_its_first_content_ends_in_time() {
    let (listener, session, mut facts) = played().await;
    drop(session);
    let address = listener.local_addr().unwrap();
    let short = SessionLimits {
        answer: Duration::from_millis(300),
        ..QUICK
    };
    let (session, told) = open(&format!("http://{address}/v1"), short);
    drop(std::mem::replace(&mut facts, told));
    let serve = async {
        let mut stream = take(&listener).await;
        stream
            .write_all(format!("{HEAD}{ONE}").as_bytes())
            .await
            .unwrap();
        stream
    };
    let (answer, _stream) = tokio::join!(session.handle(streamed()), serve);
    let whole = answer.into_body().collect().await.unwrap().to_bytes();
    assert!(String::from_utf8_lossy(&whole).contains("nothing more came in time"));
    assert_eq!(facts.try_recv().unwrap().fault, Some(CallFault::TimedOut));
}

#[tokio::test]
async fn an_empty_answer_that_ends_well_is_one() {
    let step = Step::new(Reply::Say(String::new()));
    let mut rig = Rig::new(QUICK, [step]).await;
    let seen = rig.chat(json!({ "stream": true })).await;
    assert_eq!(seen.status, 200);
    assert!(rig.fact().is_good());
}

#[tokio::test]
async fn who_has_not_asked_for_the_usage_meets_no_event_of_it() {
    let step = Step::say("streamed").times(deckhands_testkit::Times::Forever);
    let mut rig = Rig::new(QUICK, [step]).await;
    let usage = json!({ "stream_options": { "include_usage": true } });
    for (asks, told) in [(json!({}), false), (usage, true)] {
        let mut asked = json!({ "stream": true });
        asked
            .as_object_mut()
            .unwrap()
            .extend(asks.as_object().unwrap().clone());
        let seen = rig.chat(asked).await;
        let text = seen.text();
        assert!(text.ends_with("data: [DONE]\n\n"), "{text}");
        assert_eq!(text.contains("prompt_tokens"), told, "{text}");
        assert_eq!(rig.fact().usage.input_tokens, Some(700));
    }
}

/// The end of the connection says nothing any more.
#[tokio::test]
async fn an_answer_that_is_whole_stays_whole_whatever_becomes_of_its_connection() {
    for leaves in [false, true] {
        let (listener, session, mut facts) = played().await;
        let serve = async {
            let mut stream = take(&listener).await;
            let head = HEAD.replace("connection: close", "content-length: 9999");
            stream
                .write_all(format!("{head}{ONE}{END}").as_bytes())
                .await
                .unwrap();
            stream
        };
        let (answer, stream) = tokio::join!(session.handle(streamed()), serve);
        let mut body = answer.into_body();
        let mut text = String::new();
        while !text.ends_with("[DONE]\n\n") {
            text.push_str(&part(&mut body).await);
        }
        if leaves {
            drop(body);
        } else {
            drop(stream);
            assert!(body.frame().await.is_none(), "nothing is added");
        }
        let fact = facts.try_recv().unwrap();
        assert!(fact.is_good(), "{fact:?}");
        assert_eq!(fact.usage.cost_usd, Some(0.5));
    }
}

/// An answer that has begun, and then ends with this error.
async fn ended_by(error: &str) -> (Session, GatewayFact) {
    let (listener, session, mut facts) = played().await;
    let serve = async {
        let mut stream = take(&listener).await;
        let begin = format!("{HEAD}{ONE}");
        stream.write_all(begin.as_bytes()).await.unwrap();
        stream
    };
    let (answer, mut stream) = tokio::join!(session.handle(streamed()), serve);
    let end = format!("data: {{\"error\":{error}}}\n\n");
    stream.write_all(end.as_bytes()).await.unwrap();
    drop(stream);
    let _all = answer.into_body().collect().await.unwrap();
    (session, facts.try_recv().unwrap())
}

#[tokio::test]
async fn an_account_that_is_closed_in_the_midst_of_a_stream_is_closed() {
    for (code, cause) in [(401, Cause::BadKey), (402, Cause::OutOfCredit)] {
        let (session, fact) = ended_by(&json!({ "message": "no", "code": code }).to_string()).await;
        assert_eq!(fact.cause, Some(cause));
        let seen = chat(&session, json!({})).await;
        assert!([401, 402].contains(&seen.status), "{seen:?}");
        assert_eq!(session.inner.standing.left(), Vec::<usize>::new());
    }
}

#[tokio::test]
async fn a_limit_of_the_account_in_the_midst_of_a_stream_rests_all_that_it_is_about() {
    let words = "Rate limit exceeded: free-models-per-min. Please try again in 30s";
    let error = json!({ "message": words, "code": 429 }).to_string();
    let (session, fact) = ended_by(&error).await;
    assert_eq!(fact.retry_after, Some(Duration::from_secs(30)));
    let other = ModelId::resolve("openrouter/any/other:free").unwrap();
    let refused = session.inner.health.refused(&other).expect("a rest");
    assert_eq!(refused.until.as_second(), 30);
}
