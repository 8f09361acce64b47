//! The proxy before a tiny upstream of its own; no Docker is needed.

use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::time::{Instant, timeout};

use super::*;

/// Longest wait for something that must come.
const SOON: Duration = Duration::from_secs(10);

/// How long nothing must come.
const QUIET: Duration = Duration::from_millis(200);

/// A proxy and the daemon behind it.
struct World {
    proxy: DaemonProxy,
    daemon: UnixListener,
    _dir: TempDir,
}

impl World {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let behind = dir.path().join("daemon.sock");
        let daemon = UnixListener::bind(&behind).unwrap();
        let before = dir.path().join("proxy.sock");
        let proxy = DaemonProxy::start(&before, &behind).unwrap();
        Self {
            proxy,
            daemon,
            _dir: dir,
        }
    }

    async fn connect(&self) -> Side {
        Side(UnixStream::connect(self.proxy.path()).await.unwrap())
    }

    /// The daemon's end of the next connection.
    async fn accept(&self) -> Side {
        let accepted = timeout(SOON, self.daemon.accept()).await;
        Side(accepted.expect("a connection").unwrap().0)
    }

    /// Both ends of a new connection.
    async fn pair(&self) -> (Side, Side) {
        let client = self.connect().await;
        (client, self.accept().await)
    }
}

/// One end of a connection.
struct Side(UnixStream);

impl Side {
    async fn say(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    /// Exactly this comes.
    async fn hears(&mut self, text: &str) {
        let mut heard = vec![0; text.len()];
        let read = timeout(SOON, self.0.read_exact(&mut heard)).await;
        read.unwrap_or_else(|_| panic!("`{text}` did not come"))
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&heard), text);
    }

    async fn hears_nothing(&mut self) {
        let mut heard = [0; 100];
        let read = timeout(QUIET, self.0.read(&mut heard)).await;
        assert!(
            read.is_err(),
            "{read:?}: {}",
            String::from_utf8_lossy(&heard)
        );
    }

    /// Nothing but the end comes.
    async fn ends(&mut self) {
        let mut rest = Vec::new();
        let read = timeout(SOON, self.0.read_to_end(&mut rest)).await;
        // An end by reset is one, too.
        let _ = read.expect("an end");
        assert_eq!(String::from_utf8_lossy(&rest), "");
    }
}

const ASK: &str = "GET /v1.41/info HTTP/1.1\r\nHost: d\r\n\r\n";
const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine";
const CREATE: &str = "POST /v1.41/containers/create?name=a HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}";

/// One request and its answer, passed on.
async fn passes(client: &mut Side, daemon: &mut Side, ask: &str) {
    client.say(ask).await;
    daemon.hears(ask).await;
    daemon.say(OK).await;
    client.hears(OK).await;
}

#[tokio::test]
async fn requests_with_bodies_pass_one_after_the_other_and_are_remembered() {
    let world = World::new();
    let (mut client, mut daemon) = world.pair().await;
    let chunked = "PUT /containers/a/archive?path=/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n\
                   3\r\nabc\r\n0\r\n\r\n";
    for ask in [ASK, CREATE, chunked, ASK] {
        passes(&mut client, &mut daemon, ask).await;
    }
    let seen: Vec<_> = world.proxy.requests();
    let seen: Vec<_> = seen.iter().map(|r| (&*r.method, &*r.path)).collect();
    let expected = [
        ("GET", "/info"),
        ("POST", "/containers/create"),
        ("PUT", "/containers/a/archive"),
        ("GET", "/info"),
    ];
    assert_eq!(seen, expected);
    drop(client);
    daemon.ends().await;
    world.proxy.shutdown().await;
}

#[tokio::test]
async fn pieces_of_an_answer_and_of_a_hijacked_connection_pass_as_they_come() {
    let world = World::new();
    let (mut client, mut daemon) = world.pair().await;
    client.say(ASK).await;
    daemon.hears(ASK).await;
    for piece in [
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        "1\r\na\r\n",
        "0\r\n\r\n",
    ] {
        daemon.say(piece).await;
        client.hears(piece).await;
    }
    let attach =
        "POST /containers/a/attach HTTP/1.1\r\nUpgrade: tcp\r\nConnection: Upgrade\r\n\r\n";
    client.say(attach).await;
    daemon.hears(attach).await;
    daemon.say("HTTP/1.1 101 UPGRADED\r\n\r\n").await;
    client.hears("HTTP/1.1 101 UPGRADED\r\n\r\n").await;
    for piece in ["GET / HTTP/1.1\r\n\r\n", "\0\n", "b"] {
        client.say(piece).await;
        daemon.hears(piece).await;
        daemon.say(piece).await;
        client.hears(piece).await;
    }
    assert_eq!(
        world.proxy.requests().len(),
        2,
        "what is hijacked is no request"
    );
    drop(daemon);
    client.ends().await;
}

#[tokio::test]
async fn an_answer_of_ours_does_not_reach_the_daemon_and_the_connection_goes_on() {
    let world = World::new();
    let refusal = ProxyAct::Answer(409, "in use: \"a\"".to_owned());
    world
        .proxy
        .add(ProxyRule::on("POST", "/containers/create", refusal).times(1));
    let (mut client, mut daemon) = world.pair().await;
    client.say(CREATE).await;
    let body = r#"{"message":"in use: \"a\""}"#;
    let length = body.len();
    client
        .hears(&format!(
            "HTTP/1.1 409 Scripted\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        ))
        .await;
    passes(&mut client, &mut daemon, CREATE).await;
}

#[tokio::test]
async fn a_cut_request_ends_the_connection_unseen() {
    let world = World::new();
    world
        .proxy
        .add(ProxyRule::on("GET", "/info", ProxyAct::Cut).times(1));
    let (mut client, mut daemon) = world.pair().await;
    client.say(ASK).await;
    client.ends().await;
    daemon.ends().await;
    let (mut client, mut daemon) = world.pair().await;
    passes(&mut client, &mut daemon, ASK).await;
}

#[tokio::test]
async fn a_cut_answer_ends_after_so_many_bytes_of_its_body() {
    let rows = [
        (0, ""),
        (1, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nf"),
        (3, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfin"),
    ];
    for (bytes, expected) in rows {
        let world = World::new();
        world
            .proxy
            .add(ProxyRule::on("GET", "/info", ProxyAct::CutAnswer(bytes)));
        let (mut client, mut daemon) = world.pair().await;
        client.say(ASK).await;
        daemon.hears(ASK).await;
        let (head, rest) = OK.split_at(20);
        daemon.say(head).await;
        daemon.say(rest).await;
        client.hears(expected).await;
        client.ends().await;
    }
}

#[tokio::test]
async fn a_delayed_request_passes_later() {
    let world = World::new();
    world
        .proxy
        .add(ProxyRule::on("*", "*", ProxyAct::Delay(QUIET)));
    let (mut client, mut daemon) = world.pair().await;
    let started = Instant::now();
    passes(&mut client, &mut daemon, ASK).await;
    assert!(started.elapsed() >= QUIET);
}

#[tokio::test]
async fn a_request_that_hangs_by_a_rule_passes_when_restored() {
    let world = World::new();
    world
        .proxy
        .add(ProxyRule::on("GET", "/info", ProxyAct::Hang).times(1));
    let (mut client, mut daemon) = world.pair().await;
    client.say(ASK).await;
    daemon.hears_nothing().await;
    let (mut other, mut others) = world.pair().await;
    passes(&mut other, &mut others, ASK).await;
    world.proxy.restore();
    daemon.hears(ASK).await;
}

#[tokio::test]
async fn nothing_passes_while_all_hangs_and_the_living_go_on_afterwards() {
    let world = World::new();
    let (mut client, mut daemon) = world.pair().await;
    let (mut streaming, mut source) = world.pair().await;
    streaming.say(ASK).await;
    source.hears(ASK).await;
    let (mut leaving, mut left) = world.pair().await;
    world.proxy.hang();
    client.say(ASK).await;
    source.say("HTTP/1.1 200 OK\r\n\r\n").await;
    leaving.say(CREATE).await;
    let mut late = world.connect().await;
    late.say(ASK).await;
    timeout(SOON, world.proxy.wait_for("*", "*", 4))
        .await
        .expect("four requests");
    drop(leaving);
    daemon.hears_nothing().await;
    streaming.hears_nothing().await;
    world.proxy.restore();
    daemon.hears(ASK).await;
    streaming.hears("HTTP/1.1 200 OK\r\n\r\n").await;
    world.accept().await.hears(ASK).await;
    left.ends().await;
}

#[tokio::test]
async fn a_cut_closes_all_until_restored() {
    let world = World::new();
    let (mut client, mut daemon) = world.pair().await;
    world.proxy.cut();
    client.ends().await;
    daemon.ends().await;
    let mut refused = world.connect().await;
    refused.ends().await;
    world.proxy.restore();
    let (mut client, mut daemon) = world.pair().await;
    passes(&mut client, &mut daemon, ASK).await;
}

#[tokio::test]
async fn a_single_cut_closes_what_is_there_only() {
    let world = World::new();
    let (mut client, mut daemon) = world.pair().await;
    client.say("GET ").await;
    world.proxy.cut_once();
    client.ends().await;
    daemon.ends().await;
    let (mut client, mut daemon) = world.pair().await;
    passes(&mut client, &mut daemon, ASK).await;
}

#[tokio::test]
async fn without_a_daemon_connections_end() {
    let dir = tempfile::tempdir().unwrap();
    let (path, daemon) = (dir.path().join("p.sock"), dir.path().join("d.sock"));
    let proxy = DaemonProxy::start(&path, &daemon).unwrap();
    Side(UnixStream::connect(&path).await.unwrap()).ends().await;
    assert!(
        DaemonProxy::start(&path, &daemon).is_err(),
        "the path is taken"
    );
    proxy.shutdown().await;
    assert!(UnixStream::connect(&path).await.is_err());
}

#[tokio::test]
async fn shutdown_ends_what_hangs() {
    let world = World::new();
    world
        .proxy
        .add(ProxyRule::on("GET", "/info", ProxyAct::Hang));
    let (mut client, mut daemon) = world.pair().await;
    client.say(ASK).await;
    timeout(SOON, world.proxy.wait_for("GET", "/info", 1))
        .await
        .expect("the request");
    world.proxy.hang();
    timeout(SOON, world.proxy.shutdown()).await.expect("an end");
    client.ends().await;
    daemon.ends().await;
}
