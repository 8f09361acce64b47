//! Clients over TCP: who is served, and what holds nobody up.

use std::sync::Arc;

use deckhands_gateway::{Health, MemoryLedger};
use deckhands_model::{Cause, MoneyLevel, Usd};
use deckhands_resilience::route_health::BreakerPolicy;
use jiff::Timestamp;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;
use crate::request::test_request;

const TOKEN: &str = "0123456789abcdef";

/// A gateway that serves; ends with the test.
struct Served {
    address: std::net::SocketAddr,
    stop: CancellationToken,
    _session: Session,
    serving: JoinSet<()>,
}

async fn served() -> Served {
    let health = Health::new(BreakerPolicy::default(), Arc::new(|| Timestamp::UNIX_EPOCH));
    let gateway = Gateway::new(health, Arc::new(|_| Cause::ProviderError));
    let mut settings = test_request("/nowhere".into());
    settings.base_url = Some("http://127.0.0.1:9/v1".to_owned());
    let (session, _facts) = open_alone(&gateway, &settings, SecretHash::of(TOKEN), None).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, mut serving) = (CancellationToken::new(), JoinSet::new());
    serving.spawn(serve_alone(listener, gateway, stop.clone()));
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
