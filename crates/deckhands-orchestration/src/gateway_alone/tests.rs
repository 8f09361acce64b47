//! Clients over TCP: who is served, and what holds nobody up.

use std::sync::Arc;

use deckhands_gateway::{Health, MemoryLedger};
use deckhands_model::{Cause, MoneyLevel, Usd};
use deckhands_resilience::route_health::BreakerPolicy;
use jiff::Timestamp;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{Instant, timeout};

use super::*;
use crate::request::test_request;
use crate::slow_client::trickle;

const TOKEN: &str = "0123456789abcdef";

/// A gateway that serves; ends with the test.
struct Served {
    address: std::net::SocketAddr,
    stop: CancellationToken,
    _session: Session,
    serving: JoinSet<()>,
}

async fn served() -> Served {
    served_within(None).await
}

/// Within these bounds, or those of every day.
async fn served_within(bounds: Option<Bounds>) -> Served {
    let health = Health::new(BreakerPolicy::default(), Arc::new(|| Timestamp::UNIX_EPOCH));
    let gateway = Gateway::new(health, Arc::new(|_| Cause::ProviderError));
    let mut settings = test_request("/nowhere".into());
    settings.base_url = Some("http://127.0.0.1:9/v1".to_owned());
    let (session, _facts) = open_alone(&gateway, &settings, SecretHash::of(TOKEN), None).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, mut serving) = (CancellationToken::new(), JoinSet::new());
    let stopped = stop.clone();
    serving.spawn(async move {
        match bounds {
            None => serve_alone(listener, gateway, stopped).await,
            Some(bounds) => {
                let _never = accept(listener, &gateway, bounds, &mut JoinSet::new()).await;
            }
        }
    });
    Served {
        address,
        stop,
        _session: session,
        serving,
    }
}

impl Served {
    async fn ask(&self, header: &str) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let request =
            format!("GET /v1/models HTTP/1.1\r\nhost: x\r\n{header}connection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }
}

#[tokio::test]
async fn only_a_token_opens_anything() {
    let served = served().await;
    let bearer = format!("authorization: Bearer {TOKEN}\r\n");
    let answer = served.ask(&bearer).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains(r#""id":"m""#), "{answer}");
    for header in ["", "authorization: Bearer another-0123456789\r\n"] {
        let answer = served.ask(header).await;
        assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    }
}

#[tokio::test]
async fn clients_that_say_nothing_hold_nobody_up_and_a_stop_closes_all() {
    let mut served = served().await;
    let mut silent = Vec::new();
    for _ in 0..100 {
        let mut stream = TcpStream::connect(served.address).await.unwrap();
        stream.write_all(b"GET /v1/mo").await.unwrap();
        silent.push(stream);
    }
    let answer = served
        .ask(&format!("authorization: Bearer {TOKEN}\r\n"))
        .await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    served.stop.cancel();
    served.serving.join_next().await.unwrap().unwrap();
    for mut stream in silent {
        let mut rest = Vec::new();
        // Closed, in good order or not.
        let _ = stream.read_to_end(&mut rest).await;
        assert!(rest.is_empty());
    }
    assert!(TcpStream::connect(served.address).await.is_err());
}

#[tokio::test]
async fn clients_that_trickle_are_cut_in_time_and_keep_nobody_out() {
    let bounds = Bounds {
        connections: 8,
        patience: Duration::from_millis(500),
    };
    let served = served_within(Some(bounds)).await;
    let mut slow = JoinSet::new();
    for _ in 0..bounds.connections {
        let stream = TcpStream::connect(served.address).await.unwrap();
        slow.spawn(trickle(stream, "/v1/models"));
    }
    let bearer = format!("authorization: Bearer {TOKEN}\r\n");
    let begun = Instant::now();
    let answer = timeout(bounds.patience * 20, served.ask(&bearer)).await;
    let answer = answer.expect("a place becomes free");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    // They have all the places; the ninth connection got one of theirs.
    let waited = begun.elapsed();
    assert!(waited >= bounds.patience / 2, "{waited:?}");
    while let Some(ended) = slow.join_next().await {
        let took = ended.unwrap();
        assert!(took >= bounds.patience / 2, "{took:?}");
        assert!(took < bounds.patience * 20, "{took:?}");
    }
}

#[tokio::test]
async fn with_one_place_left_a_good_client_is_served_beside_those_that_trickle() {
    let bounds = Bounds {
        connections: 9,
        patience: Duration::from_secs(60),
    };
    let served = served_within(Some(bounds)).await;
    let mut slow = JoinSet::new();
    for _ in 0..8 {
        let stream = TcpStream::connect(served.address).await.unwrap();
        slow.spawn(trickle(stream, "/v1/models"));
    }
    let bearer = format!("authorization: Bearer {TOKEN}\r\n");
    for _ in 0..3 {
        let answer = timeout(Duration::from_secs(30), served.ask(&bearer)).await;
        assert!(answer.unwrap().starts_with("HTTP/1.1 200"));
    }
    assert!(slow.try_join_next().is_none(), "nobody was cut for it");
    slow.shutdown().await;
}

#[tokio::test]
async fn a_cap_needs_a_price_and_an_account() {
    let health = Health::new(BreakerPolicy::default(), Arc::new(|| Timestamp::UNIX_EPOCH));
    let gateway = Gateway::new(health, Arc::new(|_| Cause::ProviderError));
    let mut settings = test_request("/nowhere".into());
    settings.base_url = Some("http://127.0.0.1:9/v1".to_owned());
    let open = |settings: &TaskRequest, ledger| {
        let opened = open_alone(&gateway, settings, SecretHash::of(TOKEN), ledger);
        opened.map(|_session| ()).map_err(|failure| failure.message)
    };
    let ledger = || -> Option<Arc<dyn TaskLedger>> {
        let caps = [(MoneyLevel::Task, Usd::dollars(1))];
        Some(Arc::new(MemoryLedger::new(&caps)))
    };
    settings.max_cost = Some(Usd::dollars(1));
    let unpriced = open(&settings, ledger()).unwrap_err();
    assert!(unpriced.contains("`openai/m`"), "{unpriced}");
    settings.money.unknown_price = Some(Usd::dollars(15));
    assert!(
        open(&settings, None)
            .unwrap_err()
            .contains("cannot be held")
    );
    assert_eq!(open(&settings, ledger()), Ok(()));
}
