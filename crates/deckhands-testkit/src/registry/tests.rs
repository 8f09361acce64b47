//! A pull as a client makes it, over loopback, with every fault.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use super::*;
use crate::body::Pace;

const LIMIT: Duration = Duration::from_secs(10);

/// What a client saw of one answer.
struct Seen {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Seen {
    fn of(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        Self {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            head: head.to_ascii_lowercase(),
            body: bytes[end + 4..].to_vec(),
        }
    }

    fn header(&self, name: &str) -> Option<&str> {
        let start = format!("{name}: ");
        self.head.lines().find_map(|line| line.strip_prefix(&start))
    }

    fn announced(&self) -> usize {
        self.header("content-length").unwrap().parse().unwrap()
    }

    fn code(&self) -> String {
        let json: serde_json::Value = serde_json::from_slice(&self.body).unwrap();
        json["errors"][0]["code"].as_str().unwrap().to_owned()
    }
}

async fn begin(addr: SocketAddr, method: &str, path: &str, more: &str) -> TcpStream {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    let head = format!("{method} {path} HTTP/1.1\r\nhost: t\r\nconnection: close\r\n{more}\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

async fn ask(addr: SocketAddr, method: &str, path: &str, more: &str) -> Seen {
    let mut stream = begin(addr, method, path, more).await;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    Seen::of(&bytes)
}

async fn get(stub: &RegistryStub, path: &str) -> Seen {
    ask(stub.addr(), "GET", path, "").await
}

fn image() -> StubImage {
    let layers = [
        StubLayer::file("a", b"one").unwrap(),
        StubLayer::file("b", &[7; 3000]).unwrap(),
    ];
    StubImage::new(layers, &[], &[])
}

/// A registry with one image, and the path of its last layer.
async fn serve() -> (RegistryStub, StubImage, String) {
    let stub = RegistryStub::start(([127, 0, 0, 1], 0).into())
        .await
        .unwrap();
    let image = image();
    stub.add("a/b", "1", image.clone());
    let layer = format!("/v2/a/b/blobs/{}", image.layers[1].digest);
    (stub, image, layer)
}

#[tokio::test]
async fn everything_that_a_pull_asks_for_is_served() {
    let (stub, image, _) = serve().await;
    assert_eq!(get(&stub, "/v2/").await.status, 200);
    let by_digest = format!("/v2/a/b/manifests/{}", image.manifest_digest());
    let mut rows = vec![
        ("/v2/a/b/manifests/1".to_owned(), &image.manifest),
        (by_digest, &image.manifest),
        (format!("/v2/a/b/blobs/{}", image.id()), &image.config),
    ];
    for layer in &image.layers {
        rows.push((format!("/v2/a/b/blobs/{}", layer.digest), layer));
    }
    for (path, blob) in &rows {
        for (method, wanted) in [("GET", &blob.data[..]), ("HEAD", &[])] {
            let seen = ask(stub.addr(), method, path, "").await;
            assert_eq!(seen.status, 200, "{method} {path}");
            assert_eq!(seen.body, wanted, "{method} {path}");
            assert_eq!(seen.announced(), blob.data.len(), "{method} {path}");
            assert_eq!(seen.header("content-type"), Some(blob.media_type));
            assert_eq!(
                seen.header("docker-content-digest"),
                Some(blob.digest.as_str())
            );
        }
    }
    let port = stub.addr().port();
    assert_eq!(
        stub.reference("a/b", "1"),
        format!("127.0.0.1:{port}/a/b:1")
    );
    assert_eq!(stub.asked_for(RegistryPlace::Layer), 4);
    assert_eq!(stub.requests().len(), 1 + 2 * rows.len());
    stub.shutdown().await;
}

#[tokio::test]
async fn a_download_goes_on_where_it_stopped() {
    let (stub, image, layer) = serve().await;
    let data = &image.layers[1].data;
    let seen = ask(stub.addr(), "GET", &layer, "range: bytes=100-\r\n").await;
    assert_eq!((seen.status, &seen.body[..]), (206, &data[100..]));
    let range = format!("bytes 100-{}/{}", data.len() - 1, data.len());
    assert_eq!(seen.header("content-range"), Some(range.as_str()));
    let beyond = format!("range: bytes={}-\r\n", data.len());
    assert_eq!(ask(stub.addr(), "GET", &layer, &beyond).await.status, 416);
    let from: Vec<_> = stub.requests().iter().map(|request| request.from).collect();
    assert_eq!(from, [100, data.len()]);
    stub.shutdown().await;
}

#[tokio::test]
async fn refusals_have_the_registrys_form() {
    let (stub, _, layer) = serve().await;
    let seen = get(&stub, "/v2/a/b/manifests/2").await;
    assert_eq!(
        (seen.status, seen.code().as_str()),
        (404, "MANIFEST_UNKNOWN")
    );
    let seen = get(&stub, "/v2/a/b/blobs/sha256:00").await;
    assert_eq!((seen.status, seen.code().as_str()), (404, "BLOB_UNKNOWN"));
    assert_eq!(ask(stub.addr(), "PUT", "/v2/", "").await.status, 405);
    let rows = [(403, "DENIED"), (429, "TOOMANYREQUESTS"), (500, "UNKNOWN")];
    for (status, code) in rows {
        stub.fail(
            RegistryPlace::Layer,
            RegistryFault::Status(status),
            Times::Count(1),
        );
        let seen = get(&stub, &layer).await;
        assert_eq!((seen.status, seen.code().as_str()), (status, code));
        assert_eq!(seen.header("www-authenticate"), None);
    }
    assert_eq!(get(&stub, &layer).await.status, 200, "each of them once");
    stub.shutdown().await;
}

#[tokio::test]
async fn a_login_is_required_everywhere() {
    let (stub, image, layer) = serve().await;
    stub.require_login();
    let config = format!("/v2/a/b/blobs/{}", image.id());
    for path in ["/v2/", "/v2/a/b/manifests/1", &config, &layer] {
        let seen = get(&stub, path).await;
        assert_eq!(
            (seen.status, seen.code().as_str()),
            (401, "UNAUTHORIZED"),
            "{path}"
        );
        let challenge = seen.header("www-authenticate").unwrap();
        assert!(challenge.starts_with("basic realm="), "{challenge}");
    }
    stub.shutdown().await;
}

#[tokio::test]
async fn wrong_content_has_the_right_length() {
    let (stub, image, layer) = serve().await;
    stub.fail(RegistryPlace::Layer, RegistryFault::Wrong, Times::Forever);
    let seen = get(&stub, &layer).await;
    assert_eq!(seen.status, 200);
    assert_eq!(seen.body.len(), image.layers[1].data.len());
    assert_ne!(seen.body, image.layers[1].data);
    stub.shutdown().await;
}

#[tokio::test]
async fn a_cut_comes_within_the_layer() {
    let (stub, image, layer) = serve().await;
    stub.fail(RegistryPlace::Layer, RegistryFault::Cut, Times::Count(1));
    let data = &image.layers[1].data;
    let seen = get(&stub, &layer).await;
    assert_eq!(seen.announced(), data.len());
    assert_eq!(seen.body, data[..data.len() / 2]);
    assert_eq!(get(&stub, &layer).await.body, *data);
    stub.shutdown().await;
}

#[tokio::test]
async fn a_slow_layer_takes_its_time() {
    let (stub, image, layer) = serve().await;
    let (data, every) = (&image.layers[1].data, Duration::from_millis(20));
    let pace = Pace { bytes: 1000, every };
    stub.fail(
        RegistryPlace::Layer,
        RegistryFault::Slow(pace),
        Times::Forever,
    );
    let start = Instant::now();
    assert_eq!(get(&stub, &layer).await.body, *data);
    let pauses = u32::try_from(data.len().div_ceil(1000) - 1).unwrap();
    assert!(pauses >= 3 && start.elapsed() >= every * pauses);
    stub.shutdown().await;
}

#[tokio::test]
async fn a_held_layer_waits_for_its_release() {
    let (stub, image, layer) = serve().await;
    stub.fail(RegistryPlace::Layer, RegistryFault::Hold, Times::Forever);
    let data = &image.layers[1].data;
    for _ in 0..2 {
        let mut stream = begin(stub.addr(), "GET", &layer, "").await;
        let mut bytes = Vec::new();
        let half = |bytes: &[u8]| bytes.ends_with(&data[..data.len() / 2]);
        while !half(&bytes) {
            let read = timeout(LIMIT, stream.read_buf(&mut bytes)).await.unwrap();
            assert_ne!(read.unwrap(), 0, "closed before the half");
        }
        assert_eq!(stub.under_way(), 1);
        stub.release();
        timeout(LIMIT, stream.read_to_end(&mut bytes))
            .await
            .unwrap()
            .unwrap();
        assert!(bytes.ends_with(data));
    }
    stub.shutdown().await;
}

#[tokio::test]
async fn requests_are_waited_for_and_a_client_that_leaves_is_noticed() {
    let (stub, _, layer) = serve().await;
    stub.fail(RegistryPlace::Layer, RegistryFault::Hold, Times::Forever);
    let mut waiting = Box::pin(stub.wait_for(RegistryPlace::Layer));
    assert_eq!(get(&stub, "/v2/").await.status, 200);
    let early = timeout(Duration::ZERO, &mut waiting).await;
    assert!(early.is_err(), "nobody has asked for a layer");
    let stream = begin(stub.addr(), "GET", &layer, "").await;
    timeout(LIMIT, waiting).await.unwrap();
    timeout(LIMIT, stub.wait_for(RegistryPlace::Layer))
        .await
        .unwrap();
    drop(stream);
    let noticed = async {
        while stub.under_way() > 0 {
            tokio::task::yield_now().await;
        }
    };
    timeout(LIMIT, noticed).await.unwrap();
    stub.shutdown().await;
}

#[tokio::test]
async fn a_shutdown_ends_what_is_held() {
    let (stub, _, layer) = serve().await;
    let addr = stub.addr();
    stub.fail(RegistryPlace::Layer, RegistryFault::Hold, Times::Forever);
    let mut stream = begin(addr, "GET", &layer, "").await;
    timeout(LIMIT, stub.wait_for(RegistryPlace::Layer))
        .await
        .unwrap();
    timeout(LIMIT, stub.shutdown()).await.unwrap();
    let mut bytes = Vec::new();
    // The end may come as a reset; what counts is that it comes.
    let _ = timeout(LIMIT, stream.read_to_end(&mut bytes))
        .await
        .unwrap();
    assert!(
        TcpStream::connect(addr).await.is_err(),
        "the port is closed"
    );
}
