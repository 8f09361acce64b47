//! A unix socket that gives the answers laid down for each request, one after the other, and then
//! hangs up. One request a connection, as the client makes them.

use std::collections::{HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinSet;

/// `None` stands for none, ever.
type Answers = Arc<Mutex<HashMap<String, VecDeque<Option<Vec<u8>>>>>>;

/// A daemon of laid-down answers; ends when it is dropped.
pub(crate) struct Daemon {
    dir: TempDir,
    answers: Answers,
    _serving: JoinSet<()>,
}

impl Daemon {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let listener = UnixListener::bind(dir.path().join("docker.sock")).expect("a socket");
        let answers = Answers::default();
        let mut serving = JoinSet::new();
        serving.spawn(serve(listener, Arc::clone(&answers)));
        Self {
            dir,
            answers,
            _serving: serving,
        }
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.dir.path().join("docker.sock")
    }

    /// The next answer to requests that begin so, without version and query.
    pub(crate) fn answer(self, request: &str, bytes: Vec<u8>) -> Self {
        self.next(request, Some(bytes))
    }

    /// Such a request gets no answer, and neither does any later one.
    pub(crate) fn hang(self, request: &str) -> Self {
        self.next(request, None)
    }

    fn next(self, request: &str, answer: Option<Vec<u8>>) -> Self {
        self.answers
            .lock()
            .expect("no panic under the lock")
            .entry(request.to_owned())
            .or_default()
            .push_back(answer);
        self
    }

    /// Answers the question of who it is.
    pub(crate) fn alive(self) -> Self {
        self.answer(
            "GET /version",
            json(200, r#"{"Version":"20.10.24","ApiVersion":"1.41"}"#),
        )
    }
}

/// A whole answer.
pub(crate) fn json(status: u16, body: &str) -> Vec<u8> {
    let length = if status == 204 {
        String::new()
    } else {
        format!("Content-Length: {}\r\n", body.len())
    };
    format!("HTTP/1.1 {status} X\r\n{length}\r\n{body}").into_bytes()
}

/// An answer of unknown length, well ended.
pub(crate) fn stream(body: &str) -> Vec<u8> {
    let chunk = if body.is_empty() {
        String::new()
    } else {
        format!("{:x}\r\n{body}\r\n", body.len())
    };
    format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}0\r\n\r\n").into_bytes()
}

async fn serve(listener: UnixListener, answers: Answers) {
    while let Ok((connection, _)) = listener.accept().await {
        answer_one(connection, &answers).await;
    }
}

async fn answer_one(mut connection: UnixStream, answers: &Answers) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match connection.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let line = String::from_utf8_lossy(&head)
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned();
    let mut words = line.split(' ');
    let (method, target) = (
        words.next().unwrap_or_default(),
        words.next().unwrap_or_default(),
    );
    let path = target.split('?').next().unwrap_or_default();
    let path = path.strip_prefix("/v1.41").unwrap_or(path);
    let next = answers
        .lock()
        .expect("no panic under the lock")
        .get_mut(&format!("{method} {path}"))
        .and_then(VecDeque::pop_front);
    match next {
        // The client may hang up early; what matters is what it makes of the answer.
        Some(Some(bytes)) => drop(connection.write_all(&bytes).await),
        Some(None) => std::future::pending().await,
        None => {}
    }
}
