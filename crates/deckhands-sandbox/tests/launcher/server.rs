//! A small HTTP/1.1 server that writes down what it was asked and answers what it was told.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use deckhands_sandbox::SandboxApi;
use http::Request;
use http_body_util::{BodyExt as _, Full};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// A request as it came in.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) line: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

/// Gives a request's whole answer as bytes; empty bytes close the connection without one.
type Answers = Arc<dyn Fn(&Seen) -> Vec<u8> + Send + Sync>;

/// A server; it ends when it is dropped.
pub(crate) struct Server {
    pub(crate) seen: watch::Receiver<Vec<Seen>>,
    answers: Arc<Mutex<Answers>>,
    _tasks: JoinSet<()>,
}

#[derive(Clone)]
struct Desk {
    seen: watch::Sender<Vec<Seen>>,
    answers: Arc<Mutex<Answers>>,
    api: Option<SandboxApi>,
}

impl Server {
    /// The host: an API under `/api`, what it is told for all else.
    pub(crate) fn host(listener: UnixListener, api: SandboxApi) -> Self {
        let (server, desk) = Self::new(Some(api));
        server.run(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream, desk.clone()));
            }
        })
    }

    /// An action server.
    pub(crate) fn action(listener: TcpListener) -> Self {
        let (server, desk) = Self::new(None);
        server.run(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream, desk.clone()));
            }
        })
    }

    fn new(api: Option<SandboxApi>) -> (Self, Desk) {
        let (sender, seen) = watch::channel(Vec::new());
        let first: Answers = Arc::new(|_| json("{}"));
        let answers = Arc::new(Mutex::new(first));
        let desk = Desk {
            seen: sender,
            answers: answers.clone(),
            api,
        };
        let server = Self {
            seen,
            answers,
            _tasks: JoinSet::new(),
        };
        (server, desk)
    }

    fn run(mut self, accept: impl Future<Output = ()> + Send + 'static) -> Self {
        self._tasks.spawn(accept);
        self
    }

    /// Sets the answers from now on.
    pub(crate) fn answer(&self, answers: impl Fn(&Seen) -> Vec<u8> + Send + Sync + 'static) {
        *self.answers.lock().unwrap() = Arc::new(answers);
    }

    /// Waits for so many requests, and gives the last of them.
    pub(crate) async fn wait(&self, count: usize) -> Seen {
        let mut seen = self.seen.clone();
        let enough = seen.wait_for(|seen| seen.len() >= count).await.unwrap();
        enough[count - 1].clone()
    }

    /// How many requests came.
    pub(crate) fn count(&self) -> usize {
        self.seen.borrow().len()
    }

    /// The request lines without the version.
    pub(crate) fn lines(&self) -> Vec<String> {
        let line = |seen: &Seen| seen.line.trim_end_matches(" HTTP/1.1").to_owned();
        self.seen.borrow().iter().map(line).collect()
    }
}

/// An answer with a JSON body.
pub(crate) fn json(body: &str) -> Vec<u8> {
    let length = body.len();
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json";
    format!("{head}\r\nContent-Length: {length}\r\n\r\n{body}").into_bytes()
}

/// One request a connection, as the launcher makes them.
async fn serve(mut stream: impl AsyncRead + AsyncWrite + Unpin, desk: Desk) {
    let Some(seen) = read(&mut stream).await else {
        return;
    };
    desk.seen.send_modify(|all| all.push(seen.clone()));
    let answer = match &desk.api {
        Some(api) if seen.line.contains(" /api/") => call(api, &seen).await,
        _ => {
            let answers = desk.answers.lock().unwrap().clone();
            answers(&seen)
        }
    };
    // The launcher may have had enough.
    let _sent = stream.write_all(&answer).await;
}

async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Option<Seen> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        (stream.read_buf(&mut bytes).await.ok()? > 0).then_some(())?;
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let (line, rest) = head.split_once("\r\n").unwrap();
    let pair = |line: &str| {
        let (name, value) = line.split_once(": ").unwrap();
        (name.to_lowercase(), value.to_owned())
    };
    let headers: BTreeMap<_, _> = rest.lines().map(pair).collect();
    let length: usize = headers
        .get("content-length")
        .map_or(0, |length| length.parse().unwrap());
    while bytes.len() < end + 4 + length {
        (stream.read_buf(&mut bytes).await.ok()? > 0).then_some(())?;
    }
    Some(Seen {
        line: line.to_owned(),
        headers,
        body: String::from_utf8(bytes[end + 4..].to_vec()).unwrap(),
    })
}

/// As the holder of the socket does it: the prefix is taken away.
async fn call(api: &SandboxApi, seen: &Seen) -> Vec<u8> {
    let mut words = seen.line.split(' ');
    let mut request = Request::builder()
        .method(words.next().unwrap())
        .uri(words.next().unwrap().trim_start_matches("/api"));
    for (name, value) in &seen.headers {
        request = request.header(name, value);
    }
    let body = Full::new(Bytes::from(seen.body.clone()));
    let answer = api.handle(request.body(body).unwrap()).await;
    let status = answer.status();
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    let body = String::from_utf8(body.to_vec()).unwrap();
    String::from_utf8(json(&body))
        .unwrap()
        .replacen("200 OK", &status.to_string(), 1)
        .into_bytes()
}
